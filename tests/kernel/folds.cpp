// SPDX-License-Identifier: Apache-2.0

// The bodies of reduce kernels in the emulator, against the reference.

#include <doctest/doctest.h>

#include "kernel/emulated_plan.hpp"
#include "kernel/filled.hpp"

namespace {

namespace st = sinter;
using namespace sinter::testing;
using st::dyn;

constexpr auto all = st::fused([](auto x, auto y) {
  return std::tuple(sum(square(x - y)), mean(exp(x * 0.1)), st::max(x) - st::min(y),
                    prod(1 + x * 0.001));
});
constexpr auto columns = st::fused([](auto x, auto y) {
  return std::tuple(st::sum<0>(x * y), st::max<st::keep, 0>(x), st::mean<0>(abs(x)) + 1);
});
constexpr auto counts = st::fused([](auto n) {
  return std::tuple(sum(n), st::sum<0>(n), st::sum<0>(n < 0), st::max<0>(n),
                    st::prod<0>((n & 1) | 1), st::any<0>(n < 0), st::all<0>(n < 0),
                    (n << 3) ^ (n >> 1));
});
constexpr auto functions = st::fused([](auto x) {
  return std::tuple(sin(x) + atan2(x, 1 + x * x), clamp(x, -1, 0.5), erfc(x), fmod(x, 0.25),
                    st::logsumexp<1>(x), st::variance<1>(x), mish(x), round(x * 4));
});
constexpr auto outer = st::fused([](auto x) { return st::sum<0, 2>(x) * 2; });

}  // namespace

TEST_CASE("reduce: everything, one part and many, f32 against double") {
  for (const int rows : {0, 1, 3, 40, 300}) {
    CAPTURE(rows);
    auto x = filled<st::tensor<float, dyn, 64>>(rows);
    auto y = filled<st::tensor<float, dyn, 64>>(rows);
    if (rows > 0) CHECK(emulated_difference({}, all, x, y) == "");
  }
  auto x = filled<st::tensor<float, dyn>>(9001), y = x;
  for (const auto& chosen : schedules()) CHECK(emulated_difference(chosen, all, x, y) == "");
}

TEST_CASE_TEMPLATE("reduce: leading axes, one part and many", T, float, double, st::f16) {
  for (const int rows : {1, 7, 64, 200})
    for (const int width : {1, 40, 129}) {
      CAPTURE(rows);
      CAPTURE(width);
      auto x = filled<st::tensor<T, dyn, dyn>>(rows, width), y = x;
      CHECK(emulated_difference({}, columns, x, y) == "");
    }
  auto x = filled<st::tensor<T, 300, 64>>(), y = x;
  for (const auto& chosen : schedules()) CHECK(emulated_difference(chosen, columns, x, y) == "");
}

TEST_CASE("reduce: integers, booleans, and axes on both sides") {
  auto n = filled<st::tensor<int, 90, 12>>();
  CHECK(emulated_difference({}, counts, n) == "");
  auto x = filled<st::tensor<float, 5, 6, 7>>();
  CHECK(emulated_difference({}, outer, x) == "");
  auto rows = filled<st::tensor<float, 5, 40>>();
  CHECK(emulated_difference({}, functions, rows) == "");
}
