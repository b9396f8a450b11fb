// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Costs as people read them: numbers with three digits and a unit, and, where extents are not
/// known yet, polynomials in these: `772 B*batch + 33.3 kB`.

#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "sinter/plan/cost.hpp"

namespace sinter::detail {

inline std::string fixed(double x, int decimals) {
  char text[64];
  return {text, std::to_chars(text, text + 64, x, std::chars_format::fixed, decimals).ptr};
}

/// Three significant digits: 1.52, 15.2, 152.
inline std::string three_digits(double x) {
  return fixed(x, std::abs(x) < 9.995 ? 2 : std::abs(x) < 99.95 ? 1 : 0);
}

/// 163840 as "164 kB", whole numbers below 1000 as they are. Units are decimal, like those of
/// bandwidths.
inline std::string with_unit(double x, std::string_view unit) {
  constexpr std::string_view prefixes[] = {"", "k", "M", "G", "T", "P"};
  int i = 0;
  for (; i < 5 && std::abs(x) >= 999.5; ++i) x /= 1000;
  const std::string suffix = std::string(prefixes[i]) + std::string(unit);
  const bool whole = i == 0 && x == std::floor(x);
  return (whole ? fixed(x, 0) : three_digits(x)) + (suffix.empty() ? "" : " ") + suffix;
}

inline std::string spell_time(double seconds) {
  if (seconds < 0.9995e-6) return three_digits(seconds * 1e9) + " ns";
  if (seconds < 0.9995e-3) return three_digits(seconds * 1e6) + " us";
  if (seconds < 0.9995) return three_digits(seconds * 1e3) + " ms";
  return three_digits(seconds) + " s";
}

/// A quantity as a polynomial of degree two in each of some unknown extents. Costs are sums of
/// products of extents, so nine points or fewer determine them.
class polynomial {
 public:
  static constexpr std::size_t most_unknowns = 3;

  /// `sample(point)` gives the quantity where the unknowns have the values `point`.
  template <class Sample> polynomial(std::size_t unknowns, Sample sample) {
    // Large and without common factors, so that no two sizes are equal by chance.
    constexpr std::int64_t step[most_unknowns] = {4093, 4099, 4111};
    std::size_t size = 1;
    for (std::size_t u = 0; u < unknowns; ++u) size *= 3;
    double largest = 0;
    for (std::size_t i = 0; i < size; ++i) {
      list<std::int64_t> point;
      for (std::size_t u = 0, rest = i; u < unknowns; ++u, rest /= 3)
        point.push_back(step[u] * static_cast<std::int64_t>(1 + rest % 3));
      coefficients_.push_back(sample(point));
      largest = std::max(largest, std::abs(coefficients_.back()));
    }
    // Newton's differences along one unknown after another turn the samples into coefficients.
    for (std::size_t u = 0, stride = 1; u < unknowns; ++u, stride *= 3)
      for (std::size_t i = 0; i < size; ++i) {
        if (i / stride % 3 != 0) continue;
        double &a = coefficients_[i], &b = coefficients_[i + stride],
               &c = coefficients_[i + 2 * stride];
        const double s = static_cast<double>(step[u]);
        const double second = (c - 2 * b + a) / (2 * s * s);
        const double first = (b - a) / s - 3 * s * second;
        a -= s * first + s * s * second;
        b = first;
        c = second;
      }
    for (std::size_t i = 0; i < size; ++i) {
      double weight = 1;
      for (std::size_t u = 0, rest = i; u < unknowns; ++u, rest /= 3)
        weight *= std::pow(static_cast<double>(step[u]), static_cast<double>(rest % 3));
      if (std::abs(coefficients_[i]) * weight < 1e-12 * largest) coefficients_[i] = 0;
    }
  }

  /// The terms, highest powers first.
  std::string text(const std::vector<std::string>& unknowns, std::string_view unit) const {
    std::string sum;
    for (std::size_t i = coefficients_.size(); i-- > 0;) {
      if (coefficients_[i] == 0) continue;
      sum += (sum.empty() ? "" : " + ") + with_unit(coefficients_[i], unit);
      for (std::size_t u = 0, rest = i; u < unknowns.size(); ++u, rest /= 3)
        if (rest % 3 > 0) sum += '*' + unknowns[u] + (rest % 3 > 1 ? "^2" : "");
    }
    return sum.empty() ? with_unit(0, unit) : sum;
  }

 private:
  /// Digit u of the index in base three is the power of unknown u.
  std::vector<double> coefficients_;
};

}  // namespace sinter::detail
