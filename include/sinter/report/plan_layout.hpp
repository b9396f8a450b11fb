// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Where everything stands in the picture of a plan: boxes of kernels, the values on either side of
/// them, and the lanes that lead from one to another. `plan_picture.hpp` draws it.

#include <algorithm>
#include <string>
#include <vector>

#include "sinter/plan/explain.hpp"
#include "sinter/report/axis.hpp"

namespace sinter::detail {

class plan_layout {
 public:
  plan_layout(const plan_builder& plan, const explain_options& options)
      : plan_(plan), options_(options), known_(plan, options.inputs, options.dimensions) {
    find_values();
    for (std::size_t k = 0; k < plan_.kernels.size(); ++k) measure(static_cast<int>(k));
    assign_lanes();
    place();
  }

 protected:
  static constexpr double margin = 24, line_height = 18, port_height = 26, pill_height = 20,
                          formula_size = 12.5, label_size = 11.5, arrow = 30, lane_step = 16;

  /// What a kernel leaves in memory, and who reads it.
  struct value {
    int buffer = 0, writer = 0;
    std::vector<int> readers;
    bool is_result = false;  ///< the caller sees it
    int lane = -1;           ///< -1: nobody reads it, or only the next kernel does
    double bytes = 0;
    bool goes_down() const { return readers.size() == 1 && readers[0] == writer + 1; }
    int last() const { return readers.empty() ? writer : readers.back(); }
  };

  struct box {
    std::vector<std::string> lines;
    std::string title, cost;
    std::vector<int> inputs;          ///< buffers, on the left
    std::vector<std::size_t> reads;   ///< values whose lanes come in on the right
    std::vector<std::size_t> writes;  ///< values that leave on the right
    std::vector<std::size_t> down;    ///< values that go to the next box
    bool two_headed = false;          ///< the cost has a line of its own
    double y = 0, height = 0;
  };

  double bytes_of(int number) const {
    if (!known_.complete()) return 0;
    const buffer& b = plan_.buffers[static_cast<std::size_t>(number)];
    return properties(b.type).size *
           static_cast<double>(resolved(b.elements, known_.values().data()));
  }

  /// "m1 262 kB".
  std::string label(int number) const {
    const buffer& b = plan_.buffers[static_cast<std::size_t>(number)];
    const auto bytes = [&](const auto& v) {
      return properties(b.type).size * static_cast<double>(resolved(b.elements, v.data()));
    };
    return known_.spelling().name(number) + "\u00a0 " + known_.text(bytes, "B");
  }

  double lane_x(const value& v) const { return lane_left_ + lane_step * v.lane; }
  static double port_y(const box& b, std::size_t place) {
    return b.y + 6 + port_height * (static_cast<double>(place) + 0.5);
  }

  const plan_builder& plan_;
  const explain_options& options_;
  known_plan known_;
  std::vector<value> values_;
  std::vector<box> boxes_;
  double most_bytes_ = 0, box_width_ = 380, left_ = 0, right_ = 0;
  double box_left_ = 0, box_right_ = 0, lane_left_ = 0, width_ = 0, height_ = 0;
  int lanes_ = 0;

 private:
  void find_values() {
    for (std::size_t b = 0; b < plan_.buffers.size(); ++b) {
      const buffer::place where = plan_.buffers[b].where;
      if (where == buffer::place::input) continue;
      value v;
      v.buffer = static_cast<int>(b);
      v.is_result = where == buffer::place::output;
      v.bytes = bytes_of(v.buffer);
      v.writer = -1;
      for (std::size_t k = 0; k < plan_.kernels.size(); ++k) {
        if (writes(plan_.kernels[k], v.buffer)) v.writer = static_cast<int>(k);
        if (reads(plan_.kernels[k], v.buffer)) v.readers.push_back(static_cast<int>(k));
      }
      if (v.writer < 0) continue;
      most_bytes_ = std::max(most_bytes_, v.bytes);
      values_.push_back(v);
    }
  }

