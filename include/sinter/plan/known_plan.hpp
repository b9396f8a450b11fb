// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A plan together with the values of its dimensions, as far as they are known: what every report
/// on a plan begins with. Sizes are numbers where the dimensions are, and polynomials where not.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sinter/plan/estimate.hpp"
#include "sinter/plan/spell.hpp"

namespace sinter::detail {

class known_plan {
 public:
  /// `dimension_list`: values by name, as `speller::number` gives it.
  known_plan(const plan_builder& plan, const std::vector<std::string>& inputs,
             const std::vector<std::pair<std::string, std::int64_t>>& dimension_list)
      : plan_(plan), speller_(plan, inputs) {
    const auto& dimensions = plan.graph.dimensions;
    same_.resize(dimensions.size());
    extents_.assign(dimensions.size(), -1);
    for (std::size_t i = 0; i < same_.size(); ++i) same_[i] = i;
    for (const constraint& c : plan.graph.constraints)
      if (!c.nonzero) join(c.left, c.right);
    for (std::size_t i = 0; i < dimensions.size(); ++i) {
      if (dimensions[i].from != dimension::origin::extent) continue;
      const std::string name = speller_.number(-1 - static_cast<extent_t>(i));
      for (const auto& [known, value] : dimension_list)
        if (known == name) extents_[root(i)] = value;
    }
    for (std::size_t i = 0; i < dimensions.size(); ++i) {
      if (dimensions[i].from != dimension::origin::extent || root(i) != i) continue;
      const std::string name = speller_.number(-1 - static_cast<extent_t>(i));
      if (extents_[i] >= 0) {
        known_ += (known_.empty() ? "" : ", ") + name + " = " + std::to_string(extents_[i]);
      } else {
        unknown_.push_back(i);
        unknown_names_.push_back(name);
      }
    }
    list<std::int64_t> shown = at(extents_);
    for (std::size_t i = 0; i < shown.size(); ++i)
      if (!is_known(i)) shown[i] = -1;
    speller_ = speller(plan, inputs, shown);
  }

  const speller& spelling() const { return speller_; }
  bool complete() const { return unknown_.empty(); }
  /// "batch = 512".
  const std::string& known() const { return known_; }
  const std::vector<std::string>& unknown() const { return unknown_names_; }

  list<std::int64_t> values() const { return at(extents_); }

  /// The number that `measure(values)` gives, or the polynomial that it is.
  template <class Measure> std::string text(Measure measure, std::string_view unit) const {
    if (complete()) return with_unit(measure(values()), unit);
    if (unknown_.size() > polynomial::most_unknowns) return "?";
    return polynomial(unknown_.size(), [&](const list<std::int64_t>& point) {
      list<std::int64_t> extents = extents_;
      for (std::size_t u = 0; u < point.size(); ++u) extents[unknown_[u]] = point[u];
      return measure(at(extents));
    }).text(unknown_names_, unit);
  }

 private:
  std::size_t root(std::size_t i) const {
    while (same_[i] != i) i = same_[i];
    return i;
  }

  /// Two extents that the call checks to be equal count as one, under the earlier one's name.
  void join(extent_t a, extent_t b) {
    if (is_static(a) && is_static(b)) return;
    if (is_static(a) || is_static(b)) {
      extents_[root(static_cast<std::size_t>(-1 - std::min(a, b)))] = std::max(a, b);
      return;
    }
    const std::size_t x = root(static_cast<std::size_t>(-1 - a));
    const std::size_t y = root(static_cast<std::size_t>(-1 - b));
    const auto is_extent = [&](std::size_t i) {
      return plan_.graph.dimensions[i].from == dimension::origin::extent;
    };
    if (is_extent(x) && is_extent(y)) same_[std::max(x, y)] = std::min(x, y);
  }

  /// The values of all dimensions, given those of the extents that stand for the others.
  list<std::int64_t> at(list<std::int64_t> extents) const {
    for (std::size_t i = 0; i < extents.size(); ++i) extents[i] = extents[root(i)];
    return dimension_values(plan_.graph, extents);
  }

  bool is_known(std::size_t i) const {
    const dimension& d = plan_.graph.dimensions[i];
    const auto known = [&](extent_t e) {
      return is_static(e) || is_known(static_cast<std::size_t>(-1 - e));
    };
    if (d.from == dimension::origin::extent) return extents_[root(i)] >= 0;
    return d.from != dimension::origin::stride && known(d.left) && known(d.right);
  }

  const plan_builder& plan_;
  speller speller_;
  std::vector<std::size_t> same_;     ///< by entry: an earlier one that is equal
  list<std::int64_t> extents_; ///< of those that stand for themselves, -1 if unknown
  std::vector<std::size_t> unknown_;
  std::vector<std::string> unknown_names_;
  std::string known_;
};

}  // namespace sinter::detail
