// SPDX-License-Identifier: Apache-2.0

// The body of maps in the emulator, against the reference.

#include <doctest/doctest.h>

#include <array>

#include "kernel/emulated_plan.hpp"
#include "kernel/filled.hpp"

namespace {

namespace st = sinter;
using namespace sinter::testing;
using st::dyn;

constexpr auto chain = st::fused([](auto x, auto scale, auto shift, auto rest) {
  return relu(x * scale + shift) * 0.5f + rest;
});
constexpr auto several = st::fused([](auto a, auto b) {
  return std::tuple(where(a < b, exp(-abs(a)), log1p(b * b)), a == b || a > 1, gelu(a) - tanh(b));
});
constexpr auto turned = st::fused([](auto x, auto y) { return transpose(x) * 2 + y; });
constexpr auto integers = st::fused([](auto n, auto m) {
  return std::tuple(n * m + 3, n / m, st::cast<std::int64_t>(n) - m, n < m);
});
constexpr auto update = st::fused([](auto& w, auto& v, auto g, auto rate) {
  v = 0.9f * v + g;
  w = w - rate * v;
});
constexpr auto pieces = st::fused([](auto x) {
  auto slope = st::gradient(sum(square(st::slice<1, 1, 4>(x))), x);  // zeros around a slice
  return std::tuple(slope, st::iota_like<0>(x) * 10 + st::iota_like<1>(x));
});
constexpr auto companions = st::fused([](auto& w, auto& b, auto g, auto h, auto n, auto rate) {
  w = w - rate * g;
  b = 0.5f * b + transpose(h);
  return std::tuple(n * 3, exp(rate), st::cast<double>(h));
});
constexpr auto numbers = st::fused([](auto x, auto a, auto b, auto c) {
  auto slope = st::gradient(sum(st::slice<1, 1, 4>(x) * a), x);  // a, with zeros around it
  return std::tuple(slope, x * st::cast<float>(b) + a, where(c > 2, x, -x),
                    st::sum<1>(st::slice<1, 1, 4>(x) * a));
});
constexpr auto constant = st::fused([](auto x) { return st::broadcast<3, 4>(x) + 1; });

}  // namespace

TEST_CASE("map: a chain with row vectors, [rows, columns] f32 against double") {
  for (const int columns : {1, 3, 8, 33, 256, 1031})
    for (const int rows : {0, 1, 5}) {
      CAPTURE(columns);
      CAPTURE(rows);
      auto x = filled<st::tensor<float, dyn, dyn>>(rows, columns), rest = x;
      auto scale = filled<st::tensor<float, dyn>>(columns), shift = scale;
      CHECK(emulated_difference({}, chain, x, scale, shift, rest) == "");
    }
}

TEST_CASE("map: numbers travel with the arguments: f32, f64 and i64; zeros around one") {
  auto x = filled<st::tensor<float, dyn, 7>>(5);
  float a = 1.25f;
  double b = -2.5;
  for (std::int64_t c : {1, 3}) CHECK(emulated_difference({}, numbers, x, a, b, c) == "");
}

TEST_CASE("map: static extents, aligned and not, under several schedules") {
  auto x = filled<st::tensor<float, 7, 64>>(), rest = x;
  auto scale = filled<st::tensor<float, 64>>(), shift = scale;
  auto odd = filled<st::tensor<float, 9, 61>>(), odd_rest = odd;
  auto odd_scale = filled<st::tensor<float, 61>>(), odd_shift = odd_scale;
  for (const auto& chosen : schedules()) {
    CHECK(emulated_difference(chosen, chain, x, scale, shift, rest) == "");
    CHECK(emulated_difference(chosen, chain, odd, odd_scale, odd_shift, odd_rest) == "");
  }
}

TEST_CASE_TEMPLATE("map: several results of several types", T, float, double, st::f16, st::bf16) {
  for (const int count : {1, 16, 100, 515}) {
    CAPTURE(count);
    auto a = filled<st::tensor<T, dyn>>(count);
    auto b = a;
    for (int i = 0; i < count; ++i) b.data()[i] = a.data()[count - 1 - i];
    CHECK(emulated_difference({}, several, a, b) == "");
  }
}

TEST_CASE("map: through a transpose, and over strided views") {
  auto x = filled<st::tensor<float, 40, 24>>();
  auto y = filled<st::tensor<float, 24, 40>>();
  CHECK(emulated_difference({}, turned, x, y) == "");
}

TEST_CASE_TEMPLATE("map: integers", T, std::int8_t, std::uint8_t, std::int32_t, std::int64_t) {
  auto n = filled<st::tensor<T, 33>>();
  st::tensor<T, 33> m;
  for (int i = 0; i < 33; ++i) m(i) = static_cast<T>(i % 3 + 1);
  for (int i = 0; i < 33; ++i) n(i) = static_cast<T>(n(i) % 30);
  CHECK(emulated_difference({}, integers, n, m) == "");
}

TEST_CASE("map: updates in place, indices, padding and repeated scalars") {
  auto w = filled<st::tensor<float, 5, 13>>(), v = w, g = w;
  auto rate = 0.1f;
  CHECK(emulated_difference({}, update, w, v, g, rate) == "");
  auto x = filled<st::tensor<float, 6, 5>>();
  CHECK(emulated_difference({}, pieces, x) == "");
  st::tensor<float> s = 2.5f;
  CHECK(emulated_difference({}, constant, s) == "");
}

TEST_CASE("map: companions, each over a space of its own") {
  auto rate = 0.1f;
  // Aligned all; one that is not; one that never is; nothing in the middle; nothing at all.
  for (const auto& [length, rows, columns, count] :
       {std::array{512, 12, 40, 32}, {515, 12, 40, 32}, {64, 3, 7, 9}, {1, 0, 5, 1030},
        {300, 4, 4, 0}, {0, 0, 0, 0}})
    for (const auto& chosen : schedules()) {
      CAPTURE(length);
      auto w = filled<st::tensor<float, dyn>>(length), g = w;
      auto b = filled<st::tensor<float, dyn, dyn>>(rows, columns);
      auto h = filled<st::tensor<float, dyn, dyn>>(columns, rows);
      auto n = filled<st::tensor<int, dyn>>(count);
      CHECK(emulated_difference(chosen, companions, w, b, g, h, n, rate) == "");
    }
  auto w = filled<st::tensor<float, 515>>(), g = w;
  auto b = filled<st::tensor<float, 8, 24>>();
  auto h = filled<st::tensor<float, 24, 8>>();
  auto n = filled<st::tensor<int, 64>>();
  CHECK(emulated_difference({}, companions, w, b, g, h, n, rate) == "");
  static_assert(st::kernels(companions, w, b, g, h, n, rate) == 1);
}
