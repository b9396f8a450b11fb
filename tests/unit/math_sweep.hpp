// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Sweeps of the elementary functions: vectors against the C library in the next wider type.

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

#include "sinter/target/cpu/simd_functions.hpp"

namespace sinter::testing {

/// The type to compare with.
template <class T>
using wider = std::conditional_t<sizeof(T) == 4, double, long double>;

/// Distance in units of T's last place at `want`. Infinity stands for itself; NaN matches NaN.
template <class T>
double ulps(T got, wider<T> want) {
  using limits = std::numeric_limits<T>;
  if (want != want) return got != got ? 0 : 1e30;
  if (got != got) return 1e30;
  const T rounded = static_cast<T>(want);
  if (std::isinf(rounded) || std::isinf(got)) {
    if (rounded == got) return 0;
    // One step from overflow is not far.
    return std::fabs(std::isinf(got) ? rounded : got) == limits::max() && (got > 0) == (want > 0)
               ? 1 : 1e30;
  }
  int exponent = 0;
  std::frexp(want, &exponent);
  exponent = std::max(exponent, limits::min_exponent) - limits::digits;
  return static_cast<double>(std::fabs(std::ldexp(wider<T>(got) - want, -exponent)));
}

/// Values to try: every `step`th bit pattern, so every exponent, both signs, subnormals, infinities
/// and NaNs; and a dense stretch around zero.
template <class T>
std::vector<T> sweep() {
  std::vector<T> values = {T(0), -T(0), T(1), T(-1), std::numeric_limits<T>::infinity(),
                           -std::numeric_limits<T>::infinity(), std::numeric_limits<T>::max(),
                           std::numeric_limits<T>::denorm_min(), T(0.5), T(2), T(-2), T(3),
                           std::numeric_limits<T>::quiet_NaN()};
  if constexpr (sizeof(T) == 4) {
    for (std::uint64_t bits = 0; bits < (1ull << 32); bits += 1009) {
      const auto pattern = static_cast<std::uint32_t>(bits);
      float x;
      std::memcpy(&x, &pattern, 4);
      values.push_back(x);
    }
  } else {
    for (std::uint64_t i = 0; i < 400'000; ++i) {
      const std::uint64_t pattern = i * 46'116'860'184'273ull + (i * i << 20);
      double x;
      std::memcpy(&x, &pattern, 8);
      values.push_back(x);
    }
  }
  for (int i = -200'000; i < 200'000; ++i) values.push_back(static_cast<T>(i) * T(0.00037));
  while (values.size() % 64 != 0) values.push_back(T(0));
  return values;
}

template <class T, class Vector, class Exact>
void check(const char* name, double bound, Vector vector_function, Exact exact) {
  static const std::vector<T> values = sweep<T>();
  constexpr int lanes = native_lanes<T>;
  double worst = 0;
  T at = 0;
  for (std::size_t i = 0; i < values.size(); i += lanes) {
    const auto got = vector_function(simd<T, lanes>::load(&values[i]));
    for (int lane = 0; lane < lanes; ++lane) {
      const T x = values[i + lane];
      const double distance = ulps(got.get(lane), exact(static_cast<wider<T>>(x)));
      if (distance > worst) worst = distance, at = x;
    }
  }
  INFO(name, ": ", worst, " ulp at ", at);
  CHECK(worst <= bound);
}

template <class T, class Vector, class Exact>
void check_pairs(const char* name, double bound, Vector vector_function, Exact exact) {
  static const std::vector<T> values = sweep<T>();
  constexpr int lanes = native_lanes<T>;
  double worst = 0;
  T at[2] = {};
  const T special[] = {T(0), -T(0), T(1), T(-1), T(2), T(-2), T(3), T(-3), T(0.5), T(-0.5), T(1e9),
                       T(16777217), T(-1e30), std::numeric_limits<T>::infinity(),
                       -std::numeric_limits<T>::infinity(), std::numeric_limits<T>::quiet_NaN()};
  const auto compare = [&](const T* x, const T* y) {
    const auto got = vector_function(simd<T, lanes>::load(x), simd<T, lanes>::load(y));
    for (int lane = 0; lane < lanes; ++lane) {
      const wider<T> want = exact(static_cast<wider<T>>(x[lane]), static_cast<wider<T>>(y[lane]));
      const double distance = ulps(got.get(lane), want);
      if (distance > worst) worst = distance, at[0] = x[lane], at[1] = y[lane];
    }
  };
  T x[lanes], y[lanes];
  for (const T a : special)
    for (const T b : special) {
      for (int lane = 0; lane < lanes; ++lane) x[lane] = a, y[lane] = lane == 0 ? b : T(lane);
      compare(x, y);
    }
  std::uint64_t state = 1;
  for (int i = 0; i < 60'000; ++i) {
    for (int lane = 0; lane < lanes; ++lane) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      x[lane] = values[(state >> 33) % values.size()];
      if (i % 2) x[lane] = static_cast<T>(1 + 1e-3 * static_cast<double>(state >> 40) / 1e7);
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      y[lane] = static_cast<T>((static_cast<double>(state >> 40) / (1 << 23) - 1) *
                               (i % 2 ? 20000 : i % 4 ? 40 : 3));
      if (i % 16 == 0) y[lane] = std::floor(y[lane]);
    }
    compare(x, y);
  }
  INFO(name, ": ", worst, " ulp at ", at[0], ", ", at[1]);
  CHECK(worst <= bound);
}

}  // namespace sinter::testing

#define SINTER_CHECK_ULPS(T, function, bound)                               \
  sinter::testing::check<T>(#function, bound, [](auto x) { return math::function(x); },      \
           [](auto x) { return std::function(x); })
