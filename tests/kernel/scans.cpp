// SPDX-License-Identifier: Apache-2.0

// Running folds in the bodies of row and scan kernels, in the emulator, against the reference.

#include <doctest/doctest.h>

#include "kernel/layers.hpp"

namespace {

namespace st = sinter;
using namespace sinter::testing;
using st::dyn;

constexpr auto sums = st::fused([](auto x) { return cumsum(x); });
constexpr auto from_the_end = st::fused([](auto x) { return st::cumsum<st::backwards, 1>(x); });
constexpr auto shares = st::fused([](auto x) {
  const auto p = softmax(x * 2);
  const auto up_to = cumsum(p);
  return std::tuple(where(up_to - p < 0.5f, p, 0), st::max<1>(up_to), up_to - cummax(x),
                    logcumsumexp(x));
});
constexpr auto shares_behind = st::fused([](auto x) {
  const auto rest = st::cumsum<st::backwards, 1>(softmax(x));
  return std::tuple(rest / st::max<st::keep, 1>(rest + x * x), rest);
});
constexpr auto slope = st::fused([](auto x, auto w) {
  return st::gradient(sum(cumsum(exp(x)) * w), x);
});
constexpr auto down = st::fused([](auto x, auto b) {
  const auto s = st::cumsum<0>(x * b);
  return std::tuple(relu(s) + x, st::cummin<0>(x - s));
});
constexpr auto up = st::fused([](auto x) { return st::cumsum<1, st::backwards>(x) * 0.5f; });

}  // namespace

TEST_CASE("scan: sums along whole rows in registers, both ways") {
  check_rows<2>(sums, from_the_end);
  check_rows<3>(sums, from_the_end);
  check_rows<16>(sums, from_the_end);
  check_rows<61>(sums, from_the_end);
  check_rows<512>(sums, from_the_end);
  check_rows<700>(sums, from_the_end);
  check_rows<2048>(sums, from_the_end);
}

TEST_CASE("scan: rows of run-time length, and of more than registers hold") {
  for (const int columns : {0, 1, 5, 64, 1000, 1027, 5000}) {
    CAPTURE(columns);
    auto x = filled<st::tensor<float, dyn, dyn>>(3, columns);
    CHECK(emulated_difference({}, sums, x) == "");
    CHECK(emulated_difference({}, from_the_end, x) == "");
    if (columns > 0) CHECK(emulated_difference({}, shares, x) == "");
    if (columns > 0) CHECK(emulated_difference({}, shares_behind, x) == "");
  }
  auto longest = filled<st::tensor<float, 1, 9000>>();
  for (int i = 0; i < 9000; ++i) longest(0, i) += 3;  // sums that are large beside their bounds
  CHECK(emulated_difference({}, sums, longest) == "");
  CHECK(emulated_difference({}, from_the_end, longest) == "");
}

TEST_CASE_TEMPLATE("scan: beside folds of the row, and as a gradient", T, float, double, st::bf16) {
  auto x = filled<st::tensor<T, 5, 96>>();
  for (const auto& chosen : schedules()) {
    CHECK(emulated_difference(chosen, shares, x) == "");
    CHECK(emulated_difference(chosen, shares_behind, x) == "");
    CHECK(emulated_difference(chosen, slope, x, x) == "");
  }
}

TEST_CASE("scan: columns, downwards and upwards") {
  for (const int rows : {0, 1, 2, 40}) {
    CAPTURE(rows);
    auto x = filled<st::tensor<float, dyn, 70>>(rows);
    auto b = filled<st::tensor<float, 70>>();
    CHECK(emulated_difference({}, down, x, b) == "");
    auto planes = filled<st::tensor<float, 3, dyn, 5>>(rows);
    CHECK(emulated_difference({}, up, planes) == "");
  }
  auto whole = filled<st::tensor<int, 9, 6>>();
  CHECK(emulated_difference({}, st::fused([](auto x) { return st::cumprod<0>(x); }), whole) == "");
}
