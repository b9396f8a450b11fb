// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What all bodies of `contract` kernels have in common: their products, which tile is whose, how
/// finished sums lie in shared memory, and the epilogue over them, which meets a row of a tile as
/// any program meets a row, folds included.

#include "sinter/kernel/fold_across.hpp"
#include "sinter/kernel/parts.hpp"
#include "sinter/kernel/thread_code.hpp"
#include "sinter/kernel/tile.hpp"

namespace sinter::device {

/// One product of a kernel: its number, the programs of its operands, the type of its sums, and
/// whether operands may be split in two.
template <int Number, class T, class Left, class Right, bool Split = false> struct product_of {
  using value = T;
  using left = Left;
  using right = Right;
  static constexpr int number = Number;

  /// What matrix units make of the operands, if these lie so in memory.
  static constexpr matrix_format format =
      Left::format == Right::format ? Left::format : matrix_format::none;
  /// Operands that are nothing but memory of one 16-bit type go to the tensor cores of a warp.
  static constexpr dtype operand_type = Left::plain_type;
  static constexpr bool on_tensor_cores =
      format == matrix_format::bf16 || format == matrix_format::f16;
  /// Operands that are rounded to tf32 do so as well, whatever they are computed from, and those
  /// that may be split, in three products. 0: neither.
  static constexpr int tf32_products = !std::is_same_v<T, float>              ? 0
                                       : Left::gives_tf32 && Right::gives_tf32 ? 1
                                       : Split                                 ? 3
                                                                               : 0;
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
  std::int64_t tiles = 0;    ///< of all, where a block takes one after the other
};

/// What a block can have of shared memory on each architecture: sm_120 has the least.
inline constexpr int most_shared_bytes = 99 * 1024;
inline constexpr int most_shared_bytes_sm90 = 227 * 1024;

/// A tile: its item of the batch, its first row and column, its part of the sums.
template <class Index> struct contract_place {
  Index item, row, column, part;
};

/// The place of a piece of work. Tiles come in groups of 8 rows of them, column by column, so that
/// those which run together share operands in the second cache. The parts of a tile are neighbours.
template <int Rows, int Columns, bool Whole, class Index>
SINTER_DEVICE contract_place<Index> place_of_tile(Index work, const contract_shape& shape) {
  const Index rows = static_cast<Index>(shape.rows), parts = static_cast<Index>(shape.parts);
  const Index down = (rows + Rows - 1) / Rows;
  const Index across = Whole ? 1 : (static_cast<Index>(shape.columns) + Columns - 1) / Columns;
  const Index tile = work / parts, in_item = tile % (down * across);
  const Index first = in_item / (8 * across) * 8, in_group = in_item - first * across;
  const Index high = down - first < 8 ? down - first : 8;
  return {tile / (down * across), (first + in_group % high) * Rows, in_group / high * Columns,
          work % parts};
}

template <lane_layout Layout>
using index_of = std::conditional_t<Layout.wide, std::int64_t, std::int32_t>;

/// The epilogue of a tile in shared memory, `Rows` x `Columns` of each product, one product behind
/// the other. `Whole`: the tile holds whole rows, since the epilogue folds them.
template <lane_layout Layout, int Rows, int Columns, bool Whole, class Main, class... Products>
struct contract_epilogue {
  static constexpr int lanes = Layout.lanes();
  using index = index_of<Layout>;
  /// What shared memory holds a value in.
  using slot = std::conditional_t<((sizeof(typename Products::value) > 4) || ...), std::uint64_t,
                                  std::uint32_t>;
  static constexpr int slots = static_cast<int>(sizeof...(Products)) * Rows * Columns;
  /// A warp to a row where rows are folded; else as many threads as the tile is wide.
  static constexpr int threads_of_row = Whole || Columns / lanes > 32 ? 32 : Columns / lanes;

  /// Where a value of a tile lies. Sums of tensor cores come in pieces of 8 rows and 8 columns,
  /// which permuted columns spread over the banks; neighbours among 8 stay so.
  SINTER_DEVICE static constexpr int place(int row, int column) {
    constexpr bool permuted =
        ((Products::format != matrix_format::none || Products::tf32_products > 0) || ...);
    return row * Columns + (permuted ? column ^ row % 4 * 8 : column);
  }

  /// Puts a pair of neighbouring sums into a tile, f32 or i32.
  template <class Context, class Shared, class T>
  SINTER_DEVICE static void leave_pair(Context& context, Shared tile, int row, int column, T first,
                                       T second) {
    const auto to = tile + place(row, column);
    if constexpr (sizeof(slot) == sizeof(T)) {
      context.store(context.template cast<pack<T, 2>>(to), {{first, second}});
    } else {
      context.store(context.template cast<T>(to), first);
      context.store(context.template cast<T>(to + 1), second);
    }
  }

  /// Puts a warp's 16 x 8 sums into a tile.
  template <class Context, class Shared>
  SINTER_DEVICE static void leave_sums(Context& context, Shared tile, int row, int column,
                                       const float (&sum)[4]) {
    const auto element = [&](int i) { return sum[i]; };
    for_each_pair<2>(context.lane(), element, [&](int r, int c, float first, float second) {
      leave_pair(context, tile, row + r, column + c, first, second);
    });
  }

  /// Runs the epilogue over the tile at a place, in `threads` threads, of which this is number
  /// `thread`. `combine` is a fold_across of threads_of_row.
  template <class Context, class Arguments, class Shared, class Combine>
  SINTER_DEVICE static void run(Context& context, const Arguments& arguments,
                                const contract_shape& shape, Shared tiles,
                                const contract_place<index>& at, int thread, int threads,
                                Combine& combine) {
    using products = tile_products<Context, Shared>;
    const index rows = static_cast<index>(shape.rows), columns = static_cast<index>(shape.columns);
    const index end = columns < at.column + Columns ? columns : at.column + Columns;
    const int x = thread % threads_of_row;
    thread_code<Context, Arguments, Layout, Main, products> code(
        context, arguments, static_cast<index>(threads_of_row) * Layout.pack,
        products{context, tiles, 0, at.column});
    for (int r = thread / threads_of_row; r < Rows; r += threads / threads_of_row) {
      const bool active = at.row + r < rows;
      code.move(at.item * rows + (active ? at.row + r : 0), 0, active);
      code.products().row = r;
      unrolled<Main::passes>([&]<int Pass>() {
        code.template compute_folded<Pass>();
        code.template clear<Pass>();
        for (index c = at.column; c < end; c += threads_of_row * lanes) {
          code.at(c + x * Layout.pack, end);
          code.template compute_line<Pass, false>();
        }
        if constexpr (Whole) code.template finish<Pass>(combine);
      });
      if constexpr (Whole) {
        code.template compute_folded<Main::passes>();
        code.activate(active && x == 0);
        code.store_folded();
      }
    }
  }

 private:
  /// The products of a row of the tile.
  template <class Context, class Shared> struct tile_products {
    Context& context;
    Shared tiles;
    int row;
    index column;

    static constexpr bool in_registers = false;
    template <int Product, class T> SINTER_DEVICE T get(index at, int) const {
      return context.load(context.template cast<T>(
          tiles + (Product * Rows * Columns + place(row, static_cast<int>(at - column)))));
    }
  };
};

}  // namespace sinter::device
