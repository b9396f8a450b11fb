// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Chains: products that follow one another in the same rows are one kernel, of which a block of
/// threads takes some rows through all of them. What one gives and a later one reads, as its left
/// operand or beside its own result, is a row of at most 256 values. It stays where that block is,
/// in a cache, in shared memory or in registers; only what others read as well is stored. Rows may
/// be those of all items of a batch, if these have their right operands in common. A map, or a row
/// such as a norm, that gives several products what they multiply begins their chain. What sums
/// over the rows, such as gradients of weights, ends it (chain_sums.hpp).

#include "sinter/plan/group_builder.hpp"

namespace sinter {

/// Columns of each product of a chain.
inline constexpr extent_t widest_chain = 256;
/// Products that a chain holds at the most: beyond, its name and its arguments would be long.
inline constexpr int most_of_chain = 16;

/// Why a product that reads what another one gives is not part of its chain.
enum class chain_limit : std::uint8_t {
  none, columns, right, rows, beyond, length, sums, room, between
};

/// The reason, as it is said of kernels.
constexpr const char* name(chain_limit limit) {
  constexpr const char* names[] = {"",
                                   "rows of more than 256 columns, or of a run-time number",
                                   "each item of a batch with a right operand of its own",
                                   "other rows than those of the products that they read",
                                   "more of the products that they read than the own row",
                                   "a chain has at most 16 products",
                                   "a chain has at most 19 kernels, with what sums over its rows",
                                   "sums over a chain's rows of more than 128 KiB",
                                   "kernels in between"};
  return names[static_cast<int>(limit)];
}

namespace detail {

class chain_rules : public group_builder {
 public:
  constexpr chain_rules(planning_graph& g, const grouping& groups) : group_builder(g, groups) {
    for (const group& own : result_.groups)
      narrow_.push_back(own.products > 0 && is_narrow(own.space));
    for (int i = 0; i < g_.size(); ++i)
      if (const int at = result_.group_of[i]; at >= 0 && g_[i].what() == kind::matmul)
        narrow_[at] = narrow_[at] && is_shared(g_[i].operand[1]);
  }

 protected:
  /// The chain, by its first group, that group k continues: all that it reads of the chain lies in
  /// the row that is computed. Or -1, and the reason if it reads products.
  constexpr int home_of(int k, const list<int>& first, const list<int>& needs,
                        chain_limit& limit) {
    int before = -1;  // the last to run of those that it reads
    bool fits = is_narrow(result_.groups[k].space), shared = narrow_[k];
    for (int i = 0; i < g_.size(); ++i) {
      if (result_.group_of[i] != k) continue;
      for (int s : sources_of(i)) {
        const int at = result_.group_of[s];
        if (at == k || result_.groups[at].products == 0) continue;
        if (before >= 0 && (narrow_[before] > narrow_[at] ||
                            (narrow_[before] == narrow_[at] && needs[at] <= needs[before])))
          continue;
        before = at;
      }
    }
    if (before < 0) return -1;
    fits = fits && is_narrow(result_.groups[before].space);
    shared = shared && narrow_[before];
    const int home = first[before];
    const bool same = same_rows(result_.groups[home].space, result_.groups[k].space);
    limit = !fits                               ? chain_limit::columns
            : !same                             ? chain_limit::rows
            : !shared                           ? chain_limit::right
            : !stays_in_rows(k, home, first)    ? chain_limit::beyond
                                                : chain_limit::none;
    return limit == chain_limit::none ? home : -1;
  }

  /// Whether group k may give rows to a chain: a map, or folds of rows, of which the chain's
  /// products then read nothing but the own row.
  constexpr bool may_lead(int k) const {
    const group& own = result_.groups[k];
    return own.products == 0 && !own.scatters && !own.running && own.space.rank >= 2 &&
           is_narrow(own.space) &&
           (own.folded == 0 || (own.rows && own.folded == 1u << (own.space.rank - 1)));
  }

  /// Whether all that group k reads of a chain lies in the row that is computed.
  constexpr bool stays_in_rows(int k, int home, const list<int>& first) {
    const group& own = result_.groups[k];
    if (!same_rows(result_.groups[home].space, own.space)) return false;
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
        if (memory ? reads_any(x, home, first)
                   : !in_same_row(x, k, own_map, home, first, own.space))
          return false;
      }
    }
    return true;
  }

