// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Lines over a common axis, in one or more panels side by side, such as loss and accuracy during
/// training. Values that are not finite are gaps, and are counted below the panel, since they are
/// usually what one is looking for.

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include "sinter/report/axis.hpp"
#include "sinter/report/svg.hpp"

namespace sinter {

/// A named line. Where no x is given it is 1, 2, 3, ... as epochs and steps are counted.
struct plot_series {
  std::string name;
  std::vector<double> x, y;

  template <std::ranges::input_range Range>
  plot_series(std::string line_name, const Range& values) : name(std::move(line_name)) {
    for (const auto& value : values) {
      y.push_back(static_cast<double>(value));
      x.push_back(static_cast<double>(y.size()));
    }
  }

  /// Points beyond the shorter of the two ranges are left out.
  template <std::ranges::input_range Xs, std::ranges::input_range Ys>
  plot_series(std::string line_name, const Xs& xs, const Ys& ys) : plot_series(line_name, ys) {
    x.clear();
    for (const auto& value : xs) x.push_back(static_cast<double>(value));
    x.resize(std::min(x.size(), y.size()));
    y.resize(x.size());
  }
};

/// One coordinate system and its lines.
struct plot_panel {
  std::string title = {}, x_label = {}, y_label = {};
  std::vector<plot_series> lines = {};
  bool logarithmic = false;    ///< of y; what is not positive is then a gap
  bool logarithmic_x = false;  ///< of x, likewise
};

namespace detail::plot {

inline constexpr double panel_width = 460, panel_height = 340;

/// What can be drawn: finite, and not so large that a difference overflows.
inline bool drawable(double x) { return std::abs(x) < 1e300; }

/// Keeps the shape of a long line: of each bucket of points only the lowest and the highest, since
/// more would share a pixel.
inline std::vector<svg::point> thin(const std::vector<svg::point>& points, std::size_t buckets) {
  if (points.size() <= 4 * buckets) return points;
  std::vector<svg::point> kept;
  for (std::size_t b = 0; b < buckets; ++b) {
    const std::size_t from = b * points.size() / buckets, to = (b + 1) * points.size() / buckets;
    std::size_t low = to, high = to;
    for (std::size_t i = from; i < to; ++i) {
      if (!drawable(points[i].y)) continue;
      if (low == to || points[i].y < points[low].y) low = i;
      if (high == to || points[i].y > points[high].y) high = i;
    }
    kept.push_back(points[low == to ? from : std::min(low, high)]);
    if (low != high) kept.push_back(points[std::max(low, high)]);
  }
  return kept;
}

struct legend_entry {
  double x, y;
  std::string name;
};

/// Places names in rows above the data; returns the entries relative to the panel's corner.
inline std::vector<legend_entry> place_legend(const plot_panel& panel, double width) {
  std::vector<legend_entry> entries;
  double x = 0, y = 0;
  for (const plot_series& line : panel.lines) {
    const std::string name = fit(line.name, 12, width - 30);
    const double needs = 28 + text_width(name, 12);
    if (x > 0 && x + needs > width) x = 0, y += 18;
    entries.push_back({x, y, name});
    x += needs + 16;
  }
  return entries;
}

struct panel_frame {
  double left, top, width, height;
};

inline void draw_axes(svg::canvas& out, const plot_panel& panel, const panel_frame& f,
                      const axis& across, const axis& up) {
  for (std::size_t i = 0; i < up.ticks.size(); ++i) {
    const double y = f.top + f.height * (1 - up.at(up.ticks[i]));
    out.line({f.left, y}, {f.left + f.width, y}, {.stroke = grid_ink});
    out.text(f.left - 8, y + 4, up.labels[i],
             {.size = 11.5, .color = soft_ink, .at = svg::anchor::end});
  }
  const double bottom = f.top + f.height;
  out.line({f.left, bottom}, {f.left + f.width, bottom}, {.stroke = axis_ink});
  double free_from = f.left - 100;  // labels that would touch the one before are left out
  for (std::size_t i = 0; i < across.ticks.size(); ++i) {
    const double x = f.left + f.width * across.at(across.ticks[i]);
    const double half = text_width(across.labels[i], 11.5) / 2;
    out.line({x, bottom}, {x, bottom + 4}, {.stroke = axis_ink});
    if (x - half < free_from) continue;
    out.text(x, bottom + 18, across.labels[i],
             {.size = 11.5, .color = soft_ink, .at = svg::anchor::middle});
    free_from = x + half + 6;
  }
  out.text(f.left + f.width / 2, bottom + 38, fit(panel.x_label, 12.5, f.width),
           {.size = 12.5, .color = ink, .at = svg::anchor::middle});
}

inline void draw_line(svg::canvas& out, const std::vector<svg::point>& points, std::size_t index) {
  const std::string_view color = palette[index % palette.size()];
  const auto shown = thin(points, static_cast<std::size_t>(panel_width));
  out.polyline(shown, {.stroke = color,
                       .width = points.size() > 400 ? 1.4 : 2,
                       .dash = dashes[index / palette.size() % dashes.size()]});
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const auto drawn = [&](std::size_t k) { return k < shown.size() && drawable(shown[k].y); };
    const bool alone = !drawn(i - 1) && !drawn(i + 1);
    if (drawn(i) && (shown.size() <= 30 || alone))
      out.circle(shown[i], 3, {.fill = color, .stroke = "#ffffff", .width = 1});
  }
}

inline void draw_panel(svg::canvas& out, const plot_panel& panel, double left, double top) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  const auto scaled = [](double value, bool logarithmic) {
    if (!drawable(value) || (logarithmic && !(value > 0))) return none;
    return logarithmic ? std::log10(value) : value;
  };
  const auto width_of = [&](double x) { return scaled(x, panel.logarithmic_x); };
  const auto height_of = [&](double y) { return scaled(y, panel.logarithmic); };
  double x0 = 1, x1 = 0, y0 = 1, y1 = 0;
  std::size_t total = 0, gaps = 0;
  bool whole = true;
  for (const plot_series& line : panel.lines) {
    for (std::size_t i = 0; i < line.y.size(); ++i, ++total) {
      const double x = width_of(line.x[i]), y = height_of(line.y[i]);
      if (!drawable(x) || !drawable(y)) {
        ++gaps;
        continue;
      }
      if (x0 > x1) x0 = x1 = x, y0 = y1 = y;
      x0 = std::min(x0, x), x1 = std::max(x1, x);
      y0 = std::min(y0, y), y1 = std::max(y1, y);
      whole = whole && x == std::floor(x);
    }
  }
  const bool empty = x0 > x1;
  if (empty) x0 = 0, x1 = 1;
  if (x0 == x1) x0 -= 1, x1 += 1;  // a single point stands in the middle
  if (panel.logarithmic && y0 <= y1)
    y0 -= 0.05, y1 += 0.05;
  else
    widen(y0, y1);

