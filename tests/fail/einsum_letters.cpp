// SPDX-License-Identifier: Apache-2.0

// einsum: three letters for two axes.
//
// expect: want a letter for each axis
// expect: operation_name<einsum>, operand_shape<2, 3>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
  st::tensor<float, 4, 5> z;
#ifdef SINTER_CONTROL
  st::tensor y = st::einsum<"ij->ji">(x);
#else
  st::tensor y = st::einsum<"ijk->ji">(x);
#endif
}
