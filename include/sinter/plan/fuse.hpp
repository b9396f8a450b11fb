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

#include "sinter/plan/access.hpp"

namespace sinter {

/// Up to this many flops an elementwise value is computed again rather than stored.
inline constexpr double cheap_flops = 8;
/// A product whose row is folded keeps this many columns at a time.
inline constexpr extent_t widest_tile = 2048;
/// A single row up to this length is walked over several times by one kernel.
inline constexpr extent_t longest_lone_row = 65536;
inline constexpr int most_stages = 24;

/// Nodes that share a kernel.
struct group {
  shape space;
  unsigned folded = 0;       ///< mask of the axes that folds remove, 0 if there is no fold
  bool rows = false;         ///< folds are along the innermost axes and may be used inside the row
  int product = -1;          ///< one of its products, if it has any
  bool alive = true;
};

/// The result: for each node its group, or -1 (a view, a leaf, or computed where it is needed), and
/// whether other kernels or the caller read it from memory.
struct grouping {
  std::vector<group> groups;
  std::vector<int> group_of;
  std::vector<char> stored;
};

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
constexpr int output_node(const graph_builder& g, const output& o) {
  int i = o.node;
  if (o.input >= 0 && g[g.inputs[o.input]].attribute[1]) return i;
  while (g[i].what() == kind::reshape || g[i].what() == kind::alias) i = g[i].operand[0];
  return i;
}

class fuser {
 public:
  constexpr explicit fuser(graph_builder& g) : g_(g) {
    const std::size_t n = g.nodes.size();
    result_.group_of.assign(n, -1);
    result_.stored.assign(n, 0);
    price_.assign(n, 0);
    level_.assign(n, 0);
    is_output_.assign(n, 0);
  }

  constexpr grouping run() {
    for (const output& o : g_.outputs) is_output_[output_node(g_, o)] = 1;
    const int count = static_cast<int>(g_.nodes.size());
    for (int i = 0; i < count; ++i) visit(i);
    merge_siblings();
    for (const output& o : g_.outputs) {
      const int node = output_node(g_, o);
      if (result_.group_of[node] < 0) result_.group_of[node] = start(g_[node].extents);
      result_.stored[node] = g_[node].what() != kind::input;
    }
    mark_stored();
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
        if (is_output_[i]) price_[i] = never;  // it is stored anyway, so nobody repeats it
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
        break;
    }
  }

