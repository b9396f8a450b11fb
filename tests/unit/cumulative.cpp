// SPDX-License-Identifier: Apache-2.0

// Running folds: what NumPy and PyTorch give, special values, types, empty and long axes, plans.
// Tolerances: sums of these operands are exact; products and exponentials have a rounding or a few
// for each step, of at most 20.

#include <cmath>

#include "unit/expected_cases.hpp"

#include <sinter/sinter.hpp>

#include <string>
#include <type_traits>

namespace {

namespace st = sinter;
using st::backwards;
using st::dyn;

const st::testing::expected_case cases[] = {
#include "unit/cumulative_cases.inc"
};

template <class T> void draw(T& x) {
  for (std::int64_t i = 0; i < x.size(); ++i)
    x.data()[i] = static_cast<double>(i * 37 % 101 - 50) / 16;
}

template <class Tensor> void check(const std::string& name, const Tensor& got, double allowed = 0) {
  st::testing::check_case(cases, name, got, allowed);
}

/// As above, for values that may be NaN or infinite.
template <class Tensor>
void check_special(const std::string& name, const Tensor& got, double allowed = 0) {
  for (const auto& c : cases) {
    if (c.name != name) continue;
    INFO(name);
    REQUIRE(static_cast<std::size_t>(got.size()) == c.values.size());
    for (std::size_t i = 0; i < c.values.size(); ++i) {
      CAPTURE(i);
      const double own = got.data()[i], want = c.values[i];
      if (std::isnan(want)) CHECK(std::isnan(own));
      else if (std::isinf(want) || allowed == 0) CHECK(own == want);
      else CHECK(std::fabs(own - want) <= allowed * std::fmax(1, std::fabs(want)));
    }
    return;
  }
  FAIL("no case is called " << name);
}

template <int Axis> void check_axis() {
  st::tensor<double, 3, 5, 4> x;
  draw(x);
  const std::string axis = '_' + std::to_string(Axis);
  check("cumsum" + axis, st::tensor(st::cumsum<Axis>(x)));
  check("cumprod" + axis, st::tensor(st::cumprod<Axis>(x)), 1e-15);
  check("cummax" + axis, st::tensor(st::cummax<Axis>(x)));
  check("cummin" + axis, st::tensor(st::cummin<Axis - 3>(x)));
  check("logcumsumexp" + axis, st::tensor(st::logcumsumexp<Axis>(x)), 2e-15);
  check("reverse" + axis, st::tensor(st::cumsum<backwards, Axis>(x)));
}

/// The gradient of the results, of which element i counts i + 1 times.
template <class F, class X> auto slope(F, const X& x) {
  X weight;
  for (std::int64_t i = 0; i < x.size(); ++i) weight.data()[i] = static_cast<double>(i + 1);
  return st::fused([](auto a, auto w) { return st::gradient(sum(F{}(a) * w), a); })(x, weight);
}

}  // namespace

TEST_CASE("running folds: along each axis as NumPy and PyTorch") {
  check_axis<0>();
  check_axis<1>();
  check_axis<2>();
}

TEST_CASE("running folds: infinities, NaN and what is far apart") {
  const st::tensor<double, 10> x{1, -2.5, 0, 3, INFINITY, 2, NAN, 1, -INFINITY, -4};
  check_special("special_sum", st::tensor(cumsum(x)));
  check_special("special_product", st::tensor(st::cumprod(x)));
  check_special("special_max", st::tensor(st::cummax(x)));
  check_special("special_min", st::tensor(st::cummin(x)));
  check_special("special_exponentials", st::tensor(st::logcumsumexp(x)), 1e-15);
  const st::tensor<double, 7> far{-INFINITY, -1000, -1000.5, 900, 900, -INFINITY, 1e300};
  check_special("far_exponentials", st::tensor(st::logcumsumexp(far)), 1e-15);
  // What comes before a NaN is untouched, from whichever side.
  const st::tensor back = st::cumsum<backwards>(x);
  CHECK(back(9) == -4);
  CHECK(back(8) == -INFINITY);
  CHECK(std::isnan(back(6)));
}

TEST_CASE("running folds: integers and bool are summed in 64 bits, extremes keep their type") {
  const st::tensor<std::uint8_t, 4> small{200, 100, 255, 7};
  const st::tensor<std::int8_t, 4> sign{100, 100, -128, 50};
  const st::tensor<bool, 4> flags{true, false, true, true};
  check("unsigned_sum", st::tensor(cumsum(small)));
  check("signed_sum", st::tensor(cumsum(sign)));
  check("signed_product", st::tensor(st::cumprod(sign)));
  check("bool_sum", st::tensor(cumsum(flags)));
  static_assert(std::is_same_v<decltype(st::tensor(cumsum(small))), st::tensor<std::uint64_t, 4>>);
  static_assert(std::is_same_v<decltype(st::tensor(cumsum(flags))), st::tensor<std::int64_t, 4>>);
  static_assert(std::is_same_v<decltype(st::tensor(st::cummax(sign))), st::tensor<std::int8_t, 4>>);
  static_assert(std::is_same_v<decltype(st::tensor(st::cummin(flags))), st::tensor<bool, 4>>);
  static_assert(std::is_same_v<decltype(st::tensor(st::logcumsumexp(sign))), st::tensor<float, 4>>);
  const st::tensor least = st::cummin(flags);
  CHECK((least(0) && !least(1) && !least(3)));
  const st::tensor<std::uint64_t, 3> large{~std::uint64_t{0}, 2, 3};
  const st::tensor wrapped = cumsum(large);
  CHECK(wrapped(2) == 4);
}

