// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Functions of products that follow one another in the same rows, for every target. Factors keep
/// values small, so that bounds of bf16 say something.

#include <tuple>

#include "sinter/sinter.hpp"

namespace sinter::testing {

inline constexpr auto two = fused([](auto x, auto w, auto v) {
  return matmul(relu(matmul(x, w) * 0.02f), v);
});
inline constexpr auto classify = fused([](auto x, auto w, auto b, auto v) {
  return softmax(matmul(tanh(matmul(x, w) + b), v) * 0.1f);
});
inline constexpr auto normed = fused([](auto x, auto w, auto v) {
  auto h = matmul(x, w);
  auto y = h / (1 + unsqueeze<1>(max<1>(abs(h))));
  return std::tuple(y, matmul(y, v) + x, sum<1>(h));
});
/// The same in rows of batches: of rank 3, or of any that ends with columns.
inline constexpr auto scaled_rows = fused([](auto x, auto w, auto v) {
  auto h = matmul(x, w);
  auto y = h / (1 + unsqueeze<-1>(max<-1>(abs(h))));
  return std::tuple(y, matmul(y, v) + x, sum<-1>(h));
});
/// What the first product multiplies is no cheap operation: rows with a norm, which a residual and
/// another result need as well, or a function of many steps.
inline constexpr auto pre_normed = fused([](auto x, auto w, auto v) {
  auto y = x / (1 + unsqueeze<-1>(max<-1>(abs(x))));
  auto h = relu(matmul(y, w)) * 0.02f;
  return std::tuple(matmul(h, v), h + y, sum<-1>(abs(y)));
});
inline constexpr auto expensive = fused([](auto x, auto w, auto v) {
  auto y = tanh(x);
  return matmul(relu(matmul(y, w) * 0.002f), v);
});
/// Rows that lie unevenly, and rows that are the same.
inline constexpr auto turned = fused([](auto x, auto w, auto v) {
  return matmul(relu(matmul(permute<1, 0, 2>(x), w) * 0.02f), v);
});
inline constexpr auto repeated = fused([](auto x, auto w, auto v) {
  return matmul(relu(matmul(broadcast<3, 50, 32>(x), w) * 0.02f), v);
});
inline constexpr auto gates = fused([](auto x, auto w, auto u, auto v) {
  return matmul(silu(matmul(x, w) * 0.05f) * matmul(x, u) * 0.02f, v) + x;
});
inline constexpr auto both_ways = fused([](auto x, auto w, auto v) {
  auto h = relu(matmul(x, w));
  auto y = matmul(h, v);
  auto g = where(h > 0, matmul(tanh(y), transpose(v)), 0);
  return std::tuple(h, y, matmul(g, transpose(w)));
});
inline constexpr auto deep = fused([](auto x, auto w) {
  auto h = x;
  for (int i = 0; i < 5; ++i) h = relu(matmul(h, w) * 0.01f) + h;
  return h;
});
/// Left operands that are more than memory: factors, columns moved and scaled, zeros around, rows
/// of a table, what the chain gave twice as much; and operands of a wider type, weights too.
inline constexpr auto doubled = fused([](auto x, auto w, auto v) {
  auto h = matmul(relu(x), w);
  return std::tuple(h, matmul(h * 0.02f, v));
});
inline constexpr auto moved = fused([](auto x, auto mean, auto factor, auto w, auto v) {
  return matmul(relu(matmul((x - mean) * factor, w) * 0.005f), v);
});
inline constexpr auto padded = fused([](auto x, auto w, auto v) {
  return matmul(relu(matmul(pad<1, 1, 2>(x), w) * 0.02f), v);
});
inline constexpr auto embedded = fused([](auto table, auto token, auto w, auto v) {
  return matmul(relu(matmul(embedding(table, token), w) * 0.01f), v);
});
template <class T> inline constexpr auto narrowed = fused([](auto x, auto w, auto b, auto v) {
  const auto as = [](auto y) { return cast<T>(y); };
  return matmul(as(relu(matmul(as(x), as(w)) * 0.01f + b * 0.05f)), as(v));
});
inline constexpr auto few_keys = fused([](auto q, auto k, auto v) {
  return matmul(softmax(matmul(q, transpose(k))), v);
});
inline constexpr auto train = fused([](auto x, auto& w, auto& v, auto label) {
  auto loss = mean(cross_entropy(matmul(relu(matmul(x, w)), v), label));
  const symbol dw = gradient(loss, w), dv = gradient(loss, v);
  w = w - 0.1f * dw;
  v = v - 0.1f * dv;
  return loss;
});

}  // namespace sinter::testing
