// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The body of `contract` kernels: a block computes a tile of its products, `tile_rows` x
/// `tile_columns`, and leaves it in shared memory, where the epilogue meets it as any program meets
/// a row, folds included. Operands are programs, computed on their way into shared memory; terms
/// are added in the order of k, in registers. Where tiles are few and sums are long, several blocks
/// share a tile, each with its part of k; the last of them adds up what they have left.

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

/// Terms that a body takes at a time, at most.
inline constexpr int longest_step = 32;

/// A tile is a number of pieces, since each thread has 4 x 4 sums of a piece.
constexpr int contract_piece(int rows) { return 4 * 256 / (rows / 4); }
constexpr int contract_columns(int rows, int columns) {
  const int piece = contract_piece(rows);
  return (columns + piece - 1) / piece * piece;
}

/// `Whole`: the tile holds whole rows, since the epilogue folds them.
template <lane_layout Layout, int Rows, int Columns, bool Whole, class Main, class... Products>
struct contract_body {
  static constexpr int block_threads = 256;
  static constexpr int tile_rows = Rows, tile_columns = Columns;
  /// Threads across a piece of the tile, each with 4 x 4 sums of it.
  static constexpr int piece = contract_piece(Rows), across = piece / 4;
  static constexpr int count = sizeof...(Products);
  static constexpr int lanes = Layout.lanes();
  /// What shared memory holds a value in.
  using slot = std::conditional_t<((sizeof(typename Products::value) > 4) || ...), std::uint64_t,
                                  std::uint32_t>;
  /// Steps of the operands: 16 values along k, or 8 where the piece is wide, or 32 halves in rows
  /// that are 16 bytes longer, so that eight of them lie in different banks.
  static constexpr int depth = 16 * piece * static_cast<int>(sizeof(slot)) > 32 * 1024 ? 8 : 16;
  static constexpr int left_row = 32 + 8, right_row = piece + 8;
  static constexpr bool any_on_tensor_cores =
      Rows == 64 && (Products::on_tensor_cores || ...);
  /// Slots that hold so many values, and where there are such products so many halves as well.
  static constexpr int slots_for(int values, int halves) {
    const int others = any_on_tensor_cores ? halves * 2 / static_cast<int>(sizeof(slot)) : 0;
    return values > others ? values : others;
  }
  static constexpr int left_slots = slots_for(depth * Rows, Rows * left_row);
  static constexpr int right_slots = slots_for(depth * piece, 32 * right_row);
  static constexpr int shared_bytes =
      (left_slots + right_slots + count * Rows * Columns) * static_cast<int>(sizeof(slot));
  /// What a block leaves in memory of its part of the tile.
  static constexpr int partial_words = count * Rows * Columns * static_cast<int>(sizeof(slot)) / 8;
  static_assert(Rows % 4 == 0 && Columns % piece == 0, "contract: a tile is a number of pieces");

  template <class Context, class Arguments>
  SINTER_DEVICE void operator()(Context& context, Arguments arguments,
                                contract_shape shape) const {
    const auto left = context.template shared<slot>(left_slots);    // (k, Rows), or (Rows, k)
    const auto right = context.template shared<slot>(right_slots);  // (k, piece)
    const auto tiles = context.template shared<slot>(count * Rows * Columns);
    using index = std::conditional_t<Layout.wide, std::int64_t, std::int32_t>;
    const index rows = static_cast<index>(shape.rows), columns = static_cast<index>(shape.columns);
    const index down = (rows + Rows - 1) / Rows;
    const index right_of = Whole ? 1 : (columns + Columns - 1) / Columns;
    const index parts = static_cast<index>(shape.parts);
    const index part = context.block_x() % parts, block = context.block_x() / parts;
    const index item = block / (down * right_of);
    const index row = block / right_of % down * Rows, column = block % right_of * Columns;

    (multiply<Products>(context, arguments, shape, left, right,
                        tiles + Products::number * Rows * Columns, item, row, column, part),
     ...);
    context.sync();
    if (parts > 1) {
      // The operands have been read, so the flag may take their place.
      if (!add_parts(context, shape, context.template cast<int>(left), tiles, part)) return;
      context.sync();
    }
    epilogue(context, arguments, tiles, item * rows, row, rows, column,
             columns < column + Columns ? columns : column + Columns);
  }

