// SPDX-License-Identifier: Apache-2.0

// Elementwise operations against plain loops in a wider type, for sizes around those of vectors.
//
// Tolerances: additions, products and the like are rounded once, 0.5 ulp, and what selects among
// its operands is exact. Functions keep 2 ulp, the bound that unit/math.cpp holds them to. What is
// composed of n of these keeps the sum of their bounds, unless it cancels; then the bound is in
// units in the last place of what cancels.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>

#include <tuple>
#include <type_traits>
#include <vector>

#include "unit/ulps.hpp"

namespace st = sinter;
using st::dyn;
using st::testing::sequence;
using st::testing::ulps;

namespace {

constexpr int sizes[] = {0, 1, 15, 16, 17, 100, 1000};

template <class T> using vector = st::tensor<T, dyn>;
template <class T> using wider = std::conditional_t<std::is_same_v<T, double>, long double, double>;

template <class T> vector<T> random(int size, std::uint32_t seed, double range) {
  vector<T> x(size);
  sequence next(seed);
  for (int i = 0; i < size; ++i) x(i) = static_cast<T>(next() * range);
  return x;
}

/// The largest distance of a result from a function of its operands.
template <class R, class F, class... X>
void compare(const char* name, double bound, const vector<R>& got, F want, const X&... x) {
  double worst = 0;
  for (std::int64_t i = 0; i < got.size(); ++i)
    worst = std::fmax(worst, ulps(got(i), static_cast<double>(want(x(i)...))));
  INFO(name, ", size ", got.size());
  CHECK(worst <= bound);
}

}  // namespace

TEST_CASE_TEMPLATE("unary operations: [n] for n of 0 to 1000, f32 and f64 against wider types", T,
                   float, double) {
  constexpr auto all = st::fused([](auto x) {
    return std::tuple(-x, abs(x), relu(x), square(x), exp(x), expm1(x), tanh(x), erf(x),
                      log(abs(x) + 0.25), log1p(abs(x)), sqrt(abs(x)));
  });
  for (const int size : sizes) {
    const vector<T> x = random<T>(size, 1, 5);
    using W = wider<T>;
    const auto [neg, abs, relu, square, exp, expm1, tanh, erf, log, log1p, sqrt] = all(x);
    REQUIRE(neg.size() == size);
    compare("neg", 0, neg, [](W v) { return -v; }, x);
    compare("abs", 0, abs, [](W v) { return std::abs(v); }, x);
    compare("relu", 0, relu, [](W v) { return v > 0 ? v : 0; }, x);
    compare("square", 0.5, square, [](W v) { return v * v; }, x);
    compare("exp", 2, exp, [](W v) { return std::exp(v); }, x);
    compare("expm1", 2, expm1, [](W v) { return std::expm1(v); }, x);
    compare("tanh", 2, tanh, [](W v) { return std::tanh(v); }, x);
    compare("erf", 2, erf, [](W v) { return std::erf(v); }, x);
    compare("log", 2, log, [](W v) { return std::log(W(T(std::abs(T(v)) + T(0.25)))); }, x);
    compare("log1p", 2, log1p, [](W v) { return std::log1p(std::abs(v)); }, x);
    compare("sqrt", 1, sqrt, [](W v) { return std::sqrt(std::abs(v)); }, x);
  }
}

