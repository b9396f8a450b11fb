// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The bodies of `reduce` kernels: folds of everything or of outer axes, in one launch. The work is
/// cut into parts by extents alone; where there is more than one, the last block to finish combines
/// what all have left.

#include "sinter/kernel/fold_across.hpp"
#include "sinter/kernel/parts.hpp"
#include "sinter/kernel/thread_code.hpp"

namespace sinter::device {

/// How a fold is cut, by the host. Partial results: parts * folds for each row or tile of columns.
struct reduce_shape : part_memory {
  std::int64_t rows = 1;
  std::int64_t middle = 1;
  std::int64_t parts = 1;      ///< of each row
  std::int64_t part = 1;       ///< chunks of a part: pieces of lines, or whole lines
};

/// Folds of whole rows: `parts` blocks to each. A chunk is a piece of a line, as wide as the block.
template <lane_layout Layout, class Program> struct fold_rows_body {
  static constexpr int block_threads = 256;
  static constexpr int shared_bytes = fold_across_bytes<block_threads> + 16;
  using program = Program;
  static constexpr int folds = program::fold_count;

  template <class Context, class Arguments>
  SINTER_DEVICE void operator()(Context& context, Arguments arguments, reduce_shape shape) const {
    using code = thread_code<Context, Arguments, Layout, program>;
    using index = typename code::index;
    fold_across<Context, block_threads> combine(context);
    const auto flag = context.template shared<int>(1);
    constexpr index step = static_cast<index>(block_threads) * Layout.pack;
    constexpr index wide = step * Layout.packs;
    code thread(context, arguments, step);
    const index parts = static_cast<index>(shape.parts);
    const index row = context.block_x() / parts, part = context.block_x() % parts;
    const index pieces = (thread.line() + wide - 1) / wide;
    const index chunks = static_cast<index>(shape.middle) * pieces;
    const index begin = part * static_cast<index>(shape.part);
    const index end = begin + static_cast<index>(shape.part);
    const index x = context.thread();

    thread.move(row);
    thread.template compute_folded<0>();
    thread.template clear<0>();
    for (index c = begin; c < end && c < chunks; ++c) {
      if constexpr (program::middle > 0) thread.move(row, c / pieces);
      thread.at(c % pieces * wide + x * Layout.pack, thread.line());
      thread.template compute_line<0, true>();
    }
    thread.template finish<0>(combine);
    if (parts > 1) {
      const auto total = static_cast<std::size_t>(shape.rows) * static_cast<std::size_t>(parts);
      const auto partial = context.global(shape.partial, total * folds);
      const auto counter =
          context.global(shape.finished, static_cast<std::size_t>(shape.rows)) + row;
      thread.template partial_results<0>([&]<int I>(auto& own) {
        using T = typename code::template type_of<I>;
        constexpr int number = program::template fold_number<I>;
        // What finish() gave every thread is the block's partial result.
        if (x == 0)
          context.store(
              context.template cast<T>(partial + ((row * parts + part) * folds + number)),
              thread.template folded_value<I>());
        (void)own;
      });
      if (!is_last(context, counter, flag, static_cast<unsigned>(parts))) return;
      thread.template clear<0>();
      for (index p = x; p < parts; p += block_threads)
        thread.template partial_results<0>([&]<int I>(auto& own) {
          using T = typename code::template type_of<I>;
          constexpr int number = program::template fold_number<I>;
          own[0] = sinter::folds::combine<program::template instruction_at<I>.op>(
              own[0], context.load(context.template cast<T>(
                          partial + ((row * parts + p) * folds + number))));
        });
      thread.template finish<0>(combine);
    }
    thread.move(row);
    thread.template compute_folded<1>();
    thread.activate(x == 0);
    thread.store_folded();
  }
};

/// Folds of outer axes, which keep the line: a block is a tile of columns, `high` threads deep.
template <lane_layout Layout, class Program> struct fold_columns_body {
  static constexpr int block_threads = 256;
  static constexpr int across = 32;
  static constexpr int high = block_threads / across;
  using program = Program;
  static constexpr int folds = program::fold_count;
  static constexpr int lanes = Layout.lanes();
  static constexpr int tile = across * lanes;
  static constexpr int shared_bytes = high * tile * 8 + 16;

  template <class Context, class Arguments>
  SINTER_DEVICE void operator()(Context& context, Arguments arguments, reduce_shape shape) const {
    using code = thread_code<Context, Arguments, Layout, program>;
    using index = typename code::index;
    const auto slots = context.template shared<std::uint64_t>(high * tile);
    const auto flag = context.template shared<int>(1);
    code thread(context, arguments, static_cast<index>(across) * Layout.pack);
    const index x = context.thread() % across, y = context.thread() / across;
    const index tiles = (thread.line() + tile - 1) / tile;
    const index parts = static_cast<index>(shape.parts);
    const index part = context.block_x() % parts, at = context.block_x() / parts;
    const index row = at / tiles, column = at % tiles * tile;
    const index begin = part * static_cast<index>(shape.part);
    const index middle = static_cast<index>(shape.middle);
    const index end = begin + static_cast<index>(shape.part);

    thread.move(row);
    thread.at(column + x * Layout.pack, thread.line());
    thread.template clear<0>();
    for (index m = begin + y; m < end && m < middle; m += high) {
      thread.move(row, m);
      thread.template compute_folded<0>();
      thread.template compute_line<0, true>();
    }
    thread.move(row, 0);
    // The threads of a column, then the parts of a row, in their order.
    thread.template partial_results<0>([&]<int I>(auto& own) {
      combine_deep<I, code>(context, slots, own, static_cast<int>(x), static_cast<int>(y));
    });
    if (parts > 1) {
      const auto places = static_cast<std::size_t>(shape.rows) * static_cast<std::size_t>(tiles);
      const auto partial = context.global(
          shape.partial, places * static_cast<std::size_t>(parts) * (folds * tile));
      const auto counter = context.global(shape.finished, places) + at;
      if (y == 0)
        thread.template partial_results<0>([&]<int I>(auto& own) {
          const index first = place_of<I>(at * parts + part, x);
          SINTER_UNROLL
          for (int k = 0; k < code::lanes; ++k)
            context.store(context.template cast<typename code::template type_of<I>>(
                              partial + (first + k)),
                          own[k]);
        });
      context.sync();
      if (!is_last(context, counter, flag, static_cast<unsigned>(parts))) return;
      thread.template clear<0>();
      for (index p = y; p < parts; p += high)
        thread.template partial_results<0>([&]<int I>(auto& own) {
          const index first = place_of<I>(at * parts + p, x);
          SINTER_UNROLL
          for (int k = 0; k < code::lanes; ++k)
            own[k] = sinter::folds::combine<program::template instruction_at<I>.op>(
                own[k], context.load(context.template cast<typename code::template type_of<I>>(
                            partial + (first + k))));
        });
      thread.template partial_results<0>([&]<int I>(auto& own) {
        combine_deep<I, code>(context, slots, own, static_cast<int>(x), static_cast<int>(y));
      });
    }
    thread.activate(y == 0);
    thread.template finish<0>([&]<name_code Op>(auto partial) { return partial; });
    thread.template compute_folded<0>();
    thread.template compute_folded<1>();
    thread.store_folded();
  }

 private:
  /// The first of a thread's places in the partial results.
  template <int I, class Index> SINTER_DEVICE static Index place_of(Index block, Index x) {
    return (block * folds + program::template fold_number<I>) * tile + x * lanes;
  }

  /// After it, thread (x, 0) holds what all (x, y) had.
  template <int I, class Code, class Context, class Slots, class Own>
  SINTER_DEVICE static void combine_deep(Context& context, Slots slots, Own& own, int x, int y) {
    using T = typename Code::template type_of<I>;
    SINTER_UNROLL
    for (int k = 0; k < Code::lanes; ++k)
      context.store(context.template cast<T>(slots + (y * tile + k * across + x)), own[k]);
    context.sync();
    if (y == 0) {
      SINTER_UNROLL
      for (int k = 0; k < Code::lanes; ++k)
        for (int other = 1; other < high; ++other)
          own[k] = sinter::folds::combine<program::template instruction_at<I>.op>(
              own[k],
              context.load(context.template cast<T>(slots + (other * tile + k * across + x))));
    }
    context.sync();
  }
};

}  // namespace sinter::device
