// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Kernels that do not need each other but read the same become one: products of one left operand,
/// such as Q, K and V; kernels without products that share an input, or are so small that a
/// kernel's start costs more than its work; and sums of what one kernel gives, such as gradients of
/// biases.

#include "sinter/plan/group_builder.hpp"

namespace sinter {

/// Kernels of at most this many elements become one whatever they read.
inline constexpr extent_t small_space = 1024;

namespace detail {

class sibling_merger {
 public:
  constexpr explicit sibling_merger(group_builder& groups)
      : groups_(groups), g_(groups.graph()) {}

  constexpr void run() {
    merge_products();
    merge_readers();
  }

 private:
  constexpr void merge_products() {
    // The products of each left operand are a chain, the latest one first.
    const auto count = static_cast<std::size_t>(g_.size());
    list<int> latest(count, -1), earlier(count, -1);
    for (int i = 0; i < g_.size(); ++i) {
      if (g_[i].what() != kind::matmul) continue;
      const int left = g_[i].operand[0];
      earlier[i] = latest[left];
      latest[left] = i;
      for (int other = earlier[i]; other >= 0; other = earlier[other]) {
        const int into = groups_.group_of(other), from = groups_.group_of(i);
        if (into == from || !groups_.can_merge(into, from)) continue;
        groups_.merge(into, from);
        break;
      }
    }
  }

  /// Groups over one space that read a common input, or over a small one.
  constexpr void merge_readers() {
    const list<group>& groups = groups_.groups();
    const int count = static_cast<int>(groups.size());
    if (count > 64) return;  // quadratic in groups; large plans gain little from it
    // A bit for each node that a group reads and, if it sums, for each group that it reads of.
    const std::size_t words = static_cast<std::size_t>(g_.size() + count) / 64 + 1;
    list<list<std::uint64_t>> reads(static_cast<std::size_t>(count),
                                    list<std::uint64_t>(words, 0));
    for (int i = 0; i < g_.size(); ++i)
      if (const int at = groups_.group_of(i); at >= 0)
        for (int j = 0; j < g_[i].arity(); ++j)
          mark_reads(g_[i].operand[j], groups[at].folded != 0 && !groups[at].rows, reads[at]);
    for (int a = 0; a < count; ++a)
      for (int b = a + 1; b < count; ++b) {
        const group& x = groups[a];
        const group& y = groups[b];
        if (!x.alive || !y.alive || x.products > 0 || y.products > 0) continue;
        if (x.folded != y.folded || !groups_.can_merge(a, b)) continue;
        bool common = is_small(x.space);
        for (std::size_t w = 0; w < words && !common; ++w)
          common = (reads[a][w] & reads[b][w]) != 0;
        if (!common) continue;
        for (std::size_t w = 0; w < words; ++w) reads[a][w] |= reads[b][w];
        groups_.merge(a, b);
      }
  }

  constexpr bool is_small(const shape& space) const {
    extent_t count = 1;
    for (int i = 0; i < space.rank; ++i) {
      if (!is_static(space[i]) || space[i] > small_space) return false;
      count *= space[i];
    }
    return count <= small_space;
  }

  constexpr void mark_reads(int i, bool writers, list<std::uint64_t>& into) const {
    const auto mark = [&](int bit) {
      into[static_cast<std::size_t>(bit) >> 6] |= std::uint64_t{1} << (bit & 63);
    };
    const int from = groups_.group_of(i);
    if (g_[i].what() != kind::input && from < 0) {
      for (int j = 0; j < g_[i].arity(); ++j) mark_reads(g_[i].operand[j], writers, into);
      return;
    }
    mark(i);
    if (writers && from >= 0) mark(g_.size() + from);
  }

  group_builder& groups_;
  const planning_graph& g_;
};

constexpr void merge_siblings(group_builder& groups) { sibling_merger(groups).run(); }

}  // namespace detail
}  // namespace sinter
