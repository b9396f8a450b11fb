// SPDX-License-Identifier: Apache-2.0

// sum: axes 1 and -1 of [2,3] are the same one.
//
// expect: an axis is named twice
// expect: operation_name<sum>, operand_shape<2, 3>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
#ifdef SINTER_CONTROL
  st::tensor y = st::sum<0, -1>(x);
#else
  st::tensor y = st::sum<1, -1>(x);
#endif
}
