// SPDX-License-Identifier: Apache-2.0

// lookup: indices that are no integers.
//
// expect: indices must be integers
// expect: operation_name<lookup>, operand_shape<4>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 5, 3> x;
  st::tensor<int, 4> i;
  st::tensor<float, 4> f;
#ifdef SINTER_CONTROL
  st::tensor y = st::lookup<0>(x, i);
#else
  st::tensor y = st::lookup<0>(x, f);
#endif
}
