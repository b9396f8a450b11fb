// SPDX-License-Identifier: Apache-2.0

// matmul: [2,2] x [2,2] of bool.
//
// expect: not defined for booleans
// expect: operation_name<matmul>, operand_shape<2, 2>, operand_shape<2, 2>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<bool, 2, 2> x;
#ifdef SINTER_CONTROL
  st::tensor y = matmul(st::cast<int>(x), st::cast<int>(x));
#else
  st::tensor y = matmul(x, x);
#endif
}
