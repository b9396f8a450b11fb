// SPDX-License-Identifier: Apache-2.0

// Reductions, softmax, norms and losses against plain loops in double.
//
// Tolerances. A sum of n terms in any order errs by at most (n - 1) u times the sum of magnitudes
// (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 4.2), u half a unit in
// the last place; the terms here are positive, so that this is (n - 1) / 2 ulp, and partial sums
// keep far below it. Rows of up to 1000 are held to 16 ulp. Softmax is an exponential (2 ulp), a
// sum and a quotient; the difference in the exponent errs by half an ulp of itself, which the
// exponential turns into as many units of the result as its argument is large.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>

#include <algorithm>
#include <limits>
#include <tuple>
#include <type_traits>
#include <vector>

#include "unit/ulps.hpp"

namespace st = sinter;
using st::dyn;
using st::keep;
using st::testing::sequence;
using st::testing::ulps;

namespace {

constexpr int sizes[] = {1, 15, 16, 17, 100, 1000};

template <class T> st::tensor<T, dyn, dyn> random(int rows, int columns, double shift = 0) {
  st::tensor<T, dyn, dyn> x(rows, columns);
  sequence next(7);
  for (std::int64_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<T>(next() + shift);
  return x;
}

}  // namespace

TEST_CASE_TEMPLATE("reductions: rows and columns of [3,n] and [n,3], f32 and f64", T, float,
                   double) {
  constexpr auto all = st::fused([](auto x) {
    return std::tuple(st::sum<1>(x), st::max<1>(x), st::min<1>(x), st::mean<1>(x), argmax(x),
                      st::sum<0>(x), st::max<0>(x), st::mean<0>(x), st::argmax<0>(x), sum(x),
                      max(x), mean(x));
  });
  const auto check = [&](int rows, int columns) {
    INFO("[", rows, ", ", columns, "]");
    const auto x = random<T>(rows, columns, 2);  // positive
    const auto r = all(x);
    double total = 0, greatest = -HUGE_VAL;
    for (int i = 0; i < rows; ++i) {
      double sum = 0, high = x(i, 0), low = x(i, 0);
      int where = 0;
      for (int j = 0; j < columns; ++j) {
        sum += double{x(i, j)};
        if (x(i, j) > high) where = j;
        high = std::max(high, double{x(i, j)}), low = std::min(low, double{x(i, j)});
      }
      CHECK(ulps(std::get<0>(r)(i), sum) <= 16);
      CHECK(std::get<1>(r)(i) == high);
      CHECK(std::get<2>(r)(i) == low);
      CHECK(ulps(std::get<3>(r)(i), sum / columns) <= 17);
      CHECK(std::get<4>(r)(i) == where);
      total += sum;
      greatest = std::max(greatest, high);
    }
    for (int j = 0; j < columns; ++j) {
      double sum = 0, high = x(0, j);
      int where = 0;
      for (int i = 0; i < rows; ++i) {
        sum += double{x(i, j)};
        if (x(i, j) > high) where = i;
        high = std::max(high, double{x(i, j)});
      }
      CHECK(ulps(std::get<5>(r)(j), sum) <= 16);
      CHECK(std::get<6>(r)(j) == high);
      CHECK(ulps(std::get<7>(r)(j), sum / rows) <= 17);
      CHECK(std::get<8>(r)(j) == where);
    }
    CHECK(ulps(std::get<9>(r).item(), total) <= 16);
    CHECK(std::get<10>(r).item() == greatest);
    CHECK(ulps(std::get<11>(r).item(), total / rows / columns) <= 17);
  };
  for (const int n : sizes) check(3, n), check(n, 3);
}

TEST_CASE("sum: over every set of axes of [2,3,4], i32 against a loop, kept and dropped") {
  st::tensor<int, 2, 3, 4> x;
  for (int i = 0; i < 24; ++i) x.data()[i] = i * i;
  constexpr auto all = st::fused([](auto v) {
    return std::tuple(st::sum<keep, 0>(v), st::sum<keep, 1>(v), st::sum<keep, 2>(v),
                      st::sum<keep, 0, 1>(v), st::sum<keep, 0, 2>(v), st::sum<keep, 1, -1>(v),
                      st::sum<keep, 0, 1, 2>(v), st::sum<keep>(v));
  });
  constexpr unsigned masks[] = {1, 2, 4, 3, 5, 6, 7, 7};
  const auto r = all(x);
  static_assert(st::tensor<std::int64_t>::rank == decltype(st::tensor(st::sum<2, 1, 0>(x)))::rank);
  const auto check = [&](const auto& got, unsigned mask) {
    const auto folded = [&](int axis) { return (mask >> axis & 1) != 0; };
    for (int axis = 0; axis < 3; ++axis)
      REQUIRE(got.extent(axis) == (folded(axis) ? 1 : x.extent(axis)));
    for (int i = 0; i < got.extent(0); ++i)
      for (int j = 0; j < got.extent(1); ++j)
        for (int k = 0; k < got.extent(2); ++k) {
          std::int64_t want = 0;
          for (int a = 0; a < 2; ++a)
            for (int b = 0; b < 3; ++b)
              for (int c = 0; c < 4; ++c)
                if ((folded(0) || a == i) && (folded(1) || b == j) && (folded(2) || c == k))
                  want += x(a, b, c);
          CHECK(got(i, j, k) == want);
        }
  };
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (check(std::get<I>(r), masks[I]), ...);
  }(std::make_index_sequence<8>{});
  const st::tensor dropped = st::sum<1>(x);
  for (int i = 0; i < 2; ++i)
    for (int k = 0; k < 4; ++k) CHECK(dropped(i, k) == std::get<1>(r)(i, 0, k));
}

