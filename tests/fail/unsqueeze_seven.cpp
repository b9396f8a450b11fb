// SPDX-License-Identifier: Apache-2.0

// unsqueeze: a seventh axis.
//
// expect: a tensor has at most six axes
// expect: operation_name<unsqueeze>, operand_shape<1, 1, 1, 1, 1, 1>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 1, 1, 1, 1, 1, 1> x;
#ifdef SINTER_CONTROL
  st::tensor y = x + 1;
#else
  st::tensor y = st::unsqueeze<0>(x);
#endif
}