  const axis up = panel.logarithmic ? make_log_axis(y0, y1) : make_axis(y0, y1, 6, false);
  double label_width = 0;
  for (const std::string& label : up.labels)
    label_width = std::max(label_width, text_width(label, 11.5));
  const bool named = !panel.y_label.empty();
  const double margin = label_width + 12 + (named ? 22 : 0);
  const auto legend = place_legend(panel, panel_width - margin);
  const double above = (panel.title.empty() ? 0 : 26) + (legend.empty() ? 0 : legend.back().y + 24);
  const panel_frame f{left + margin, top + above, panel_width - margin, panel_height - above - 48};

  if (!panel.title.empty())
    out.text(f.left, top + 14, fit(panel.title, 14, f.width),
             {.size = 14, .color = ink, .bold = true});
  if (named)
    out.text(left + 12, f.top + f.height / 2, fit(panel.y_label, 12.5, f.height),
             {.size = 12.5, .color = ink, .at = svg::anchor::middle, .rotate = -90});
  draw_axes(out, panel, f,
            panel.logarithmic_x ? make_log_axis(x0, x1) : make_axis(x0, x1, 6, whole), up);
  const axis across{x0, x1, {}, {}};
  for (std::size_t k = 0; k < panel.lines.size(); ++k) {
    std::vector<svg::point> points;
    for (std::size_t i = 0; i < panel.lines[k].y.size(); ++i) {
      const double x = width_of(panel.lines[k].x[i]), y = height_of(panel.lines[k].y[i]);
      points.push_back(drawable(x) && drawable(y) ? svg::point{f.left + f.width * across.at(x),
                                                               f.top + f.height * (1 - up.at(y))}
                                                  : svg::point{none, none});
    }
    draw_line(out, points, k);
    const double y = f.top - above + (panel.title.empty() ? 0 : 26) + legend[k].y + 10;
    out.line({f.left + legend[k].x, y - 4}, {f.left + legend[k].x + 20, y - 4},
             {.stroke = palette[k % palette.size()],
              .width = 3,
              .dash = dashes[k / palette.size() % dashes.size()]});
    out.text(f.left + legend[k].x + 26, y, legend[k].name, {.size = 12, .color = ink});
  }
  if (empty)
    out.text(f.left + f.width / 2, f.top + f.height / 2, total == 0 ? "no data" : "no finite data",
             {.size = 14, .color = soft_ink, .at = svg::anchor::middle});
  if (gaps > 0)
    out.text(f.left + f.width, f.top + f.height + 38,
             short_number(static_cast<double>(gaps)) + " of " +
                 short_number(static_cast<double>(total)) +
                 (panel.logarithmic || panel.logarithmic_x ? " not positive or not finite"
                                                           : " not finite"),
             {.size = 11, .color = "#b23b00", .at = svg::anchor::end});
}

}  // namespace detail::plot

/// Draws the panels side by side.
/// @errors   none: empty series, single points and values that are not finite give a picture too
/// @example  line_plot("training", {{"loss", "epoch", "nats", {{"train", loss}}}}).save("a.svg");
inline svg::canvas line_plot(std::string_view title, const std::vector<plot_panel>& panels) {
  namespace draw = detail::plot;
  const auto count = static_cast<double>(std::max<std::size_t>(panels.size(), 1));
  const double top = title.empty() ? 20 : 52, pitch = draw::panel_width + 32;
  svg::canvas out(20 + count * pitch, top + draw::panel_height + 12, title);
  out.text(24, 32, draw::fit(title, 17, count * pitch),
           {.size = 17, .color = draw::ink, .bold = true});
  for (std::size_t i = 0; i < panels.size(); ++i)
    draw::draw_panel(out, panels[i], 20 + static_cast<double>(i) * pitch, top);
  return out;
}

}  // namespace sinter
