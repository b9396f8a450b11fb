// SPDX-License-Identifier: Apache-2.0

// diagonal: of a vector.
//
// expect: the operand has too few axes
// expect: operation_name<diagonal>, operand_shape<3>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 3> x;
  st::tensor<float, 3, 3> z;
#ifdef SINTER_CONTROL
  st::tensor y = st::diagonal(z) + x;
#else
  st::tensor y = st::diagonal(x);
#endif
}
