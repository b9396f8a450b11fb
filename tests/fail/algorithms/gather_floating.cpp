// SPDX-License-Identifier: Apache-2.0

// gather: indices that are no integers.
//
// expect: indices must be integers
// expect: operation_name<gather>, operand_shape<2, 3>, operand_shape<2, 3>

#include <sinter/algorithms.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
#ifdef SINTER_CONTROL
  auto y = st::gather(x, st::argsort(x));
#else
  auto y = st::gather(x, x);
#endif
}
