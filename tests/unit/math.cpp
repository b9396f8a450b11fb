// SPDX-License-Identifier: Apache-2.0

// Elementary functions: vectors against the C library in the next wider type, constant evaluation
// against the same, the 16-bit floats exhaustively, vector tails.

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "sinter/core/half.hpp"
#include "sinter/core/math.hpp"
#include "sinter/target/cpu/simd_math.hpp"
#include "sinter/target/cpu/simd_memory.hpp"
#include "sinter/target/cpu/step.hpp"
#include "unit/math_sweep.hpp"

using namespace sinter;
using testing::check;
using testing::check_pairs;
using testing::ulps;

namespace {

constexpr int float_lanes = native_lanes<float>;

// The folds of lanes as kernels have them.
template <class V> auto reduce_add(V x) {
  return cpu_target::detail::fold_lanes<pack_name("sum")>(x);
}
template <class V> auto reduce_min(V x) {
  return cpu_target::detail::fold_lanes<pack_name("min")>(x);
}
template <class V> auto reduce_max(V x) {
  return cpu_target::detail::fold_lanes<pack_name("max")>(x);
}

std::uint32_t bits_of(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, 4);
  return bits;
}

}  // namespace

TEST_CASE("math: vectors of f32 against double, every 1009th float") {
  SINTER_CHECK_ULPS(float, exp, 1.1);
  SINTER_CHECK_ULPS(float, expm1, 2);
  SINTER_CHECK_ULPS(float, log, 1);
  SINTER_CHECK_ULPS(float, log1p, 1.5);
  SINTER_CHECK_ULPS(float, tanh, 2.5);
  SINTER_CHECK_ULPS(float, sqrt, 0.5);
  SINTER_CHECK_ULPS(float, erf, 2);
  SINTER_CHECK_ULPS(float, floor, 0);
  SINTER_CHECK_ULPS(float, sin, 2);
  SINTER_CHECK_ULPS(float, cos, 2);
  SINTER_CHECK_ULPS(float, abs, 0);
  check_pairs<float>("pow", 0.51, [](auto x, auto y) { return math::pow(x, y); },
                     [](auto x, auto y) { return std::pow(x, y); });
}

TEST_CASE("math: vectors of f64 against long double") {
  if (std::numeric_limits<long double>::digits < 60) return;
  SINTER_CHECK_ULPS(double, exp, 1.1);
  SINTER_CHECK_ULPS(double, expm1, 2);
  SINTER_CHECK_ULPS(double, log, 1);
  SINTER_CHECK_ULPS(double, log1p, 1.5);
  SINTER_CHECK_ULPS(double, tanh, 2.5);
  SINTER_CHECK_ULPS(double, sqrt, 0.501);
  SINTER_CHECK_ULPS(double, erf, 1.2);
  SINTER_CHECK_ULPS(double, floor, 0);
  SINTER_CHECK_ULPS(double, sin, 2);
  SINTER_CHECK_ULPS(double, cos, 2);
  check_pairs<double>("pow", 1.2, [](auto x, auto y) { return math::pow(x, y); },
                      [](auto x, auto y) { return std::pow(x, y); });
}

TEST_CASE("math: the functions of constant evaluation against long double") {
  using namespace math::detail;
  const auto check_constant = [](const char* name, double bound, auto function, auto exact) {
    check<double>(name, bound, [&](auto x) { return map_lanes(function, x); }, exact);
  };
  check_constant("exp", 1.1, constant::exp, [](auto x) { return std::exp(x); });
  check_constant("expm1", 2, constant::expm1, [](auto x) { return std::expm1(x); });
  check_constant("log", 1, constant::log, [](auto x) { return std::log(x); });
  check_constant("log1p", 1.5, constant::log1p, [](auto x) { return std::log1p(x); });
  check_constant("tanh", 2.5, constant::tanh, [](auto x) { return std::tanh(x); });
  check_constant("sqrt", 1, constant::sqrt, [](auto x) { return std::sqrt(x); });
  check_constant("erf", 1.2, constant::erf, [](auto x) { return std::erf(x); });
  const auto near = [](auto x) { return std::fabs(x) > 1e6 ? 0 : x; };
  check_constant("sin", 2, [&](double x) { return constant::sine(near(x), 0.0); },
                 [&](auto x) { return std::sin(near(x)); });
  check_constant("cos", 2, [&](double x) { return constant::sine(near(x), 1.0); },
                 [&](auto x) { return std::cos(near(x)); });
  check_pairs<double>("pow", 1.2, [](auto x, auto y) { return map_lanes(constant::pow, x, y); },
                      [](auto x, auto y) { return std::pow(x, y); });
  static_assert(math::fma(0x1.0000001p0, 0x1.0000001p0, -1.0) == 0x1.00000008p-27);
  static_assert(math::pow(-2.0, 3.0) == -8 && math::pow(10.0, 2.0) == 100 && math::exp(0.0) == 1);
  static_assert(math::exp(1000.0f) == format<float>::infinity && math::log(1.0f) == 0);
}

