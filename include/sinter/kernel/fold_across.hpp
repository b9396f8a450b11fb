// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Partial results of the threads of a group as one, which all of them get: by shuffles within a
/// warp, by shared memory across warps. The order is that of a tree over thread numbers, so the
/// bits are the same each time.

#include "sinter/kernel/fold.hpp"
#include "sinter/kernel/pack.hpp"

namespace sinter::device {

/// What the fold of a group needs of shared memory: a warp needs none.
template <int Across>
inline constexpr int fold_across_bytes = Across > 32 ? 8 * (2 * Across / 32) : 0;

/// Of the parts of a group's threads: those before a thread's own, and all of them.
template <class T> struct running_parts {
  T before, all;
};

/// `Across` threads, a power of two; the group begins at a multiple of it. Each thread of the block
/// must take part, and a block of several groups has groups of at most a warp.
template <class Context, int Across> class fold_across {
 public:
  static constexpr int warps = Across > 32 ? Across / 32 : 0;

  SINTER_DEVICE explicit fold_across(Context& context)
      : context_(context), slots_(context.template shared<std::uint64_t>(2 * warps)) {}

  template <name_code Op, class T> SINTER_DEVICE T operator()(T partial) {
    SINTER_UNROLL
    for (int distance = (Across < 32 ? Across : 32) / 2; distance > 0; distance /= 2)
      partial = folds::combine<Op>(partial, exchanged(partial, distance));
    if constexpr (warps > 0) {
      // Two sets of slots take turns: whoever writes one has passed the barrier behind its readers.
      const int first = turn_ * warps;
      turn_ ^= 1;
      if (context_.lane() == 0)
        context_.store(context_.template cast<T>(slots_ + (first + context_.warp())), partial);
      context_.sync();
      T all = context_.load(context_.template cast<T>(slots_ + first));
      SINTER_UNROLL
      for (int w = 1; w < warps; ++w)
        all = folds::combine<Op>(all,
                                 context_.load(context_.template cast<T>(slots_ + (first + w))));
      partial = all;
    }
    return partial;
  }

  /// What comes before a thread's part, of those with lower numbers, or higher ones if `Backwards`;
  /// and all parts together.
  template <name_code Op, bool Backwards, class T>
  SINTER_DEVICE running_parts<T> before_and_all(T part) {
    constexpr T none = folds::neutral<Op, T>();
    T before = none;
    SINTER_UNROLL
    for (int distance = 1; distance < (Across < 32 ? Across : 32); distance *= 2) {
      const T other = exchanged(part, distance);
      const bool upper = (context_.lane() & distance) != 0;
      if (upper != Backwards) before = folds::combine<Op>(other, before);
      part = folds::combine<Op>(part, other);
    }
    if constexpr (warps > 0) {
      const int first = turn_ * warps;  // as above
      turn_ ^= 1;
      if (context_.lane() == 0)
        context_.store(context_.template cast<T>(slots_ + (first + context_.warp())), part);
      context_.sync();
      T all = none, outside = none;
      SINTER_UNROLL
      for (int w = 0; w < warps; ++w) {
        const T own = context_.load(context_.template cast<T>(slots_ + (first + w)));
        if (Backwards ? w > context_.warp() : w < context_.warp())
          outside = folds::combine<Op>(outside, own);
        all = folds::combine<Op>(all, own);
      }
      before = folds::combine<Op>(outside, before);
      part = all;
    }
    return {before, part};
  }

 private:
  /// Shuffles move words of 32 and 64 bits.
  template <class T> SINTER_DEVICE T exchanged(T x, int distance) {
    if constexpr (sizeof(T) >= 4) return context_.shuffle_xor(x, distance);
    else return static_cast<T>(context_.shuffle_xor(static_cast<int>(x), distance));
  }

  using slots = decltype(std::declval<Context&>().template shared<std::uint64_t>(1));
  Context& context_;
  slots slots_;
  int turn_ = 0;
};

}  // namespace sinter::device
