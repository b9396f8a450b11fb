// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Which nodes share a kernel. Groups grow along the topological order: each operation joins the
/// kernel of one of its operands if the rules below allow it, and starts a kernel if not.
///
///  - An elementwise operation joins the kernel that computes an operand, in its index space or in
///    what remains of it after a fold; operands computed by several kernels bring these together.
///  - A cheap elementwise operation on inputs is computed wherever it is needed, and nowhere else.
///  - A fold along the innermost axes joins a map or a row (becoming a row), and a product whose
///    row fits a tile. Other folds end a kernel (`reduce`): what they give may be used elementwise.
///  - A running fold joins a map, or a row of the same axis; those of one kernel run the same way.
///    Along an axis other than the innermost it joins maps, and nothing folds there.
///  - A product starts a kernel; its operands are read from memory, through cheap operations. So
///    does a scatter, and what it gives is read from memory, too; so is what a gather reads.
///  - Kernels that read the same and do not need each other become one (siblings.hpp).
///  - A kernel holds a limited number of operations; no two kernels need each other.

#include "sinter/plan/siblings.hpp"

namespace sinter {

/// Products whose row is folded keep this many columns of it at a time, in the memory of a block:
/// tiles of 8 rows at the least, in pieces of 512 columns (kernel/contract.hpp).
constexpr extent_t widest_tile(int product_bytes) { return 8192 / product_bytes / 512 * 512; }
/// A single row up to this length is walked over several times by one kernel.
inline constexpr extent_t longest_lone_row = 65536;
inline constexpr int most_stages = 24;

namespace detail {

class fuser : group_builder {
 public:
  constexpr explicit fuser(planning_graph& g) : group_builder(g, {}) {
    const auto n = static_cast<std::size_t>(g.size());
    result_.group_of.assign(n, -1);
    price_.assign(n, 0);
    level_.assign(n, 0);
    is_needed_.assign(n, 0);
  }

  constexpr grouping run() {
    const int count = g_.size();
    // Only memory can be seen through some views: their operands are stored, however cheap, and
    // that must be known before anyone else computes them again.
    for (int i = 0; i < count; ++i) {
      if (!is_view(g_[i]) && g_[i].what() != kind::gather) continue;
      const int x = g_[i].operand[0];
      const bool looks_through = is_view(g_[i]) && is_transparent(g_[i], g_[x].extents);
      if (!looks_through && !is_in_memory(x)) is_needed_[x] = 1;
    }
    for (int i = 0; i < count; ++i) visit(i);
    merge_siblings(*this);
    return result_;
  }

 private:
  static constexpr double never = 1e30;

  constexpr void visit(int i) {
    const node& n = g_[i];
    switch (n.what()) {
      case kind::element:
      case kind::cast:
      case kind::gather:
        price_[i] = n.op->flops;
        for (int j = 0; j < n.arity(); ++j) price_[i] += price_[n.operand[j]];
        if (price_[i] > cheap_flops) price_[i] = never;
        if (is_output_[i] || is_needed_[i])
          price_[i] = never;  // it is stored anyway, so nobody repeats it
        if (price_[i] == never) place_element(i);
        break;
      case kind::reduce:
        price_[i] = never;
        place_reduce(i);
        break;
      case kind::scan:
        price_[i] = never;
        place_scan(i);
        break;
      case kind::scatter:
        price_[i] = never;
        place_scatter(i);
        break;
      case kind::matmul:
        price_[i] = never;
        place_product(i);
        break;
      default:
        if (is_view(n)) price_[i] = price_of_view(n);
        if (!is_needed_[i] || price_[i] == never) break;
        price_[i] = never;
        result_.group_of[i] = start(n.extents);
        break;
    }
  }

  /// Views move with cheap operations, except those that need the operand in memory.
  constexpr double price_of_view(const node& n) const {
    const int x = n.operand[0];
    if (price_[x] == never) return never;
    if (is_in_memory(x)) return 0;
    return price_[x];
  }

  constexpr bool is_in_memory(int i) const {
    while (is_view(g_[i])) i = g_[i].operand[0];
    return g_[i].what() == kind::input;
  }

