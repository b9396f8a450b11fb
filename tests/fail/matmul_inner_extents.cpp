// SPDX-License-Identifier: Apache-2.0

// matmul: [2,3] x [4,5].
//
// expect: the left operand's columns must match the right one's rows
// expect: operation_name<matmul>, operand_shape<2, 3>, operand_shape<4, 5>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
  st::tensor<float, 4, 5> w;
#ifdef SINTER_CONTROL
  st::tensor y = matmul(transpose(x), x);
#else
  st::tensor y = matmul(x, w);
#endif
}