  /// Views move with cheap operations, except those that need the operand in memory.
  constexpr double price_of_view(const node& n) {
    const int x = n.operand[0];
    if (price_[x] == never) return never;
    if (is_in_memory(x)) return 0;
    if (is_transparent(n, g_[x].extents)) return price_[x];
    // Only memory can be seen through this view: the value is stored although it is cheap.
    result_.group_of[x] = start(g_[x].extents);
    return never;
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

  // Dependencies between groups, by reachability: reaches_[a] holds b if b needs a's results.

  constexpr bool reaches(int a, int b) const { return reach_[a][b] != 0; }

  constexpr void depend(int on, int user) {
    if (on == user || reaches(on, user)) return;
    const int count = static_cast<int>(result_.groups.size());
    for (int a = 0; a < count; ++a) {
      if (a != on && !reaches(a, on)) continue;
      reach_[a][user] = 1;
      for (int b = 0; b < count; ++b)
        if (reaches(user, b)) reach_[a][b] = 1;
    }
  }

  /// The groups that an operand's value comes from, grouped operands of cheap nodes included.
  constexpr void collect(int i, std::vector<int>& sources) const {
    if (result_.group_of[i] >= 0) {
      sources.push_back(i);
      return;
    }
    for (int j = 0; j < g_[i].arity(); ++j) collect(g_[i].operand[j], sources);
  }

  constexpr void assign(int i, int to) {
    result_.group_of[i] = to;
    std::vector<int> sources;
    for (int j = 0; j < g_[i].arity(); ++j) collect(g_[i].operand[j], sources);
    int level = 0;
    for (int s : sources) {
      depend(result_.group_of[s], to);
      if (result_.group_of[s] != to) continue;
      const int own = level_[s] + (g_[s].what() == kind::reduce ? 1 : 0);
      if (own > level) level = own;
    }
    level_[i] = level;
  }

  constexpr int start(const shape& space) {
    group fresh;
    fresh.space = space;
    result_.groups.push_back(fresh);
    const std::size_t count = result_.groups.size();
    for (auto& row : reach_) row.resize(count, 0);
    reach_.push_back(std::vector<char>(count, 0));
    return static_cast<int>(count) - 1;
  }

  /// Whether node i, whose operands come from `sources`, may be computed in group `at`.
  constexpr bool joins(int i, int at, const std::vector<int>& sources) const {
    for (int s : sources)
      if (const int other = result_.group_of[s]; other != at && reaches(at, other)) return false;
    for (int j = 0; j < g_[i].arity(); ++j) {
      const int operand = g_[i].operand[j];
      const int s = source(operand);
      if (s < 0) {
        // What is read through memory must not be this kernel's own result.
        std::vector<int> behind;
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
    if (!(x.space == y.space) || reaches(a, b) || reaches(b, a)) return false;
    if (x.product >= 0 && y.product >= 0) return x.folded == 0 && y.folded == 0;
    if (x.product >= 0) return y.folded == 0;
    if (y.product >= 0) return x.folded == 0;
    return x.folded == y.folded ? x.rows == y.rows
                                : (x.folded == 0 && y.rows) || (y.folded == 0 && x.rows);
  }

  constexpr void merge(int into, int from) {
    for (int& at : result_.group_of)
      if (at == from) at = into;
    const int count = static_cast<int>(result_.groups.size());
    for (int c = 0; c < count; ++c) {
      if (reaches(c, from)) depend(c, into);
      if (reaches(from, c)) depend(into, c);
    }
    group& g = result_.groups[into];
    group& f = result_.groups[from];
    g.folded |= f.folded;
    g.rows = g.rows || f.rows;
    if (g.product < 0) g.product = f.product;
    f.alive = false;
    for (auto& row : reach_) row[from] = 0;
    for (char& to : reach_[from]) to = 0;
  }

  constexpr void place_element(int i) {
    std::vector<int> sources;
    for (int j = 0; j < g_[i].arity(); ++j) collect(g_[i].operand[j], sources);
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
  constexpr bool fits_lone_row(int i, int at, const std::vector<int>& sources) {
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
    while (last >= 0 && s[last] == 1 && !(mask >> last & 1)) --last;
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
      std::vector<int> sources;
      collect(x, sources);
      if (same_space && joins_as_fold(g, space, mask, full, from) && safe(at, sources))
        home = at;
    }
    if (home < 0) home = start(space);
    group& g = result_.groups[home];
    g.folded = mask;
    g.rows = g.rows || rows || g.product >= 0;
    assign(i, home);
  }

  constexpr bool safe(int at, const std::vector<int>& sources) const {
    for (int s : sources)
      if (const int other = result_.group_of[s]; other != at && reaches(at, other)) return false;
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
    std::vector<std::vector<char>> reads(static_cast<std::size_t>(count));
    for (int a = 0; a < count; ++a) reads[a].assign(g_.nodes.size(), 0);
    for (std::size_t i = 0; i < g_.nodes.size(); ++i)
      if (result_.group_of[i] >= 0)
        for (int j = 0; j < g_[i].arity(); ++j) mark_reads(g_[i].operand[j], reads[result_.group_of[i]]);
    for (int a = 0; a < count; ++a)
      for (int b = a + 1; b < count; ++b) {
        const group& x = result_.groups[a];
        const group& y = result_.groups[b];
        if (!x.alive || !y.alive || x.product >= 0 || y.product >= 0) continue;
        if (x.folded != y.folded || !can_merge(a, b)) continue;
        bool common = false;
        for (std::size_t i = 0; i < g_.nodes.size() && !common; ++i)
          common = reads[a][i] && reads[b][i];
        if (common) merge(a, b);
      }
  }

  constexpr void mark_reads(int i, std::vector<char>& into) const {
    if (into[i]) return;
    if (g_[i].what() == kind::input || result_.group_of[i] >= 0) {
      into[i] = 1;
      return;
    }
    for (int j = 0; j < g_[i].arity(); ++j) mark_reads(g_[i].operand[j], into);
  }

  /// Values that leave their kernel: used by another one, or by a product of their own.
  constexpr void mark_stored() {
    for (std::size_t i = 0; i < g_.nodes.size(); ++i) {
      const int at = result_.group_of[i];
      if (at < 0) continue;
      const bool reads_memory = g_[i].what() == kind::matmul;
      std::vector<int> sources;
      for (int j = 0; j < g_[i].arity(); ++j) collect(g_[i].operand[j], sources);
      for (int s : sources)
        if (result_.group_of[s] != at || reads_memory) result_.stored[s] = 1;
    }
  }

  /// A chain of views that no strides express gets a copy in the middle.
  constexpr void copy_if_needed(int i) {
    int base = i;
    while (is_view(g_[base]) && !result_.stored[base]) base = g_[base].operand[0];
    if (base == i || !(g_[base].what() == kind::input || result_.stored[base])) return;
    const int copy = resolve(g_, i, result_.stored).copy;
    if (copy < 0) return;
    result_.group_of[copy] = start(g_[copy].extents);
    result_.stored[copy] = 1;
  }

  graph_builder& g_;
  grouping result_;
  std::vector<double> price_;
  std::vector<int> level_;
  std::vector<char> is_output_;
  std::vector<std::vector<char>> reach_;
};

}  // namespace detail

constexpr grouping fuse(graph_builder& g) { return detail::fuser(g).run(); }

}  // namespace sinter
