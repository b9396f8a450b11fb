// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A matrix as coloured cells with their numbers in them. For a confusion matrix the diagonal has
/// its own colour, and the mistakes theirs, on a scale of their own: one mistake among thousands
/// of hits is seen.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sinter/report/axis.hpp"
#include "sinter/report/svg.hpp"

namespace sinter {

struct heat_map_options {
  std::string title = {}, x_label = {}, y_label = {};
  std::vector<std::string> row_labels = {}, column_labels = {};  ///< by default 0, 1, 2, ...
  bool confusion = false;  ///< counts, row = true class, column = predicted class
};

namespace detail::plot {

using rgb = std::array<double, 3>;

inline rgb mix(const rgb& from, const rgb& to, double t) {
  rgb result{};
  for (std::size_t i = 0; i < 3; ++i) result[i] = from[i] + (to[i] - from[i]) * t;
  return result;
}

/// Through three colours, since a straight way from white to a dark one is grey in the middle.
inline rgb ramp(const std::array<rgb, 3>& through, double t) {
  t = std::isnan(t) ? 0 : std::clamp(t, 0.0, 1.0);
  return t < 0.5 ? mix(through[0], through[1], 2 * t) : mix(through[1], through[2], 2 * t - 1);
}

inline constexpr std::array<rgb, 3> blues{{{247, 250, 253}, {107, 174, 214}, {8, 64, 129}}};
inline constexpr std::array<rgb, 3> oranges{{{255, 247, 240}, {253, 152, 80}, {166, 54, 3}}};
inline constexpr rgb empty_cell{248, 249, 250};

inline std::string hex(const rgb& c) {
  std::string out = "#";
  for (const double part : c) {
    const auto value = static_cast<unsigned>(std::lround(part));
    out += "0123456789abcdef"[value / 16 % 16];
    out += "0123456789abcdef"[value % 16];
  }
  return out;
}

inline bool is_dark(const rgb& c) { return 0.3 * c[0] + 0.59 * c[1] + 0.11 * c[2] < 140; }

/// The colour of each cell.
inline std::vector<rgb> cell_colors(std::span<const double> values, std::size_t rows,
                                    std::size_t columns, bool confusion) {
  std::vector<rgb> colors(values.size(), empty_cell);
  double low = 0, high = 0, mistakes = 0;
  bool first = true;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    low = first ? values[i] : std::min(low, values[i]);
    high = first ? values[i] : std::max(high, values[i]);
    first = false;
    if (i / columns != i % columns) mistakes = std::max(mistakes, values[i]);
  }
  const double reach = std::max(std::abs(low), std::abs(high));
  for (std::size_t row = 0; row < rows; ++row) {
    double total = 0;
    for (std::size_t column = 0; column < columns; ++column) {
      const double value = values[row * columns + column];
      if (std::isfinite(value)) total += value;
    }
    for (std::size_t column = 0; column < columns; ++column) {
      const std::size_t i = row * columns + column;
      const double value = values[i];
      if (!std::isfinite(value) || (confusion && value <= 0)) continue;
      if (confusion && row == column) {
        colors[i] = ramp(blues, 0.25 + 0.6 * value / total);  // the share that was recognised
      } else if (confusion) {
        colors[i] = ramp(oranges, 0.18 + 0.62 * std::sqrt(value / mistakes));
      } else if (low < 0) {  // zero is pale, the signs differ in colour
        colors[i] = ramp(value < 0 ? oranges : blues, reach > 0 ? std::abs(value) / reach : 0);
      } else {
        // Halved first: the difference of two finite numbers may not be one.
        const double span = high / 2 - low / 2;
        colors[i] = ramp(blues, span > 0 ? (value / 2 - low / 2) / span : 0.5);
      }
    }
  }
  return colors;
}

inline std::vector<std::string> labels_or_numbers(std::vector<std::string> labels,
                                                  std::size_t count) {
  for (std::size_t i = labels.size(); i < count; ++i) labels.push_back(std::to_string(i));
  labels.resize(count);
  return labels;
}

inline double widest(const std::vector<std::string>& texts, double size) {
  double width = 0;
  for (const std::string& text : texts) width = std::max(width, text_width(text, size));
  return width;
}

}  // namespace detail::plot

