// SPDX-License-Identifier: Apache-2.0

// The body of row kernels in the emulator, against the reference.

#include <doctest/doctest.h>

#include "kernel/layers.hpp"

namespace {

namespace st = sinter;
using namespace sinter::testing;
using st::dyn;

constexpr auto soft = st::fused([](auto x) { return softmax(x); });
constexpr auto rows = st::fused([](auto x, auto scale, auto shift) {
  auto n = layer_norm(x, scale, shift);
  return std::tuple(softmax(x) + x, n * x, log_softmax(n), st::max<-1>(x) - st::min<-1>(x));
});
constexpr auto entropy = st::fused([](auto x, auto label) {
  auto loss = cross_entropy(x, label);
  return std::tuple(loss, st::gradient(sum(loss), x), argmax(x));
});
constexpr auto norm_slope = st::fused([](auto x, auto g) {
  return st::gradient(sum(layer_norm(x) * g), x);
});
constexpr auto planes = st::fused([](auto x) {
  return (x - st::mean<st::keep, 1, 2>(x)) / st::max<st::keep, 1, 2>(x + 4);
});

}  // namespace

TEST_CASE("row: softmax of whole rows in registers, f32 against double") {
  check_rows<1>(soft);
  check_rows<3>(soft);
  check_rows<16>(soft);
  check_rows<61>(soft);
  check_rows<512>(soft);
  check_rows<700>(soft);
  check_rows<2048>(soft);
}

TEST_CASE("row: rows of run-time length, and of more than registers hold") {
  for (const int columns : {1, 5, 64, 1000, 1027, 5000}) {
    CAPTURE(columns);
    auto x = filled<st::tensor<float, dyn, dyn>>(3, columns);
    CHECK(emulated_difference({}, soft, x) == "");
  }
  auto longest = filled<st::tensor<float, 1, 9000>>();
  CHECK(emulated_difference({}, soft, longest) == "");
}

TEST_CASE_TEMPLATE("row: norms and softmax with several results", T, float, double, st::bf16) {
  auto x = filled<st::tensor<T, 5, 96>>();
  auto scale = filled<st::tensor<T, 96>>(), shift = scale;
  for (const auto& chosen : schedules())
    CHECK(emulated_difference(chosen, rows, x, scale, shift) == "");
  auto odd = filled<st::tensor<T, dyn, dyn>>(4, 77);
  auto odd_scale = filled<st::tensor<T, dyn>>(77), odd_shift = odd_scale;
  CHECK(emulated_difference({}, rows, odd, odd_scale, odd_shift) == "");
}

TEST_CASE("row: cross entropy with its gradient, argmax, the gradient of layer norm") {
  auto x = filled<st::tensor<float, 9, 10>>();
  st::tensor<int, 9> label;
  for (int i = 0; i < 9; ++i) label(i) = i;
  auto g = filled<st::tensor<float, 9, 10>>();
  for (const auto& chosen : schedules()) {
    CHECK(emulated_difference(chosen, entropy, x, label) == "");
    CHECK(emulated_difference(chosen, norm_slope, x, g) == "");
  }
}

TEST_CASE("row: folds along two axes") {
  auto x = filled<st::tensor<float, 4, 6, 10>>();
  CHECK(emulated_difference({}, planes, x) == "");
  auto turned = filled<st::tensor<float, dyn, dyn, dyn>>(3, 5, 7);
  CHECK(emulated_difference({}, planes, turned) == "");
}
