// SPDX-License-Identifier: Apache-2.0

// The body of contract kernels in the emulator, against the reference.

#include <doctest/doctest.h>

#include "differential/norm_functions.hpp"
#include "kernel/emulated_plan.hpp"
#include "kernel/filled.hpp"
#include "kernel/layers.hpp"

namespace {

namespace st = sinter;
using namespace sinter::testing;
using st::dyn;

constexpr auto dense = st::fused([](auto x, auto w, auto b) { return relu(matmul(x, w) + b); });
constexpr auto soft = st::fused([](auto x, auto w, auto b) { return softmax(matmul(x, w) + b); });
constexpr auto scores = st::fused([](auto x, auto w) { return softmax(matmul(x, w)); });
constexpr auto gated = st::fused([](auto x, auto w, auto v) {
  return std::tuple(silu(matmul(x, w)) * matmul(x, v), matmul(x * 2 + 1, v));
});
constexpr auto entropy = st::fused([](auto x, auto w, auto label) {
  return cross_entropy(matmul(x, w), label);
});
constexpr auto turned = st::fused([](auto x, auto g, auto w) {
  return std::tuple(matmul(transpose(x), g), matmul(g, transpose(w)));
});
constexpr auto attend = st::fused([](auto q, auto k, auto v) {
  return matmul(softmax(matmul(q, transpose(k)) / 4.0), v);
});

constexpr auto coarse = st::fused([](auto x, auto w, auto b) {
  auto y = matmul(st::tf32(x), st::tf32(w * 2)) + b;
  return std::tuple(relu(y), st::gradient(sum(square(y)), w));
});
constexpr auto mixed = st::fused([](auto x, auto w, auto v) {
  return std::tuple(softmax(matmul(st::tf32(x), st::tf32(w))) * matmul(x, v));
});

}  // namespace

TEST_CASE("contract: operands rounded to tf32, [rows, inner] x [inner, columns] against double") {
  check_layers<float>(coarse, {1, 17, 65}, {1, 8, 20, 33}, {3, 64, 70});
  auto x = filled<st::tensor<float, 20, 24>>();
  auto w = filled<st::tensor<float, 24, 32>>(), v = w;
  for (const auto& chosen : schedules()) CHECK(emulated_difference(chosen, mixed, x, w, v) == "");
}

TEST_CASE("contract: dense layers, [rows, inner] x [inner, columns] f32 against double") {
  check_layers<float>(dense, {0, 1, 7, 65}, {0, 1, 16, 33}, {1, 10, 64, 70});
}

TEST_CASE_TEMPLATE("contract: folds of the row, gates, prologues", T, float, double, st::bf16) {
  auto x = filled<st::tensor<T, 20, 24>>();
  auto w = filled<st::tensor<T, 24, 32>>(), v = w;
  auto b = filled<st::tensor<T, 32>>();
  for (const auto& chosen : schedules()) {
    CHECK(emulated_difference(chosen, soft, x, w, b) == "");
    CHECK(emulated_difference(chosen, gated, x, w, v) == "");
  }
}

TEST_CASE("contract: rows of many columns, labels, transposed operands, batches") {
  auto x = filled<st::tensor<float, 9, 17>>();
  auto w = filled<st::tensor<float, 17, 300>>();
  auto b = filled<st::tensor<float, 300>>();
  CHECK(emulated_difference({}, soft, x, w, b) == "");
  auto few = filled<st::tensor<float, 17, 10>>();
  st::tensor<int, 9> label;
  for (int i = 0; i < 9; ++i) label(i) = 9 - i;
  CHECK(emulated_difference({}, entropy, x, few, label) == "");
  auto g = filled<st::tensor<float, 9, 10>>();
  CHECK(emulated_difference({}, turned, x, g, few) == "");
  auto q = filled<st::tensor<float, 3, 5, 16>>(), k = q, value = q;
  CHECK(emulated_difference({}, attend, q, k, value) == "");
}

