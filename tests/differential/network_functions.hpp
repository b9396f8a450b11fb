// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Steps of narrow networks, for every target: chains that end with what sums over their rows.

#include "differential/chain_functions.hpp"

namespace sinter::testing {

/// Two layers with biases: gradients of all parameters, and the mean loss.
inline constexpr auto gradients = fused([](auto x, auto w, auto b, auto v, auto c, auto want) {
  auto loss = mean(square(matmul(tanh(matmul(x, w) * 0.05f + b), v) * 0.1f + c - want));
  const symbol dw = gradient(loss, w), db = gradient(loss, b);
  const symbol dv = gradient(loss, v), dc = gradient(loss, c);
  return std::tuple(loss, dw, db, dv, dc);
});
/// Sums of what is not negative, of which no row may be missing; one of a value for each row.
inline constexpr auto row_sums = fused([](auto x, auto w, auto v) {
  auto h = abs(matmul(x, w)) * 0.05f;
  auto z = abs(matmul(h, v)) * 0.05f;
  auto most = max<-1>(z);
  return std::tuple(matmul(transpose(h), z), sum<0>(z), sum(most), sum<0>(h * unsqueeze<-1>(most)));
});
/// What a sum reads of a row, other lanes of a warp have computed.
inline constexpr auto lane_sums = fused([](auto x, auto w, auto v) {
  auto h = abs(matmul(x, w)) * 0.05f;
  auto z = abs(matmul(h, v)) * 0.05f;
  return sum<0>(h * unsqueeze<-1>(max<-1>(z)));
});
/// Each weight becomes what is made of the other, or of its own rows.
inline constexpr auto exchange_step = fused([](auto x, auto& w, auto& v) {
  auto h = matmul(x, w) * 0.05f;
  auto y = matmul(h, v) * 0.05f;
  auto a = v + matmul(transpose(h), y);
  auto b = w + matmul(transpose(x), h);
  w = a;
  v = b;
  return sum(y);
});
inline constexpr auto turned_step = fused([](auto x, auto& w, auto& v) {
  auto h = matmul(x, w) * 0.05f;
  auto y = matmul(h, v) * 0.05f;
  auto dw = matmul(transpose(v), y);
  auto dv = matmul(transpose(w), h);
  w = w - 0.1f * dw;
  v = v - 0.1f * dv;
  return sum(y);
});
/// Gradients of operands that are cast to T; gradients come back through the casts.
template <class T>
inline constexpr auto narrowed_gradients = fused([](auto x, auto w, auto b, auto v, auto want) {
  const auto as = [](auto y) { return cast<T>(y); };
  auto h = tanh(matmul(as(x), as(w)) * 0.05f + as(b));
  auto loss = mean(square(cast<float>(matmul(h, as(v))) * 0.1f - want));
  const symbol dw = gradient(loss, w), db = gradient(loss, b), dv = gradient(loss, v);
  return std::tuple(loss, dw, db, dv);
});
/// Three layers without biases that are updated, and what a layer gives leaves as well.
inline constexpr auto descend = fused([](auto x, auto& u, auto& v, auto& w) {
  auto h = tanh(matmul(x, u) * 0.05f);
  auto loss = sum(square(matmul(tanh(matmul(h, v) * 0.1f), w))) * 0.01f;
  const symbol du = gradient(loss, u), dv = gradient(loss, v), dw = gradient(loss, w);
  u = u - 0.1f * du;
  v = v - 0.1f * dv;
  w = w - 0.1f * dw;
  return std::tuple(loss, h);
});
/// Products over the rows of what the chain gives, of it and an input, and of what is made of them;
/// two of one left operand; other folds; sums that only cheap operations follow.
inline constexpr auto statistics = fused([](auto x, auto w, auto v, auto y) {
  auto h = matmul(x, w) * 0.02f;
  auto z = matmul(relu(h), v) * 0.02f;
  return std::tuple(matmul(transpose(h), z), matmul(transpose(y), z * 2 - 1),
                    matmul(transpose(h + 1), h), max<0>(z), sum<0>(abs(h)) * 2, max(z));
});

}  // namespace sinter::testing
