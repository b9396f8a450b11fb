// SPDX-License-Identifier: Apache-2.0

// concatenate: [2,3] and [3,3] along axis 1.
//
// expect: the operands must have the same extents
// expect: operation_name<concat>, operand_shape<2, 3>, operand_shape<3, 3>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
  st::tensor<float, 3, 3> z;
#ifdef SINTER_CONTROL
  st::tensor y = st::concatenate<0>(x, z);
#else
  st::tensor y = st::concatenate<1>(x, z);
#endif
}
