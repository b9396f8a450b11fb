// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Folds of a chain's rows into one, such as gradients of biases, and of all that they hold, such
/// as a mean loss. Each warp has folded values of its own in shared memory.

#include "sinter/kernel/chain_products.hpp"

namespace sinter::device {

/// Calls f<I>() for each fold of a program.
template <class Program, class F> SINTER_DEVICE void each_fold(F&& f) {
  unrolled<Program::sizes.instructions>([&]<int I>() {
    if constexpr (Program::template instruction_at<I>.what == code::fold)
      f.template operator()<I>();
  });
}

/// Folds of rows into one, column by column: each warp has folded values of its own.
template <class Program> struct chain_folds {
  static constexpr int warps = 8, count = Program::fold_count;
  static constexpr int columns = static_cast<int>(Program::template extent<Program::line>);
  static constexpr int wide = detail::whole_sixteens(columns);
  static constexpr int left_floats = count * wide, floats = warps * left_floats;
  static constexpr int staged = 0;
  static constexpr bool never_aligned = detail::never_aligned(Program::view, 2);

  template <class Context, class Sums>
  SINTER_DEVICE static void clear(Context& context, Sums sums) {
    each_fold<Program>([&]<int I>() {
      constexpr int fold = Program::template fold_number<I>;
      for (int i = context.thread(); i < warps * wide; i += context.threads())
        context.store(sums + (fold * warps * wide + i),
                      folds::neutral<Program::template instruction_at<I>.op, float>());
    });
  }

  template <bool Fast, int Down, class Values, class Context, class Arguments, class Index,
            class Registers, class Sums, class Shared>
  SINTER_DEVICE static void take(Context& context, const Arguments& arguments, Index rows,
                                 Index row, Registers& values, Sums sums, Shared) {
    using none = float[1][Down][2][4];
    using row_of = chain_row<Values, Down, 4, none>;
    constexpr lane_layout layout{2, 2, Fast && !never_aligned, !Fast};
    none nothing = {};
    const int lane = context.lane();
    const auto own_sums = sums + context.warp() * wide;
    thread_code<Context, Arguments, layout, Program, row_of> code(context, arguments, 8,
                                                                  row_of{nothing, values});
    const auto piece = [&](int k) {
      code.products().piece = k;
      code.template clear<0>();
      SINTER_UNROLL
      for (int i = 0; i < Down; ++i) {
        SINTER_UNROLL
        for (int h = 0; h < 2; ++h) {
          const Index line = row + 16 * i + accumulator_row(lane, h);
          code.move(0, line < rows ? line : 0, line < rows);
          code.products().down = i;
          code.products().half = h;
          code.at(16 * k + accumulator_column(lane, 0), columns);
          code.template compute_folded<0>();
          code.template compute_line<0, true>();
        }
      }
      code.template partial_results<0>([&]<int I>(auto& own) {
        constexpr name_code op = Program::template instruction_at<I>.op;
        constexpr int fold = Program::template fold_number<I>;
        SINTER_UNROLL
        for (int n = 0; n < 4; ++n) {
          float x = own[n];
          SINTER_UNROLL
          for (int distance = 4; distance < 32; distance *= 2)
            x = folds::combine<op>(x, context.shuffle_xor(x, distance));
          const int column = 16 * k + accumulator_column(lane, n / 2) + n % 2;
          if (lane >= 4 || column >= columns) continue;
          const auto to = own_sums + (fold * warps * wide + column);
          context.store(to, folds::combine<op>(context.load(to), x));
        }
      });
    };
    if constexpr (Values::template reads<Program>) {
      unrolled<wide / 16>([&]<int K>() { piece(K); });  // registers have numbers
    } else {
      SINTER_ROLLED
      for (int k = 0; k < wide / 16; ++k) piece(k);
    }
  }

  template <class Context, class Sums, class Partial>
  SINTER_DEVICE static void leave(Context& context, Sums sums, Partial to) {
    each_fold<Program>([&]<int I>() {
      constexpr int fold = Program::template fold_number<I>;
      using pair = pack<float, 2>;
      for (int i = 2 * context.thread(); i < wide; i += 2 * context.threads()) {
        const auto from = sums + (fold * warps * wide + i);
        pair all = context.load(context.template cast<pair>(from));
        SINTER_UNROLL
        for (int w = 1; w < warps; ++w) {
          const pair next = context.load(context.template cast<pair>(from + w * wide));
          SINTER_UNROLL
          for (int k = 0; k < 2; ++k)
            all[k] = folds::combine<Program::template instruction_at<I>.op>(all[k], next[k]);
        }
        context.store(context.template cast<pair>(to + (fold * wide + i)), all);
      }
    });
  }

  // The second kernel: a thread to a column.
  static constexpr int blocks = 1, shared_bytes = 0;

  template <bool Fast, class Context, class Arguments, class Partial>
  SINTER_DEVICE static void finish(Context& context, const Arguments& arguments, Partial partial,
                                   int parts, int stride, int) {
    using code = thread_code<Context, Arguments, lane_layout{1, 1, false, !Fast}, Program>;
    code thread(context, arguments, 1);
    const int column = context.thread();
    const bool there = column < columns;
    thread.move(0, 0, there);
    thread.at(column, columns);
    thread.template clear<0>();
    SINTER_ROLLED
    for (int p = 0; p < parts && there; ++p)
      thread.template partial_results<0>([&]<int I>(auto& own) {
        constexpr int fold = Program::template fold_number<I>;
        const auto at = partial + (static_cast<typename code::index>(p) * stride +
                                   (fold * wide + column));
        own[0] = folds::combine<Program::template instruction_at<I>.op>(own[0], context.load(at));
      });
    thread.template finish<0>([&]<name_code Op>(auto all) { return all; });
    thread.template compute_folded<0>();
    thread.template compute_folded<1>();
    thread.store_folded();
  }
};

/// Folds of all that a chain's rows hold into one, such as a mean loss. The program's line is all
/// rows, one behind the other, or one of them.
template <class Program> struct chain_whole_folds {
  static constexpr int warps = 8, count = Program::fold_count;
  static constexpr int floats = 2 * warps * count;  // a pair to each, as blocks leave pairs
  static constexpr int left_floats = 2 * count;
  static constexpr int staged = 0;

  template <class Context, class Sums>
  SINTER_DEVICE static void clear(Context& context, Sums sums) {
    each_fold<Program>([&]<int I>() {
      if (context.thread() < 2 * warps)
        context.store(sums + (2 * warps * Program::template fold_number<I> + context.thread()),
                      folds::neutral<Program::template instruction_at<I>.op, float>());
    });
  }

  template <bool Fast, int Down, class Values, class Context, class Arguments, class Index,
            class Registers, class Sums, class Shared>
  SINTER_DEVICE static void take(Context& context, const Arguments& arguments, Index rows,
                                 Index row, Registers& values, Sums sums, Shared) {
    using none = float[1][Down][2][4];
    using row_of = chain_row<Values, Down, 4, none>;
    none nothing = {};
    const int lane = context.lane();
    thread_code<Context, Arguments, lane_layout{2, 2, false, !Fast}, Program, row_of> code(
        context, arguments, 8, row_of{nothing, values});
    constexpr bool in_lines = Program::middle > 0;
    const Index columns = in_lines ? code.line() : code.line() / rows;
    code.move(0);
    code.template compute_folded<0>();
    code.template clear<0>();
    const auto piece = [&](int k) {
      code.products().piece = k;
      SINTER_UNROLL
      for (int i = 0; i < Down; ++i) {
        SINTER_UNROLL
        for (int h = 0; h < 2; ++h) {
          const Index line = row + 16 * i + accumulator_row(lane, h);
          const Index first = in_lines || line >= rows ? 0 : line * columns;
          code.move(0, line < rows ? line : 0, line < rows);
          code.products().down = i;
          code.products().half = h;
          code.at(first + 16 * k + accumulator_column(lane, 0), first + columns);
          code.template compute_line<0, true>();
        }
      }
    };
    if constexpr (Values::template reads<Program>) {
      unrolled<Values::template most_tiles<Program> / 2>([&]<int K>() { piece(K); });
    } else {
      SINTER_ROLLED
      for (int k = 0; 16 * k < columns; ++k) piece(k);
    }
    fold_across<Context, 32> combine(context);
    code.template finish<0>(combine);
    each_fold<Program>([&]<int I>() {
      const auto to = sums + 2 * (warps * Program::template fold_number<I> + context.warp());
      if (lane == 0)
        context.store(to, folds::combine<Program::template instruction_at<I>.op>(
                              context.load(to), code.template folded_value<I>()));
    });
  }

  template <class Context, class Sums, class Partial>
  SINTER_DEVICE static void leave(Context& context, Sums sums, Partial to) {
    each_fold<Program>([&]<int I>() {
      constexpr int fold = Program::template fold_number<I>;
      if (context.thread() > 0) return;
      float all = context.load(sums + 2 * warps * fold);
      SINTER_UNROLL
      for (int w = 1; w < warps; ++w)
        all = folds::combine<Program::template instruction_at<I>.op>(
            all, context.load(sums + 2 * (warps * fold + w)));
      context.store(context.template cast<pack<float, 2>>(to + 2 * fold), {{all, 0.f}});
    });
  }

  // The second kernel: a block.
  static constexpr int blocks = 1, shared_bytes = fold_across_bytes<256>;

  template <bool Fast, class Context, class Arguments, class Partial>
  SINTER_DEVICE static void finish(Context& context, const Arguments& arguments, Partial partial,
                                   int parts, int stride, int) {
    using code = thread_code<Context, Arguments, lane_layout{1, 1, false, !Fast}, Program>;
    fold_across<Context, 256> combine(context);
    code thread(context, arguments, 1);
    thread.move(0);
    thread.template compute_folded<0>();
    thread.template clear<0>();
    SINTER_ROLLED
    for (int p = context.thread(); p < parts; p += 256)
      thread.template partial_results<0>([&]<int I>(auto& own) {
        const auto at = partial + (static_cast<typename code::index>(p) * stride +
                                   2 * Program::template fold_number<I>);
        own[0] = folds::combine<Program::template instruction_at<I>.op>(own[0], context.load(at));
      });
    thread.template finish<0>(combine);
    thread.move(0);
    thread.template compute_folded<1>();
    thread.activate(context.thread() == 0);
    thread.store_folded();
  }
};

}  // namespace sinter::device
