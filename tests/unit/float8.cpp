// SPDX-License-Identifier: Apache-2.0

// The 8-bit floating types: every value by its definition, roundings against the nearest value in
// double, vectors against scalars, and tensors of them.

#include <sinter/sinter.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "sinter/target/cpu/simd_memory.hpp"
#include "sinter/report/print.hpp"

namespace {

namespace st = sinter;

template <class T> struct format;
template <> struct format<st::e4m3> {
  static constexpr int fraction = 3, bias = 7;
  static constexpr double largest = 448;
  static bool is_nan(int magnitude) { return magnitude == 0x7f; }
  static bool is_infinite(int) { return false; }
};
template <> struct format<st::e5m2> {
  static constexpr int fraction = 2, bias = 15;
  static constexpr double largest = 57344;
  static bool is_nan(int magnitude) { return magnitude > 0x7c; }
  static bool is_infinite(int magnitude) { return magnitude == 0x7c; }
};

/// By the definition of a floating-point number.
template <class T> double value_of(int bits) {
  using f = format<T>;
  const int magnitude = bits & 0x7f, exponent = magnitude >> f::fraction;
  const int fraction = magnitude & ((1 << f::fraction) - 1);
  double value = exponent == 0
                     ? std::ldexp(fraction, 1 - f::bias - f::fraction)
                     : std::ldexp((1 << f::fraction) + fraction, exponent - f::bias - f::fraction);
  if (f::is_nan(magnitude)) value = std::nan("");
  if (f::is_infinite(magnitude)) value = HUGE_VAL;
  return bits & 0x80 ? -value : value;
}

/// The nearest value, ties to the even one, of those that are finite.
template <class T> double nearest_to(double x) {
  using f = format<T>;
  const double magnitude = std::abs(x);
  int exponent = 0;
  std::frexp(magnitude, &exponent);
  const int unit = std::max(exponent - 1, 1 - f::bias) - f::fraction;
  double y = std::ldexp(std::nearbyint(std::ldexp(magnitude, -unit)), unit);
  if (!(y <= f::largest)) y = f::largest;
  return std::copysign(y, x);
}

bool same(double a, double b) {
  return (a != a && b != b) || (a == b && std::signbit(a) == std::signbit(b));
}

}  // namespace

TEST_CASE_TEMPLATE("float8: values, and the way back", T, st::e4m3, st::e5m2) {
  for (int bits = 0; bits < 256; ++bits) {
    CAPTURE(bits);
    const T x = T::from_bits(static_cast<std::uint8_t>(bits));
    const double want = value_of<T>(bits);
    CHECK(same(static_cast<float>(x), want));
    if (std::isfinite(want)) {
      CHECK(T(want).bits == bits);
      CHECK(T(st::f16(want)).bits == bits);
      CHECK(T(st::bf16(want)).bits == bits);
    }
  }
  static_assert(static_cast<float>(T(1.25)) == 1.25f);
}

TEST_CASE_TEMPLATE("float8: roundings of floats, doubles and integers", T, st::e4m3, st::e5m2) {
  const auto check = [](auto x) {
    const double want = x != x ? std::nan("") : nearest_to<T>(static_cast<double>(x));
    CAPTURE(static_cast<double>(x));
    CHECK(same(static_cast<float>(T(x)), want));
  };
  // Every tie of the format, and its neighbours in both types.
  for (int bits = 0; bits < 0x7b; ++bits) {
    const double tie = (value_of<T>(bits) + value_of<T>(bits + 1)) / 2;
    for (const double x : {tie, -tie}) {
      check(x);
      check(std::nextafter(x, HUGE_VAL));
      check(std::nextafter(x, -HUGE_VAL));
      check(static_cast<float>(x));
      check(std::nextafter(static_cast<float>(x), HUGE_VALF));
      check(std::nextafter(static_cast<float>(x), -HUGE_VALF));
    }
  }
  for (const double x : {0.0, -0.0, 1e-300, -1e-30, 1e30, -1e300, HUGE_VAL, -HUGE_VAL,
                         format<T>::largest, format<T>::largest * 1.06, std::nan("")})
    check(x);
  for (const int x : {0, 1, -1, 17, 18, 19, 1000, -1000000, std::numeric_limits<int>::max()})
    check(x);
}

