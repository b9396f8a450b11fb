// SPDX-License-Identifier: Apache-2.0

// einsum: a shared letter with extents 3 and 4.
//
// expect: extents must be equal, or one 1
// expect: operation_name<einsum>, operand_shape<3>, operand_shape<4>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
  st::tensor<float, 4, 5> z;
#ifdef SINTER_CONTROL
  st::tensor y = st::einsum<"ij,kl->il">(x, z);
#else
  st::tensor y = st::einsum<"ij,jl->il">(x, z);
#endif
}
