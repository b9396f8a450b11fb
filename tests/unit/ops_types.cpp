// SPDX-License-Identifier: Apache-2.0

// What operations make of other types than floats, of nothing, and of very many.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>

#include <cmath>
#include <tuple>
#include <type_traits>

#include "unit/ulps.hpp"

namespace st = sinter;
using st::dyn;
using st::testing::sequence;
using st::testing::ulps;

TEST_CASE_TEMPLATE("functions of 16-bit floats are computed in f32 and rounded", T, st::f16,
                   st::bf16) {
  constexpr auto all = st::fused([](auto x) {
    return std::tuple(sin(x), exp2(x), atan(x), sigmoid(x), mish(x), floor(x), round(x), sign(x),
                      hypot(x, x * 2), st::variance<0>(x), st::prod<0>(x * 0.25 + 1));
  });
  st::tensor<T, dyn> x(50);
  sequence next(5);
  for (int i = 0; i < 50; ++i) x(i) = T(next() * 3);
  const auto r = all(x);
  static_assert(std::is_same_v<std::remove_cvref_t<decltype(std::get<0>(r))>, st::tensor<T, dyn>>);
  // Half a unit of the storage type, and what f32 may be off in front of it.
  const double bound = 0.5 + 1.0 / 512;
  double mean = 0, squares = 0, product = 1;
  for (int i = 0; i < 50; ++i) {
    const double v = float{x(i)};
    CHECK(ulps(std::get<0>(r)(i), std::sin(v)) <= bound);
    CHECK(ulps(std::get<1>(r)(i), std::exp2(v)) <= bound);
    CHECK(ulps(std::get<2>(r)(i), std::atan(v)) <= bound);
    CHECK(ulps(std::get<3>(r)(i), 1 / (1 + std::exp(-v))) <= bound);
    // What is composed may keep its parts in f32 or in T.
    CHECK(ulps(std::get<4>(r)(i), v * std::tanh(std::log1p(std::exp(v)))) <= 6);
    CHECK(float{std::get<5>(r)(i)} == std::floor(v));
    CHECK(float{std::get<6>(r)(i)} == std::nearbyint(v));
    CHECK(float{std::get<7>(r)(i)} == (v > 0 ? 1 : v < 0 ? -1 : 0));
    CHECK(ulps(std::get<8>(r)(i), std::hypot(v, 2 * v)) <= bound);
    mean += v / 50;
    product *= v * 0.25 + 1;
  }
  for (int i = 0; i < 50; ++i) squares += std::pow(float{x(i)} - mean, 2);
  CHECK(ulps(std::get<9>(r)(), squares / 49) <= 1);
  CHECK(ulps(std::get<10>(r)(), product) <= 25);
}

TEST_CASE_TEMPLATE("functions of integers and bool become f32, what rounds them stays", T, bool,
                   std::int8_t, std::uint8_t, std::int32_t, std::uint64_t) {
  const st::tensor<T, 3> x{T(0), T(1), T(2)};
  constexpr auto all = st::fused([](auto v) {
    return std::tuple(sin(v), log2(v), elu(v), sigmoid(v), pow(v, 2), floor(v), round(v), sign(v),
                      st::isnan(v), st::isinf(v), st::isfinite(v), hinge(v, 1));
  });
  const auto r = all(x);
  const auto is = []<class Want>(const auto& y, Want) {
    return std::is_same_v<std::remove_cvref_t<decltype(y)>, st::tensor<Want, 3>>;
  };
  CHECK(is(std::get<0>(r), 0.f));
  CHECK(is(std::get<1>(r), 0.f));
  CHECK(is(std::get<2>(r), 0.f));
  CHECK(is(std::get<3>(r), 0.f));
  CHECK(is(std::get<4>(r), 0.f));
  CHECK(is(std::get<5>(r), T(0)));
  CHECK(is(std::get<6>(r), T(0)));
  CHECK(is(std::get<7>(r), T(0)));
  CHECK(is(std::get<8>(r), true));
  for (int i = 0; i < 3; ++i) {
    const double v = static_cast<double>(x(i));
    CHECK(ulps(std::get<0>(r)(i), std::sin(v)) <= 2);
    CHECK(ulps(std::get<1>(r)(i), std::log2(v)) <= 1);
    CHECK(std::get<2>(r)(i) == v);
    CHECK(std::get<4>(r)(i) == v * v);
    CHECK(std::get<5>(r)(i) == x(i));
    CHECK(std::get<6>(r)(i) == x(i));
    CHECK(std::get<7>(r)(i) == T(v > 0));
    CHECK(!std::get<8>(r)(i));
    CHECK(!std::get<9>(r)(i));
    CHECK(std::get<10>(r)(i));
    CHECK(std::get<11>(r)(i) == (v < 1 ? 1 - v : 0));
  }
}