TEST_CASE("reductions: of bool, narrow integers and 16-bit floats") {
  const st::tensor<std::int8_t, 4> x{100, 100, -1, 100};
  CHECK(st::tensor(sum(x)).item() == 299);
  CHECK(st::tensor(mean(x)).item() == 74.75f);
  CHECK(st::tensor(st::min<0>(x)).item() == -1);
  CHECK(st::tensor(sum(x > 0)).item() == 3);
  CHECK(st::tensor(max(x < 0)).item());
  CHECK(!st::tensor(min(x < 0)).item());
  const st::tensor<std::uint64_t, 2> large{~std::uint64_t{0} - 1, 1};
  CHECK(st::tensor(sum(large)).item() == ~std::uint64_t{0});
  // In f16 the running sum would stop at 2048, in bf16 at 256.
  st::tensor<st::f16, 5000> ones;
  st::tensor<st::bf16, 5000> others;
  for (int i = 0; i < 5000; ++i) ones(i) = st::f16(1), others(i) = st::bf16(1);
  CHECK(float{st::tensor(sum(ones)).item()} == 5000);
  CHECK(float{st::tensor(sum(others)).item()} == 4992);  // the nearest bf16
}

TEST_CASE("max, min, argmax: ties and NaN, as in NumPy") {
  const float nan = NAN, inf = INFINITY;
  const st::tensor<float, 5, 4> x{1, 3,    3,   2,  //
                                  1, nan,  5,   nan,  //
                                  0, -0.f, 0,   0,  //
                                  inf, 1,  inf, 2,  //
                                  -inf, -inf, -inf, -inf};
  constexpr auto all = st::fused([](auto v) {
    return std::tuple(argmax(v), st::max<1>(v), st::min<1>(v));
  });
  const auto [where, high, low] = all(x);
  CHECK(where(0) == 1);
  CHECK(where(1) == 1);
  CHECK(where(2) == 0);
  CHECK(where(3) == 0);
  CHECK(where(4) == 0);
  CHECK(high(0) == 3);
  CHECK(std::isnan(high(1)));
  CHECK(std::isnan(low(1)));
  CHECK(high(3) == inf);
  CHECK(high(4) == -inf);
  // A NaN anywhere in a long row is found.
  for (const int at : {0, 1, 7, 8, 15, 16, 99, 998, 999}) {
    st::tensor<float, 1000> row;
    row(at) = nan;
    CHECK(std::isnan(st::tensor(max(row)).item()));
    CHECK(st::tensor(argmax(row)).item() == at);
  }
}

TEST_CASE_TEMPLATE("softmax, log_softmax: rows of [3,n], f32 and f64 against double", T, float,
                   double) {
  using W = std::conditional_t<std::is_same_v<T, double>, long double, double>;
  constexpr auto all = st::fused([](auto x) {
    return std::tuple(softmax(x), log_softmax(x), transpose(st::softmax<0>(transpose(x))));
  });
  for (const int n : sizes) {
    auto x = random<T>(3, n);
    for (std::int64_t i = 0; i < x.size(); ++i) x.data()[i] *= 4;
    const auto [soft, logarithm, columns] = all(x);
    for (int i = 0; i < 3; ++i) {
      W high = x(i, 0), sum = 0;
      for (int j = 0; j < n; ++j) high = std::max(high, W(x(i, j)));
      for (int j = 0; j < n; ++j) sum += std::exp(W(x(i, j)) - high);
      for (int j = 0; j < n; ++j) {
        const W want = std::exp(W(x(i, j)) - high) / sum;
        CHECK(ulps(soft(i, j), static_cast<double>(want)) <= 16);
        CHECK(ulps(columns(i, j), static_cast<double>(want)) <= 16);
        // The logarithm of the sum errs by its own units; the result may be nearer to 0.
        const double scale = static_cast<double>(8 + std::log(sum));
        CHECK(
            std::abs(static_cast<double>(logarithm(i, j) - (W(x(i, j)) - high - std::log(sum)))) <=
            scale * 8 * std::numeric_limits<T>::epsilon());
      }
    }
  }
}