 private:
  /// One product of the tile. The operands of the next step are on their way from memory while
  /// this one's are multiplied.
  template <class Product, class Context, class Arguments, class Shared, class Index>
  SINTER_DEVICE static void multiply(Context& context, const Arguments& arguments,
                                     const contract_shape& shape, Shared left, Shared right,
                                     Shared tile, Index item, Index row, Index column,
                                     Index part) {
    constexpr bool halves = Rows == 64 && Product::on_tensor_cores;
    constexpr int pack = halves ? 8 : 4;
    constexpr int step = halves ? 32 : depth;
    constexpr lane_layout left_layout{
        pack, 1, Layout.aligned && pack * Product::left::widest_leaf <= 16, Layout.wide};
    constexpr lane_layout right_layout{
        pack, 1, Layout.aligned && pack * Product::right::widest_leaf <= 16, Layout.wide};
    using left_code = thread_code<Context, Arguments, left_layout, typename Product::left>;
    using right_code = thread_code<Context, Arguments, right_layout, typename Product::right>;
    using sums = std::conditional_t<halves, tensor_core_sums<Product>, fma_sums<Product>>;
    const int t = context.thread();
    const Index rows = static_cast<Index>(shape.rows);
    const Index inner = static_cast<Index>(shape.inner[Product::number]);
    const Index terms = static_cast<Index>(shape.part[Product::number]);
    const Index begin = part * terms, end = inner < begin + terms ? inner : begin + terms;
    left_code a(context, arguments, pack);
    right_code b(context, arguments, pack);
    // Neighbours in memory for neighbouring threads: along the line, or along rows if these lie so.
    constexpr int packs = step / pack, wide = piece / pack;
    constexpr bool left_turned = lies_along_rows<typename Product::left>;
    constexpr bool right_turned = lies_along_rows<typename Product::right>;
    const int left_at = left_turned ? t % Rows : t / packs;
    const int left_k = (left_turned ? t / Rows : t % packs) * pack;
    const bool loads_left = t < Rows * packs;
    a.move(item * rows + (row + left_at < rows ? row + left_at : 0), 0,
           loads_left && row + left_at < rows);
    const auto load_right = [&](Index first, Index k, int load) {
      const int deep = right_turned ? load % step : load / wide;
      const int at = (right_turned ? load / step : load % wide) * pack;
      b.move(item * inner + (k + deep < end ? k + deep : 0), 0,
             load < step * wide && k + deep < end);
      b.at(column + first + at, static_cast<Index>(shape.columns));
      b.template compute_folded<0>();
      b.template compute_line<0, true>();
    };
    const auto keep_right = [&](int load) {
      const int deep = right_turned ? load % step : load / wide;
      const int at = (right_turned ? load / step : load % wide) * pack;
      if (load < step * wide) sums::keep_right(context, right, deep, at, b);
    };
    const auto load_left = [&](Index k) {
      a.at(k + left_k, end);
      a.template compute_folded<0>();
      a.template compute_line<0, true>();
    };

    for (Index first = 0; first < Columns; first += piece) {  // pieces of the tile
      sums own;
      load_left(begin);
      load_right(first, begin, t);
      for (Index k = begin; k < end; k += step) {
        context.sync();  // the last step's operands have been read
        if (loads_left) sums::keep_left(context, left, left_at, left_k, a);
        keep_right(t);
        for (int load = t + block_threads; load < step * wide; load += block_threads) {
          load_right(first, k, load);
          keep_right(load);
        }
        context.sync();
        load_left(k + step);
        load_right(first, k + step, t);
        own.multiply(context, left, right);
      }
      own.leave(context, tile, first);
    }
  }

  /// Leaves this part of the tile in memory. The last of the tile's blocks then adds up all parts,
  /// in the order of k, and has the whole tile; the others are done.
  template <class Context, class Flag, class Shared, class Index>
  SINTER_DEVICE static bool add_parts(Context& context, const contract_shape& shape, Flag flag,
                                      Shared tiles, Index part) {
    constexpr int values = count * Rows * Columns;
    const Index parts = static_cast<Index>(shape.parts);
    const Index block = context.block_x(), first = block - part;
    const auto partial = context.template cast<slot>(context.global(
        shape.partial, static_cast<std::size_t>(context.grid_x()) * partial_words));
    const auto counter = context.global(
        shape.finished, static_cast<std::size_t>(context.grid_x() / shape.parts));
    each_pack(context.thread(), [&]<class T, int N>(int i) {
      context.store(context.template cast<pack<T, N>>(partial + (block * values + i)),
                    context.load(context.template cast<pack<T, N>>(tiles + i)));
    });
    context.sync();
    if (!is_last(context, counter + block / parts, flag, static_cast<unsigned>(parts)))
      return false;
    each_pack(context.thread(), [&]<class T, int N>(int i) {
      const auto own = partial + (first * values + i);
      pack<T, N> sum = context.load(context.template cast<pack<T, N>>(own));
      for (Index p = 1; p < parts; ++p) {
        const auto next = context.load(context.template cast<pack<T, N>>(own + p * values));
        SINTER_UNROLL
        for (int n = 0; n < N; ++n) sum[n] = static_cast<T>(sum[n] + next[n]);
      }
      context.store(context.template cast<pack<T, N>>(tiles + i), sum);
    });
    return true;
  }

  /// Calls f<T, N>(slot) for a thread's packs of N values of the tiles: 16 bytes where values fill
  /// their slots.
  template <class F> SINTER_DEVICE static void each_pack(int thread, F&& f) {
    (each_pack_of<Products>(thread, f), ...);
  }
  template <class Product, class F> SINTER_DEVICE static void each_pack_of(int thread, F& f) {
    using T = typename Product::value;
    constexpr int size = sizeof(T) == sizeof(slot) ? static_cast<int>(16 / sizeof(T)) : 1;
    for (int i = thread * size; i < Rows * Columns; i += block_threads * size)
      f.template operator()<T, size>(Product::number * Rows * Columns + i);
  }

