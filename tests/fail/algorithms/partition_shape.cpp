// SPDX-License-Identifier: Apache-2.0

// partition: a mask of another shape.
//
// expect: the operands must have the same extents
// expect: operation_name<partition>, operand_shape<2, 3>, operand_shape<3, 2>

#include <sinter/algorithms.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
#ifdef SINTER_CONTROL
  auto parts = st::partition(x, x > 0.f);
#else
  auto parts = st::partition(x, transpose(x) > 0.f);
#endif
}
