// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What all bodies of `contract` kernels share: which tile a block computes, how tiles lie in
/// shared memory, and what happens once they are there. Parts of sums are added up, and the
/// epilogue meets the tile as any program meets a row, folds included.

#include "sinter/kernel/fold_across.hpp"
#include "sinter/kernel/parts.hpp"
#include "sinter/kernel/thread_code.hpp"
#include "sinter/kernel/tile.hpp"

namespace sinter::device {

/// One product of a kernel: its number, the programs of its operands, the type of its sums.
template <int Number, class T, class Left, class Right> struct product_of {
  using value = T;
  using left = Left;
  using right = Right;
  static constexpr int number = Number;

  /// Operands that are nothing but memory of one 16-bit type go to the tensor cores.
  static constexpr dtype operand_type = Left::plain_type;
  static constexpr bool on_tensor_cores =
      Left::plain_type == Right::plain_type &&
      (operand_type == dtype::bf16 || operand_type == dtype::f16);
  /// Operands that are rounded to tf32 do so as well, whatever they are computed from.
  static constexpr bool in_tf32 =
      std::is_same_v<T, float> && Left::gives_tf32 && Right::gives_tf32;
  /// Neighbours that one thread brings in, in one access where they are 16 bytes.
  static constexpr int pack = on_tensor_cores ? 8 : 4;
};

/// Partial results, where there are several parts: their tiles, part by part.
struct contract_shape : part_memory {
  std::int64_t rows = 1;     ///< of each product
  std::int64_t columns = 1;
  std::int64_t inner[4]{};   ///< by product
  std::int64_t parts = 1;    ///< blocks that share a tile
  std::int64_t part[4]{};    ///< terms of a part, by product
};

/// What a block can have of shared memory on each architecture: sm_120 has the least.
inline constexpr int most_shared_bytes = 99 * 1024;

/// A block's tile: its item of the batch, its first row and column, its part of the sums.
template <class Index> struct contract_place {
  Index item, row, column, part;
};

/// `Whole`: the tile holds whole rows, since the epilogue folds them.
template <lane_layout Layout, int Rows, int Columns, bool Whole, class Main, class... Products>
struct contract_tile {
  static constexpr int block_threads = 256;
  static constexpr int count = sizeof...(Products);
  static constexpr int lanes = Layout.lanes();
  using index = std::conditional_t<Layout.wide, std::int64_t, std::int32_t>;
  /// What shared memory holds a value in.
  using slot = std::conditional_t<((sizeof(typename Products::value) > 4) || ...), std::uint64_t,
                                  std::uint32_t>;
  static constexpr int slots = count * Rows * Columns;
  /// What a block leaves in memory of its part of the tile.
  static constexpr int partial_words = slots * static_cast<int>(sizeof(slot)) / 8;

  /// Blocks take tiles in groups of 8 rows of them, column by column, so that those which run
  /// together share operands in the second cache. The parts of a tile are neighbours.
  template <class Context>
  SINTER_DEVICE static contract_place<index> place_of(Context& context,
                                                      const contract_shape& shape) {
    const index rows = static_cast<index>(shape.rows), parts = static_cast<index>(shape.parts);
    const index down = (rows + Rows - 1) / Rows;
    const index across =
        Whole ? 1 : (static_cast<index>(shape.columns) + Columns - 1) / Columns;
    const index tile = context.block_x() / parts, in_item = tile % (down * across);
    const index first = in_item / (8 * across) * 8, in_group = in_item - first * across;
    const index high = down - first < 8 ? down - first : 8;
    return {tile / (down * across), (first + in_group % high) * Rows, in_group / high * Columns,
            context.block_x() % parts};
  }

  /// Where a value of a tile lies. Sums of tensor cores come in pieces of 8 rows and 8 columns,
  /// which permuted columns spread over the banks; neighbours among 8 stay so.
  SINTER_DEVICE static constexpr int place(int row, int column) {
    constexpr bool permuted = ((Products::on_tensor_cores || Products::in_tf32) || ...);
    return row * Columns + (permuted ? column ^ row % 4 * 8 : column);
  }

  /// Puts a warp's 16 x 8 sums into a tile.
  template <class Context, class Shared>
  SINTER_DEVICE static void leave_sums(Context& context, Shared tile, int row, int column,
                                       const float (&sum)[4]) {
    const auto element = [&](int i) { return sum[i]; };
    for_each_pair<2>(context.lane(), element, [&](int r, int c, float first, float second) {
      const auto to = tile + place(row + r, column + c);
      if constexpr (sizeof(slot) == sizeof(float)) {
        context.store(context.template cast<pack<float, 2>>(to), {{first, second}});
      } else {
        context.store(context.template cast<float>(to), first);
        context.store(context.template cast<float>(to + 1), second);
      }
    });
  }

