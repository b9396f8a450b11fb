// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A plan as a picture: kernels as boxes, from top to bottom in the order in which they run, with
/// the formulas that they compute. What a kernel reads from the caller stands on its left, what it
/// leaves in memory on its right; lines lead from there to the kernels that read it, the thicker
/// the more bytes. Each value is labelled with its size.

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "sinter/report/plan_layout.hpp"
#include "sinter/report/svg.hpp"

namespace sinter {

namespace detail {

class plan_drawing : plan_layout {
 public:
  using plan_layout::plan_layout;

  svg::canvas run() const {
    svg::canvas picture(width_, height_, "plan of " + counted(boxes_.size(), "kernel"));
    head(picture);
    for (const value& v : values_) draw_line(picture, v);
    for (std::size_t k = 0; k < boxes_.size(); ++k) draw_box(picture, k);
    return picture;
  }

 private:
  static std::string_view color(family f) {
    constexpr std::array<std::string_view, 7> colors{"#009e73", "#cc79a7", "#d98200", "#0072b2",
                                                     "#8a6d3b", "#5a3fa0", "#56769a"};
    return colors[static_cast<std::size_t>(f)];
  }

  double thickness(const value& v) const {
    return most_bytes_ > 0 ? 1.4 + 3.2 * std::sqrt(v.bytes / most_bytes_) : 2;
  }
  std::string_view line_color(const value& v) const {
    constexpr std::array<std::string_view, 5> colors{"#4c6a92", "#8a5a83", "#4d8076", "#94703a",
                                                     "#6b7280"};
    return colors[static_cast<std::size_t>(v.lane < 0 ? 4 : v.lane % 4)];
  }

  static void arrow_head(svg::canvas& c, svg::point tip, double dx, double dy,
                         std::string_view fill) {
    const double x = tip.x - 7 * dx, y = tip.y - 7 * dy;
    c.path('M' + svg::number(tip.x) + ' ' + svg::number(tip.y) + 'L' + svg::number(x + 4 * dy) +
               ' ' + svg::number(y + 4 * dx) + 'L' + svg::number(x - 4 * dy) + ' ' +
               svg::number(y - 4 * dx) + 'Z',
           {.fill = fill});
  }

  void pill(svg::canvas& c, double x, double y, const std::string& words, bool strong) const {
    const double w = plot::text_width(words, label_size) + 12;
    c.rect(x, y - pill_height / 2, w, pill_height,
           {.fill = strong ? "#1f2933" : "#eef1f5", .stroke = strong ? "#1f2933" : "#9aa5b1"},
           pill_height / 2);
    c.text(x + w / 2, y + 4, words,
           {.size = label_size, .color = strong ? "#ffffff" : plot::ink,
            .at = svg::anchor::middle});
  }

  void head(svg::canvas& c) const {
    std::string title = counted(boxes_.size(), "kernel");
    if (!known_.known().empty()) title += "; " + known_.known();
    c.text(margin, 34, title, {.size = 17, .bold = true});
    const auto fused = [&](const auto& v) { return total(cost_of(plan_, v)).bytes(); };
    const auto unfused = [&](const auto& v) { return total(unfused_cost(plan_.graph, v)).bytes(); };
    c.text(margin, 54,
           known_.text(fused, "B") + " moved; " + known_.text(unfused, "B") +
               " if every operation were a kernel of its own",
           {.size = 12.5, .color = plot::soft_ink});
    double x = margin;
    for (const family f : {family::chain, family::contract, family::row, family::reduce,
                           family::map, family::scatter, family::scan}) {
      if (std::none_of(plan_.kernels.begin(), plan_.kernels.end(),
                       [&](const lowered_kernel& k) { return k.family() == f; }))
        continue;
      c.rect(x, 66, 10, 10, {.fill = color(f)}, 3);
      c.text(x + 15, 75, name(f), {.size = label_size, .color = plot::soft_ink});
      x += 30 + plot::text_width(name(f), label_size);
    }
  }

