// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Groups: the nodes that one kernel computes, and how a value lies in a group's index space.

#include "sinter/plan/access.hpp"

namespace sinter {

/// Nodes that share a kernel.
struct group {
  shape space;
  unsigned folded = 0;       ///< mask of the axes that folds remove, 0 if there is no fold
  bool rows = false;         ///< folds are along the innermost axes and may be used inside the row
  char running = 0;          ///< running folds along `folded`: 1 forwards, 2 backwards
  bool scatters = false;     ///< adds where indices say: the sums are in memory, for other kernels
  int products = 0;
  int product_bytes = 0;     ///< that the sums of one place take, all as wide as the widest
  int operations = 0;        ///< products, folds and elementwise ones
  bool alive = true;
  bool across = false;       ///< of a chain, whose rows it sums over
};

/// The result: for each node its group, or -1 (a view, a leaf, or computed where it is needed), and
/// whether other kernels or the caller read it from memory.
struct grouping {
  list<group> groups;
  list<int> group_of;
  list<char> stored;
};

/// Whether an output overwrites a view with strides of its own. Its kernel writes there where
/// nothing else needs the old values; else it goes to the workspace, and a copy to its place.
constexpr bool updates_view(const graph_view& v, int output) {
  const int input = v.outputs[output].input;
  return input >= 0 && v[v.inputs[input]].attribute[1] != 0;
}

namespace detail {

enum class form : std::uint8_t { other, full, folded };

/// How a value of some shape fits a group: as the whole space, or as what a fold leaves of it, with
/// the folded axes kept at extent 1 or dropped.
constexpr form form_in(const group& g, const shape& s) {
  if (s == g.space) return form::full;
  if (g.folded == 0) return form::other;
  shape kept = g.space, dropped;
  for (int i = 0; i < g.space.rank; ++i)
    if (g.folded >> i & 1) kept[i] = 1;
    else dropped.push(g.space[i]);
  return s == kept || s == dropped ? form::folded : form::other;
}

/// The axes of the space that a value of the group runs along.
constexpr axis_map map_in(const group& g, const shape& s) {
  if (s.rank == g.space.rank) return identity_map(s);
  axis_map m;
  for (int i = 0, j = 0; i < g.space.rank; ++i)
    if (!(g.folded >> i & 1)) {
      m.axis[j] = s[j] == 1 ? -1 : i;
      ++j;
    }
  return m;
}

/// The node that an output stores: views that keep the elements' order need no kernel, unless the
/// target is an input with strides of its own.
constexpr int output_node(const planning_graph& g, const output& o) {
  int i = o.node;
  if (o.input >= 0 && g[g.view.inputs[o.input]].attribute[1] != 0) return i;
  while (g[i].what() == kind::reshape || g[i].what() == kind::alias) i = g[i].operand[0];
  return i;
}

/// Which groups need what other groups give, directly or not. Rows of bits, so that the closure
/// stays cheap in constant evaluation.
class reachability {
 public:
  constexpr int add() {
    rows_.push_back({});
    const std::size_t words = rows_.size() / 64 + 1;
    for (auto& row : rows_)
      if (row.size() < words) row.resize(words);
    return static_cast<int>(rows_.size()) - 1;
  }
  constexpr bool operator()(int from, int to) const {
    return rows_[from][to >> 6] >> (to & 63) & 1;
  }
  constexpr void connect(int from, int to) {
    if (from == to || (*this)(from, to)) return;
    const int count = static_cast<int>(rows_.size());
    const int words = static_cast<int>(rows_[to].size());
    const std::uint64_t* below = rows_[to].data();
    for (int a = 0; a < count; ++a) {
      if (a != from && !(*this)(a, from)) continue;
      std::uint64_t* row = rows_[a].data();
      for (int w = 0; w < words; ++w) row[w] |= below[w];
      row[to >> 6] |= std::uint64_t{1} << (to & 63);
    }
  }
  /// Gives all that `from` reaches, and all that reaches it, to `into`.
  constexpr void merge(int into, int from) {
    const int count = static_cast<int>(rows_.size());
    for (int c = 0; c < count; ++c) {
      if ((*this)(from, c)) connect(into, c);
      if ((*this)(c, from)) connect(c, into);
    }
    const std::uint64_t clear = ~(std::uint64_t{1} << (from & 63));
    for (auto& row : rows_) row[from >> 6] &= clear;
    for (auto& word : rows_[from]) word = 0;
  }

 private:
  list<list<std::uint64_t>> rows_;
};

}  // namespace detail
}  // namespace sinter
