// SPDX-License-Identifier: Apache-2.0

// Products on warpgroups, where the device has some; elsewhere the same products on other bodies.

#include <sinter/cuda.hpp>

#include "device/common.cuh"
#include "device/difference.cuh"
#include "kernel/filled.hpp"

#include <doctest/doctest.h>

namespace {

namespace st = sinter;
using namespace sinter::testing;
using st::dyn;

constexpr auto products = st::fused([](auto x, auto w) { return matmul(x, w); });
constexpr auto left_turned = st::fused([](auto x, auto w) { return matmul(transpose(x), w); });
constexpr auto both_turned = st::fused([](auto x, auto w) {
  return matmul(transpose(x), transpose(w)) + 1;
});
constexpr auto gates = st::fused([](auto x, auto w, auto v) {
  return silu(matmul(x, w)) * matmul(x, v);
});
constexpr auto scores = st::fused([](auto x, auto w) { return softmax(matmul(x, w)); });
constexpr auto heads = st::fused([](auto queries, auto keys) {
  return matmul(st::permute<0, 2, 1, 3>(queries), st::permute<0, 2, 3, 1>(keys));
});
constexpr auto layer = st::fused([](auto x, auto w, auto b) {
  return relu(matmul(x, transpose(w)) + b);
});
constexpr auto whole = st::fused([](auto x, auto w) {
  return matmul(st::cast<int>(x), transpose(st::cast<int>(w)));
});
constexpr auto coarse = st::fused([](auto x, auto w) {
  return matmul(st::tf32(x), transpose(st::tf32(w)));
});

/// -4 ... 4: of 128 terms, sums of 14 bits hold every one of them exactly.
template <class Tensor> Tensor small_integers(auto... open) {
  Tensor t(open...);
  for (std::int64_t i = 0; i < t.size(); ++i)
    t.data()[i] = typename Tensor::element(static_cast<float>(i * 37 % 101 % 9 - 4));
  return t;
}

}  // namespace

TEST_CASE("device: products on warpgroups, from one row to many" * doctest::skip(!has_device())) {
  auto w = filled<st::tensor<st::bf16, 328, 776>>(), v = w;
  for (const int rows : {1, 13, 64, 65, 200, 1400}) {
    CAPTURE(rows);
    auto x = filled<st::tensor<st::bf16, dyn, 328>>(rows);
    CHECK(difference(gates, x, w, v) == "");
  }
}

TEST_CASE("device: products on warpgroups, orientations" * doctest::skip(!has_device())) {
  auto w = filled<st::tensor<st::f16, 328, 776>>();
  auto w_turned = filled<st::tensor<st::f16, 776, 328>>();
  auto x_turned = filled<st::tensor<st::f16, 328, 1400>>();
  CHECK(difference(left_turned, x_turned, w) == "");
  CHECK(difference(both_turned, x_turned, w_turned) == "");
  auto queries = filled<st::tensor<st::bf16, 3, 200, 4, 72>>(), keys = queries;
  CHECK(difference(heads, queries, keys) == "");
}

TEST_CASE("device: products on warpgroups, sums in parts, folds" * doctest::skip(!has_device())) {
  auto x = filled<st::tensor<st::bf16, 136, 4096>>();
  auto w = filled<st::tensor<st::bf16, 4096, 72>>();
  CHECK(difference(products, x, w) == "");
  auto one = filled<st::tensor<st::bf16, 1, 4096>>();
  auto weights = filled<st::tensor<st::bf16, 4096, 512>>();
  CHECK(difference(products, one, weights) == "");
  auto rows = filled<st::tensor<st::bf16, 1400, 328>>();
  auto classes = filled<st::tensor<st::bf16, 328, 200>>();
  CHECK(difference(scores, rows, classes) == "");
}

TEST_CASE("device: products on warpgroups in 8 bits and in tf32" * doctest::skip(!has_device())) {
  auto b = filled<st::tensor<float, 776>>();
  auto small = small_integers<st::tensor<st::e4m3, 776, 336>>();
  auto bytes = filled<st::tensor<std::int8_t, 776, 336>>();
  auto floats = filled<st::tensor<float, 776, 336>>();
  for (const int rows : {1, 13, 65, 1400}) {
    CAPTURE(rows);
    auto x = small_integers<st::tensor<st::e4m3, dyn, 336>>(rows);
    CHECK(difference(layer, x, small, b) == "");
    auto y = filled<st::tensor<std::int8_t, dyn, 336>>(rows);
    CHECK(difference(whole, y, bytes) == "");
    auto z = filled<st::tensor<float, dyn, 336>>(rows);
    CHECK(difference(coarse, z, floats) == "");
  }
}
