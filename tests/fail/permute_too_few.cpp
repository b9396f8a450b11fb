// SPDX-License-Identifier: Apache-2.0

// permute: two of three axes.
//
// expect: the order must name each axis once
// expect: operation_name<permute>, operand_shape<2, 3, 4>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3, 4> x;
#ifdef SINTER_CONTROL
  st::tensor y = st::permute<1, 0, 2>(x);
#else
  st::tensor y = st::permute<1, 0>(x);
#endif
}
