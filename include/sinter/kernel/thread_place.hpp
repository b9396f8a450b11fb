// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Where a thread stands in the nest of a program: its row, and where each operand and each result
/// has it. The columns are `thread_code`'s.

#include <type_traits>

#include "sinter/kernel/static_program.hpp"

namespace sinter::device {

/// What bodies that walk over rows are launched with.
struct row_shape {
  std::int64_t rows = 1;
  std::int64_t middle = 1;  ///< lines of a row
};

template <class Arguments, lane_layout Layout, class P> class thread_place {
 public:
  using index = std::conditional_t<Layout.wide, std::int64_t, std::int32_t>;

  /// Goes to a row and to an index of the middle axes. A thread that is not `active` computes what
  /// the others do but touches no memory.
  SINTER_DEVICE void move(index row, index middle = 0, bool active = true) {
    active_ = active;
    if constexpr (P::line > 0) split<P::line - 1>(row, middle);
    unrolled<P::sizes.leaves>([&]<int L>() {
      index at = number<P::template leaf_at<L>.offset>();
      bool inside = true;
      unrolled<P::line>([&]<int A>() {
        constexpr leaf l = P::template leaf_at<L>;
        constexpr index shift = l.guarded ? static_cast<index>(l.begin[A]) : 0;
        if constexpr (l.stride[A] != 0) at += (index_[A] - shift) * number<l.stride[A]>();
        if constexpr (l.guarded && l.begin[A] > 0) inside = inside && index_[A] >= shift;
        if constexpr (l.guarded && l.end[A] != INT64_MAX)
          inside = inside && index_[A] < static_cast<index>(l.end[A]);
      });
      leaf_offset_[L] = at;
      inside_[L] = inside;
    });
    unrolled<P::sizes.results>([&]<int R>() {
      index at = 0;
      unrolled<P::line>([&]<int A>() {
        constexpr result r = P::template result_at<R>;
        if constexpr (r.stride[A] != 0) at += index_[A] * number<r.stride[A]>();
      });
      result_offset_[R] = at;
    });
  }

 protected:
  SINTER_DEVICE explicit thread_place(const Arguments& arguments) : arguments_(arguments) {}

  template <std::int64_t X> SINTER_DEVICE index number() const {
    if constexpr (X >= 0) return static_cast<index>(X);
    else return static_cast<index>(arguments_.integers[-1 - X]);
  }

  const Arguments& arguments_;
  bool active_ = true;
  index index_[max_rank + 1];
  index leaf_offset_[P::sizes.leaves + 1];
  bool inside_[P::sizes.leaves + 1];
  index result_offset_[P::sizes.results + 1];

 private:
  /// The indices of the axes up to A, from the number of a row and of a middle line.
  template <int A> SINTER_DEVICE void split(index row, index middle) {
    constexpr bool is_middle = A >= P::outer, first = A == 0 || A == P::outer;
    index& rest = is_middle ? middle : row;
    if constexpr (first) {
      index_[A] = rest;
    } else {
      const index extent = number<P::template extent<A>>();
      index_[A] = rest % extent;
      rest /= extent;
    }
    if constexpr (A > 0) split<A - 1>(row, middle);
  }
};

}  // namespace sinter::device
