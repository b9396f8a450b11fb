// SPDX-License-Identifier: Apache-2.0

// reshape: [2,3] to [4,2].
//
// expect: the number of elements must stay the same
// expect: operation_name<reshape>, operand_shape<2, 3>, operand_shape<4, 2>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
#ifdef SINTER_CONTROL
  st::tensor y = st::reshape<3, 2>(x);
#else
  st::tensor y = st::reshape<4, 2>(x);
#endif
}
