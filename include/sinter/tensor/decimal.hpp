// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Floating-point numbers as decimals, for `print.hpp`: the shortest that reads back as the same
/// value of its type (those of 8 and 16 bits, float or double), or the nearest of a given length.
/// Invariant: the result never depends on the locale, and every digit is a true one.

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

namespace sinter::detail::text {

/// What printing must know of a floating type: which digits identify a value, and from where on
/// NumPy prefers the scientific form (above that, digits before the point are no longer exact).
struct float_traits {
  int significand_bits;
  int min_exponent;  ///< as of `std::frexp`
  double array_cutoff;
  double scalar_cutoff;
};

inline constexpr float_traits e4m3_traits{4, -5, 1e3, 1e3};
inline constexpr float_traits e5m2_traits{3, -13, 1e3, 1e3};
inline constexpr float_traits f16_traits{11, -13, 1e3, 1e3};
inline constexpr float_traits bf16_traits{8, -125, 1e3, 1e3};
inline constexpr float_traits f32_traits{24, -125, 1e6, 1e6};
inline constexpr float_traits f64_traits{53, -1021, 1e8, 1e16};

template <class T>
const float_traits& traits_of() {
  if constexpr (std::is_same_v<T, double>) {
    return f64_traits;
  } else if constexpr (std::is_same_v<T, float>) {
    return f32_traits;
  } else if constexpr (sizeof(T) == 1) {
    return static_cast<float>(std::bit_cast<T>(std::uint8_t{0x38})) == 1.0f ? e4m3_traits
                                                                            : e5m2_traits;
  } else {
    // Formats of one size convert to float alike; the value of one bit pattern tells which it is,
    // also for types that are not ours.
    static_assert(sizeof(T) == 2, "print: want an arithmetic type or a float of 8 or 16 bits");
    return static_cast<float>(std::bit_cast<T>(std::uint16_t{0x3c00})) == 1.0f ? f16_traits
                                                                               : bf16_traits;
  }
}

/// The value of the given type nearest to `x`, ties to even; overflow is ignored.
inline double round_to(double x, const float_traits& traits) {
  if (traits.significand_bits == 53 || x == 0 || !std::isfinite(x)) return x;
  int exponent = 0;
  std::frexp(x, &exponent);
  const int last_bit = std::max(exponent, traits.min_exponent) - traits.significand_bits;
  return std::ldexp(std::nearbyint(std::ldexp(x, -last_bit)), last_bit);
}

inline std::string to_text(double x, std::chars_format form, int precision) {
  char text[512];  // the longest: 309 digits before the point, and the precision
  precision = std::clamp(precision, 0, 150);
  return {text, std::to_chars(text, text + sizeof text, x, form, precision).ptr};
}

/// The shortest decimal that reads back as `x` in its type, as "d.ddde+dd".
inline std::string shortest(double x, const float_traits& traits) {
  char text[64];
  if (traits.significand_bits == 53)
    return {text, std::to_chars(text, text + 64, x, std::chars_format::scientific).ptr};
  if (traits.significand_bits == 24)
    return {
        text,
        std::to_chars(text, text + 64, static_cast<float>(x), std::chars_format::scientific).ptr};
  // A power of two is further from the value above it than from the one below it, so the decimal
  // next above it may read back when the nearest does not: both are tried.
  const double magnitude = std::floor(std::log10(std::abs(x)));
  for (int digits = 0;; ++digits) {
    const double half_unit = std::copysign(0.5 * std::pow(10.0, magnitude - digits), x);
    for (const double near : {x, x + half_unit}) {
      std::string candidate = to_text(near, std::chars_format::scientific, digits);
      double back = 0;
      std::from_chars(candidate.data(), candidate.data() + candidate.size(), back);
      if (digits == 8 || round_to(back, traits) == x) return candidate;
    }
  }
}

/// A decimal in parts: sign and digits before the point, digits after it, exponent with its sign.
struct decimal {
  std::string before, after, exponent;
};

inline void trim_zeros(std::string& digits) { digits.erase(digits.find_last_not_of('0') + 1); }

/// "d.ddde+dd" with at most `precision` digits after the point, without trailing zeros.
inline decimal scientific(double x, const float_traits& traits, int precision) {
  const auto split = [](const std::string& text) {
    const std::size_t mark = text.find('e');
    const std::size_t point = std::min(text.find('.'), mark);
    const std::size_t from = std::min(point + 1, mark);
    return decimal{text.substr(0, point), text.substr(from, mark - from), text.substr(mark + 1)};
  };
  decimal result = split(shortest(x, traits));
  if (static_cast<int>(result.after.size()) > precision)
    result = split(to_text(x, std::chars_format::scientific, precision));
  trim_zeros(result.after);
  return result;
}

/// "ddd.ddd" with at most `precision` digits after the point, without trailing zeros.
inline decimal positional(double x, const float_traits& traits, int precision) {
  decimal result = scientific(x, traits, std::numeric_limits<int>::max());
  const int exponent = std::stoi(result.exponent);
  const bool negative = result.before[0] == '-';
  std::string digits = result.before.substr(negative ? 1 : 0) + result.after;
  if (static_cast<int>(digits.size()) - 1 - exponent > precision) {
    const std::string text = to_text(x, std::chars_format::fixed, precision);
    const std::size_t point = std::min(text.find('.'), text.size());
    result = {text.substr(0, point), text.substr(std::min(point + 1, text.size())), {}};
  } else {
    if (exponent < 0) digits.insert(0, static_cast<std::size_t>(-exponent), '0');
    const auto before = static_cast<std::size_t>(std::max(exponent, 0)) + 1;
    if (digits.size() < before) digits.append(before - digits.size(), '0');
    result = {(negative ? "-" : "") + digits.substr(0, before), digits.substr(before), {}};
  }
  trim_zeros(result.after);
  return result;
}

}  // namespace sinter::detail::text
