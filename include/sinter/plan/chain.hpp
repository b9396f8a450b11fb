// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Chains: products that follow one another in the same rows are one kernel, of which a block of
/// threads takes some rows through all of them. What one gives and a later one reads, as its left
/// operand or beside its own result, is a row of at most 256 values. It stays where that block is,
/// in a cache, in shared memory or in registers; only what others read as well is stored.

#include "sinter/plan/group_builder.hpp"

namespace sinter {

/// Columns of each product of a chain.
inline constexpr extent_t widest_chain = 256;
/// Products that a chain holds at the most: beyond, its name and its arguments would be long.
inline constexpr int most_of_chain = 16;

namespace detail {

class chain_rules : public group_builder {
 public:
  constexpr chain_rules(planning_graph& g, const grouping& groups) : group_builder(g, groups) {}

 protected:
  /// The chain, by its first group, that group k continues, or -1: all that it reads of the chain
  /// lies in the row that is computed.
  constexpr int home_of(int k, const list<int>& first, const list<int>& needs) {
    const group& own = result_.groups[k];
    if (!is_narrow(own)) return -1;
    int before = -1;  // the last to run of those that it reads
    for (int i = 0; i < g_.size(); ++i) {
      if (result_.group_of[i] != k) continue;
      for (int s : sources_of(i))
        if (const int at = result_.group_of[s];
            at != k && is_narrow(result_.groups[at]) &&
            (before < 0 || needs[at] > needs[before]))
          before = at;
    }
    const int home = before >= 0 ? first[before] : -1;
    if (home < 0 || !(result_.groups[home].space[0] == own.space[0])) return -1;
    for (int i = 0; i < g_.size(); ++i) {
      if (result_.group_of[i] != k) continue;
      const axis_map m = map_in(own, g_[i].extents);
      for (int j = 0; j < g_[i].arity(); ++j) {
        const int x = g_[i].operand[j];
        const kind what = g_[i].what();
        const bool memory = (what == kind::matmul && j == 1) || (what == kind::gather && j == 0);
        const axis_map own_map = what == kind::matmul   ? identity_map(g_[x].extents)
                                 : what == kind::reduce ? identity_map(own.space)
                                                        : m;
        if (memory ? reads_any(x, home, first) : !in_same_row(x, k, own_map, home, first))
          return -1;
      }
    }
    return home;
  }

 private:
  constexpr bool is_narrow(const group& g) const {
    return g.products > 0 && g.space.rank == 2 && is_static(g.space[1]) && g.space[1] > 0 &&
           g.space[1] <= widest_chain;
  }

  constexpr bool is_of(int i, int home, const list<int>& first) const {
    return result_.group_of[i] >= 0 && first[result_.group_of[i]] == home;
  }

  /// Whether node i is computed from what the chain gives.
  constexpr bool reads_any(int i, int home, const list<int>& first) const {
    if (result_.group_of[i] >= 0) return is_of(i, home, first);
    for (int j = 0; j < g_[i].arity(); ++j)
      if (reads_any(g_[i].operand[j], home, first)) return true;
    return false;
  }

  /// Whether all that node i reads of the chain lies in the row that is computed. `m` says along
  /// which axes of the nest, rows and columns, its axes run. Nodes are read as lowering does.
  constexpr bool in_same_row(int i, int k, const axis_map& m, int home,
                             const list<int>& first) {
    if (result_.group_of[i] == k) return true;
    int base = i;
    while (is_view(g_[base]) && !result_.stored[base]) base = g_[base].operand[0];
    if (g_[base].what() == kind::input) return true;
    if (result_.group_of[base] >= 0 && result_.group_of[base] != k)
      return !is_of(base, home, first) || runs_along_row(i, base, m);
    if (is_view(g_[i]))
      return in_same_row(g_[i].operand[0], k, look_through(g_[i], g_[g_[i].operand[0]].extents, m),
                         home, first);
    for (int j = 0; j < g_[i].arity(); ++j)
      if (!in_same_row(g_[i].operand[j], k, m, home, first)) return false;
    return true;
  }

  /// Whether node i, a view of a stored one, reads at row r of the nest no other row than r.
  constexpr bool runs_along_row(int i, int base, const axis_map& m) {
    const access a = resolve(g_, i, result_.stored.data());
    if (a.base != base || a.guarded || a.offset != 0) return false;
    extent_t stride[2] = {0, 0};
    for (int axis = 0; axis < g_[i].extents.rank; ++axis)
      if (const int at = m.axis[axis]; at >= 0)
        stride[at] = g_.plus(stride[at], a.stride[axis]);
    const shape& s = g_[base].extents;
    const extent_t pitch = s.rank == 2 ? s[1] : 1;
    return s.rank > 0 && s.rank <= 2 && s[0] == g_[i].extents[0] && stride[0] == pitch &&
           (stride[1] == 0 || (stride[1] == 1 && s.rank == 2));
  }
};

}  // namespace detail
}  // namespace sinter
