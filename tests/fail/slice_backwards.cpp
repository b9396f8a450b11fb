// SPDX-License-Identifier: Apache-2.0

// slice: down from element 3 of 3.
//
// expect: the slice lies outside the operand
// expect: operation_name<slice>, operand_shape<2, 3>, operand_shape<3, 0>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
#ifdef SINTER_CONTROL
  st::tensor y = st::slice<1, 2, 0, -1>(x);
#else
  st::tensor y = st::slice<1, 3, 0, -1>(x);
#endif
}
