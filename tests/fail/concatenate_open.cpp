// SPDX-License-Identifier: Apache-2.0

// concatenate: along an axis whose extent is open.
//
// expect: the slice lies outside the operand
// expect: operation_name<concat>, operand_shape<dynamic, 3>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, st::dyn, 3> x(2);
#ifdef SINTER_CONTROL
  st::tensor y = st::concatenate<1>(x, x);
#else
  st::tensor y = st::concatenate<0>(x, x);
#endif
}