TEST_CASE_TEMPLATE("binary operations: [n] and [n], f32 and f64 against wider types", T, float,
                   double) {
  constexpr auto all = st::fused([](auto x, auto y) {
    return std::tuple(x + y, x - y, x * y, x / y, maximum(x, y), minimum(x, y), x < y, x <= y,
                      x > y, x >= y, x == y, x != y, x < 0 && y < 0, x < 0 || y < 0, !(x < 0),
                      where(x < y, x, 2 * y));
  });
  for (const int size : sizes) {
    const vector<T> x = random<T>(size, 1, 5);
    vector<T> y = random<T>(size, 2, 5);
    for (int i = 0; i < size; i += 3) y(i) = x(i);
    using W = wider<T>;
    const auto r = all(x, y);
    compare("add", 0.5, std::get<0>(r), [](W a, W b) { return a + b; }, x, y);
    compare("sub", 0.5, std::get<1>(r), [](W a, W b) { return a - b; }, x, y);
    compare("mul", 0.5, std::get<2>(r), [](W a, W b) { return a * b; }, x, y);
    compare("div", 0.5, std::get<3>(r), [](W a, W b) { return a / b; }, x, y);
    compare("maximum", 0, std::get<4>(r), [](W a, W b) { return a > b ? a : b; }, x, y);
    compare("minimum", 0, std::get<5>(r), [](W a, W b) { return a < b ? a : b; }, x, y);
    for (int i = 0; i < size; ++i) {
      REQUIRE(std::get<6>(r)(i) == (x(i) < y(i)));
      REQUIRE(std::get<7>(r)(i) == (x(i) <= y(i)));
      REQUIRE(std::get<8>(r)(i) == (x(i) > y(i)));
      REQUIRE(std::get<9>(r)(i) == (x(i) >= y(i)));
      REQUIRE(std::get<10>(r)(i) == (x(i) == y(i)));
      REQUIRE(std::get<11>(r)(i) == (x(i) != y(i)));
      REQUIRE(std::get<12>(r)(i) == (x(i) < 0 && y(i) < 0));
      REQUIRE(std::get<13>(r)(i) == (x(i) < 0 || y(i) < 0));
      REQUIRE(std::get<14>(r)(i) == !(x(i) < 0));
      REQUIRE(std::get<15>(r)(i) == (x(i) < y(i) ? x(i) : 2 * y(i)));
    }
  }
}

TEST_CASE_TEMPLATE("activations: [n], f32 and f64 against wider types", T, float, double) {
  constexpr auto all = st::fused([](auto x) {
    return std::tuple(sigmoid(x), silu(x), softplus(x), gelu(x));
  });
  for (const int size : sizes) {
    const vector<T> x = random<T>(size, 3, 8);
    using W = wider<T>;
    const auto [sigmoid, silu, softplus, gelu] = all(x);
    compare("sigmoid", 4, sigmoid, [](W v) { return 1 / (1 + std::exp(-v)); }, x);
    compare("silu", 4, silu, [](W v) { return v / (1 + std::exp(-v)); }, x);
    compare("softplus", 5, softplus, [](W v) { return std::log1p(std::exp(v)); }, x);
    // 1 + erf cancels where x is negative: the error is relative to x.
    const double roundoff = std::ldexp(1.0, -st::testing::precision<T>::bits);
    for (int i = 0; i < size; ++i) {
      const W v = x(i);
      const W want = v / 2 * (1 + std::erf(v * W(0.70710678118654752440L)));
      CHECK(std::abs(static_cast<double>(gelu(i) - want)) <=
            6 * roundoff * std::abs(static_cast<double>(v)));
    }
  }
}

TEST_CASE("unary operations: infinities, NaN, zeros and the ends of the range, f32") {
  const float inf = INFINITY, nan = NAN;
  const st::tensor<float, 8> x{inf, -inf, nan, 0, -0.f, 1e38f, -1e38f, 1e-40f};
  constexpr auto all = st::fused([](auto v) {
    return std::tuple(relu(v), exp(v), log(v), tanh(v), sqrt(v), sigmoid(v), softplus(v), v / v);
  });
  const auto [relu, exp, log, tanh, sqrt, sigmoid, softplus, quotient] = all(x);
  CHECK(relu(0) == inf);
  CHECK(relu(1) == 0);
  CHECK(std::isnan(relu(2)));
  CHECK(exp(0) == inf);
  CHECK(exp(1) == 0);
  CHECK(exp(5) == inf);
  CHECK(exp(6) == 0);
  CHECK(std::isnan(exp(2)));
  CHECK(log(0) == inf);
  CHECK(std::isnan(log(1)));
  CHECK(log(3) == -inf);
  CHECK(log(4) == -inf);
  CHECK(tanh(0) == 1);
  CHECK(tanh(6) == -1);
  CHECK(sqrt(0) == inf);
  CHECK(std::isnan(sqrt(6)));
  CHECK(std::signbit(sqrt(4)));
  CHECK(sigmoid(0) == 1);
  CHECK(sigmoid(1) == 0);
  CHECK(softplus(0) == inf);
  CHECK(softplus(1) == 0);
  CHECK(softplus(5) == 1e38f);
  CHECK(std::isnan(quotient(3)));
  CHECK(std::isnan(quotient(0)));
}

