// SPDX-License-Identifier: Apache-2.0

// add: [3] and [4].
//
// expect: the shapes do not broadcast
// expect: operation_name<add>, operand_shape<3>, operand_shape<4>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 3> x;
  st::tensor<float, 4> y;
#ifdef SINTER_CONTROL
  st::tensor z = x + st::slice<0, 0, 3>(y);
#else
  st::tensor z = x + y;
#endif
}