  /// What stands in and around a kernel's box.
  void measure(int k) {
    const lowered_kernel& kernel = plan_.kernels[static_cast<std::size_t>(k)];
    box b;
    const std::string gap = "\u00a0\u00a0 ";  // SVG joins ordinary spaces
    b.title = std::to_string(k) + gap + name(kernel.family()) + gap +
              known_.spelling().space(kernel);
    const auto bytes = [&](const auto& v) { return cost_of(kernel, v).bytes(); };
    const auto flops = [&](const auto& v) { return cost_of(kernel, v).flops; };
    b.cost = known_.text(bytes, "B") + ", " + known_.text(flops, "flop");
    for (const std::string& line :
         elided(known_.spelling().formulas(kernel), std::min(options_.lines, 12)))
      for (std::size_t from = 0, to = 0; from < line.size(); from = to + 1) {
        constexpr std::size_t room = 76;
        to = line.size() - from <= room ? line.size() : line.rfind(' ', from + room);
        if (to == line.npos || to <= from) to = std::min(line.find(' ', from), line.size());
        b.lines.push_back((from > 0 ? "      " : "") + line.substr(from, to - from));
      }
    for (std::size_t i = 0; i < plan_.buffers.size(); ++i)
      if (plan_.buffers[i].where == buffer::place::input && reads(kernel, static_cast<int>(i)))
        b.inputs.push_back(static_cast<int>(i));
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const value& v = values_[i];
      const bool read = std::find(v.readers.begin(), v.readers.end(), k) != v.readers.end();
      if (read && v.writer != k && !v.goes_down()) b.reads.push_back(i);
      if (v.writer == k && v.goes_down()) b.down.push_back(i);
      if (v.writer == k && (!v.goes_down() || v.is_result)) b.writes.push_back(i);
    }
    for (const std::string& line : b.lines)
      box_width_ = std::max(box_width_, plot::text_width(line, formula_size) + 40);
    for (const int i : b.inputs)
      left_ = std::max(left_, plot::text_width(label(i), label_size) + 20);
    for (const std::size_t i : b.writes)
      right_ = std::max(right_, plot::text_width(label(values_[i].buffer), label_size) + 20);
    boxes_.push_back(b);
  }

  /// Short lines run inside of long ones; a lane is used again as soon as it is free.
  void assign_lanes() {
    std::vector<value*> order;
    for (value& v : values_)
      if (!v.readers.empty() && !v.goes_down()) order.push_back(&v);
    std::stable_sort(order.begin(), order.end(), [](const value* a, const value* b) {
      return a->last() - a->writer < b->last() - b->writer;
    });
    for (value* v : order) {
      const auto taken = [&](int lane) {
        return std::any_of(order.begin(), order.end(), [&](const value* other) {
          return other->lane == lane && other->writer <= v->last() && v->writer <= other->last();
        });
      };
      int lane = 0;
      while (taken(lane)) ++lane;
      v->lane = lane;
      lanes_ = std::max(lanes_, v->lane + 1);
    }
  }

  void place() {
    double y = 92;
    for (box& b : boxes_) {
      b.two_headed = plot::text_width(b.title, 13) + plot::text_width(b.cost, label_size) + 40 >
                     box_width_;
      const double text = 20 + line_height * static_cast<double>(b.lines.size() + 1) +
                          (b.two_headed ? line_height : 0);
      const std::size_t ports = std::max(b.inputs.size(), b.reads.size() + b.writes.size());
      b.y = y;
      b.height = std::max(text, 12 + port_height * static_cast<double>(ports));
      y += b.height + (b.down.empty() ? 20 : 40);
    }
    height_ = y + margin - 20;
    box_left_ = margin + (left_ > 0 ? left_ + arrow : 0);
    box_right_ = box_left_ + box_width_;
    lane_left_ = box_right_ + (right_ > 0 ? arrow + right_ : 10) + lane_step;
    width_ = lane_left_ + lane_step * lanes_ + margin / 2;
    width_ = std::max(width_, 520.0);
  }
};

}  // namespace sinter::detail
