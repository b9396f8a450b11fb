// SPDX-License-Identifier: Apache-2.0

// The CUDA target on a device: functions of all kernel families are held against the reference.

#include <sinter/cuda.hpp>

#include "device/difference.cuh"
#include "device/interop.cuh"
#include "kernel/filled.hpp"

#include <doctest/doctest.h>

namespace {

namespace st = sinter;
using namespace sinter::testing;
using st::dyn;

constexpr auto chain = st::fused([](auto x, auto scale, auto rest, auto factor) {
  return relu(x * scale + factor) * 0.5f + rest;
});
constexpr auto rows = st::fused([](auto x, auto scale, auto shift) {
  auto n = layer_norm(x, scale, shift);
  return std::tuple(softmax(x) + x, log_softmax(n), st::max<-1>(x));
});
constexpr auto folds = st::fused([](auto x, auto y) {
  return std::tuple(sum(square(x - y)), st::sum<0>(x * y), st::max<0>(x));
});
constexpr auto running = st::fused([](auto x) {
  const auto p = softmax(x);
  return std::tuple(cumsum(p) * x, st::cumsum<st::backwards, 1>(x), st::cummax<0>(x),
                    logcumsumexp(x));
});
constexpr auto layers = st::fused([](auto x, auto w, auto v, auto b) {
  return std::tuple(relu(matmul(x, w) + b), silu(matmul(x, w)) * matmul(x, v),
                    softmax(matmul(x, v)));
});
constexpr auto step = st::fused([](auto& w, auto& b, auto x, auto label) {
  auto loss = mean(cross_entropy(matmul(x, w) + b, label));
  auto dw = st::gradient(loss, w);
  auto db = st::gradient(loss, b);
  w = w - 0.1 * dw;
  b = b - 0.1 * db;
  return loss;
});

constexpr auto products = st::fused([](auto x, auto w) { return matmul(x, w); });
constexpr auto products_turned = st::fused([](auto x, auto w) {
  return tanh(matmul(x, transpose(w)));
});

}  // namespace

TEST_CASE_TEMPLATE("device: maps, rows, folds and layers against double" *
                       doctest::skip(!has_device()),
                   T, float, double, st::bf16) {
  auto x = filled<st::tensor<T, 33, 96>>(), y = x;
  auto scale = filled<st::tensor<T, 96>>(), shift = scale;
  CHECK(difference(chain, x, scale, y, 0.25f) == "");
  CHECK(difference(rows, x, scale, shift) == "");
  CHECK(difference(folds, x, y) == "");
  CHECK(difference(running, x) == "");
  auto w = filled<st::tensor<T, 96, 64>>(), v = w;
  auto b = filled<st::tensor<T, 64>>();
  CHECK(difference(layers, x, w, v, b) == "");
  auto odd = filled<st::tensor<T, dyn, dyn>>(7, 61), odd_rest = odd;
  auto odd_scale = filled<st::tensor<T, dyn>>(61);
  CHECK(difference(chain, odd, odd_scale, odd_rest, 0.25f) == "");
  CHECK(difference(running, odd) == "");
}

TEST_CASE("device: large tiles of products, and sums in parts" * doctest::skip(!has_device())) {
  auto x = filled<st::tensor<st::bf16, 1408, 64>>();  // of one step: not for warpgroups
  auto w = filled<st::tensor<st::bf16, 64, 768>>();
  CHECK(difference(products, x, w) == "");
  auto turned = filled<st::tensor<st::bf16, 768, 64>>();
  CHECK(difference(products_turned, x, turned) == "");
  auto few = filled<st::tensor<float, 5, 1100>>();
  auto wide = filled<st::tensor<float, 1100, 70>>();
  CHECK(difference(products, few, wide) == "");
}

TEST_CASE("device: a training step, updates in place" * doctest::skip(!has_device())) {
  auto w = filled<st::tensor<float, 20, 10>>();
  auto b = filled<st::tensor<float, 10>>();
  auto x = filled<st::tensor<float, 16, 20>>();
  st::tensor<int, 16> label;
  for (int i = 0; i < 16; ++i) label(i) = i % 10;
  CHECK(difference(step, w, b, x, label) == "");
}

TEST_CASE("device: operands in different places, and elements out of reach" *
          doctest::skip(!has_device())) {
  const st::tensor<float, 3> x = {1, 2, 3};
  const auto there = x.to(st::cuda);
  CHECK_THROWS_AS(st::tensor(x + there), st::placement_error);
  CHECK_THROWS_AS((void)there(0), st::placement_error);
  CHECK(there.to(st::cpu)(2) == 3);
}