TEST_CASE("softmax: rows of +-1e30, infinities and NaN, f32") {
  const float inf = INFINITY;
  const st::tensor<float, 4, 3> x{1e30f, -1e30f, 1e30f, -1e30f, -1e30f, -1e30f,
                                  -inf,  0,      -inf,  0,      NAN,    0};
  constexpr auto all = st::fused([](auto v) { return std::tuple(softmax(v), log_softmax(v)); });
  const auto [soft, logarithm] = all(x);
  CHECK(soft(0, 0) == 0.5f);
  CHECK(soft(0, 1) == 0);
  for (int j = 0; j < 3; ++j) CHECK(soft(1, j) == doctest::Approx(1.0 / 3));
  CHECK(soft(2, 0) == 0);
  CHECK(soft(2, 1) == 1);
  for (int j = 0; j < 3; ++j) CHECK(std::isnan(soft(3, j)));
  CHECK(logarithm(0, 1) == -2e30f);
  CHECK(logarithm(0, 0) == doctest::Approx(-std::log(2.0)));
  CHECK(logarithm(2, 1) == 0);
}

TEST_CASE_TEMPLATE("layer_norm: rows of [3,n] with scale and shift, f32 and f64", T, float,
                   double) {
  constexpr auto normal = st::fused([](auto x, auto s, auto b) { return layer_norm(x, s, b); });
  for (const int n : sizes) {
    const auto x = random<T>(3, n, 10);
    st::tensor<T, dyn> scale(n), shift(n);
    for (int j = 0; j < n; ++j) scale(j) = T(1 + j % 3), shift(j) = T(j % 5) / 4;
    const st::tensor y = normal(x, scale, shift);
    for (int i = 0; i < 3; ++i) {
      long double mean = 0, variance = 0;
      for (int j = 0; j < n; ++j) mean += x(i, j);
      mean /= n;
      for (int j = 0; j < n; ++j) variance += (x(i, j) - mean) * (x(i, j) - mean);
      variance /= n;
      for (int j = 0; j < n; ++j) {
        const long double want =
            (x(i, j) - mean) / std::sqrt(variance + 1e-5L) * scale(j) + shift(j);
        // The mean, about 10, errs by a few of its units; the deviation of 0.6 magnifies them, and
        // where n is 1 the root of epsilon does.
        const double bound = (n == 1 ? 8000 : 256) * std::numeric_limits<T>::epsilon();
        CHECK(std::abs(static_cast<double>(y(i, j) - want)) <= bound);
      }
    }
  }
}

TEST_CASE("cross_entropy: [n,c] with labels of several types, f32 against double") {
  constexpr auto both = st::fused([](auto x, auto label) {
    auto loss = cross_entropy(x, label);
    return std::tuple(loss, mean(loss));
  });
  const auto check = [&]<class Label>(Label) {
    for (const int classes : {1, 2, 10, 17, 1000}) {
      const auto x = random<float>(5, classes);
      st::tensor<Label, dyn> label(5);
      for (int i = 0; i < 5; ++i) label(i) = static_cast<Label>(i * 7 % std::min(classes, 100));
      const auto [loss, average] = both(x, label);
      double total = 0;
      for (int i = 0; i < 5; ++i) {
        double sum = 0;
        for (int j = 0; j < classes; ++j) sum += std::exp(double{x(i, j)});
        const double want = std::log(sum) - double{x(i, static_cast<int>(label(i)))};
        // A difference of numbers up to log(1000) + 1, each good to a few units.
        CHECK(std::abs(loss(i) - want) <= 8 * 8 * 6e-8);
        total += want;
      }
      CHECK(average.item() == doctest::Approx(total / 5).epsilon(1e-6));
    }
  };
  check(std::int32_t{});
  check(std::uint8_t{});
  check(std::int64_t{});
}
