// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What sums over the rows of a chain (chain.hpp) and is part of it: products whose terms are its
/// rows, such as the gradients of weights, x^T g, and folds of rows into one, such as those of
/// biases and a mean loss. They take in one tile of rows after the other, while it is on the chip,
/// so what only they read needs no memory; their sums do, on the chip as well. What follows the
/// sums, such as an optimiser's update, is computed once all rows are done: it may overwrite what
/// the chain reads.

#include "sinter/plan/chain.hpp"

namespace sinter {

/// Kernels of a chain and of what sums over its rows, at the most: more are not planned within the
/// steps that clang allows.
inline constexpr int most_parts_of_chain = 19;
/// What their sums may take together: as much as a block of threads can spare beside what it
/// multiplies. Smaller ones come first.
inline constexpr extent_t room_of_sums = 128 * 1024;

namespace detail {

class chain_sum_rules : public chain_rules {
 public:
  using chain_rules::chain_rules;

 protected:
  /// A group that could be part of a chain: the chain's first group, and what its sums take, which
  /// is -1 if they have too many columns.
  struct row_sum {
    int group = -1, home = -1;
    extent_t bytes = 0;
  };

  /// Whether group k sums over the rows of a chain, of which it reads nothing but the own row, and
  /// nothing beside what it sums.
  constexpr bool sums_over(int k, int home, const list<int>& first, row_sum& sum) {
    const group& own = result_.groups[k];
    const shape& rows = result_.groups[home].space;
    if (rows.rank != 2 || own.scatters || own.running) return false;
    sum = {k, home, 0};
    bool narrow = true, reads = false;
    const auto take = [&](int x, const axis_map& m, const shape& space) {
      reads = reads || reads_any(x, home, first);
      return in_same_row(x, k, m, home, first, space);
    };
    if (own.products == 0 && !folds_rows(own, rows)) return false;
    for (int i = 0; i < g_.size(); ++i) {
      if (result_.group_of[i] != k) continue;
      const node& n = g_[i];
      if (n.what() == kind::matmul) {
        const int left = n.operand[0], right = n.operand[1];
        const shape high = g_[left].extents, wide = g_[right].extents;
        if (wide.rank != 2 || !(wide[0] == rows[0])) return false;
        axis_map turned;
        turned.axis[0] = high[0] == 1 ? -1 : 1;
        turned.axis[1] = high[1] == 1 ? -1 : 0;
        if (!take(left, turned, shape{2, {high[1], high[0]}})) return false;
        if (!take(right, identity_map(wide), wide)) return false;
        narrow = narrow && is_narrow(shape{1, {high[0]}}) && is_narrow(wide);
        if (narrow) sum.bytes += high[0] * wide[1] * bytes_of_sum(n);
      } else if (n.what() == kind::reduce && own.products == 0) {
        if (!take(n.operand[0], identity_map(own.space), with_columns(own.space))) return false;
        extent_t count = 1;
        for (int axis = 1; axis < own.space.rank; ++axis)
          if (!(own.folded >> axis & 1)) count = own.space[axis];
        sum.bytes += count * bytes_of_sum(n);
      } else {
        const bool full = own.products == 0 && n.extents == own.space;
        if (full && (result_.stored[i] || is_output_[i])) return false;
        for (int j = 0; j < n.arity(); ++j) {
          const int x = n.operand[j];
          const bool memory = n.what() == kind::gather && j == 0;
          if (full && !memory ? !take(x, identity_map(n.extents), with_columns(own.space))
                              : reads_any(x, home, first))
            return false;
        }
      }
    }
    if (!narrow) sum.bytes = -1;
    return reads;
  }

 private:
  static constexpr extent_t bytes_of_sum(const node& n) {
    return properties(n.type).size > 4 ? 8 : 4;
  }
  /// The space of a fold of rows, with an axis of columns.
  static constexpr shape with_columns(shape space) {
    if (space.rank == 1) space.push(1);
    return space;
  }
  /// Whether a group folds rows, or all of them, into one.
  static constexpr bool folds_rows(const group& own, const shape& rows) {
    const shape& space = own.space;
    if (own.rows || (own.folded & 1) == 0 || space.rank > 2 || !(space[0] == rows[0])) return false;
    return space.rank == 1 || is_narrow(space);
  }
};

}  // namespace detail
}  // namespace sinter