  /// The grouped node that an operand comes from through views which a kernel can look through, or
  /// -1: the operand is cheap, or must be read from memory.
  constexpr int source(int i) const {
    while (true) {
      if (result_.group_of[i] >= 0) return i;
      const node& n = g_[i];
      if (!is_view(n) || !is_transparent(n, g_[n.operand[0]].extents)) return -1;
      i = n.operand[0];
    }
  }

  /// Whether `operand`, which is `from` seen through transparent views, finds its value at the same
  /// place of the group's nest: a full value at its own index, a folded one wherever its row is.
  constexpr bool usable(int at, int operand, int from) const {
    if (operand == from) return true;
    const group& g = result_.groups[at];
    const form have = form_in(g, g_[from].extents);
    const form want = form_in(g, g_[operand].extents);
    if (have == form::other || want == form::other) return false;
    if (have != want && !(have == form::folded && g.rows)) return false;
    axis_map m = map_in(g, g_[operand].extents);
    for (int i = operand; i != from; i = g_[i].operand[0])
      m = look_through(g_[i], g_[g_[i].operand[0]].extents, m);
    return m == map_in(g, g_[from].extents);
  }

  constexpr void assign(int i, int to) {
    int level = 0;
    for (int s : sources_of(i)) {
      reaches_.connect(result_.group_of[s], to);
      if (result_.group_of[s] != to) continue;
      const int own = level_[s] + (g_[s].what() == kind::reduce ? 1 : 0);
      if (own > level) level = own;
    }
    result_.group_of[i] = to;
    ++result_.groups[to].operations;
    level_[i] = level;
  }

  /// Whether node i, whose operands come from `sources`, may be computed in group `at`.
  constexpr bool joins(int i, int at, const list<int>& sources) const {
    if (result_.groups[at].operations == most_operations || result_.groups[at].scatters)
      return false;
    for (int s : sources)
      if (const int other = result_.group_of[s]; other != at && reaches_(at, other)) return false;
    for (int j = 0; j < g_[i].arity(); ++j) {
      const int operand = g_[i].operand[j];
      const int s = g_[i].what() == kind::gather && j == 0 ? -1 : source(operand);
      if (s < 0) {
        // What is read through memory must not be this kernel's own result.
        list<int> behind;
        collect(operand, behind);
        for (int b : behind)
          if (result_.group_of[b] == at) return false;
      } else if (result_.group_of[s] == at && !usable(at, operand, s)) {
        return false;
      }
    }
    return form_in(result_.groups[at], g_[i].extents) != form::other;
  }

  constexpr void place_element(int i) {
    const list<int>& sources = sources_of(i);
    int home = -1;
    for (const bool products : {true, false})  // what surrounds a product belongs to it
      for (std::size_t s = sources.size(); s-- > 0;) {
        const int at = result_.group_of[sources[s]];
        if (at == home || (result_.groups[at].products > 0) != products) continue;
        if (!fits_lone_row(i, at, sources) || !joins(i, at, sources)) continue;
        if (home < 0) home = at;
        else if (can_merge(home, at)) merge(home, at);
      }
    assign(i, home >= 0 ? home : start(g_[i].extents));
  }

  /// A full value that uses the fold of everything makes the kernel one single row: good while the
  /// row is short. Groups that fold everything become rows this way, or stay `reduce`.
  constexpr bool fits_lone_row(int i, int at, const list<int>& sources) {
    group& g = result_.groups[at];
    if (g.folded == 0 || g.rows || form_in(g, g_[i].extents) != form::full) return true;
    bool uses_fold = false;
    for (int s : sources)
      uses_fold = uses_fold || (result_.group_of[s] == at &&
                                form_in(g, g_[s].extents) == form::folded);
    if (!uses_fold) return true;
    if (!folds_all(g.space, g.folded)) return false;
    const extent_t count = g_.elements(g.space);
    if (!is_static(count) || count > longest_lone_row) return false;
    g.rows = true;
    return true;
  }

  static constexpr bool folds_all(const shape& s, unsigned mask) {
    for (int i = 0; i < s.rank; ++i)
      if (!(mask >> i & 1) && s[i] != 1) return false;
    return true;
  }