  /// The line of a value along its lane and into its readers.
  void draw_line(svg::canvas& c, const value& v) const {
    if (v.lane < 0) return;
    const svg::paint halo{.stroke = "#ffffff", .width = thickness(v) + 4};
    const svg::paint how{.stroke = line_color(v), .width = thickness(v)};
    const double x = lane_x(v);
    const box& from = boxes_[static_cast<std::size_t>(v.writer)];
    const auto index = static_cast<std::size_t>(&v - values_.data());
    const auto place_of = [&](const std::vector<std::size_t>& list) {
      return static_cast<std::size_t>(std::find(list.begin(), list.end(), index) - list.begin());
    };
    const double start = port_y(from, from.reads.size() + place_of(from.writes));
    for (const int r : v.readers) {
      const box& to = boxes_[static_cast<std::size_t>(r)];
      const double y = port_y(to, place_of(to.reads));
      const std::vector<svg::point> points{
          {box_right_ + arrow, start}, {x, start}, {x, y}, {box_right_ + 6, y}};
      if (r == v.readers.front()) c.polyline(std::vector(points.begin(), points.begin() + 2), halo);
      c.polyline(std::vector(points.begin() + 2, points.end()), halo);
      c.polyline(points, how);
      arrow_head(c, {box_right_ + 1, y}, -1, 0, how.stroke);
      c.text(box_right_ + 12, y - 5, known_.spelling().name(v.buffer),
             {.size = 10.5, .color = how.stroke});
    }
  }

  void draw_box(svg::canvas& c, std::size_t k) const {
    const box& b = boxes_[k];
    const family f = plan_.kernels[k].family();
    c.rect(box_left_, b.y, box_width_, b.height, {.fill = color(f), .opacity = 0.09}, 9);
    c.rect(box_left_, b.y, box_width_, b.height, {.stroke = color(f), .width = 1.2}, 9);
    c.rect(box_left_ + 7, b.y + 9, 4, b.height - 18, {.fill = color(f)}, 2);
    const double x = box_left_ + 22;
    double y = b.y + 22;
    c.text(x, y, b.title, {.size = 13, .color = color(f), .bold = true});
    svg::font small{.size = label_size, .color = plot::soft_ink};
    if (b.two_headed) {
      c.text(x, y += line_height, b.cost, small);
    } else {
      small.at = svg::anchor::end;
      c.text(box_right_ - 14, y, b.cost, small);
    }
    for (const std::string& line : b.lines) {
      const std::size_t first = line.find_first_not_of(' ');
      c.text(x + 4.0 * static_cast<double>(first), y += line_height, line.substr(first),
             {.size = formula_size});
    }
    for (std::size_t i = 0; i < b.inputs.size(); ++i) {
      const std::string words = label(b.inputs[i]);
      const double port = port_y(b, i), end = box_left_ - arrow;
      pill(c, end - plot::text_width(words, label_size) - 12, port, words, false);
      c.line({end, port}, {box_left_ - 6, port}, {.stroke = plot::axis_ink, .width = 1.4});
      arrow_head(c, {box_left_ - 1, port}, 1, 0, plot::axis_ink);
    }
    for (std::size_t i = 0; i < b.writes.size(); ++i) {
      const value& v = values_[b.writes[i]];
      const double port = port_y(b, b.reads.size() + i);
      c.line({box_right_, port}, {box_right_ + arrow, port},
             {.stroke = line_color(v), .width = v.lane < 0 ? 1.4 : thickness(v)});
      pill(c, box_right_ + arrow, port, label(v.buffer), v.is_result);
    }
    for (std::size_t i = 0; i < b.down.size(); ++i) {
      const value& v = values_[b.down[i]];
      const double at = box_left_ + box_width_ * (static_cast<double>(i) + 1) /
                                        (static_cast<double>(b.down.size()) + 1);
      const double top = b.y + b.height, end = boxes_[k + 1].y;
      c.line({at, top}, {at, end - 6}, {.stroke = line_color(v), .width = thickness(v)});
      arrow_head(c, {at, end - 1}, 0, 1, line_color(v));
      c.text(at + 10, (top + end) / 2 + 4, label(v.buffer), {.size = label_size});
    }
  }
};

}  // namespace detail

/// The plan as a picture; `options` as for `explain`.
/// @example  plan_picture(plan, {.inputs = {"x", "w", "b"}}).save("plan.svg");
inline svg::canvas plan_picture(const plan_builder& plan, const explain_options& options = {}) {
  return detail::plan_drawing(plan, options).run();
}

}  // namespace sinter
