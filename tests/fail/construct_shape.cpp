// SPDX-License-Identifier: Apache-2.0

// A tensor [4] made of an expression [3].
//
// expect: a tensor keeps its shape when it is assigned
// expect: operation_name<assign>, operand_shape<4>, operand_shape<3>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 3> x;
#ifdef SINTER_CONTROL
  st::tensor<float, 3> y = x + 1;
#else
  st::tensor<float, 4> y = x + 1;
#endif
}
