// SPDX-License-Identifier: Apache-2.0

// slice: a step of 0.
//
// expect: steps, lengths and counts must not be 0
// expect: operation_name<slice>, operand_shape<2, 3>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
#ifdef SINTER_CONTROL
  st::tensor y = st::slice<1, 0, 3, 2>(x);
#else
  st::tensor y = st::slice<1, 0, 3, 0>(x);
#endif
}
