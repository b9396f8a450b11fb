// SPDX-License-Identifier: Apache-2.0

// A fused function that gives its argument another shape.
//
// expect: a tensor keeps its shape when it is assigned
// expect: operation_name<assign>, operand_shape<3>, operand_shape<2, 3>

#include <sinter/sinter.hpp>

namespace st = sinter;

constexpr auto grow = st::fused([](auto& x, auto y) { x = x + y; });

int main() {
  st::tensor<float, 3> x;
  st::tensor<float, 2, 3> y;
#ifdef SINTER_CONTROL
  grow(x, x);
#else
  grow(x, y);
#endif
}