TEST_CASE("contract: the widest rows that are folded in a tile, by what their sums take") {
  constexpr auto gate = st::fused([](auto x, auto w, auto v) {
    return softmax(matmul(x, w) * matmul(x, v));
  });
  auto x = filled<st::tensor<float, 9, 3>>();
  auto w = filled<st::tensor<float, 3, 2000>>();
  auto v = filled<st::tensor<float, 3, 1000>>(), u = v;
  CHECK(emulated_difference({}, scores, x, w) == "");
  CHECK(emulated_difference({}, gate, x, v, u) == "");
  auto y = filled<st::tensor<double, 9, 3>>();
  auto t = filled<st::tensor<double, 3, 1024>>();
  CHECK(emulated_difference({}, scores, y, t) == "");
}

TEST_CASE_TEMPLATE("contract: 16-bit operands on the tensor cores", T, st::bf16, st::f16) {
  for (const int inner : {8, 32, 40, 72}) {
    CAPTURE(inner);
    auto x = filled<st::tensor<T, dyn, dyn>>(70, inner);
    auto w = filled<st::tensor<T, dyn, 72>>(inner);
    auto b = filled<st::tensor<T, 72>>();
    for (const auto& chosen : schedules())
      CHECK(emulated_difference(chosen, dense, x, w, b) == "");
  }
  auto odd = filled<st::tensor<T, 5, 13>>();
  auto narrow = filled<st::tensor<T, 13, 7>>();
  auto bias = filled<st::tensor<T, 7>>();
  CHECK(emulated_difference({}, soft, odd, narrow, bias) == "");
  auto g = filled<st::tensor<T, 5, 7>>();
  CHECK(emulated_difference({}, turned, odd, g, narrow) == "");
}

TEST_CASE("contract: products of several types in one kernel, operands that are cast") {
  constexpr auto mixed = st::fused([](auto a, auto b, auto c, auto d) {
    return matmul(a, b) + matmul(c, d);
  });
  auto a = filled<st::tensor<st::bf16, 64, 32>>();
  auto b = filled<st::tensor<st::bf16, 32, 64>>();
  auto c = filled<st::tensor<double, 64, 32>>();
  auto d = filled<st::tensor<double, 32, 64>>();
  CHECK(emulated_difference({}, mixed, a, b, c, d) == "");
  constexpr auto product = st::fused([](auto n, auto w) { return matmul(n, w); });
  auto n = filled<st::tensor<std::int64_t, 16, 32>>();
  auto w = filled<st::tensor<float, 32, 64>>();
  CHECK(emulated_difference({}, product, n, w) == "");
}

TEST_CASE("contract: scales of rows behind the product, f32 against double") {
  auto x = filled<st::tensor<float, 40, 300>>();
  auto scale = filled<st::tensor<float, 300>>();
  auto w = filled<st::tensor<float, 300, 40>>(), v = w;
  auto turned = filled<st::tensor<float, 40, 300>>();
  auto b = filled<st::tensor<float, 40>>();
  for (const auto& chosen : schedules())
    CHECK(emulated_difference(chosen, scaled_norm_product, x, scale, w, b) == "");
  CHECK(emulated_difference({}, norm_soft, x, scale, turned) == "");
  CHECK(emulated_difference({}, norm_split, x, scale, w) == "");
  CHECK(emulated_difference({}, norm_siblings, x, w, v) == "");
  auto items = filled<st::tensor<float, 2, 20, 300>>();
  auto own = filled<st::tensor<float, 2, 300, 8>>();
  CHECK(emulated_difference({}, norm_product, items, own) == "");
  auto stream = filled<st::tensor<float, 20, 264>>();
  st::tensor<float, 264, 264> square = st::random::uniform(-0.02, 0.02);
  CHECK(emulated_difference({}, norm_residual, stream, square, square, square) == "");
}
