// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Functions of products that tests of several bodies run: operands in every orientation, and every
/// kind of epilogue.

#include <tuple>

#include "sinter/sinter.hpp"

namespace sinter::testing {

inline constexpr auto dense = fused([](auto x, auto w, auto b) {
  return relu(matmul(x, w) + b);
});
inline constexpr auto product = fused([](auto x, auto w) { return matmul(x, w); });
inline constexpr auto left_turned = fused([](auto x, auto w) { return matmul(transpose(x), w); });
inline constexpr auto right_turned = fused([](auto x, auto w) { return matmul(x, transpose(w)); });
inline constexpr auto both_turned = fused([](auto x, auto w) {
  return matmul(transpose(x), transpose(w));
});
inline constexpr auto soft = fused([](auto x, auto w) { return softmax(matmul(x, transpose(w))); });
inline constexpr auto gated = fused([](auto x, auto w, auto v) {
  return silu(matmul(x, w)) * matmul(x, v);
});
inline constexpr auto two_results = fused([](auto x, auto w) {
  auto y = matmul(x, w);
  return std::tuple(y, transpose(tanh(y)));
});
inline constexpr auto descend = fused([](auto& w, auto x, auto g) {
  w = w - 0.1f * matmul(transpose(x), g);
});

}  // namespace sinter::testing
