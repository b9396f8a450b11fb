// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How often each class was taken for each: counts, accuracy, recall, and a text for the terminal.
/// Invariant: `counts` has classes * classes entries, row = true class, column = predicted class.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ranges>
#include <string>
#include <vector>

#include "sinter/core/error.hpp"

namespace sinter {

class confusion {
 public:
  /// @errors   value_error without a class, or with more than 10,000, whose table fits no screen
  explicit confusion(std::int64_t classes) : classes_(classes) {
    if (classes < 1 || classes > 10000)
      throw value_error("confusion: want 1 to 10000 classes, got " + std::to_string(classes));
    counts_.resize(static_cast<std::size_t>(classes * classes));
  }

  /// Counts one example.
  /// @errors   value_error for a class outside [0, classes)
  void add(std::int64_t truth, std::int64_t predicted) {
    check(truth, "true");
    check(predicted, "predicted");
    ++counts_[index(truth, predicted)];
  }

  /// Counts many; after an error none is counted.
  /// @errors   shape_error for lengths that differ, value_error for a class outside [0, classes)
  template <std::ranges::sized_range Truth, std::ranges::sized_range Predicted>
  void add(const Truth& truth, const Predicted& predicted) {
    if (std::ranges::size(truth) != std::ranges::size(predicted))
      throw shape_error("confusion: " + std::to_string(std::ranges::size(truth)) +
                        " true classes, but " + std::to_string(std::ranges::size(predicted)) +
                        " predicted ones");
    for (const auto& c : truth) check(static_cast<std::int64_t>(c), "true");
    for (const auto& c : predicted) check(static_cast<std::int64_t>(c), "predicted");
    auto p = std::ranges::begin(predicted);
    for (const auto& c : truth)
      ++counts_[index(static_cast<std::int64_t>(c), static_cast<std::int64_t>(*p++))];
  }

  std::int64_t classes() const { return classes_; }
  const std::vector<std::int64_t>& counts() const { return counts_; }
  std::int64_t count(std::int64_t truth, std::int64_t predicted) const {
    check(truth, "true");
    check(predicted, "predicted");
    return counts_[index(truth, predicted)];
  }

  /// The counts as `heat_map` takes them.
  std::vector<double> values() const { return {counts_.begin(), counts_.end()}; }

  std::int64_t total() const {
    std::int64_t sum = 0;
    for (const std::int64_t c : counts_) sum += c;
    return sum;
  }

  std::int64_t correct() const {
    std::int64_t sum = 0;
    for (std::int64_t c = 0; c < classes_; ++c) sum += counts_[index(c, c)];
    return sum;
  }

  /// The share that was recognised, of all or of one class; NaN where there is no example.
  double accuracy() const { return share(correct(), total()); }
  double recall(std::int64_t truth) const {
    check(truth, "true");
    std::int64_t sum = 0;
    for (std::int64_t c = 0; c < classes_; ++c) sum += counts_[index(truth, c)];
    return share(counts_[index(truth, truth)], sum);
  }

  /// An aligned table; zeros are dots, so that mistakes stand out.
  std::string text(const std::vector<std::string>& labels = {}) const {
    std::vector<std::string> names = labels;
    for (std::int64_t c = std::ssize(names); c < classes_; ++c) names.push_back(std::to_string(c));
    std::size_t name_width = 4, cell_width = 1;
    for (std::int64_t c = 0; c < classes_; ++c)
      name_width = std::max(name_width, characters(names[static_cast<std::size_t>(c)]));
    for (const std::int64_t c : counts_)
      cell_width = std::max(cell_width, std::to_string(c).size());
    for (std::int64_t c = 0; c < classes_; ++c)
      cell_width = std::max(cell_width, characters(names[static_cast<std::size_t>(c)]));

    std::string out = std::string(name_width + 2, ' ') + "predicted\n" + right("true", name_width);
    for (std::int64_t c = 0; c < classes_; ++c)
      out += "  " + right(names[static_cast<std::size_t>(c)], cell_width);
    out += "    recall\n";
    for (std::int64_t row = 0; row < classes_; ++row) {
      out += right(names[static_cast<std::size_t>(row)], name_width);
      for (std::int64_t c = 0; c < classes_; ++c) {
        const std::int64_t n = counts_[index(row, c)];
        out += "  " + right(n == 0 && row != c ? "." : std::to_string(n), cell_width);
      }
      out += "  " + right(percent(recall(row)), 8) + '\n';
    }
    return out + "accuracy " + percent(accuracy()) + " (" + std::to_string(correct()) + " of " +
           std::to_string(total()) + ")\n";
  }

 private:
  std::size_t index(std::int64_t truth, std::int64_t predicted) const {
    return static_cast<std::size_t>(truth * classes_ + predicted);
  }

  void check(std::int64_t c, const char* which) const {
    if (c < 0 || c >= classes_)
      throw value_error(std::string("confusion: ") + which + " class " + std::to_string(c) +
                        " is outside [0, " + std::to_string(classes_) + ")");
  }

  static double share(std::int64_t part, std::int64_t whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole)
                     : std::numeric_limits<double>::quiet_NaN();
  }

  static std::size_t characters(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
  }

  static std::string right(const std::string& text, std::size_t width) {
    const std::size_t used = characters(text);
    return std::string(width > used ? width - used : 0, ' ') + text;
  }

  /// One decimal, and never 100.0 % for less than all.
  static std::string percent(double x) {
    if (std::isnan(x)) return "-";
    const auto tenths = static_cast<int>(x < 1 ? std::min(std::round(x * 1000), 999.0) : 1000);
    return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " %";
  }

  std::int64_t classes_;
  std::vector<std::int64_t> counts_;
};

}  // namespace sinter
