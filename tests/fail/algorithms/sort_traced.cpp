// SPDX-License-Identifier: Apache-2.0

// sort: inside a fused function.
//
// expect: not inside a fused function, which has no elements yet
// expect: operation_name<sort>, operand_shape<2, 3>

#include <sinter/algorithms.hpp>

namespace st = sinter;

int main() {
  st::tensor<float, 2, 3> x;
#ifdef SINTER_CONTROL
  auto f = st::fused([](auto a) { return a * 2.f; });
#else
  auto f = st::fused([](auto a) { return st::sort(a); });
#endif
  (void)f(x);
}
