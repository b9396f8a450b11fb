// SPDX-License-Identifier: Apache-2.0

// An expression [2,2] assigned to a tensor [2,3].
//
// expect: a tensor keeps its shape when it is assigned
// expect: operation_name<assign>, operand_shape<2, 3>, operand_shape<2, 2>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x, y;
#ifdef SINTER_CONTROL
  y = x + 1;
#else
  y = matmul(x, transpose(x));
#endif
}
