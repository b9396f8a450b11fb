// SPDX-License-Identifier: Apache-2.0

// An expression [3] assigned to a view [2].
//
// expect: a tensor keeps its shape when it is assigned
// expect: operation_name<assign>, operand_shape<2>, operand_shape<3>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 3> x;
  float memory[2];
  st::tensor_view<float, 2> y(memory);
#ifdef SINTER_CONTROL
  y = st::slice<0, 0, 2>(x);
#else
  y = x + 1;
#endif
}
