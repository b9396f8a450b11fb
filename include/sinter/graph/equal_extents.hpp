// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Extents that must be equal are written alike. A call checks that they are before anything runs,
/// so beyond the check one of them can stand for all: what has equal extents can share a kernel,
/// and one that must be a number is that number.

#include "sinter/graph/builder.hpp"

namespace sinter {

namespace detail {

/// What stands for each run-time extent: a number, or the code of an earlier one.
class equal_extents {
 public:
  constexpr explicit equal_extents(const graph_builder& g) {
    for (std::size_t i = 0; i < g.dimensions.size(); ++i) {
      const dimension own = rewritten(g.dimensions[i]);
      extent_t same = code(i);
      for (std::size_t j = 0; j < i && same == code(i); ++j)
        if (rewritten(g.dimensions[j]) == own && own.from != dimension::origin::stride)
          same = stands_for_[j];
      stands_for_.push_back(same);
      for (const constraint& c : g.constraints)
        if (!c.nonzero && is_known(c.left) && is_known(c.right)) join(g, of(c.left), of(c.right));
    }
  }

  constexpr extent_t of(extent_t e) const {
    while (!is_static(e) && index(e) < stands_for_.size() && stands_for_[index(e)] != e)
      e = stands_for_[index(e)];
    return e;
  }

  /// A product or a sum of what stands for its terms.
  constexpr dimension rewritten(dimension d) const {
    if (d.from != dimension::origin::extent && d.from != dimension::origin::stride)
      d.left = of(d.left), d.right = of(d.right);
    return d;
  }

 private:
  static constexpr extent_t code(std::size_t i) { return -1 - static_cast<extent_t>(i); }
  static constexpr std::size_t index(extent_t e) { return static_cast<std::size_t>(-1 - e); }
  constexpr bool is_known(extent_t e) const {
    return is_static(e) || index(e) < stands_for_.size();
  }

  /// A number stands for a name, a name for what has none, an earlier one for a later one.
  constexpr void join(const graph_builder& g, extent_t a, extent_t b) {
    if (a == b || (is_static(a) && is_static(b))) return;
    const auto rank = [&](extent_t e) { return is_static(e) ? 2 : g.name_of(e) != 0 ? 1 : 0; };
    const bool keep_a = rank(a) != rank(b) ? rank(a) > rank(b) : index(a) < index(b);
    stands_for_[index(keep_a ? b : a)] = keep_a ? a : b;
  }

  list<extent_t> stands_for_;
};

}  // namespace detail

/// Rewrites the shapes of a graph, and takes what repeats nothing any more out of the way. Its
/// constraints stay as they are, as do the extents that they speak of.
constexpr void merge_equal_extents(graph_builder& g) {
  if (g.constraints.empty()) return;
  const detail::equal_extents same(g);
  list<int> stands_for;  // by node: itself, or what a broadcast to its operand's own shape repeats
  for (int i = 0; i < static_cast<int>(g.nodes.size()); ++i) {
    node& n = g.nodes[i];
    for (int a = 0; a < n.extents.rank; ++a) n.extents[a] = same.of(n.extents[a]);
    for (int j = 0; j < n.arity(); ++j) n.operand[j] = stands_for[n.operand[j]];
    const bool repeats =
        n.what() != kind::broadcast || !(n.extents == g.nodes[n.operand[0]].extents);
    stands_for.push_back(repeats ? i : n.operand[0]);
  }
  for (output& o : g.outputs) o.node = stands_for[o.node];
}

}  // namespace sinter
