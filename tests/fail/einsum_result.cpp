// SPDX-License-Identifier: Apache-2.0

// einsum: a letter of the result that no operand has.
//
// expect: want a letter for each axis
// expect: operation_name<einsum>, operand_shape<2, 3>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
  st::tensor<float, 4, 5> z;
#ifdef SINTER_CONTROL
  st::tensor y = st::einsum<"ij,kl->il">(x, z);
#else
  st::tensor y = st::einsum<"ij,kl->im">(x, z);
#endif
}