  static constexpr bool is_narrow(const shape& space) {
    return is_static(space.last()) && space.last() > 0 && space.last() <= widest_chain;
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

  /// Whether all that node i reads of the chain, for group k, lies in the row that is computed. `m`
  /// says along which axes of `space`, rows and columns, its axes run. Nodes are read as lowering
  /// does.
  constexpr bool in_same_row(int i, int k, const axis_map& m, int home, const list<int>& first,
                             const shape& space) {
    if (result_.group_of[i] == k) return true;
    int base = i;
    while (is_view(g_[base]) && !result_.stored[base]) base = g_[base].operand[0];
    if (g_[base].what() == kind::input) return true;
    if (result_.group_of[base] >= 0 && result_.group_of[base] != k)
      return !is_of(base, home, first) || runs_along_row(i, base, m, space);
    if (is_view(g_[i]))
      return in_same_row(g_[i].operand[0], k, look_through(g_[i], g_[g_[i].operand[0]].extents, m),
                         home, first, space);
    for (int j = 0; j < g_[i].arity(); ++j)
      if (!in_same_row(g_[i].operand[j], k, m, home, first, space)) return false;
    return true;
  }

 private:
  /// Whether the rows of two spaces are the same, those of all items of the batch.
  static constexpr bool same_rows(const shape& a, const shape& b) {
    if (a.rank != b.rank) return false;
    for (int i = 0; i + 1 < a.rank; ++i)
      if (!(a[i] == b[i])) return false;
    return true;
  }

  /// Whether all items of the batch have the same right operand: a chain reads it once.
  constexpr bool is_shared(int right) {
    axis_map batch;
    for (int axis = 0; axis + 2 < g_[right].extents.rank; ++axis)
      batch.axis[axis] = g_[right].extents[axis] == 1 ? -1 : axis;
    return is_constant(right, batch);
  }

  /// Whether node i is the same along all axes that `m` names. Nodes are read as lowering does.
  constexpr bool is_constant(int i, const axis_map& m) {
    if (m == axis_map{}) return true;
    const node n = g_[i];
    const shape& s = n.extents;
    int base = i;
    while (is_view(g_[base]) && !result_.stored[base]) base = g_[base].operand[0];
    if (g_[base].what() == kind::input || result_.stored[base]) {
      const access a = resolve(g_, i, result_.stored.data());
      for (int axis = 0; axis < s.rank; ++axis)
        if (m.axis[axis] >= 0 && (a.base != base || a.stride[axis] != 0 ||
                                  (a.guarded && (a.begin[axis] != 0 || a.end[axis] != INT64_MAX))))
          return false;
      return true;
    }
    if (is_view(n)) return is_constant(n.operand[0],
                                       look_through(n, g_[n.operand[0]].extents, m));
    if (n.what() != kind::element && n.what() != kind::cast) return n.arity() == 0 &&
                                                                    n.what() != kind::iota;
    for (int j = 0; j < n.arity(); ++j)
      if (!is_constant(n.operand[j], m)) return false;
    return true;
  }

  /// Whether node i, a view of a stored one, reads at row r of the nest no other row than r.
  constexpr bool runs_along_row(int i, int base, const axis_map& m, const shape& space) {
    const access a = resolve(g_, i, result_.stored.data());
    if (a.base != base || a.guarded || a.offset != 0) return false;
    extent_t stride[max_rank]{};
    for (int axis = 0; axis < g_[i].extents.rank; ++axis)
      if (const int at = m.axis[axis]; at >= 0)
        stride[at] = g_.plus(stride[at], a.stride[axis]);
    const shape& s = g_[base].extents;
    const int rows = space.rank - 1;
    const bool full = s.rank == space.rank;
    if (!full && s.rank != rows) return false;
    const access own = contiguous(g_, base, s);
    bool moves = false;
    for (int axis = 0; axis < rows; ++axis) {
      if (!(s[axis] == space[axis])) return false;
      const bool lone = rows > 1 && space[axis] == 1;
      if (!lone && stride[axis] != own.stride[axis]) return false;
      moves = moves || !lone;
    }
    return moves && (stride[rows] == 0 || (stride[rows] == 1 && full));
  }

  list<char> narrow_;  ///< groups that may be of a chain
};

}  // namespace detail
}  // namespace sinter
