// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Schedules of learning rates: plain functions from a step, counted from 0, to a factor.
/// optimizer.learning_rate = 0.1f * cosine_decay(step, 1000).

#include <cstdint>

namespace sinter {

namespace detail {

/// (1 + cos(pi t)) / 2 for t in [0, 1], as std::cos is no constant expression.
constexpr double half_cosine(double t) {
  const double side = t < 0.5 ? t : 1 - t;
  const double x = 3.14159265358979323846 * side, square = x * x;
  // Taylor's series: at pi / 2 the term after the last is below 1e-17.
  double cosine = 1;
  for (int n = 20; n > 0; n -= 2) cosine = 1 - square / (n * (n - 1)) * cosine;
  return (1 + (t < 0.5 ? cosine : -cosine)) / 2;
}

constexpr double fraction(double part, double whole) {
  const double t = whole > 0 ? part / whole : 1;
  return t < 0 ? 0 : t > 1 ? 1 : t;
}

}  // namespace detail

/// 1 at every step.
constexpr float constant_rate(std::int64_t /*step*/) { return 1; }

/// From 1 on, multiplied by `factor` after every `period` steps, period >= 1.
constexpr float step_decay(std::int64_t step, std::int64_t period, double factor = 0.1) {
  double value = 1, power = factor;
  for (std::int64_t n = step / period; n > 0; n /= 2, power *= power)
    if (n % 2 == 1) value *= power;
  return static_cast<float>(value);
}

/// Half a cosine from 1 at step 0 down to `end` at step `steps`, and `end` from then on.
/// @source Loshchilov and Hutter 2017, arXiv:1608.03983, equation 5
constexpr float cosine_decay(std::int64_t step, std::int64_t steps, double end = 0) {
  const double t = detail::fraction(static_cast<double>(step), static_cast<double>(steps));
  return static_cast<float>(end + (1 - end) * detail::half_cosine(t));
}

/// A line from 1 / steps at step 0 up to 1 at step `steps` - 1, and 1 from then on; a factor to
/// another schedule.
constexpr float warm_up(std::int64_t step, std::int64_t steps) {
  return static_cast<float>(
      detail::fraction(static_cast<double>(step + 1), static_cast<double>(steps)));
}

/// Up from 1 / `divisor` to 1 in the part `rise` of `steps`, and down to 1 / (divisor *
/// last_divisor) at the last one, both along half a cosine.
/// @source Smith and Topin 2018, arXiv:1708.07120; in PyTorch's form
constexpr float one_cycle(std::int64_t step, std::int64_t steps, double rise = 0.3,
                          double divisor = 25, double last_divisor = 1e4) {
  const double at = static_cast<double>(step), last = static_cast<double>(steps) - 1;
  const double peak = rise * static_cast<double>(steps) - 1;
  const bool rises = at <= peak;
  const double low = rises ? 1 / divisor : 1 / divisor / last_divisor;
  const double t = rises ? 1 - detail::fraction(at, peak)
                         : detail::fraction(at - peak, last - peak);
  return static_cast<float>(low + (1 - low) * detail::half_cosine(t));
}

}  // namespace sinter
