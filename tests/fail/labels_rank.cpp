// SPDX-License-Identifier: Apache-2.0

// cross_entropy: labels [2,3] for scores [2,3].
//
// expect: labels must be integers, one for each row
// expect: operation_name<cross_entr>, operand_shape<2, 3>, operand_shape<2, 3>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
  st::tensor<int, 2, 3> label;
#ifdef SINTER_CONTROL
  st::tensor y = cross_entropy(x, st::max<1>(label));
#else
  st::tensor y = cross_entropy(x, label);
#endif
}