TEST_CASE("running folds: f16 and bf16 accumulate in float") {
  st::tensor<st::bf16, 1000> ones;
  for (int i = 0; i < 1000; ++i) ones(i) = st::bf16(1.0f);
  const st::tensor total = cumsum(ones);
  static_assert(std::is_same_v<decltype(total), const st::tensor<st::bf16, 1000>>);
  CHECK(static_cast<float>(total(999)) == 1000.0f);  // bf16 alone would stay at 256
}

TEST_CASE("running folds: no elements, one, and axes of one") {
  const st::tensor<float, dyn, dyn> none(3, 0), empty(0, 3);
  CHECK(st::tensor(cumsum(none)).size() == 0);
  CHECK(st::tensor(st::cummax<0>(none)).size() == 0);
  CHECK(st::tensor(st::cummax<0>(empty)).size() == 0);
  CHECK(st::tensor(st::cumsum<backwards, 0>(empty)).size() == 0);
  st::tensor<float, dyn, dyn> one(1, 1);
  one(0, 0) = 2.5f;
  CHECK(st::tensor(cumsum(one))(0, 0) == 2.5f);
  CHECK(st::tensor(st::cumprod<0>(one))(0, 0) == 2.5f);
  const st::tensor<int, 3, 1> column{1, 2, 3};
  const st::tensor same = cumsum(column), down = st::cumsum<0>(column);
  static_assert(std::is_same_v<decltype(same), const st::tensor<std::int64_t, 3, 1>>);
  CHECK((same(2, 0) == 3 && down(2, 0) == 6));
}

TEST_CASE("running folds: a million elements in a row, and down a column, in f32") {
  // Multiples of 2^-6 below 4, of which sums of a million are floats.
  constexpr std::int64_t n = 1000003;
  st::tensor<float, 1, dyn> row(n);
  for (std::int64_t i = 0; i < n; ++i) row.data()[i] = static_cast<float>(i * 37 % 9 - 4) / 64;
  const st::tensor<float, dyn, 1> column = st::permute<1, 0>(row);
  const st::tensor along = cumsum(row), back = st::cumsum<backwards, 1>(row);
  const st::tensor down = st::cumsum<0>(column);
  double sum = 0, rest = 0;
  std::int64_t wrong = 0;
  for (std::int64_t i = 0; i < n; ++i) rest += row(0, i);
  for (std::int64_t i = 0; i < n; ++i) {
    wrong += back(0, i) != rest;
    sum += row(0, i);
    rest -= row(0, i);
    wrong += along(0, i) != sum || down(i, 0) != sum;
  }
  CHECK(wrong == 0);
}

TEST_CASE("running folds: through views with strides of their own") {
  st::tensor<double, 6, 5> x;
  draw(x);
  const st::tensor turned = cumsum(transpose(x));
  const st::tensor plain = st::cumsum<0>(x);
  const st::tensor odd = st::cumsum<0>(st::slice<0, 1, 6>(x));
  const st::tensor flipped = cumsum(st::flip<1>(x)), back = st::cumsum<backwards>(x);
  const st::tensor repeated = st::cumsum<0>(st::broadcast<4, 5>(st::slice<0, 0, 1>(x)));
  for (int i = 0; i < 6; ++i)
    for (int j = 0; j < 5; ++j) {
      CHECK(turned(j, i) == plain(i, j));
      CHECK(flipped(i, 4 - j) == back(i, j));
      if (i > 0) CHECK(odd(i - 1, j) == plain(i, j) - x(0, j));
      if (i < 4) CHECK(repeated(i, j) == (i + 1) * x(0, j));
    }
}

TEST_CASE("running folds: gradients as PyTorch's, at zeros and at equal values") {
  st::tensor<double, 3, 4> x;
  draw(x);
  const st::tensor<double, 4, 4> zeros{2, -1.5, 0.5, 3, 2, 0, 0.5, 3, 0, -1.5, 0, 3, 0, 0, 0, 1};
  const st::tensor<double, 2, 6> ties{1, 3, 3, 2, 3, 4, 2, 1, 1, 1, 0, 0};
  check("slope_sum", slope([](auto a) { return cumsum(a); }, x));
  check("slope_product", slope([](auto a) { return st::cumprod(a); }, zeros), 1e-15);
  check("slope_max", slope([](auto a) { return st::cummax(a); }, ties));
  check("slope_min", slope([](auto a) { return st::cummin(a); }, ties));
  check("slope_exponentials", slope([](auto a) { return st::logcumsumexp(a); }, x), 1e-14);
}
