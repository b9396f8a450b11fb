// SPDX-License-Identifier: Apache-2.0

// transpose: a vector.
//
// expect: the operand has too few axes
// expect: operation_name<transpose>, operand_shape<3>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 3> x;
#ifdef SINTER_CONTROL
  st::tensor y = transpose(st::unsqueeze<0>(x));
#else
  st::tensor y = transpose(x);
#endif
}