  /// Whether a fold runs along memory, so that each row is one piece of it.
  static constexpr bool folds_innermost(const shape& s, unsigned mask) {
    int last = s.rank - 1;
    while (last > 0 && s[last] == 1) --last;
    return last >= 0 && (mask >> last & 1);
  }

  constexpr void place_reduce(int i) {
    const int x = g_[i].operand[0];
    const shape& space = g_[x].extents;
    const unsigned mask = static_cast<unsigned>(g_[i].attribute[0]);
    const bool inner = folds_innermost(space, mask);
    const bool rows = inner && !folds_all(space, mask);
    const int from = source(x);
    int home = -1;
    if (from >= 0) {
      const int at = result_.group_of[from];
      const group& g = result_.groups[at];
      const bool same_space = g.space == space;
      const bool full = same_space && form_in(g, g_[from].extents) == form::full;
      const list<int>& sources = sources_of(i);
      if (same_space && joins_as_fold(g, space, mask, full, from) && safe(at, sources) &&
          usable(at, x, from))
        home = at;
    }
    if (home < 0) home = start(space);
    group& g = result_.groups[home];
    g.folded = mask;
    g.rows = g.rows || rows || g.products > 0;
    assign(i, home);
  }

  constexpr bool safe(int at, const list<int>& sources) const {
    for (int s : sources)
      if (const int other = result_.group_of[s]; other != at && reaches_(at, other)) return false;
    return true;
  }

  constexpr bool joins_as_fold(const group& g, const shape& space, unsigned mask, bool full,
                               int from) const {
    if (g.operations == most_operations || g.scatters || (g.running && !g.rows)) return false;
    if (g.products > 0) {
      const bool along_row = mask == 1u << (space.rank - 1);
      const bool fits = is_static(space.last()) && space.last() <= widest_tile(g.product_bytes);
      return along_row && fits && full && (g.folded == 0 || g.folded == mask) &&
             level_[from] < most_stages;
    }
    if (g.folded == 0) return full;
    if (g.folded != mask || level_[from] >= most_stages) return false;
    return g.rows ? full : full && level_[from] == 0;
  }

  constexpr void place_scan(int i) {
    const shape& space = g_[i].extents;
    const unsigned mask = 1u << g_[i].attribute[0];
    const char way = g_[i].attribute[1] ? 2 : 1;
    const bool rows = folds_innermost(space, mask);
    int home = -1;
    if (const int x = g_[i].operand[0], from = source(x); from >= 0) {
      const int at = result_.group_of[from];
      const group& g = result_.groups[at];
      const bool same_way = g.running == 0 || g.running == way;
      const bool along = g.folded == 0 ||
                         (g.folded == mask && g.rows == rows && (rows || g.running));
      if (g.space == space && form_in(g, g_[from].extents) == form::full && same_way && along &&
          g.products == 0 && !g.scatters && g.operations < most_operations &&
          level_[from] < most_stages && safe(at, sources_of(i)) && usable(at, x, from))
        home = at;
    }
    if (home < 0) home = start(space);
    group& g = result_.groups[home];
    g.folded = mask;
    g.running = way;
    g.rows = g.rows || rows;
    assign(i, home);
  }

  /// Elements that meet at one place are added in order, along the axes that indices stand for.
  constexpr void place_scatter(int i) {
    const gather_axes axes(g_[i]);
    group& own = result_.groups[start(g_[g_[i].operand[0]].extents)];
    own.scatters = true;
    own.folded = ((1u << axes.count) - 1) << axes.axis;
    assign(i, static_cast<int>(result_.groups.size()) - 1);
  }

  constexpr void place_product(int i) {
    const int home = start(g_[i].extents);
    result_.groups[home].products = 1;
    result_.groups[home].product_bytes = properties(g_[i].type).size > 4 ? 8 : 4;
    assign(i, home);
  }

  list<double> price_;
  list<int> level_;
  list<char> is_needed_;  ///< in memory, by a view
};

}  // namespace detail

/// The groups of a graph. What of their values is stored is the next step (storage.hpp).
constexpr grouping fuse(planning_graph& g) { return detail::fuser(g).run(); }

}  // namespace sinter