TEST_CASE("math: the vector form of a function does not depend on the number of lanes") {
  float x[16], once[16], parts[16];
  for (int i = 0; i < 16; ++i) x[i] = static_cast<float>(i) * 0.7f - 5.0f;
  math::tanh(simd<float, 16>::load(x)).store(once);
  for (int i = 0; i < 16; i += 4) math::tanh(simd<float, 4>::load(x + i)).store(parts + i);
  for (int i = 0; i < 16; ++i) CHECK(once[i] == parts[i]);
}

TEST_CASE("math: minimum and maximum keep NaN on either side, scalar and vector") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float values[] = {nan, 1.0f, -2.0f, 0.0f, std::numeric_limits<float>::infinity()};
  for (const float a : values)
    for (const float b : values) {
      using vector = simd<float, float_lanes>;
      const bool either = a != a || b != b;
      const float low = either ? nan : std::fmin(a, b), high = either ? nan : std::fmax(a, b);
      CHECK(ulps(math::min(a, b), low) == 0);
      CHECK(ulps(math::max(a, b), high) == 0);
      CHECK(ulps(math::min(vector(a), vector(b)).get(0), low) == 0);
      CHECK(ulps(math::max(vector(a), vector(b)).get(0), high) == 0);
      CHECK(ulps(reduce_max(math::select(simd<float, 4>::iota() < 1.0f, simd<float, 4>(a),
                                         simd<float, 4>(b))), high) == 0);
    }
  static_assert(math::abs(std::numeric_limits<int>::min()) == std::numeric_limits<int>::min());
}

TEST_CASE("f16: all 65,536 values to float and back, scalar, portable and vector") {
  for (int first = 0; first < 65536; first += 64) {
    f16 half[64], back[64];
    float wide[64];
    for (int i = 0; i < 64; ++i) half[i] = f16::from_bits(static_cast<std::uint16_t>(first + i));
    for (int i = 0; i < 64; i += float_lanes) {
      const auto x = load_as<float, float_lanes>(half + i);
      x.store(wide + i);
      store_as(back + i, x);
    }
    for (int i = 0; i < 64; ++i) {
      const int bits = first + i, exponent = bits >> 10 & 31, fraction = bits & 1023;
      const float sign = bits & 0x8000 ? -1.0f : 1.0f;
      float want = exponent ? std::ldexp(static_cast<float>(1024 + fraction), exponent - 25)
                            : std::ldexp(static_cast<float>(fraction), -24);
      if (exponent == 31) want = std::numeric_limits<float>::infinity();
      if (exponent == 31 && fraction) {
        const auto quiet = static_cast<std::uint16_t>(bits | 0x200);
        REQUIRE(static_cast<float>(half[i]) != static_cast<float>(half[i]));
        REQUIRE(wide[i] != wide[i]);
        REQUIRE(f16(static_cast<float>(half[i])).bits == quiet);
        REQUIRE(detail::f16_bits_portable(detail::f16_value_portable(half[i].bits)) == quiet);
        REQUIRE(back[i].bits == quiet);
        continue;
      }
      REQUIRE(bits_of(half[i]) == bits_of(sign * want));
      REQUIRE(bits_of(wide[i]) == bits_of(sign * want));
      REQUIRE(bits_of(detail::f16_value_portable(half[i].bits)) == bits_of(sign * want));
      REQUIRE(f16(sign * want).bits == bits);
      REQUIRE(detail::f16_bits_portable(sign * want) == bits);
      REQUIRE(back[i].bits == bits);
    }
  }
}

TEST_CASE("f16 and bf16: rounded to nearest even around every tie, scalar, portable and vector") {
  // The tie between two neighbours, and what lies next to it in float and in double.
  const auto check = [](auto make, auto store, auto portable, int last) {
    for (int bits = 0; bits < last; ++bits) {
      const double low = make(bits), tie = (low + make(bits + 1)) / 2;
      const float exact = static_cast<float>(tie);
      const float infinity = std::numeric_limits<float>::infinity();
      const float inputs[3] = {std::nextafter(exact, -infinity), exact,
                               std::nextafter(exact, infinity)};
      const int wants[3] = {bits, bits + (bits & 1), bits + 1};
      for (int i = 0; i < 3; ++i) {
        float lanes[float_lanes] = {inputs[i], -inputs[i]};
        std::uint16_t got[float_lanes];
        store(got, simd<float, float_lanes>::load(lanes));
        REQUIRE(got[0] == wants[i]);
        REQUIRE(got[1] == (wants[i] | 0x8000));
        REQUIRE(portable(inputs[i]) == wants[i]);
      }
      REQUIRE(portable(std::nextafter(tie, 0.0)) == bits);
      REQUIRE(portable(std::nextafter(tie, 1e300)) == bits + 1);
    }
  };
  const auto f16_value = [](int bits) {
    return bits == 0x7c00 ? 65536.0 : static_cast<double>(static_cast<float>(
                                          f16::from_bits(static_cast<std::uint16_t>(bits))));
  };
  check(f16_value,
        [](std::uint16_t* to, auto x) {
          f16 half[float_lanes];
          store_as(half, x);
          std::memcpy(to, half, sizeof(half));
        },
        [](auto x) { return f16(x).bits; }, 0x7c00);
  check(f16_value,
        [](std::uint16_t* to, auto x) {
          for (int i = 0; i < float_lanes; ++i) to[i] = detail::f16_bits_portable(x.get(i));
        },
        [](auto x) { return detail::f16_bits_portable(detail::to_odd(x)); }, 0x7c00);
  check([](int bits) {
          return bits == 0x7f80 ? 0x1p128 : static_cast<double>(static_cast<float>(
                                                bf16::from_bits(static_cast<std::uint16_t>(bits))));
        },
        [](std::uint16_t* to, auto x) {
          bf16 half[float_lanes];
          store_as(half, x);
          std::memcpy(to, half, sizeof(half));
        },
        [](auto x) { return bf16(x).bits; }, 0x7f80);
}

