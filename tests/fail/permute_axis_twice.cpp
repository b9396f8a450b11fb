// SPDX-License-Identifier: Apache-2.0

// permute: axis 1 twice.
//
// expect: an axis is named twice
// expect: operation_name<permute>, operand_shape<2, 3, 4>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3, 4> x;
#ifdef SINTER_CONTROL
  st::tensor y = st::permute<0, 2, 1>(x);
#else
  st::tensor y = st::permute<0, 1, 1>(x);
#endif
}
