// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The body of `contract` kernels: a block computes a tile of its products, `tile_rows` x
/// `tile_columns`, and leaves it in shared memory, where the epilogue meets it as any program meets
/// a row, folds included. Operands are programs, computed on their way into shared memory; terms
/// are added in the order of k, in registers.

#include "sinter/kernel/fold_across.hpp"
#include "sinter/kernel/thread_code.hpp"

namespace sinter::device {

/// One product of a kernel: its number, the programs of its operands, the type of its sums.
template <int Number, class T, class Left, class Right> struct product_of {
  using value = T;
  using left = Left;
  using right = Right;
  static constexpr int number = Number;
};

struct contract_shape {
  std::int64_t rows = 1;     ///< of each product
  std::int64_t columns = 1;
  std::int64_t inner[4]{};   ///< by product
};

/// `Whole`: the tile holds whole rows, since the epilogue folds them.
template <lane_layout Layout, int Rows, int Columns, bool Whole, class Main, class... Products>
struct contract_body {
  static constexpr int block_threads = 256;
  static constexpr int tile_rows = Rows, tile_columns = Columns;
  /// Each thread has 4 x 4 sums of a piece of the tile, `piece` columns wide.
  static constexpr int across = block_threads / (Rows / 4), piece = 4 * across;
  static constexpr int step = 16;  ///< of k
  static constexpr int count = sizeof...(Products);
  /// What shared memory holds a value in.
  using slot = std::conditional_t<((sizeof(typename Products::value) > 4) || ...), std::uint64_t,
                                  std::uint32_t>;
  static constexpr int shared_bytes =
      (step * (Rows + piece) + count * Rows * Columns) * static_cast<int>(sizeof(slot)) +
      fold_across_bytes<32>;
  static_assert(Rows % 4 == 0 && Columns % piece == 0, "contract: a tile is a number of pieces");

  template <class Context, class Arguments>
  SINTER_DEVICE void operator()(Context& context, Arguments arguments,
                                contract_shape shape) const {
    const auto left = context.template shared<slot>(step * Rows);    // (step, Rows)
    const auto right = context.template shared<slot>(step * piece);  // (step, piece)
    const auto tiles = context.template shared<slot>(count * Rows * Columns);
    using index = std::conditional_t<Layout.wide, std::int64_t, std::int32_t>;
    const index rows = static_cast<index>(shape.rows), columns = static_cast<index>(shape.columns);
    const index down = (rows + Rows - 1) / Rows;
    const index right_of = Whole ? 1 : (columns + Columns - 1) / Columns;
    const index block = context.block_x();
    const index item = block / (down * right_of);
    const index row = block / right_of % down * Rows, column = block % right_of * Columns;

    (multiply<Products>(context, arguments, shape, left, right,
                        tiles + Products::number * Rows * Columns, item, row, column),
     ...);
    context.sync();
    epilogue(context, arguments, tiles, item * rows, row, rows, column,
             columns < column + Columns ? columns : column + Columns);
  }

 private:
  /// How operands come in: lanes are neighbours along the operand's line, k for the left one.
  static constexpr lane_layout operand_layout{4, 1, false, Layout.wide};