  /// The rest of a kernel, once all sums of a block are in its tiles.
  template <class Context, class Arguments, class Flag, class Shared>
  SINTER_DEVICE static void finish(Context& context, const Arguments& arguments,
                                   const contract_shape& shape, Flag flag, Shared tiles,
                                   const contract_place<index>& at) {
    context.sync();
    if (shape.parts > 1) {
      if (!add_parts(context, shape, flag, tiles, at.part)) return;
      context.sync();
    }
    const index rows = static_cast<index>(shape.rows), columns = static_cast<index>(shape.columns);
    epilogue(context, arguments, tiles, at.item * rows, at.row, rows, at.column,
             columns < at.column + Columns ? columns : at.column + Columns);
  }

 private:
  /// Leaves this part of the tile in memory. The last of the tile's blocks then adds up all parts,
  /// in the order of k, and has the whole tile; the others are done.
  template <class Context, class Flag, class Shared, class Index>
  SINTER_DEVICE static bool add_parts(Context& context, const contract_shape& shape, Flag flag,
                                      Shared tiles, Index part) {
    const Index parts = static_cast<Index>(shape.parts);
    const Index block = context.block_x(), first = block - part;
    const auto partial = context.template cast<slot>(context.global(
        shape.partial, static_cast<std::size_t>(context.grid_x()) * partial_words));
    const auto counter = context.global(
        shape.finished, static_cast<std::size_t>(context.grid_x() / shape.parts));
    each_four_packs(context.thread(), [&]<class T, int N>(int i) {
      SINTER_UNROLL
      for (int k = 0; k < 4; ++k) {
        const int at = i + k * (block_threads * N);
        context.store(context.template cast<pack<T, N>>(partial + (block * slots + at)),
                      context.load(context.template cast<pack<T, N>>(tiles + at)));
      }
    });
    context.sync();
    if (!is_last(context, counter + block / parts, flag, static_cast<unsigned>(parts)))
      return false;
    each_four_packs(context.thread(), [&]<class T, int N>(int i) {
      const auto load = [&](Index p, int k) {
        const auto from = partial + ((first + p) * slots + i + k * (block_threads * N));
        return context.load(context.template cast<pack<T, N>>(from));
      };
      pack<T, N> sum[4];
      SINTER_UNROLL
      for (int k = 0; k < 4; ++k) sum[k] = load(0, k);
      SINTER_ROLLED  // four loads at a time; with more, registers would be short of the products'
      for (Index p = 1; p < parts; ++p) {
        SINTER_UNROLL
        for (int k = 0; k < 4; ++k) {
          const pack<T, N> next = load(p, k);
          SINTER_UNROLL
          for (int n = 0; n < N; ++n) sum[k][n] = static_cast<T>(sum[k][n] + next[n]);
        }
      }
      SINTER_UNROLL
      for (int k = 0; k < 4; ++k)
        context.store(context.template cast<pack<T, N>>(tiles + (i + k * (block_threads * N))),
                      sum[k]);
    });
    return true;
  }

  /// Calls f<T, N>(slot) for a thread's packs of N values of the tiles, 16 bytes where values fill
  /// their slots: for the first of four, which are as far apart as a block reaches.
  template <class F> SINTER_DEVICE static void each_four_packs(int thread, F&& f) {
    (four_packs_of<Products>(thread, f), ...);
  }
  template <class Product, class F> SINTER_DEVICE static void four_packs_of(int thread, F& f) {
    using T = typename Product::value;
    constexpr int size = sizeof(T) == sizeof(slot) ? static_cast<int>(16 / sizeof(T)) : 1;
    constexpr int four = 4 * block_threads * size;
    static_assert(Rows * Columns % four == 0);
    SINTER_ROLLED
    for (int i = thread * size; i < Rows * Columns; i += four)
      f.template operator()<T, size>(Product::number * Rows * Columns + i);
  }

  /// The products of a row of the tile.
  template <class Context, class Shared, class Index> struct tile_products {
    Context& context;
    Shared tiles;
    int row;
    Index column;

    template <int Product, class T> SINTER_DEVICE T get(Index at) const {
      return context.load(context.template cast<T>(
          tiles + (Product * Rows * Columns + place(row, static_cast<int>(at - column)))));
    }
  };

  template <class Context, class Arguments, class Shared, class Index>
  SINTER_DEVICE static void epilogue(Context& context, const Arguments& arguments, Shared tiles,
                                     Index before, Index row, Index rows, Index column, Index end) {
    // A warp to a row where rows are folded; else as many threads as the tile is wide.
    constexpr int wanted = Columns / lanes;
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
        for (Index c = column; c < end; c += threads * lanes) {
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
