// SPDX-License-Identifier: Apache-2.0

// sub: [batch,3] and [item,3]: names must match.
//
// expect: the shapes do not broadcast
// expect: operation_name<sub>, operand_shape<batch, 3>, operand_shape<item, 3>

#include <sinter/sinter.hpp>

namespace st = sinter;

inline constexpr st::axis batch{"batch"};
inline constexpr st::axis item{"item"};

int main() {
  st::tensor<float, batch, 3> x(2);
  st::tensor<float, item, 3> y(2);
#ifdef SINTER_CONTROL
  st::tensor z = x - x;
#else
  st::tensor z = x - y;
#endif
}
