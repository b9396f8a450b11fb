// SPDX-License-Identifier: Apache-2.0

// equal: [batch] and [3]: a name is not a number.
//
// expect: the shapes do not broadcast
// expect: operation_name<equal>, operand_shape<batch>, operand_shape<3>

#include <sinter/sinter.hpp>

namespace st = sinter;

inline constexpr st::axis batch{"batch"};

int main() {
  st::tensor<int, batch> x(3);
  st::tensor<int, 3> y;
#ifdef SINTER_CONTROL
  st::tensor z = x == x;
#else
  st::tensor z = x == y;
#endif
}
