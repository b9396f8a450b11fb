// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a graph would cost if every operation were a kernel of its own, as in a library that runs
/// one operation at a time: the measure of what fusion saves. The comparison is generous to the
/// unfused side: views, constants and indices cost nothing, and an operand that is broadcast is
/// read in the size that it has in memory.

#include "sinter/plan/cost.hpp"

namespace sinter {

namespace detail {

class unfused_counter {
 public:
  constexpr unfused_counter(const graph_builder& g, const list<std::int64_t>& values)
      : g_(g), values_(values) {}

  constexpr list<kernel_cost> run() const {
    list<char> needed(g_.nodes.size(), 0);
    for (const output& o : g_.outputs) needed[o.node] = 1;
    for (std::size_t i = g_.nodes.size(); i-- > 0;)
      for (int j = 0; needed[i] && j < g_.nodes[i].arity(); ++j)
        needed[g_.nodes[i].operand[j]] = 1;

    // What depends on no input is a number that the host computes.
    list<char> varies(g_.nodes.size(), 0);
    for (const int input : g_.inputs) varies[input] = 1;
    for (std::size_t i = 0; i < g_.nodes.size(); ++i)
      for (int j = 0; j < g_.nodes[i].arity(); ++j)
        if (varies[g_.nodes[i].operand[j]]) varies[i] = 1;

    list<kernel_cost> kernels;
    for (std::size_t i = 0; i < g_.nodes.size(); ++i)
      if (needed[i] && varies[i] && computes(g_.nodes[i]))
        kernels.push_back(operation_cost(g_.nodes[i]));
    for (const output& o : g_.outputs)
      if (!computes(g_[storage(o.node)])) kernels.push_back(copy_cost(o.node));
    return kernels;
  }

 private:
  static constexpr bool computes(const node& n) {
    return n.what() == kind::element || n.what() == kind::cast || n.what() == kind::reduce ||
           n.what() == kind::matmul || n.what() == kind::gather || n.what() == kind::scatter ||
           n.what() == kind::scan;
  }

  /// The node whose memory a chain of views reads.
  constexpr int storage(int i) const {
    while (is_view(g_[i])) i = g_[i].operand[0];
    return i;
  }

  constexpr double elements(int i) const {
    double count = 1;
    const shape& s = g_[i].extents;
    for (int a = 0; a < s.rank; ++a)
      count *= static_cast<double>(resolved(s[a], values_.data()));
    return count;
  }

  /// What reading a node moves: the least that any view on the way to its memory leaves.
  constexpr double bytes_read(int i) const {
    double least = elements(i);
    for (; is_view(g_[i]); i = g_[i].operand[0])
      if (const double here = elements(g_[i].operand[0]); here < least) least = here;
    const bool in_memory = g_[i].what() == kind::input || computes(g_[i]);
    return in_memory ? least * properties(g_[i].type).size : 0;
  }

  constexpr double bytes_written(int i) const { return elements(i) * properties(g_[i].type).size; }

  constexpr kernel_cost operation_cost(const node& n) const {
    const int own = static_cast<int>(&n - g_.nodes.data());
    kernel_cost c;
    c.bytes_written = bytes_written(own);
    for (int j = 0; j < n.arity(); ++j) {
      bool again = false;
      for (int k = 0; k < j; ++k) again = again || storage(n.operand[k]) == storage(n.operand[j]);
      if (again) continue;
      double bytes = bytes_read(n.operand[j]);
      // Of a table what is asked for, and no more than there is.
      if (const double asked = bytes_written(own);
          n.what() == kind::gather && j == 0 && asked < bytes)
        bytes = asked;
      c.bytes_read += bytes;
    }
    const double evaluations = elements(n.what() == kind::reduce ? n.operand[0] : own);
    const double inner = static_cast<double>(
        n.what() == kind::matmul ? resolved(g_[n.operand[0]].extents.last(), values_.data()) : 1);
    c.flops = evaluations * inner * n.op->flops;
    return c;
  }

  constexpr kernel_cost copy_cost(int i) const { return {bytes_read(i), bytes_written(i), 0}; }

  const graph_builder& g_;
  const list<std::int64_t>& values_;
};

}  // namespace detail

/// A cost for each operation that the outputs need. `values` as in `cost_of`; empty if the graph's
/// shapes are static.
constexpr list<kernel_cost> unfused_cost(const graph_builder& g,
                                                const list<std::int64_t>& values = {}) {
  return detail::unfused_counter(g, values).run();
}

}  // namespace sinter