TEST_CASE_TEMPLATE("float8: vectors convert as scalars do", T, st::e4m3, st::e5m2) {
  T all[256], back[256];
  float wide[256];
  for (int i = 0; i < 256; ++i) all[i] = T::from_bits(static_cast<std::uint8_t>(i));
  for (int i = 0; i < 256; i += 16)
    st::load_as<float, 16>(all + i).store(wide + i);
  for (int i = 0; i < 256; ++i) {
    CAPTURE(i);
    CHECK(same(wide[i], static_cast<float>(all[i])));
  }
  int wrong = 0;
  for (std::uint64_t first = 0; first < 1ull << 32; first += 16 * 100003) {
    for (int i = 0; i < 16; ++i) {
      const auto bits = static_cast<std::uint32_t>(first + static_cast<unsigned>(i) * 6311u);
      std::memcpy(wide + i, &bits, 4);
    }
    st::store_as(back, st::load_as<float, 16>(wide));
    for (int i = 0; i < 16; ++i) wrong += !same(back[i], static_cast<float>(T(wide[i])));
  }
  CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("float8: tensors", T, st::e4m3, st::e5m2) {
  st::tensor<T, 5, 70> x;
  st::tensor<T, 70, 9> w;
  st::tensor<T, 1000> many;
  for (int i = 0; i < 350; ++i) x.data()[i] = T(0.25 * (i % 13) - 1);
  for (int i = 0; i < 630; ++i) w.data()[i] = T(0.5 * (i % 7) - 1);
  for (int i = 0; i < 1000; ++i) many(i) = T(3);
  // Elementwise results are rounded when they are stored; sums and products are f32.
  const st::tensor scaled = x * 3 + x;
  static_assert(std::is_same_v<std::remove_cvref_t<decltype(scaled)>, st::tensor<T, 5, 70>>);
  for (int i = 0; i < 350; ++i)
    CHECK(scaled.data()[i].bits == T(4 * static_cast<float>(x.data()[i])).bits);
  const st::tensor total = sum(many), average = mean(many);
  static_assert(std::is_same_v<std::remove_cvref_t<decltype(total)>, st::tensor<float>>);
  CHECK(total() == 3000);
  CHECK(average() == 3);
  const st::tensor y = relu(matmul(x, w));
  static_assert(std::is_same_v<std::remove_cvref_t<decltype(y)>, st::tensor<float, 5, 9>>);
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 9; ++j) {
      double want = 0;
      for (int k = 0; k < 70; ++k)
        want += static_cast<double>(x(i, k)) * static_cast<double>(w(k, j));
      CHECK(y(i, j) == std::max(want, 0.0));  // quarters: exact
    }
  // Out of range: the largest value, not infinity.
  const st::tensor large = st::cast<T>(st::tensor<float, 2>{1e30f, -1e30f});
  CHECK(static_cast<float>(large(0)) == format<T>::largest);
  CHECK(static_cast<float>(large(1)) == -format<T>::largest);
  const st::tensor sorted = max(x);
  CHECK(static_cast<float>(sorted()) == 2);
}

TEST_CASE("float8: types that meet, and printing") {
  static_assert(st::promote(st::dtype::e4m3, st::dtype::e5m2) == st::dtype::f32);
  static_assert(st::promote(st::dtype::e4m3, st::dtype::f16) == st::dtype::f16);
  static_assert(st::promote(st::dtype::e5m2, st::dtype::bf16) == st::dtype::bf16);
  static_assert(st::promote(st::dtype::e5m2, st::dtype::i64) == st::dtype::e5m2);
  const st::tensor<st::e4m3, 3> x = {st::e4m3(0.1), st::e4m3(448), st::e4m3(-0.0625)};
  CHECK(st::to_string(x) == "[ 1.0e-01  4.5e+02 -6.2e-02]");
}