  /// One product of the tile.
  template <class Product, class Context, class Arguments, class Shared, class Index>
  SINTER_DEVICE static void multiply(Context& context, const Arguments& arguments,
                                     const contract_shape& shape, Shared left, Shared right,
                                     Shared tile, Index item, Index row, Index column) {
    using T = typename Product::value;
    using left_code = thread_code<Context, Arguments, operand_layout, typename Product::left>;
    using right_code = thread_code<Context, Arguments, operand_layout, typename Product::right>;
    const int t = context.thread(), x = t % across, y = t / across;
    const Index rows = static_cast<Index>(shape.rows);
    const Index inner = static_cast<Index>(shape.inner[Product::number]);
    left_code a(context, arguments, 4);
    right_code b(context, arguments, 4);
    // Neighbours in memory for neighbouring threads: along k, or along rows if these lie so.
    constexpr int packs = step / 4;
    const int left_row = lies_along_rows<typename Product::left> ? t % Rows : t / packs;
    const int left_k = (lies_along_rows<typename Product::left> ? t / Rows : t % packs) * 4;
    const bool loads_left = t < Rows * packs;
    a.move(item * rows + (row + left_row < rows ? row + left_row : 0), 0,
           loads_left && row + left_row < rows);

    for (Index first = 0; first < Columns; first += piece) {  // pieces of the tile
      T sums[4][4] = {};
      for (Index k = 0; k < inner; k += step) {
        a.at(k + left_k, inner);
        a.template compute_folded<0>();
        a.template compute_line<0, true>();
        context.sync();  // the last step's operands have been read
        if (loads_left) {
          SINTER_UNROLL
          for (int i = 0; i < 4; ++i)
            context.store(context.template cast<T>(left + ((left_k + i) * Rows + left_row)),
                          static_cast<T>(a.operand(i)));
        }
        for (int load = t; load < step * across; load += block_threads) {
          constexpr bool turned = lies_along_rows<typename Product::right>;
          const int depth = turned ? load % step : load / across;
          const int at = (turned ? load / step : load % across) * 4;
          b.move(item * inner + (k + depth < inner ? k + depth : 0), 0, k + depth < inner);
          b.at(column + first + at, static_cast<Index>(shape.columns));
          b.template compute_folded<0>();
          b.template compute_line<0, true>();
          SINTER_UNROLL
          for (int i = 0; i < 4; ++i)
            context.store(context.template cast<T>(right + (depth * piece + at + i)),
                          static_cast<T>(b.operand(i)));
        }
        context.sync();
        SINTER_UNROLL
        for (int j = 0; j < step; ++j) {
          T down[4], over[4];
          SINTER_UNROLL
          for (int i = 0; i < 4; ++i) {
            down[i] = context.load(context.template cast<T>(left + (j * Rows + 4 * y + i)));
            over[i] = context.load(context.template cast<T>(right + (j * piece + x + i * across)));
          }
          SINTER_UNROLL
          for (int i = 0; i < 4; ++i) {
            SINTER_UNROLL
            for (int n = 0; n < 4; ++n) sums[i][n] += down[i] * over[n];
          }
        }
      }
      SINTER_UNROLL
      for (int i = 0; i < 4; ++i) {
        SINTER_UNROLL
        for (int n = 0; n < 4; ++n)
          context.store(context.template cast<T>(
                            tile + ((4 * y + i) * Columns + first + x + n * across)),
                        sums[i][n]);
      }
    }
  }

  /// Whether an operand's rows, not its line, are neighbours in memory.
  template <class Program> static constexpr bool lies_along_rows = [] {
    if (Program::sizes.leaves != 1 || Program::line == 0) return false;
    const leaf& l = Program::program.leaf_store[0];
    return l.stride[Program::line] != 1 && l.stride[Program::line - 1] == 1;
  }();

  /// The products of a row of the tile.
  template <class Context, class Shared, class Index> struct tile_products {
    Context& context;
    Shared tiles;
    int row;
    Index column;

    template <int Product, class T> SINTER_DEVICE T get(Index at) const {
      return context.load(context.template cast<T>(
          tiles + (Product * Rows * Columns + row * Columns + (at - column))));
    }
  };

  template <class Context, class Arguments, class Shared, class Index>
  SINTER_DEVICE static void epilogue(Context& context, const Arguments& arguments, Shared tiles,
                                     Index before, Index row, Index rows, Index column, Index end) {
    // A warp to a row where rows are folded; else as many threads as the tile is wide.
    constexpr int wanted = Columns / Layout.lanes();
    constexpr int threads = Whole || wanted > 32 ? 32 : wanted;
    using products = tile_products<Context, Shared, Index>;
    using code = thread_code<Context, Arguments, Layout, Main, products>;
    fold_across<Context, threads> combine(context);
    const int x = context.thread() % threads, y = context.thread() / threads;
    code thread(context, arguments, static_cast<Index>(threads) * Layout.pack,
                products{context, tiles, 0, column});
    for (int r = y; r < Rows; r += block_threads / threads) {
      const bool active = row + r < rows;
      thread.move(before + (active ? row + r : 0), 0, active);
      thread.products().row = r;
      unrolled<Main::passes>([&]<int Pass>() {
        thread.template compute_folded<Pass>();
        thread.template clear<Pass>();
        for (Index c = column; c < end; c += threads * Layout.lanes()) {
          thread.at(c + x * Layout.pack, end);
          thread.template compute_line<Pass, false>();
        }
        if constexpr (Whole) thread.template finish<Pass>(combine);
      });
      if constexpr (Whole) {
        thread.template compute_folded<Main::passes>();
        thread.activate(active && x == 0);
        thread.store_folded();
      }
    }
  }
};

}  // namespace sinter::device