TEST_CASE_TEMPLATE("elementwise: storage in 16 bits, arithmetic in f32", T, st::f16, st::bf16) {
  constexpr auto all = st::fused([](auto x, auto y) {
    return std::tuple(x + y, x * y, exp(x), relu(x * 2 + 1), x < y);
  });
  for (const int size : sizes) {
    vector<T> x(size), y(size);
    sequence next(4);
    for (int i = 0; i < size; ++i) x(i) = T(next() * 4), y(i) = T(next() * 4);
    const auto [sum, product, exp, chained, less] = all(x, y);
    // One rounding to the storage type, and of the f32 in front of it.
    const double bound = 0.5 + 1.0 / 1024;
    compare("add", bound, sum, [](double a, double b) { return a + b; }, x, y);
    compare("mul", bound, product, [](double a, double b) { return a * b; }, x, y);
    compare("exp", bound, exp, [](double a) { return std::exp(a); }, x);
    for (int i = 0; i < size; ++i) CHECK(less(i) == (float{x(i)} < float{y(i)}));
    // x * 2 is rounded to the type of the node or kept in f32: both are within one unit of 8.
    for (int i = 0; i < size; ++i)
      CHECK(std::abs(chained(i) - std::fmax(float{x(i)} * 2 + 1, 0)) <=
            std::ldexp(8.0, -st::testing::precision<T>::bits));
  }
}

TEST_CASE_TEMPLATE("elementwise: integers stay integers and wrap", T, std::int8_t, std::uint8_t,
                   std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, std::int64_t,
                   std::uint64_t) {
  constexpr auto all = st::fused([](auto x, auto y) {
    return std::tuple(x + y, x - y, x * y, maximum(x, y), relu(x), abs(x), x < y, x == y);
  });
  for (const int size : {0, 1, 15, 16, 17, 100, 1000}) {
    vector<T> x(size), y(size);
    sequence next(5);
    for (int i = 0; i < size; ++i) {
      x(i) = static_cast<T>(next.between(-100, 100));
      y(i) = static_cast<T>(next.between(-100, 100));
    }
    const auto [sum, difference, product, greater, relu, abs, less, equal] = all(x, y);
    for (int i = 0; i < size; ++i) {
      using U = std::make_unsigned_t<decltype(T() + T())>;
      REQUIRE(sum(i) == static_cast<T>(U(x(i)) + U(y(i))));
      REQUIRE(difference(i) == static_cast<T>(U(x(i)) - U(y(i))));
      REQUIRE(product(i) == static_cast<T>(U(x(i)) * U(y(i))));
      REQUIRE(greater(i) == (x(i) < y(i) ? y(i) : x(i)));
      REQUIRE(relu(i) == (x(i) > 0 ? x(i) : T(0)));
      REQUIRE(abs(i) == static_cast<T>(x(i) < T(0) ? U(0) - U(x(i)) : U(x(i))));
      REQUIRE(less(i) == (x(i) < y(i)));
      REQUIRE(equal(i) == (x(i) == y(i)));
    }
  }
}

