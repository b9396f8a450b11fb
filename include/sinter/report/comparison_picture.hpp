// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A comparison as a picture: a bar for each kernel and place, with a mark at the least time that
/// the place's limits allow, and the time of a call over the sizes of the batch.

#include "sinter/report/comparison.hpp"
#include "sinter/report/line_plot.hpp"

namespace sinter {

namespace detail::plot {

/// Bars on a logarithmic axis, since the times of kernels and places lie far apart.
inline void draw_bars(svg::canvas& out, const comparison& c, double left, double top,
                      double width) {
  double least = 1e30, most = 0;
  for (const auto& p : c.places)
    for (std::size_t k = 0; k < c.kernels.size(); ++k)
      for (const double seconds : {p.kernels[k], p.least[k].seconds}) {
        if (!(seconds > 0)) continue;
        least = std::min(least, seconds);
        most = std::max(most, seconds);
      }
  if (!(least <= most)) return;
  const axis across = make_log_axis(std::floor(std::log10(least)),
                                    std::max(std::log10(most) + 0.05, std::log10(least) + 0.5));
  const double name_width = 150, bar = 12, begin = left + name_width;
  const double own_width = width - name_width;
  const auto at = [&](double seconds) {
    return begin + own_width * std::max(across.at(std::log10(seconds)), 0.0);
  };
  const double group = static_cast<double>(c.places.size()) * bar + 8;
  const double bottom = top + group * static_cast<double>(c.kernels.size());
  for (std::size_t i = 0; i < across.ticks.size(); ++i) {
    const double x = begin + own_width * across.at(across.ticks[i]);
    out.line({x, top}, {x, bottom}, {.stroke = grid_ink});
    out.text(x, bottom + 16, spell_time(std::pow(10.0, across.ticks[i])),
             {.size = 11.5, .color = soft_ink, .at = svg::anchor::middle});
  }
  for (std::size_t k = 0; k < c.kernels.size(); ++k) {
    const double y = top + group * static_cast<double>(k);
    out.text(begin - 8, y + group / 2 + 1,
             fit(std::to_string(k) + ' ' + c.kernels[k].family + ' ' + c.kernels[k].space, 12,
                 name_width - 8),
             {.size = 12, .color = ink, .at = svg::anchor::end});
    for (std::size_t p = 0; p < c.places.size(); ++p) {
      const auto& own = c.places[p];
      const double y_bar = y + 4 + bar * static_cast<double>(p);
      if (own.kernels[k] > 0)
        out.rect(begin, y_bar, at(own.kernels[k]) - begin, bar - 2,
                 {.fill = palette[p % palette.size()]});
      if (own.least[k].seconds > 0)
        out.line({at(own.least[k].seconds), y_bar - 1}, {at(own.least[k].seconds), y_bar + bar - 1},
                 {.stroke = ink, .width = 2});
    }
  }
}

}  // namespace detail::plot

/// @example st::comparison_picture(st::compare(layer, x, w, b)).save("layer.svg");
inline svg::canvas comparison_picture(const comparison& c) {
  namespace draw = detail::plot;
  const double group = static_cast<double>(c.places.size()) * 12 + 8;
  const double width = draw::panel_width + 160, bars_top = 84;
  const double lines_top = bars_top + group * static_cast<double>(c.kernels.size()) + 44;
  const bool has_sizes = !c.sizes.empty();
  svg::canvas out(width + 40, lines_top + (has_sizes ? draw::panel_height + 8 : 0), "compare");
  out.text(24, 32, "Time of each kernel" + (c.known.empty() ? "" : ", " + c.known),
           {.size = 17, .color = draw::ink, .bold = true});
  double x = 24;
  for (std::size_t p = 0; p < c.places.size(); ++p) {
    const std::string name =
        draw::fit(describe(c.places[p].where) + ", " + c.places[p].limits.name, 12, 220);
    out.rect(x, 50, 14, 10, {.fill = draw::palette[p % draw::palette.size()]});
    out.text(x + 20, 60, name, {.size = 12, .color = draw::ink});
    x += 36 + draw::text_width(name, 12);
  }
  out.line({x + 4, 49}, {x + 4, 61}, {.stroke = draw::ink, .width = 2});
  out.text(x + 12, 60, "at its limits", {.size = 12, .color = draw::ink});
  draw::draw_bars(out, c, 24, bars_top, width);
  if (!has_sizes) return out;

  plot_panel panel{.title = "A call", .x_label = c.varied, .y_label = "seconds", .lines = {},
                   .logarithmic = true, .logarithmic_x = true};
  std::vector<double> extents;
  for (const auto& s : c.sizes) extents.push_back(static_cast<double>(s.extent));
  for (std::size_t p = 0; p < c.places.size(); ++p) {
    std::vector<double> alone, with_transfers;
    for (const auto& s : c.sizes) alone.push_back(s.call[p]);
    for (const auto& s : c.sizes) with_transfers.push_back(s.with_transfers[p]);
    const std::string name = describe(c.places[p].where);
    panel.lines.push_back({name, extents, alone});
    if (!c.places[p].where.is_host())
      panel.lines.push_back({name + " and transfers", extents, with_transfers});
  }
  draw::draw_panel(out, panel, 24, lines_top);
  return out;
}

}  // namespace sinter
