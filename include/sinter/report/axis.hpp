// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What every picture shares: the palette, the numbers that an axis shows, and an estimate of how
/// much room a text takes (the reader's font is not known).

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sinter/report/grouped.hpp"

namespace sinter::detail::plot {

/// Okabe and Ito's colours, which people with colour-blindness tell apart; the yellow one is left
/// out, being too faint on white. Further series repeat them with dashes.
inline constexpr std::array<std::string_view, 7> palette{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                         "#e69f00", "#56b4e9", "#333333"};
inline constexpr std::array<std::string_view, 4> dashes{"", "7 4", "2 4", "9 4 2 4"};

inline constexpr std::string_view ink = "#1f2933", soft_ink = "#5f6b7a", grid_ink = "#e6e9ee",
                                  axis_ink = "#9aa5b1";

/// Characters, not bytes: those of UTF-8 that begin one.
inline std::size_t length(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

/// A generous estimate: DejaVu Sans, the widest of the fonts asked for, averages 0.6.
inline double text_width(std::string_view text, double size) {
  return 0.6 * size * static_cast<double>(length(text));
}

/// `text`, or its beginning and an ellipsis, so that it fits.
inline std::string fit(std::string_view text, double size, double width) {
  if (text_width(text, size) <= width) return std::string(text);
  const auto room = static_cast<std::size_t>(std::max(width / (0.6 * size) - 1, 0.0));
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end)
    if ((static_cast<unsigned char>(text[end]) & 0xc0) != 0x80 && seen++ == room) break;
  return std::string(text.substr(0, end)) + "…";
}

/// A number as people read it: at most `digits` significant ones, no zeros behind.
inline std::string short_number(double x, int digits = 4) {
  if (!std::isfinite(x)) return std::isnan(x) ? "nan" : x < 0 ? "-inf" : "inf";
  if (x == std::floor(x) && std::abs(x) < 1e7)
    return grouped(std::to_string(static_cast<std::int64_t>(x)));
  char text[64];
  std::string out{text, std::to_chars(text, text + 64, x, std::chars_format::general, digits).ptr};
  for (std::size_t e; (e = out.find("e+0")) < out.size() || (e = out.find("e-0")) < out.size();)
    out.erase(e + 2, 1);
  if (const std::size_t e = out.find("e+"); e < out.size()) out.erase(e + 1, 1);
  return grouped(out);
}

/// An interval and the round numbers in it.
struct axis {
  double low = 0, high = 1;
  std::vector<double> ticks;
  std::vector<std::string> labels;

  double at(double x) const { return (x - low) / (high - low); }
};

/// Round numbers between `low` and `high`, about `count` of them: steps of 1, 2 or 5 times a power
/// of ten. With `whole`, only integers.
inline axis make_axis(double low, double high, int count, bool whole) {
  axis result{low, high, {}, {}};
  const double raw = (high - low) / count;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  double step = power * (raw / power > 5 ? 10 : raw / power > 2 ? 5 : raw / power > 1 ? 2 : 1);
  if (whole) step = std::max(std::round(step), 1.0);
  const int decimals = static_cast<int>(std::clamp(-std::floor(std::log10(step) + 1e-9), 0., 20.));
  const double largest = std::max(std::abs(low), std::abs(high));
  const bool plain = largest < 1e7 && step >= 1e-5;
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + step * 1e-9; ++i) {
    if (result.ticks.size() > 50) break;  // a range too narrow for its own last digits
    result.ticks.push_back(i * step + 0.0);
    char text[64];
    const auto end = std::to_chars(text, text + 64, i * step + 0.0, std::chars_format::fixed,
                                   plain ? decimals : 0);
    result.labels.push_back(plain ? grouped({text, end.ptr}) : short_number(i * step, 6));
  }
  return result;
}

/// An axis of decimal logarithms, labelled with what they stand for: powers of ten, with 2 and 5
/// between them where there is room, or evenly where not even a power fits.
inline axis make_log_axis(double low, double high) {
  axis result{low, high, {}, {}};
  const double decades = high - low;
  if (decades < 0.5) {
    result = make_axis(low, high, 6, false);
  } else if (decades > 4) {
    result = make_axis(low, high, 6, true);
  } else {
    for (double power = std::floor(low); power <= high; ++power)
      for (const double factor : {1.0, 2.0, 5.0})
        if (const double tick = power + std::log10(factor); tick >= low && tick <= high)
          result.ticks.push_back(tick);
  }
  result.labels.clear();
  for (const double tick : result.ticks)
    result.labels.push_back(short_number(std::pow(10.0, tick), 3));
  return result;
}

/// The range that an axis shows for values between `low` and `high`: never empty, with a little
/// air, and from zero on where that costs little.
inline void widen(double& low, double& high) {
  if (low > high) low = 0, high = 1;
  const double scale = std::max(std::abs(low), std::abs(high));
  if (high - low <= scale * 1e-12) {
    const double around = scale > 0 ? 0.1 * scale : 1;
    low -= around, high += around;
    return;
  }
  const double air = 0.05 * (high - low);
  if (low >= 0 && low < 0.4 * high)
    low = 0;
  else
    low -= air;
  high += air;
}

}  // namespace sinter::detail::plot
