// SPDX-License-Identifier: Apache-2.0

// einsum: a result of seven axes.
//
// expect: a tensor has at most six axes
// expect: operation_name<einsum>, operand_shape<2, 3, 1, 1>, operand_shape<4, 5, 1>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3, 1, 1> x;
  st::tensor<float, 4, 5, 1> z;
#ifdef SINTER_CONTROL
  st::tensor y = st::einsum<"abcd,efc->abdef">(x, z);
#else
  st::tensor y = st::einsum<"abcd,efg->abcdefg">(x, z);
#endif
}
