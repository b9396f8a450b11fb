// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Groups while they grow: which nodes each holds, which groups need what others give, and when two
/// may become one. The rules that decide where a node goes are in fuse.hpp and siblings.hpp.
/// Invariant: no two groups need each other.

#include "sinter/plan/group.hpp"

namespace sinter {

/// Up to this many flops an elementwise value is computed again rather than stored.
inline constexpr double cheap_flops = 8;
/// A kernel of more operations would take the compiler longer than several that do the same, and
/// hold more values than a processor has registers: what comes beyond starts another one.
inline constexpr int most_operations = 96;
/// Products of one kernel: each keeps a tile of its own.
inline constexpr int most_products = 4;
/// Of the sums of one place: tiles of all products share a block's memory, at least 64 x 64 each.
inline constexpr int most_product_bytes = 16;

namespace detail {

class group_builder {
 public:
  constexpr group_builder(planning_graph& g, grouping known)
      : g_(g), result_(std::move(known)) {
    is_output_.assign(static_cast<std::size_t>(g.size()), 0);
    for (int o = 0; o < g.view.output_count; ++o)
      is_output_[output_node(g, g.view.outputs[o])] = 1;
  }

  constexpr planning_graph& graph() { return g_; }
  constexpr list<group>& groups() { return result_.groups; }
  constexpr int group_of(int node) const { return result_.group_of[node]; }

  constexpr bool can_merge(int a, int b) const {
    const group& x = result_.groups[a];
    const group& y = result_.groups[b];
    if (x.scatters || y.scatters) return false;
    if (!(x.space == y.space) || reaches_(a, b) || reaches_(b, a)) return false;
    if (x.operations + y.operations > most_operations) return false;
    if (x.products + y.products > most_products) return false;
    if (product_bytes(x, y) > most_product_bytes) return false;
    if (x.products > 0 && y.products > 0) return x.folded == 0 && y.folded == 0;
    if (x.products > 0) return y.folded == 0;
    if (y.products > 0) return x.folded == 0;
    if (x.running && y.running && x.running != y.running) return false;
    // Folds down columns end a kernel, running ones do not.
    const bool alike = x.rows == y.rows && (x.rows || x.running == y.running);
    return x.folded == y.folded ? alike
                                : (x.folded == 0 && (y.rows || y.running)) ||
                                      (y.folded == 0 && (x.rows || x.running));
  }

  constexpr void merge(int into, int from) {
    for (int& at : result_.group_of)
      if (at == from) at = into;
    reaches_.merge(into, from);
    group& g = result_.groups[into];
    group& f = result_.groups[from];
    g.folded |= f.folded;
    g.rows = g.rows || f.rows;
    g.running = static_cast<char>(g.running | f.running);
    g.product_bytes = product_bytes(g, f);
    g.products += f.products;
    g.operations += f.operations;
    f.alive = false;
  }

  /// Of two groups together.
  static constexpr int product_bytes(const group& x, const group& y) {
    const bool wide = x.product_bytes > 4 * x.products || y.product_bytes > 4 * y.products;
    return (x.products + y.products) * (wide ? 8 : 4);
  }

 protected:
  constexpr int start(const shape& space) {
    group fresh;
    fresh.space = space;
    result_.groups.push_back(fresh);
    reaches_.add();
    return static_cast<int>(result_.groups.size()) - 1;
  }

  /// The groups that an operand's value comes from, grouped operands of cheap nodes included.
  constexpr void collect(int i, list<int>& sources) const {
    if (result_.group_of[i] >= 0) {
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

  planning_graph& g_;
  grouping result_;
  reachability reaches_;
  list<char> is_output_;
  list<int> sources_;
};

}  // namespace detail
}  // namespace sinter
