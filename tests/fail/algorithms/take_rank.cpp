// SPDX-License-Identifier: Apache-2.0

// take: indices with two axes.
//
// expect: a list has one axis
// expect: operation_name<take>, operand_shape<2, 3>, operand_shape<2, 2>

#include <sinter/algorithms.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
#ifdef SINTER_CONTROL
  auto y = st::take(x, st::tensor<int, 2>{0, 1});
#else
  auto y = st::take(x, st::tensor<int, 2, 2>{0, 1, 1, 0});
#endif
}
