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
///  - A product starts a kernel; its operands are read from memory, through cheap operations.
///  - Kernels over the same space and a common input, neither of which needs the other, become one.
///  - No rule may make kernels depend on each other in a circle.

#include "sinter/plan/group.hpp"

namespace sinter {

/// Up to this many flops an elementwise value is computed again rather than stored.
inline constexpr double cheap_flops = 8;
/// A product whose row is folded keeps this many columns at a time.
inline constexpr extent_t widest_tile = 2048;
/// A single row up to this length is walked over several times by one kernel.
inline constexpr extent_t longest_lone_row = 65536;
inline constexpr int most_stages = 24;

namespace detail {

class fuser {
 public:
  constexpr explicit fuser(planning_graph& g) : g_(g) {
    const auto n = static_cast<std::size_t>(g.size());
    result_.group_of.assign(n, -1);
    result_.stored.assign(n, 0);
    price_.assign(n, 0);
    level_.assign(n, 0);
    is_output_.assign(n, 0);
    is_needed_.assign(n, 0);
    is_copy_.assign(n, 0);
  }

  constexpr grouping run() {
    for (int o = 0; o < g_.view.output_count; ++o)
      is_output_[output_node(g_, g_.view.outputs[o])] = 1;
    const int count = g_.size();
    // Only memory can be seen through some views: their operands are stored, however cheap, and
    // that must be known before anyone else computes them again.
    for (int i = 0; i < count; ++i) {
      if (!is_view(g_[i])) continue;
      const int x = g_[i].operand[0];
      if (!is_transparent(g_[i], g_[x].extents) && !is_in_memory(x)) is_needed_[x] = 1;
    }
    for (int i = 0; i < count; ++i) visit(i);
    merge_siblings();
    for (int o = 0; o < g_.view.output_count; ++o) {
      const int node = output_node(g_, g_.view.outputs[o]);
      if (result_.group_of[node] < 0) {
        result_.group_of[node] = start(g_[node].extents);
        is_copy_[node] = is_view(g_[node]) || g_[node].what() == kind::input;
      }
      result_.stored[node] = !is_copy_[node];
    }
    mark_stored();
    leave_to_users();
    mark_stored();
    for (int i = 0; i < count; ++i)
      if (result_.group_of[i] < 0) result_.stored[i] = 0;
    for (int i = 0; i < count; ++i) copy_if_needed(i);
    return result_;
  }

 private:
  static constexpr double never = 1e30;

