// SPDX-License-Identifier: Apache-2.0

// A fused function of a callable that captures.
//
// expect: the callable must not capture

#include <sinter/sinter.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 3> x;
  float factor = 2;
#ifdef SINTER_CONTROL
  auto f = st::fused([](auto x, auto by) { return x * by; });
  st::tensor y = f(x, factor);
#else
  auto f = st::fused([factor](auto x) { return x * factor; });
  st::tensor y = f(x);
#endif
}
