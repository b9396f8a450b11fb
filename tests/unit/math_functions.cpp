// SPDX-License-Identifier: Apache-2.0

// The second half of the elementary functions: vectors against the C library in the next wider
// type, by the same sweeps as unit/math.cpp; rounding against the C library, exactly.

#include "unit/math_sweep.hpp"

using namespace sinter;
using testing::check;
using testing::check_pairs;
using testing::ulps;

namespace {

#define SINTER_CHECK_PAIRS(T, function, bound)                                       \
  check_pairs<T>(#function, bound, [](auto x, auto y) { return math::function(x, y); }, \
                 [](auto x, auto y) { return std::function(x, y); })

template <class T> void check_exact() {
  SINTER_CHECK_ULPS(T, ceil, 0);
  SINTER_CHECK_ULPS(T, trunc, 0);
  check<T>("round", 0, [](auto x) { return math::round(x); },
           [](auto x) { return std::nearbyint(x); });
  for (const T x : {T(-0.0), T(-0.25), T(-0.5), T(0.5), T(1.5), T(2.5), T(-1.5)}) {
    CHECK(math::round(x) == std::nearbyint(x));
    CHECK(std::signbit(math::round(x)) == std::signbit(x));
    CHECK(std::signbit(math::trunc(x)) == std::signbit(x));
    CHECK(std::signbit(math::ceil(x)) == std::signbit(std::ceil(x)));
  }
  SINTER_CHECK_PAIRS(T, copysign, 0);
}

template <class T> void check_signs_of_zero() {
  using V = simd<T, native_lanes<T>>;
  const auto keeps = [](auto f) {
    for (const T x : {T(0), -T(0)}) {
      const T y = f(V(x)).get(0);
      CHECK(y == 0);
      CHECK(std::signbit(y) == std::signbit(x));
    }
  };
  const auto signs = [&](auto... f) { (keeps(f), ...); };
  signs([](V x) { return math::cbrt(x); }, [](V x) { return math::tan(x); },
        [](V x) { return math::asin(x); }, [](V x) { return math::atan(x); },
        [](V x) { return math::sinh(x); }, [](V x) { return math::asinh(x); },
        [](V x) { return math::atanh(x); });
}

}  // namespace

TEST_CASE("math: more functions of vectors of f32 against double, every 1009th float") {
  SINTER_CHECK_ULPS(float, exp2, 1.1);
  SINTER_CHECK_ULPS(float, log2, 0.51);
  SINTER_CHECK_ULPS(float, log10, 0.51);
  SINTER_CHECK_ULPS(float, cbrt, 0.51);
  SINTER_CHECK_ULPS(float, tan, 0.51);
  SINTER_CHECK_ULPS(float, asin, 0.51);
  SINTER_CHECK_ULPS(float, acos, 0.51);
  SINTER_CHECK_ULPS(float, atan, 0.51);
  SINTER_CHECK_ULPS(float, sinh, 0.51);
  SINTER_CHECK_ULPS(float, cosh, 0.51);
  SINTER_CHECK_ULPS(float, asinh, 0.51);
  SINTER_CHECK_ULPS(float, acosh, 0.51);
  SINTER_CHECK_ULPS(float, atanh, 0.51);
  SINTER_CHECK_PAIRS(float, atan2, 0.51);
  SINTER_CHECK_PAIRS(float, hypot, 0.51);
  check_exact<float>();
  check_signs_of_zero<float>();
}

TEST_CASE("math: more functions of vectors of f64 against long double") {
  if (std::numeric_limits<long double>::digits < 60) return;
  SINTER_CHECK_ULPS(double, exp2, 1.1);
  SINTER_CHECK_ULPS(double, log2, 0.6);
  SINTER_CHECK_ULPS(double, log10, 0.6);
  SINTER_CHECK_ULPS(double, cbrt, 1);
  SINTER_CHECK_ULPS(double, tan, 4);
  SINTER_CHECK_ULPS(double, asin, 2);
  SINTER_CHECK_ULPS(double, acos, 1.5);
  SINTER_CHECK_ULPS(double, atan, 2);
  SINTER_CHECK_ULPS(double, sinh, 2.5);
  SINTER_CHECK_ULPS(double, cosh, 2.5);
  SINTER_CHECK_ULPS(double, asinh, 3);
  SINTER_CHECK_ULPS(double, acosh, 3);
  SINTER_CHECK_ULPS(double, atanh, 3);
  SINTER_CHECK_PAIRS(double, atan2, 2);
  SINTER_CHECK_PAIRS(double, hypot, 1.5);
  check_exact<double>();
  check_signs_of_zero<double>();
}

