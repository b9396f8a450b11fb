// SPDX-License-Identifier: Apache-2.0

// dropout: a constant that is no probability.
//
// expect: a probability lies between 0 and 1
// expect: operation_name<dropout>, operand_shape<>

#include <sinter/sinter.hpp>

namespace st = sinter;

#ifdef SINTER_CONTROL
constexpr auto layer = st::fused([](auto x) { return st::dropout(x, 0.5, 1, 2); });
#else
constexpr auto layer = st::fused([](auto x) { return st::dropout(x, 1.5, 1, 2); });
#endif

int main() {
  st::tensor<float, 2, 3> x;
  layer(x);
}
