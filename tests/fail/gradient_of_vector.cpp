// SPDX-License-Identifier: Apache-2.0

// gradient: of a loss that is a vector.
//
// expect: the loss must be a single floating value
// expect: operation_name<gradient>, operand_shape<3>

#include <sinter/sinter.hpp>

namespace st = sinter;

#ifdef SINTER_CONTROL
constexpr auto slope = st::fused([](auto x) { return st::gradient(sum(x * x), x); });
#else
constexpr auto slope = st::fused([](auto x) { return st::gradient(x * x, x); });
#endif

int main() {
  st::tensor<float, 3> x;
  st::tensor g = slope(x);
}
