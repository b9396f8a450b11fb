// SPDX-License-Identifier: Apache-2.0

// The bits of floats.
//
// expect: bits are those of integers
// expect: operation_name<bit_and>, operand_shape<4>, operand_shape<4>

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 4> x;
  st::tensor<int, 4> n;
#ifdef SINTER_CONTROL
  st::tensor y = st::cast<int>(x) & n;
#else
  st::tensor y = x & n;
#endif
}
