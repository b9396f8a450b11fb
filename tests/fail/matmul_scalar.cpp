// SPDX-License-Identifier: Apache-2.0

// matmul: a scalar on the left.
//
// expect: the operand has too few axes
// expect: operation_name<matmul>, operand_shape<>, operand_shape<3, 3>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float> a = 2.f;
  st::tensor<float, 3, 3> x;
#ifdef SINTER_CONTROL
  st::tensor y = a * x;
#else
  st::tensor y = matmul(a, x);
#endif
}
