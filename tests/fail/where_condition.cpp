// SPDX-License-Identifier: Apache-2.0

// where: a condition of type float.
//
// expect: the condition must be boolean
// expect: operation_name<where>, operand_shape<3>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 3> x;
#ifdef SINTER_CONTROL
  st::tensor y = where(x > 0, x, 0);
#else
  st::tensor y = where(x, x, 0);
#endif
}
