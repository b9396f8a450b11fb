// SPDX-License-Identifier: Apache-2.0

// cross_entropy: labels of type float.
//
// expect: labels must be integers, one for each row
// expect: operation_name<cross_entr>, operand_shape<2, 3>, operand_shape<2>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
  st::tensor<float, 2> label;
#ifdef SINTER_CONTROL
  st::tensor y = cross_entropy(x, st::cast<int>(label));
#else
  st::tensor y = cross_entropy(x, label);
#endif
}
