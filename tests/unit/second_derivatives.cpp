// SPDX-License-Identifier: Apache-2.0

// Gradients of gradients that have a formula of their own: products with zeros among their factors,
// against all products of the others; lgamma, against trigamma.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>

#include <cmath>
#include <vector>

namespace st = sinter;
using st::dyn;

namespace {

/// The product of a row's elements but for two.
double without(const double* x, int n, int i, int j) {
  double p = 1;
  for (int k = 0; k < n; ++k)
    if (k != i && k != j) p *= x[k];
  return p;
}

constexpr auto row_products = st::fused([](auto x, auto u, auto v) {
  auto first = gradient(sum(st::prod<1>(x) * u), x);
  return std::tuple(first, gradient(sum(first * v), x));
});
constexpr auto column_products = st::fused([](auto x, auto u, auto v) {
  auto first = gradient(sum(st::prod<0>(x) * u), x);
  return std::tuple(gradient(sum(first * v), x), gradient(sum(first * v), u));
});
constexpr auto whole_product = st::fused([](auto x, auto v) {
  auto first = gradient(st::prod(x), x);
  return std::tuple(first, gradient(sum(first * v), x));
});

}  // namespace

TEST_CASE("prod: first and second gradients of rows and columns with none to four zeros") {
  constexpr int n = 4;
  std::vector<double> rows;
  for (int zeros = 0; zeros < 16; ++zeros)  // at all places
    for (int i = 0; i < n; ++i) rows.push_back(zeros >> i & 1 ? 0 : 0.5 * i - 1.75 + zeros * 0.01);
  rows[5] = -0.0;
  st::tensor<double, dyn, n> x(16), v(16);
  st::tensor<double, n, dyn> turned(16), turned_v(16);
  st::tensor<double, dyn> u(16);
  for (int r = 0; r < 16; ++r) {
    u(r) = 1 + 0.25 * r;
    for (int i = 0; i < n; ++i) {
      x(r, i) = turned(i, r) = rows[static_cast<std::size_t>(r * n + i)];
      v(r, i) = turned_v(i, r) = std::sin(r * n + i);
    }
  }
  const auto [first, second] = row_products(x, u, v);
  const auto [column_second, column_mixed] = column_products(turned, u, turned_v);
  for (int r = 0; r < 16; ++r) {
    const double* const row = &rows[static_cast<std::size_t>(r * n)];
    double mixed = 0;
    for (int i = 0; i < n; ++i) {
      CAPTURE(r);
      CAPTURE(i);
      const double slope = without(row, n, i, i);
      double bend = 0;
      for (int j = 0; j < n; ++j)
        if (j != i) bend += v(r, j) * u(r) * without(row, n, i, j);
      mixed += slope * v(r, i);
      // Quotients where there are products: a few roundings of values below 40.
      CHECK(std::fabs(first(r, i) - u(r) * slope) <= 1e-14);
      CHECK(std::fabs(second(r, i) - bend) <= 1e-13);
      CHECK(std::fabs(column_second(i, r) - bend) <= 1e-13);
    }
    CHECK(std::fabs(column_mixed(r) - mixed) <= 1e-13);
  }
}

TEST_CASE("prod: gradients of everything, of one element, of none, and where products overflow") {
  using line = st::tensor<double, dyn>;
  const auto [first, second] = whole_product(line{2, 0, 3, 0}, line{1, 10, 100, 1000});
  CHECK((first(0) == 0 && first(1) == 0 && first(2) == 0 && first(3) == 0));
  CHECK((second(0) == 0 && second(1) == 6000 && second(2) == 0 && second(3) == 60));
  const auto [one, none] = whole_product(line{0}, line{5});
  CHECK((one(0) == 1 && none(0) == 0));
  CHECK(std::get<1>(whole_product(line(), line())).size() == 0);
  const auto [far, unused] = whole_product(line{0, 1e300, 1e300}, line{1, 1, 1});
  CHECK((std::isinf(far(0)) && far(1) == 0 && far(2) == 0));
}

TEST_CASE("lgamma: the second gradient is trigamma, by values and by differences of digamma") {
  constexpr auto bends = st::fused([](auto x) {
    return gradient(sum(gradient(sum(st::lgamma(x)), x)), x);
  });
  const st::tensor<double, 6> x{0.25, 1, 3.5, 12, -0.5, -2.75};
  const auto found = bends(x);
  const double pi2 = 9.8696044010893586188;
  CHECK(found(1) == doctest::Approx(pi2 / 6).epsilon(1e-15));
  CHECK(found(4) == doctest::Approx(pi2 / 2 + 4).epsilon(1e-15));
  for (int i = 0; i < 6; ++i) {
    constexpr double h = 1e-4;
    const double slope =
        (st::math::digamma(x(i) + h) - st::math::digamma(x(i) - h)) / (2 * h);
    CHECK(found(i) == doctest::Approx(slope).epsilon(1e-5));  // h^2 times the third derivative
    CHECK(found(i) == st::math::trigamma(x(i)));
  }
}
