// SPDX-License-Identifier: Apache-2.0

// pad: with a vector.
//
// expect: want a single value
// expect: operation_name<pad>, operand_shape<3>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
  st::tensor<float, 3> v;
#ifdef SINTER_CONTROL
  st::tensor y = st::pad<0, 1, 0>(x, 2);
#else
  st::tensor y = st::pad<0, 1, 0>(x, v);
#endif
}
