// SPDX-License-Identifier: Apache-2.0

// searchsorted: among the rows of a matrix.
//
// expect: a list has one axis
// expect: operation_name<search>, operand_shape<2, 3>, operand_shape<4>

#include <sinter/algorithms.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x; st::tensor<float, 4> values;
#ifdef SINTER_CONTROL
  auto y = st::searchsorted(st::reshape<6>(x), values);
#else
  auto y = st::searchsorted(x, values);
#endif
}