TEST_CASE("math: atan2 in every quadrant, of zeros and infinities, as C's") {
  const double values[] = {0.0, -0.0, 1.0, -1.0, HUGE_VAL, -HUGE_VAL, 1e308, -1e308, 1e-310, NAN};
  for (const double y : values)
    for (const double x : values) {
      using V = simd<double, 4>;
      const double got = math::atan2(V(y), V(x)).get(0), want = std::atan2(y, x);
      CAPTURE(y);
      CAPTURE(x);
      CHECK(ulps(got, static_cast<long double>(want)) <= 2);
      if (want == want) CHECK(std::signbit(got) == std::signbit(want));
    }
}

TEST_CASE("math: sines and tangents of any float, by magnitude, against long double") {
  // Between the powers of two from 1 to 2^127, where the reduction is all there is to get wrong.
  double worst[3] = {};
  std::uint32_t state = 1;
  for (int i = 0; i < 400'000; ++i) {
    state = state * 1664525u + 1013904223u;
    const std::uint32_t bits = 0x3f800000u + state % (0x7f800000u - 0x3f800000u);
    float x;
    std::memcpy(&x, &bits, 4);
    const simd<float, 4> v(x);
    worst[0] = std::fmax(worst[0], ulps(math::sin(v).get(0), std::sin(double{x})));
    worst[1] = std::fmax(worst[1], ulps(math::cos(v).get(0), std::cos(double{x})));
    worst[2] = std::fmax(worst[2], ulps(math::tan(v).get(0), std::tan(double{x})));
  }
  CHECK(worst[0] <= 2);
  CHECK(worst[1] <= 2);
  CHECK(worst[2] <= 0.51);
}

TEST_CASE("math: digamma against known values, its recurrence and its reflection") {
  constexpr double gamma = 0.57721566490153286061;
  CHECK(math::digamma(1.0) == doctest::Approx(-gamma).epsilon(1e-15));
  CHECK(math::digamma(0.5) == doctest::Approx(-gamma - 2 * std::log(2.0)).epsilon(1e-15));
  CHECK(math::digamma(2.0) == doctest::Approx(1 - gamma).epsilon(1e-15));
  CHECK(std::fabs(math::digamma(1.4616321449683623)) < 1e-15);
  CHECK(math::digamma(0.0) == -HUGE_VAL);
  CHECK(math::digamma(-0.0) == HUGE_VAL);
  CHECK(std::isnan(math::digamma(-3.0)));
  CHECK(std::isnan(math::digamma(NAN)));
  CHECK(std::isnan(math::digamma(-HUGE_VAL)));
  CHECK(math::digamma(HUGE_VAL) == HUGE_VAL);
  for (double x = -20.3; x < 40; x += 0.37) {
    const double up = math::digamma(x + 1), here = math::digamma(x);
    CAPTURE(x);
    CHECK(std::fabs(up - here - 1 / x) <= 1e-14 * (1 + std::fabs(here)));
  }
}

TEST_CASE("math: trigamma against known values, its recurrence and its reflection, in ulp") {
  constexpr double pi2 = 9.86960440108935861883;
  CHECK(math::trigamma(1.0) == doctest::Approx(pi2 / 6).epsilon(4e-16));
  CHECK(math::trigamma(0.5) == doctest::Approx(pi2 / 2).epsilon(4e-16));
  CHECK(math::trigamma(1e300) == doctest::Approx(1e-300).epsilon(4e-16));
  for (double pole : {0.0, -0.0, -3.0, -1e17}) CHECK(math::trigamma(pole) == HUGE_VAL);
  CHECK(math::trigamma(HUGE_VAL) == 0);
  CHECK(std::isnan(math::trigamma(-HUGE_VAL)));
  CHECK(std::isnan(math::trigamma(NAN)));
  // Against the recurrence to 40 and the asymptotic series in long double.
  const auto truth = [](long double x) {
    long double sum = 0;
    for (; x < 40; x += 1) sum += 1 / (x * x);
    const long double z = 1 / (x * x);
    return sum + 1 / x + z / 2 +
           z / x * (1.0L / 6 - z * (1.0L / 30 - z * (1.0L / 42 - z * (1.0L / 30 - z * 5 / 66))));
  };
  const auto ulps = [](double got, long double want) {
    const double w = std::fabs(static_cast<double>(want));
    return static_cast<double>(std::fabs(got - want)) / (std::nextafter(w, HUGE_VAL) - w);
  };
  double worst = 0, worst_below = 0;
  for (double x = 0.001; x < 1000; x *= 1.003)
    worst = std::fmax(worst, ulps(math::trigamma(x), truth(x)));
  for (double x = -0.003; x > -30; x -= 0.0317) {
    const long double turn = x - std::round(x);
    const long double root = 3.14159265358979323846L / std::sin(3.14159265358979323846L * turn);
    const long double want = root * root - truth(1 - static_cast<long double>(x));
    worst_below = std::fmax(worst_below, ulps(math::trigamma(x), want));
  }
  CHECK(worst <= 3);
  CHECK(worst_below <= 5);
}
