// SPDX-License-Identifier: Apache-2.0

// windows: of 4 elements in an axis of 3.
//
// expect: the axis has fewer elements than are asked for
// expect: operation_name<windows>, operand_shape<2, 3>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
#ifdef SINTER_CONTROL
  st::tensor y = st::windows<1, 3>(x);
#else
  st::tensor y = st::windows<1, 4>(x);
#endif
}