TEST_CASE("bf16: all 65,536 values to float and back") {
  for (int bits = 0; bits < 65536; ++bits) {
    const bf16 half = bf16::from_bits(static_cast<std::uint16_t>(bits));
    const float value = half;
    REQUIRE(bits_of(value) == static_cast<std::uint32_t>(bits) << 16);
    REQUIRE(bf16(value).bits == (value != value ? bits | 0x40 : bits));
  }
}

TEST_CASE("f16 and bf16: from integers and doubles with one rounding") {
  static_assert(f16(65519.999).bits == 0x7bff && f16(65520).bits == 0x7c00);
  static_assert(f16(1.0 + 0x1p-11 + 0x1p-40).bits == 0x3c01 && f16(1.0 + 0x1p-11).bits == 0x3c00);
  static_assert(bf16(std::int64_t(0x4040000000000001)).bits == 0x5e81);
  static_assert(bf16(std::int64_t(0x4040000000000000)).bits == 0x5e80);
  static_assert(f16(-3).bits == 0xc200 && f16(true).bits == 0x3c00 && f16(0x1p-25).bits == 0);
  CHECK(bf16(std::numeric_limits<std::int64_t>::min()).bits == 0xdf00);
}

TEST_CASE_TEMPLATE("simd: tails touch n elements and no more", T, float, double, std::int8_t,
                   std::uint16_t, std::int32_t, std::int64_t) {
  constexpr int lanes = native_lanes<float>;
  for (int n = 0; n < lanes; ++n) {
    // Exactly n elements on the heap: an address sanitizer sees any access beyond.
    std::vector<T> from(n), to(n);
    for (int i = 0; i < n; ++i) from[i] = static_cast<T>(i + 1);
    const auto x = simd<T, lanes>::load_first(from.data(), n);
    for (int i = 0; i < lanes; ++i) CHECK(x.get(i) == (i < n ? T(i + 1) : T(0)));
    x.store_first(to.data(), n);
    CHECK(from == to);
    const auto chosen = first_lanes<T, lanes>(n);
    for (int i = 0; i < lanes; ++i) CHECK(chosen.get(i) == (i < n));
  }
}

TEST_CASE("simd: masks, bools, conversions and reductions") {
  constexpr int lanes = native_lanes<float>;
  using floats = simd<float, lanes>;
  const floats x = floats::iota();
  const simd<bool, lanes> small = x < 2.0f;
  const auto wide = convert<double>(x) >= simd<double, lanes>(1.0);
  for (int i = 0; i < lanes; ++i) {
    CHECK(small.get(i) == (i < 2));
    CHECK((small & wide).get(i) == (i == 1));
    CHECK((!(x < 2.0f) || wide).get(i) == (i >= 1));
    CHECK(math::select(small, x, -x).get(i) == (i < 2 ? i : -i));
    CHECK(math::select(wide, x, floats(7)).get(i) == (i >= 1 ? i : 7));
    CHECK(convert<std::int8_t>(x * 1.75f).get(i) == static_cast<std::int8_t>(i * 1.75f));
    CHECK(convert<std::int64_t>(convert<std::uint8_t>(x)).get(i) == i);
    CHECK(convert<float>(small).get(i) == (i < 2 ? 1.0f : 0.0f));
    CHECK(convert<bool>(x).get(i) == (i != 0));
    CHECK(bits_of(floats(-0.0f).get(i)) == 0x80000000u);
  }
  CHECK(reduce_add(x) == lanes * (lanes - 1) / 2);
  CHECK(reduce_max(x) == lanes - 1);
  CHECK(reduce_min(x - 3.0f) == -3);
  CHECK(reduce_add(simd<std::uint8_t, 16>::iota()) == 120);
  CHECK(any_lane(x > static_cast<float>(lanes - 2)));
  CHECK(!any_lane(x < 0.0f));
  alignas(64) float streamed[lanes];
  x.stream(streamed);
  stream_fence();
  CHECK(streamed[lanes - 1] == lanes - 1);
}