TEST_CASE("reductions of integers: products wrap in 64 bits, extreme places, truths") {
  st::tensor<std::int8_t, 2, 3> x;
  const int values[] = {100, -100, 3, 0, 5, -5};
  for (int i = 0; i < 6; ++i) x.data()[i] = static_cast<std::int8_t>(values[i]);
  const st::tensor<std::int64_t, 2> product = st::prod<1>(x);
  CHECK(product(0) == -30000);
  CHECK(product(1) == 0);
  const st::tensor<int, 2> least = argmin(x);
  CHECK(least(0) == 1);
  CHECK(least(1) == 2);
  const st::tensor<bool, 2> all = st::all<1>(x);
  CHECK(all(0));
  CHECK(!all(1));
  const st::tensor<std::int64_t> count = count_nonzero(x);
  CHECK(count() == 5);
  const st::tensor<std::uint64_t, 3> large{1ull << 40, 1ull << 30, 3};
  const st::tensor<std::uint64_t> wrapped = prod(large);
  CHECK(wrapped() == 0);
}

TEST_CASE("reductions of nothing: sums, products and truths have a value, variances are NaN") {
  const st::tensor<float, dyn, 3> x(0);
  const st::tensor<float, 3> product = st::prod<0>(x), variance = st::variance<0>(x);
  const st::tensor<float, 3> wide = st::variance<0, st::biased>(x), norm = st::norm<0>(x);
  const st::tensor<bool, 3> any = st::any<0>(x), all = st::all<0>(x);
  const st::tensor<std::int64_t> count = count_nonzero(x);
  for (int i = 0; i < 3; ++i) {
    CHECK(product(i) == 1);
    CHECK(std::isnan(variance(i)));
    CHECK(std::isnan(wide(i)));
    CHECK(norm(i) == 0);
    CHECK(!any(i));
    CHECK(all(i));
  }
  CHECK(count() == 0);
  st::tensor<float, 3> y;
  CHECK_THROWS_AS(y = st::logsumexp<0>(x), st::shape_error);
  CHECK_THROWS_AS(y = st::max_norm<0>(x), st::shape_error);
  const st::tensor<float, 0, 4> none;
  const st::tensor<bool> any_of_none = st::any(none), all_of_none = st::all(none);
  CHECK(!any_of_none());
  CHECK(all_of_none());
}

// One accumulator in f32 is off by 9 percent here. A sum errs by at most u, 6e-8, for each addition
// that a term passes through: in a part of 16,384 terms at least 16 accumulators share them, then
// 611 parts and the lanes are added, which is some 1,700; down columns a part is 13,107 rows; along
// a row of a million each of at least 16 accumulators has 62,500 terms.
TEST_CASE("sums of ten million floats keep their digits, whatever axis is folded") {
  constexpr int n = 10'000'000;
  st::tensor<float, dyn> x(n);
  for (int i = 0; i < n; ++i) x(i) = 0.1f;
  float naive = 0;
  for (int i = 0; i < n; ++i) naive += x(i);
  const double want = double{0.1f} * n;
  const auto off = [&](double got) { return std::fabs(got / want - 1); };
  CHECK(off(double{naive}) > 0.05);
  const st::tensor<float> total = sum(x), average = mean(x);
  CHECK(off(double{total()}) < 1e-4);
  CHECK(off(double{average()} * n) < 1e-4);
  st::tensor<float, dyn, 10> tall(n / 10);
  tall = 0 * tall + 0.1f;
  const st::tensor<float, 10> columns = st::sum<0>(tall);
  CHECK(off(double{columns(3)} * 10) < 1e-3);
  st::tensor<float, 10, dyn> wide(n / 10);
  wide = 0 * wide + 0.1f;
  const st::tensor<float, 10> rows = st::sum<1>(wide);
  CHECK(off(double{rows(3)} * 10) < 4e-3);
  MESSAGE("off by " << off(double{total()}) << ", columns " << off(double{columns(3)} * 10)
                    << ", rows " << off(double{rows(3)} * 10));
}