  constexpr void visit(int i) {
    const node& n = g_[i];
    switch (n.what()) {
      case kind::element:
      case kind::cast:
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

  /// The groups that an operand's value comes from, grouped operands of cheap nodes included. A
  /// view that is an output is a copy for the caller: kernels look through it, lest they wait.
  constexpr void collect(int i, list<int>& sources) const {
    if (result_.group_of[i] >= 0 && !is_copy_[i]) {
      sources.push_back(i);
      return;
    }
    for (int j = 0; j < g_[i].arity(); ++j) collect(g_[i].operand[j], sources);
  }

  /// The grouped nodes that node i is computed from.
  constexpr const list<int>& sources_of(int i) {
    sources_.clear();
    for (int j = 0; j < g_[i].arity(); ++j) collect(g_[i].operand[j], sources_);
    return sources_;
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
    level_[i] = level;
  }

  constexpr int start(const shape& space) {
    group fresh;
    fresh.space = space;
    result_.groups.push_back(fresh);
    return reaches_.add();
  }

  /// Whether node i, whose operands come from `sources`, may be computed in group `at`.
  constexpr bool joins(int i, int at, const list<int>& sources) const {
    for (int s : sources)
      if (const int other = result_.group_of[s]; other != at && reaches_(at, other)) return false;
    for (int j = 0; j < g_[i].arity(); ++j) {
      const int operand = g_[i].operand[j];
      const int s = source(operand);
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

  constexpr bool can_merge(int a, int b) const {
    const group& x = result_.groups[a];
    const group& y = result_.groups[b];
    if (!(x.space == y.space) || reaches_(a, b) || reaches_(b, a)) return false;
    if (x.product >= 0 && y.product >= 0) return x.folded == 0 && y.folded == 0;
    if (x.product >= 0) return y.folded == 0;
    if (y.product >= 0) return x.folded == 0;
    return x.folded == y.folded ? x.rows == y.rows
                                : (x.folded == 0 && y.rows) || (y.folded == 0 && x.rows);
  }

  constexpr void merge(int into, int from) {
    for (int& at : result_.group_of)
      if (at == from) at = into;
    reaches_.merge(into, from);
    group& g = result_.groups[into];
    group& f = result_.groups[from];
    g.folded |= f.folded;
    g.rows = g.rows || f.rows;
    if (g.product < 0) g.product = f.product;
    f.alive = false;
  }

  constexpr void place_element(int i) {
    const list<int>& sources = sources_of(i);
    int home = -1;
    for (const bool products : {true, false})  // what surrounds a product belongs to it
      for (std::size_t s = sources.size(); s-- > 0;) {
        const int at = result_.group_of[sources[s]];
        if (at == home || (result_.groups[at].product >= 0) != products) continue;
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
    g.rows = g.rows || rows || g.product >= 0;
    assign(i, home);
  }

  constexpr bool safe(int at, const list<int>& sources) const {
    for (int s : sources)
      if (const int other = result_.group_of[s]; other != at && reaches_(at, other)) return false;
    return true;
  }

  constexpr bool joins_as_fold(const group& g, const shape& space, unsigned mask, bool full,
                               int from) const {
    if (g.product >= 0) {
      const bool along_row = mask == 1u << (space.rank - 1);
      const bool fits = is_static(space.last()) && space.last() <= widest_tile;
      return along_row && fits && full && (g.folded == 0 || g.folded == mask) &&
             level_[from] < most_stages;
    }
    if (g.folded == 0) return full;
    if (g.folded != mask || level_[from] >= most_stages) return false;
    return g.rows ? full : full && level_[from] == 0;
  }

  constexpr void place_product(int i) {
    const int home = start(g_[i].extents);
    result_.groups[home].product = i;
    assign(i, home);
  }

  /// Groups over one space that read a common input become one.
  constexpr void merge_siblings() {
    const int count = static_cast<int>(result_.groups.size());
    if (count > 64) return;  // quadratic in groups; large plans gain little from it
    const std::size_t words = static_cast<std::size_t>(g_.size()) / 64 + 1;
    list<list<std::uint64_t>> reads(static_cast<std::size_t>(count),
                                    list<std::uint64_t>(words, 0));
    for (int i = 0; i < g_.size(); ++i)
      if (const int at = result_.group_of[i]; at >= 0)
        for (int j = 0; j < g_[i].arity(); ++j) mark_reads(g_[i].operand[j], reads[at]);
    for (int a = 0; a < count; ++a)
      for (int b = a + 1; b < count; ++b) {
        const group& x = result_.groups[a];
        const group& y = result_.groups[b];
        if (!x.alive || !y.alive || x.product >= 0 || y.product >= 0) continue;
        if (x.folded != y.folded || !can_merge(a, b)) continue;
        bool common = false;
        for (std::size_t w = 0; w < words && !common; ++w)
          common = (reads[a][w] & reads[b][w]) != 0;
        if (!common) continue;
        for (std::size_t w = 0; w < words; ++w) reads[a][w] |= reads[b][w];
        merge(a, b);
      }
  }

  constexpr void mark_reads(int i, list<std::uint64_t>& into) const {
    if (g_[i].what() == kind::input || result_.group_of[i] >= 0)
      into[static_cast<std::size_t>(i) >> 6] |= std::uint64_t{1} << (i & 63);
    else
      for (int j = 0; j < g_[i].arity(); ++j) mark_reads(g_[i].operand[j], into);
  }

  /// A cheap value that only other kernels use, made of one that they can read as well, is left to
  /// them: they read the one and compute the other, and nobody stores it.
  constexpr void leave_to_users() {
    list<char> needed(static_cast<std::size_t>(g_.size()), 0);  // in its own kernel or in memory
    for (int i = 0; i < g_.size(); ++i) {
      const int at = result_.group_of[i];
      const bool reads_memory =
          is_view(g_[i]) && !is_transparent(g_[i], g_[g_[i].operand[0]].extents);
      if (at < 0 && !reads_memory) continue;
      for (int s : sources_of(i))
        if (reads_memory || result_.group_of[s] == at) needed[s] = 1;
    }
    for (int i = 0; i < g_.size(); ++i) {
      const kind k = g_[i].what();
      if ((k != kind::element && k != kind::cast) || result_.group_of[i] < 0) continue;
      if (needed[i] || is_output_[i] || g_[i].op->flops > cheap_flops) continue;
      const list<int>& sources = sources_of(i);
      if (sources.size() != 1 || !result_.stored[sources[0]]) continue;
      bool others_uniform = true;
      for (int j = 0; j < g_[i].arity(); ++j) {
        int x = g_[i].operand[j];
        while (is_view(g_[x])) x = g_[x].operand[0];
        others_uniform = others_uniform && (x == sources[0] || g_[x].what() == kind::constant);
      }
      if (others_uniform) result_.group_of[i] = -1;
    }
  }

  /// Values that leave their kernel: used by another one, or by a product of their own.
  constexpr void mark_stored() {
    for (int i = 0; i < g_.size(); ++i) {
      const int at = result_.group_of[i];
      if (at < 0) continue;
      const bool reads_memory = g_[i].what() == kind::matmul;
      for (int s : sources_of(i))
        if (result_.group_of[s] != at || reads_memory) result_.stored[s] = 1;
    }
  }

  /// A chain of views that no strides express gets a copy in the middle.
  constexpr void copy_if_needed(int i) {
    int base = i;
    while (is_view(g_[base]) && !result_.stored[base]) base = g_[base].operand[0];
    if (base == i || !(g_[base].what() == kind::input || result_.stored[base])) return;
    const int copy = resolve(g_, i, result_.stored.data()).copy;
    if (copy < 0) return;
    result_.group_of[copy] = start(copy_space(g_, copy));
    result_.stored[copy] = 1;
  }

  planning_graph& g_;
  grouping result_;
  list<double> price_;
  list<int> level_;
  list<char> is_output_;
  list<char> is_needed_;  ///< in memory, by a view
  list<char> is_copy_;   ///< inputs and views that are outputs
  list<int> sources_;
  reachability reaches_;
};

}  // namespace detail

constexpr grouping fuse(planning_graph& g) { return detail::fuser(g).run(); }

}  // namespace sinter
