// SPDX-License-Identifier: Apache-2.0

// slice: elements 1 to 4 of axis 1 of [2,3].
//
// expect: the slice lies outside the operand
// expect: operation_name<slice>, operand_shape<2, 3>, operand_shape<1, 4>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
#ifdef SINTER_CONTROL
  st::tensor y = st::slice<1, 1, 3>(x);
#else
  st::tensor y = st::slice<1, 1, 4>(x);
#endif
}