TEST_CASE("cast: between floating types, integers and bool, as static_cast") {
  const st::tensor<float, 6> x{-1.9f, -0.f, 0.25f, 1.5f, 100.7f, 65504.f};
  constexpr auto all = st::fused([](auto v) {
    return std::tuple(st::cast<double>(v), st::cast<st::f16>(v), st::cast<st::bf16>(v),
                      st::cast<int>(v), st::cast<std::int64_t>(v), st::cast<bool>(v));
  });
  const auto [f64, f16, bf16, i32, i64, boolean] = all(x);
  for (int i = 0; i < 6; ++i) {
    CHECK(f64(i) == static_cast<double>(x(i)));
    CHECK(float{f16(i)} == float{st::f16(x(i))});
    CHECK(float{bf16(i)} == float{st::bf16(x(i))});
    CHECK(i32(i) == static_cast<int>(x(i)));
    CHECK(i64(i) == static_cast<std::int64_t>(x(i)));
    CHECK(boolean(i) == (x(i) != 0));
  }
  const st::tensor<std::int32_t, 5> n{-1, 0, 1, 255, 70000};
  constexpr auto narrow = st::fused([](auto v) {
    return std::tuple(st::cast<std::uint8_t>(v), st::cast<std::int8_t>(v), st::cast<float>(v),
                      st::cast<bool>(v));
  });
  const auto [u8, i8, f32, flag] = narrow(n);
  for (int i = 0; i < 5; ++i) {
    CHECK(u8(i) == static_cast<std::uint8_t>(n(i)));
    CHECK(i8(i) == static_cast<std::int8_t>(n(i)));
    CHECK(f32(i) == static_cast<float>(n(i)));
    CHECK(flag(i) == (n(i) != 0));
  }
}

TEST_CASE("broadcasting: every pattern of [2,3,4] against a loop, f32") {
  st::tensor<float, 2, 3, 4> x;
  st::tensor<float, 4> last;
  st::tensor<float, 3, 1> middle;
  st::tensor<float, 2, 1, 1> first;
  st::tensor<float> all = 1000.f;
  for (int i = 0; i < 24; ++i) x.data()[i] = static_cast<float>(i);
  for (int i = 0; i < 4; ++i) last(i) = static_cast<float>(i * 100);
  for (int i = 0; i < 3; ++i) middle(i, 0) = static_cast<float>(i) / 4;
  for (int i = 0; i < 2; ++i) first(i, 0, 0) = static_cast<float>(i) / 64;
  const st::tensor y = x + last + middle + first + all;
  const st::tensor z = middle + last - first;
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 4; ++k) {
        CHECK(y(i, j, k) == x(i, j, k) + last(k) + middle(j, 0) + first(i, 0, 0) + 1000);
        CHECK(z(i, j, k) == middle(j, 0) + last(k) - first(i, 0, 0));
      }
}

TEST_CASE("views: transpose, permute, reshape, slice, unsqueeze, broadcast against loops") {
  st::tensor<int, 2, 3, 4> x;
  for (int i = 0; i < 24; ++i) x.data()[i] = i;
  const st::tensor turned = transpose(x);
  const st::tensor cycled = st::permute<2, 0, 1>(x);
  const st::tensor flat = st::reshape<dyn, 2>(transpose(x)) + 0;
  const st::tensor part = st::slice<2, 1, -1>(st::slice<0, 1, 2>(x));
  const st::tensor wide = st::broadcast<2, 2, 3, 4>(x) + st::unsqueeze<1>(x);
  const st::tensor index = st::iota_like<1>(x) * 10 + st::iota_like<-1>(x);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 4; ++k) {
        CHECK(turned(i, k, j) == x(i, j, k));
        CHECK(cycled(k, i, j) == x(i, j, k));
        CHECK(flat.data()[i * 12 + k * 3 + j] == x(i, j, k));
        CHECK(wide(0, i, j, k) == x(i, j, k) + x(0, j, k));
        CHECK(wide(1, i, j, k) == x(i, j, k) + x(1, j, k));
        CHECK(index(i, j, k) == 10 * j + k);
      }
  for (int j = 0; j < 3; ++j)
    for (int k = 1; k < 3; ++k) CHECK(part(0, j, k - 1) == x(1, j, k));
}