  /// Sums by fused multiply-adds: thread (x, y) has rows 4 y + i and columns x + n across.
  template <class Product> struct fma_sums {
    using T = typename Product::value;
    T sum[4][4] = {};

    template <class Context, class Shared, class Code>
    SINTER_DEVICE static void keep_left(Context& context, Shared left, int row, int k, Code& a) {
      SINTER_UNROLL
      for (int i = 0; i < Code::lanes; ++i)
        context.store(context.template cast<T>(left + ((k + i) * Rows + row)),
                      static_cast<T>(a.operand(i)));
    }
    template <class Context, class Shared, class Code>
    SINTER_DEVICE static void keep_right(Context& context, Shared right, int k, int at, Code& b) {
      SINTER_UNROLL
      for (int i = 0; i < Code::lanes; ++i)
        context.store(context.template cast<T>(right + (k * piece + at + i)),
                      static_cast<T>(b.operand(i)));
    }
    template <class Context, class Shared>
    SINTER_DEVICE void multiply(Context& context, Shared left, Shared right) {
      const int x = context.thread() % across, y = context.thread() / across;
      SINTER_UNROLL
      for (int k = 0; k < depth; ++k) {
        T down[4], over[4];
        SINTER_UNROLL
        for (int i = 0; i < 4; ++i) {
          down[i] = context.load(context.template cast<T>(left + (k * Rows + 4 * y + i)));
          over[i] = context.load(context.template cast<T>(right + (k * piece + x + i * across)));
        }
        SINTER_UNROLL
        for (int i = 0; i < 4; ++i) {
          SINTER_UNROLL
          for (int n = 0; n < 4; ++n) sum[i][n] += down[i] * over[n];
        }
      }
    }
    template <class Context, class Shared, class Index>
    SINTER_DEVICE void leave(Context& context, Shared tile, Index first) {
      const int x = context.thread() % across, y = context.thread() / across;
      SINTER_UNROLL
      for (int i = 0; i < 4; ++i) {
        SINTER_UNROLL
        for (int n = 0; n < 4; ++n)
          context.store(context.template cast<T>(
                            tile + ((4 * y + i) * Columns + first + x + n * across)),
                        sum[i][n]);
      }
    }
  };

  /// Sums by tensor cores: warp w has rows 16 (w mod 4) and columns 32 (w / 4) of a 64 x 64 piece.
  template <class Product> struct tensor_core_sums {
    using half = element_t<Product::operand_type>;
    float sum[4][4] = {};  // 8-column tiles, registers

    template <class Context, class Shared, class Code>
    SINTER_DEVICE static void keep(Context& context, Shared to, int place, Code& from) {
      pack<half, 8> together;
      SINTER_UNROLL
      for (int i = 0; i < 8; ++i) together[i] = static_cast<half>(from.operand(i));
      context.store(context.template cast<pack<half, 8>>(context.template cast<half>(to) + place),
                    together);
    }
    template <class Context, class Shared, class Code>
    SINTER_DEVICE static void keep_left(Context& context, Shared left, int row, int k, Code& a) {
      keep(context, left, row * left_row + k, a);
    }
    template <class Context, class Shared, class Code>
    SINTER_DEVICE static void keep_right(Context& context, Shared right, int k, int at, Code& b) {
      keep(context, right, k * right_row + at, b);
    }
    template <class Context, class Shared>
    SINTER_DEVICE void multiply(Context& context, Shared left, Shared right) {
      const int lane = context.lane(), w = context.warp();
      const auto a = context.template cast<half>(left), b = context.template cast<half>(right);
      SINTER_UNROLL
      for (int k = 0; k < 32; k += 16) {
        std::uint32_t fragment[4], others[2][4];
        context.template load_matrix<4, false>(
            fragment, a + ((w % 4 * 16 + lane % 16) * left_row + k + lane / 16 * 8));
        SINTER_UNROLL
        for (int j = 0; j < 2; ++j)
          context.template load_matrix<4, true>(
              others[j], b + ((k + lane % 16) * right_row + w / 4 * 32 + j * 16 + lane / 16 * 8));
        SINTER_UNROLL
        for (int j = 0; j < 4; ++j) {
          const std::uint32_t pair[2] = {others[j / 2][j % 2 * 2], others[j / 2][j % 2 * 2 + 1]};
          context.template multiply<half>(sum[j], fragment, pair);
        }
      }
    }
    template <class Context, class Shared, class Index>
    SINTER_DEVICE void leave(Context& context, Shared tile, Index first) {
      const int lane = context.lane(), w = context.warp();
      SINTER_UNROLL
      for (int j = 0; j < 4; ++j) {
        SINTER_UNROLL
        for (int i = 0; i < 4; ++i) {
          const int r = w % 4 * 16 + accumulator_row(lane, i / 2);
          const int c = w / 4 * 32 + accumulator_column(lane, j) + i % 2;
          context.store(context.template cast<float>(tile + (r * Columns + first + c)), sum[j][i]);
        }
      }
    }
  };

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
