// SPDX-License-Identifier: Apache-2.0

// glu: an axis that has no halves.
//
// expect: the last axis must have halves: an even extent, known to the compiler
// expect: operation_name<glu>, operand_shape<2, 7>, operand_shape<>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
#ifdef SINTER_CONTROL
  st::tensor<float, 2, 8> x;
#else
  st::tensor<float, 2, 7> x;
#endif
  st::tensor y = glu(x);
}
