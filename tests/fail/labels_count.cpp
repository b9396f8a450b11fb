// SPDX-License-Identifier: Apache-2.0

// cross_entropy: 4 labels for 2 rows.
//
// expect: the shapes do not broadcast
// expect: operation_name<equal>, operand_shape<2, 3>, operand_shape<4, 1>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
  st::tensor<int, 4> label;
#ifdef SINTER_CONTROL
  st::tensor y = cross_entropy(x, st::slice<0, 0, 2>(label));
#else
  st::tensor y = cross_entropy(x, label);
#endif
}