/// Draws a matrix, row by row in `values`.
/// @errors   shape_error unless there are rows * columns values
/// @example  heat_map(counts, 10, 10, {.title = "digits", .confusion = true}).save("a.svg");
inline svg::canvas heat_map(std::span<const double> values, std::int64_t row_count,
                            std::int64_t column_count, const heat_map_options& options = {}) {
  namespace draw = detail::plot;
  const auto rows = static_cast<std::size_t>(std::max<std::int64_t>(row_count, 0));
  const auto columns = static_cast<std::size_t>(std::max<std::int64_t>(column_count, 0));
  if (row_count < 0 || column_count < 0 || values.size() != rows * columns)
    throw shape_error("heat_map: want " + std::to_string(row_count) + " x " +
                      std::to_string(column_count) + " values, got " +
                      std::to_string(values.size()));
  const auto row_labels = draw::labels_or_numbers(options.row_labels, rows);
  const auto column_labels = draw::labels_or_numbers(options.column_labels, columns);
  std::vector<std::string> numbers;
  for (const double value : values) numbers.push_back(draw::short_number(value, 3));

  const auto most = static_cast<double>(std::max<std::size_t>({rows, columns, 1}));
  // Whole pixels, so that borders stay sharp; too small for numbers, cells are square.
  const double cell_height = std::floor(std::clamp(480 / most, 4.0, 44.0));
  const double wanted = cell_height < 14 ? 0 : draw::widest(numbers, 12) + 10;
  const double cell_width =
      std::floor(std::clamp(wanted, cell_height, std::max(640 / most, cell_height)));
  const double size = std::min(
      {13.0, cell_height * 0.45, 13 * (cell_width - 4) / std::max(draw::widest(numbers, 13), 1.0)});
  const bool show_numbers = size >= 6;
  const double label_size = cell_height < 16 ? 10 : 12.5;
  // Only every so many-th name where all would overlap.
  const auto row_step = static_cast<std::size_t>(std::ceil(14 / cell_height));
  const auto column_step = static_cast<std::size_t>(std::ceil(14 / cell_width));
  const double row_room = std::min(draw::widest(row_labels, label_size), 160.0);
  // Names that are wider than a cell stand upright.
  const bool upright = draw::widest(column_labels, label_size) > cell_width - 4;
  const double column_room =
      upright ? std::min(draw::widest(column_labels, label_size), 160.0) : label_size;

  const double left = 24 + (options.y_label.empty() ? 0 : 24) + row_room + 10;
  const double top =
      (options.title.empty() ? 20 : 52) + (options.x_label.empty() ? 0 : 24) + column_room + 10;
  const double width = static_cast<double>(columns) * cell_width;
  const double height = static_cast<double>(rows) * cell_height;
  const double title_width = draw::text_width(options.title, 17);
  svg::canvas out(std::max({left + width + 24, std::min(title_width + 48, 800.0), 240.0}),
                  std::max(top + height + 24, 120.0), options.title);
  out.text(24, 32, draw::fit(options.title, 17, out.width() - 30),
           {.size = 17, .color = draw::ink, .bold = true});
  if (values.empty()) {
    out.text(out.width() / 2, out.height() - 24, "no data",
             {.size = 14, .color = draw::soft_ink, .at = svg::anchor::middle});
    return out;
  }
  out.text(left + width / 2, top - column_room - 18, options.x_label,
           {.size = 12.5, .color = draw::ink, .at = svg::anchor::middle});
  out.text(32, top + height / 2, draw::fit(options.y_label, 12.5, std::max(height, 100.0)),
           {.size = 12.5, .color = draw::ink, .at = svg::anchor::middle, .rotate = -90});

  const double gap = cell_height > 14 ? 1 : 0;
  const auto colors = draw::cell_colors(values, rows, columns, options.confusion);
  const svg::font label{.size = label_size, .color = draw::soft_ink, .at = svg::anchor::end};
  for (std::size_t row = 0; row < rows; ++row) {
    const double y = top + static_cast<double>(row) * cell_height;
    if (row % row_step == 0)
      out.text(left - 8, y + cell_height / 2 + label_size * 0.36,
               draw::fit(row_labels[row], label_size, 160), label);
    for (std::size_t column = 0; column < columns; ++column) {
      const std::size_t i = row * columns + column;
      const double x = left + static_cast<double>(column) * cell_width;
      const bool finite = std::isfinite(values[i]);
      out.rect(x, y, cell_width - gap, cell_height - gap,
               {.fill = finite ? draw::hex(colors[i]) : "#d5dae1"}, gap * 2);
      if (!show_numbers) continue;
      const bool faint = !finite || (options.confusion && values[i] == 0);
      out.text(x + (cell_width - gap) / 2, y + (cell_height - gap) / 2 + size * 0.36, numbers[i],
               {.size = size,
                .color = faint                      ? "#a3adb8"
                         : draw::is_dark(colors[i]) ? "#ffffff"
                                                    : draw::ink,
                .at = svg::anchor::middle,
                .bold = options.confusion && row == column});
    }
  }
  for (std::size_t column = 0; column < columns; column += column_step) {
    const double x = left + (static_cast<double>(column) + 0.5) * cell_width;
    svg::font how = label;
    how.at = upright ? svg::anchor::start : svg::anchor::middle;
    how.rotate = upright ? -90 : 0;
    out.text(upright ? x + label_size * 0.36 : x, top - 8,
             draw::fit(column_labels[column], label_size, 160), how);
  }
  return out;
}

}  // namespace sinter
