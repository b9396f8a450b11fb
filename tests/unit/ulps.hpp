// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Distances in units in the last place, and the numbers that tests compute with.

#include <cmath>
#include <cstdint>
#include <limits>

#include "sinter/core/half.hpp"

namespace sinter::testing {

/// Bits of the significand, and the exponent of the smallest normal number.
template <class T> struct precision {
  static constexpr int bits = std::numeric_limits<T>::digits;
  static constexpr int smallest = std::numeric_limits<T>::min_exponent - 1;
};
template <> struct precision<f16> {
  static constexpr int bits = 11, smallest = -14;
};
template <> struct precision<bf16> {
  static constexpr int bits = 8, smallest = -126;
};

/// |got - want| in units in the last place of T at `want`; 0 for two NaNs or equal infinities.
template <class T> double ulps(T got, double want) {
  const double value = static_cast<double>(got);
  if (value == want || (std::isnan(value) && std::isnan(want))) return 0;
  if (!std::isfinite(value) || !std::isfinite(want)) return HUGE_VAL;
  int exponent = 0;
  (void)std::frexp(want, &exponent);
  if (exponent - 1 < precision<T>::smallest) exponent = precision<T>::smallest + 1;
  return std::abs(value - want) / std::ldexp(1.0, exponent - precision<T>::bits);
}

/// A fixed sequence of numbers in [-1, 1).
class sequence {
 public:
  explicit sequence(std::uint32_t seed) : state_(seed) {}
  double operator()() {
    state_ = state_ * 1664525u + 1013904223u;
    return static_cast<double>(state_ >> 8) / 8388608.0 - 1;
  }
  /// An integer in [low, high].
  int between(int low, int high) {
    return low + static_cast<int>(((*this)() + 1) / 2 * (high - low + 1));
  }

 private:
  std::uint32_t state_;
};

}  // namespace sinter::testing
