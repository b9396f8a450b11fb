// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Norms before products, whose rows' scales products take behind them, for tests of several
/// targets.

#include <tuple>

#include "sinter/sinter.hpp"

namespace sinter::testing {

inline constexpr auto norm_product = fused([](auto x, auto w) { return matmul(rms_norm(x), w); });
inline constexpr auto scaled_norm_product = fused([](auto x, auto scale, auto w, auto b) {
  return relu(matmul(rms_norm(x, scale), w) + b);
});
inline constexpr auto norm_soft = fused([](auto x, auto scale, auto w) {
  return softmax(matmul(rms_norm(x, scale), transpose(w)));
});
inline constexpr auto norm_split = fused([](auto x, auto scale, auto w) {
  return matmul(tf32x3(rms_norm(x, scale)), tf32x3(w));
});
inline constexpr auto norm_siblings = fused([](auto x, auto w, auto v) {
  auto n = rms_norm(x);
  return std::tuple(silu(matmul(n, w)) * matmul(n, v), matmul(n, w * 2));
});
inline constexpr auto norm_residual = fused([](auto x, auto w, auto v, auto u) {
  auto h = x + matmul(rms_norm(x), w);
  return h + matmul(tanh(matmul(rms_norm(h), v)), u);
});
inline constexpr auto norm_chain = fused([](auto x, auto w, auto v) {
  return matmul(relu(matmul(rms_norm(x), w)), v);
});
inline constexpr auto norm_training = fused([](auto x, auto scale, auto w) {
  auto loss = sum(square(matmul(rms_norm(x, scale), w)));
  return std::tuple(loss, gradient(loss, x), gradient(loss, scale), gradient(loss, w));
});

inline constexpr auto norm_update = fused([](auto& x, auto w) {
  auto y = matmul(rms_norm(x), w);
  x = y;  // whose rows are read by others until all are done
  return sum(y);
});
/// With weights that do not learn.
inline constexpr auto norm_frozen = fused([](auto x, auto w) {
  auto loss = sum(square(matmul(rms_norm(x), w)));
  return std::tuple(loss, gradient(loss, x));
});

}  // namespace sinter::testing
