// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Which values of the groups lie in memory: what the caller gets, what another kernel reads, and
/// copies where no strides express a view. Outputs that are views or inputs get kernels here.

#include "sinter/plan/group_builder.hpp"
#include "sinter/plan/row_scale.hpp"

namespace sinter {

namespace detail {

class storage : group_builder {
 public:
  constexpr storage(planning_graph& g, grouping groups) : group_builder(g, std::move(groups)) {
    result_.stored.assign(static_cast<std::size_t>(g.size()), 0);
  }

  constexpr grouping run() {
    const int count = g_.size();
    for (int o = 0; o < g_.view.output_count; ++o) {
      const int node = output_node(g_, g_.view.outputs[o]);
      if (result_.group_of[node] < 0) {
        if (is_view(g_[node]) || g_[node].what() == kind::input) {
          copies_.push_back(node);
          continue;
        }
        result_.group_of[node] = start(g_[node].extents);
      }
      if (!updates_view(g_.view, o)) result_.stored[node] = 1;
    }
    mark_stored();
    leave_to_users();
    leave_scales_to_products();
    mark_stored();
    for (int i = 0; i < count; ++i)
      if (result_.group_of[i] < 0) result_.stored[i] = 0;
    // Not before: a copy is for the caller, and kernels look through it, lest they wait.
    for (int node : copies_) result_.group_of[node] = start(g_[node].extents);
    for (int i = 0; i < count; ++i) copy_if_needed(i);
    return std::move(result_);
  }

 private:
  /// A cheap value that only other kernels use, made of one that they can read as well, is left to
  /// them: they read the one and compute the other, and nobody stores it.
  constexpr void leave_to_users() {
    list<char> needed(static_cast<std::size_t>(g_.size()), 0);  // in its own kernel or in memory
    for (int i = 0; i < g_.size(); ++i) {
      const int at = result_.group_of[i];
      const bool reads_memory =
          g_[i].what() == kind::gather || g_[i].what() == kind::scatter ||
          (is_view(g_[i]) && !is_transparent(g_[i], g_[g_[i].operand[0]].extents));
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

  /// A norm that only products read, as their left operand, is left to them where x lies in memory.
  constexpr void leave_scales_to_products() {
    bool multiplies = false;
    for (int i = 0; i < g_.size() && !multiplies; ++i) multiplies = g_[i].what() == kind::matmul;
    if (!multiplies) return;  // in few steps: compilers count them
    const auto count = static_cast<std::size_t>(g_.size());
    list<char> multiplied(count, 0), kept(count, 0);
    list<int> uses(count, 0);
    for (int i = 0; i < g_.size(); ++i) {
      if (g_[i].what() == kind::alias) continue;  // seen by its users
      for (int j = 0; j < g_[i].arity(); ++j) {
        int x = g_[i].operand[j];
        while (g_[x].what() == kind::alias) x = g_[x].operand[0];
        ++uses[x];
        (g_[i].what() == kind::matmul && j == 0 ? multiplied : kept)[x] = 1;
      }
    }
    for (int i = 0; i < g_.size(); ++i) {
      if (!multiplied[i] || kept[i] || is_output_[i] || result_.group_of[i] < 0) continue;
      const row_scale s = row_scale_of(g_, i);
      if (s.x < 0) continue;
      int base = s.x;
      while (is_view(g_[base])) base = g_[base].operand[0];
      if (g_[base].what() != kind::input && !result_.stored[base]) continue;
      int between = -1;  // x r of (x r) g, which goes with it
      for (int j = 0; j < 2; ++j)
        if (const int x = g_[i].operand[j]; x != s.x && g_[x].what() == kind::element) between = x;
      if (between >= 0 && (uses[between] > 1 || is_output_[between])) continue;
      result_.group_of[i] = -1;
      if (between >= 0) result_.group_of[between] = -1;
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
    for (int node : copies_)
      for (int s : sources_of(node)) result_.stored[s] = 1;
  }

  /// A chain of views that no strides express gets a copy in the middle; what a gather reads, if it
  /// is surrounded by zeros.
  constexpr void copy_if_needed(int i) {
    const bool gathers = g_[i].what() == kind::gather;
    const int from = gathers ? g_[i].operand[0] : i;
    int base = from;
    while (is_view(g_[base]) && !result_.stored[base]) base = g_[base].operand[0];
    if (base == from || !(g_[base].what() == kind::input || result_.stored[base])) return;
    const access a = resolve(g_, from, result_.stored.data());
    const int copy = gathers && a.guarded ? from : a.copy;
    if (copy < 0) return;
    result_.group_of[copy] = start(copy_space(g_, copy));
    result_.stored[copy] = 1;
  }

  list<int> copies_;  ///< views and inputs that are outputs
};

}  // namespace detail

/// Decides what is stored, and adds the kernels that only copy.
constexpr grouping place_values(planning_graph& g, grouping groups) {
  return detail::storage(g, std::move(groups)).run();
}

}  // namespace sinter
