// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The body of `contract` kernels: a block computes a tile of its products, `tile_rows` x
/// `tile_columns`, and leaves it in shared memory (contract_tile.hpp). Operands are programs,
/// computed on their way into shared memory; terms are added in the order of k, in registers. Where
/// tiles are few and sums are long, several blocks share a tile, each with its part of k; the last
/// of them adds up what they have left. Large products of plain memory have a body of their own
/// (contract_large.hpp).

#include "sinter/kernel/contract_tile.hpp"

namespace sinter::device {

/// A tile is a number of pieces, since each thread has 4 x 4 sums of a piece.
constexpr int contract_piece(int rows) { return 4 * 256 / (rows / 4); }
constexpr int contract_columns(int rows, int columns) {
  const int piece = contract_piece(rows);
  return (columns + piece - 1) / piece * piece;
}

/// Whether an operand's rows, not its line, are neighbours in memory.
template <class Program> inline constexpr bool lies_along_rows = [] {
  if (Program::sizes.leaves != 1 || Program::line == 0) return false;
  const leaf& l = Program::program.leaf_store[0];
  return l.stride[Program::line] != 1 && l.stride[Program::line - 1] == 1;
}();

template <lane_layout Layout, int Rows, int Columns, bool Whole, class Main, class... Products>
struct contract_body {
  using tile = contract_tile<Layout, Rows, Columns, Whole, Main, Products...>;
  using slot = typename tile::slot;
  static constexpr int block_threads = tile::block_threads, count = tile::count;
  static constexpr int tile_rows = Rows, tile_columns = Columns;
  /// Threads across a piece of the tile, each with 4 x 4 sums of it.
  static constexpr int piece = contract_piece(Rows), across = piece / 4;
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
  /// For tf32, rows of values are 8 longer, so that the four terms of a fragment lie in different
  /// banks. What is split has its small parts behind the large ones.
  template <class Product> static constexpr int tf32_products = Rows == 64 ? Product::tf32_products
                                                                           : 0;
  static constexpr int longer = ((tf32_products<Products> > 0) || ...) ? 8 : 0;
  static constexpr int most_parts = ((tf32_products<Products> > 1) || ...) ? 2 : 1;
  static constexpr int left_part = depth * (Rows + longer), right_part = depth * (piece + longer);
  static constexpr int left_slots = slots_for(most_parts * left_part, Rows * left_row);
  static constexpr int right_slots = slots_for(most_parts * right_part, 32 * right_row);
  static constexpr int shared_bytes =
      (left_slots + right_slots + tile::slots) * static_cast<int>(sizeof(slot)) + 16;
  static_assert(Rows % 4 == 0 && Columns % piece == 0, "contract: a tile is a number of pieces");

  template <class Context, class Arguments>
  SINTER_DEVICE void operator()(Context& context, Arguments arguments,
                                contract_shape shape) const {
    const auto left = context.template shared<slot>(left_slots);    // (k, Rows), or (Rows, k)
    const auto right = context.template shared<slot>(right_slots);  // (k, piece)
    const auto tiles = context.template shared<slot>(tile::slots);
    const auto flag = context.template shared<int>(1);
    const auto at = tile::place_of(context, shape);
    (multiply<Products>(context, arguments, shape, left, right,
                        tiles + Products::number * Rows * Columns, at),
     ...);
    tile::finish(context, arguments, shape, flag, tiles, at);
  }

 private:
  /// One product of the tile. The operands of the next step are on their way from memory while
  /// this one's are multiplied.
  template <class Product, class Context, class Arguments, class Shared, class Index>
  SINTER_DEVICE static void multiply(Context& context, const Arguments& arguments,
                                     const contract_shape& shape, Shared left, Shared right,
                                     Shared to, const contract_place<Index>& place) {
    constexpr bool halves = Rows == 64 && Product::on_tensor_cores;
    constexpr int pack = halves ? 8 : 4;
    constexpr int step = halves ? 32 : depth;
    constexpr lane_layout left_layout{
        pack, 1, Layout.aligned && pack * Product::left::widest_leaf <= 16, Layout.wide};
    constexpr lane_layout right_layout{
        pack, 1, Layout.aligned && pack * Product::right::widest_leaf <= 16, Layout.wide};
    using left_code = thread_code<Context, Arguments, left_layout, typename Product::left>;
    using right_code = thread_code<Context, Arguments, right_layout, typename Product::right>;
    using sums = std::conditional_t<
        halves, tensor_core_sums<Product>,
        std::conditional_t<(tf32_products<Product> > 0), tf32_sums<tf32_products<Product>>,
                           fma_sums<Product>>>;
    const int t = context.thread();
    const Index rows = static_cast<Index>(shape.rows);
    const Index inner = static_cast<Index>(shape.inner[Product::number]);
    const Index terms = static_cast<Index>(shape.part[Product::number]);
    const Index begin = place.part * terms, end = inner < begin + terms ? inner : begin + terms;
    left_code a(context, arguments, pack);
    right_code b(context, arguments, pack);
    // Neighbours in memory for neighbouring threads: along the line, or along rows if these lie so.
    constexpr int packs = step / pack, wide = piece / pack;
    constexpr bool left_turned = lies_along_rows<typename Product::left>;
    constexpr bool right_turned = lies_along_rows<typename Product::right>;
    const int left_at = left_turned ? t % Rows : t / packs;
    const int left_k = (left_turned ? t / Rows : t % packs) * pack;
    const bool loads_left = t < Rows * packs;
    const bool has_row = place.row + left_at < rows;
    a.move(place.item * rows + (has_row ? place.row + left_at : 0), 0, loads_left && has_row);
    const auto load_right = [&](int first, Index k, int load) {
      const int deep = right_turned ? load % step : load / wide;
      const int at = (right_turned ? load / step : load % wide) * pack;
      b.move(place.item * inner + (k + deep < end ? k + deep : 0), 0,
             load < step * wide && k + deep < end);
      b.at(place.column + first + at, static_cast<Index>(shape.columns));
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

    for (int first = 0; first < Columns; first += piece) {  // pieces of the tile
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
      own.leave(context, to, first);
    }
  }

  /// Operands as values, term by term, (k, row) and (k, column), in one part or two.
  template <class T, bool Split = false> struct staged_values {
    static constexpr int left_pitch = Rows + longer, right_pitch = piece + longer;

    template <class Context, class Shared, class Code>
    SINTER_DEVICE static void keep_left(Context& context, Shared left, int row, int k, Code& a) {
      keep<left_pitch, left_part>(context, left + (k * left_pitch + row), a);
    }
    template <class Context, class Shared, class Code>
    SINTER_DEVICE static void keep_right(Context& context, Shared right, int k, int at, Code& b) {
      keep<1, right_part>(context, right + (k * right_pitch + at), b);
    }

   private:
    /// A thread's values, `Apart` from each other.
    template <int Apart, int Part, class Context, class Shared, class Code>
    SINTER_DEVICE static void keep(Context& context, Shared to, Code& from) {
      SINTER_UNROLL
      for (int i = 0; i < Code::lanes; ++i) {
        const T value = static_cast<T>(from.operand(i));
        if constexpr (Split) {
          const auto parts = math::detail::split_tf32(value);
          context.store(context.template cast<T>(to + i * Apart), parts.large);
          context.store(context.template cast<T>(to + (Part + i * Apart)), parts.small);
        } else {
          context.store(context.template cast<T>(to + i * Apart), value);
        }
      }
    }
  };

  /// Sums by fused multiply-adds: thread (x, y) has rows 4 y + i and columns x + n across.
  template <class Product> struct fma_sums : staged_values<typename Product::value> {
    using T = typename Product::value;
    using staged_values<T>::left_pitch, staged_values<T>::right_pitch;
    T sum[4][4] = {};

    template <class Context, class Shared>
    SINTER_DEVICE void multiply(Context& context, Shared left, Shared right) {
      const int x = context.thread() % across, y = context.thread() / across;
      SINTER_UNROLL
      for (int k = 0; k < depth; ++k) {
        T down[4], over[4];
        SINTER_UNROLL
        for (int i = 0; i < 4; ++i) {
          down[i] = context.load(context.template cast<T>(left + (k * left_pitch + 4 * y + i)));
          over[i] =
              context.load(context.template cast<T>(right + (k * right_pitch + x + i * across)));
        }
        SINTER_UNROLL
        for (int i = 0; i < 4; ++i) {
          SINTER_UNROLL
          for (int n = 0; n < 4; ++n) sum[i][n] += down[i] * over[n];
        }
      }
    }
    template <class Context, class Shared>
    SINTER_DEVICE void leave(Context& context, Shared to, int first) {
      const int x = context.thread() % across, y = context.thread() / across;
      SINTER_UNROLL
      for (int i = 0; i < 4; ++i) {
        SINTER_UNROLL
        for (int n = 0; n < 4; ++n)
          context.store(
              context.template cast<T>(to + tile::place(4 * y + i, first + x + n * across)),
              sum[i][n]);
      }
    }
  };

  /// Sums by tensor cores that read values: warp w has rows 16 (w mod 4) and columns 32 (w / 4) of
  /// a 64 x 64 piece. Those of three products begin again with every step, the small parts' first,
  /// and are added up beside them: what a unit cuts off of a sum does not grow with its length.
  template <int Count> struct tf32_sums : staged_values<float, (Count > 1)> {
    using staged_values<float, (Count > 1)>::left_pitch;
    using staged_values<float, (Count > 1)>::right_pitch;
    static constexpr int parts = Count > 1 ? 2 : 1;
    float sum[4][4] = {};  // 8-column tiles, registers

    template <class Context, class Shared>
    SINTER_DEVICE void multiply(Context& context, Shared left, Shared right) {
      if constexpr (Count == 1) {
        add(context, left, right, sum);
      } else {
        float step[4][4] = {};
        add(context, left, right, step);
        SINTER_UNROLL
        for (int j = 0; j < 4; ++j) {
          SINTER_UNROLL
          for (int i = 0; i < 4; ++i) sum[j][i] += step[j][i];
        }
      }
    }
    template <class Context, class Shared>
    SINTER_DEVICE void leave(Context& context, Shared to, int first) {
      leave_warp(context, to, first, sum);
    }

   private:
    template <class Context, class Shared>
    SINTER_DEVICE static void add(Context& context, Shared left, Shared right, float (&to)[4][4]) {
      const int w = context.warp(), line = context.lane() / 4, term = context.lane() % 4;
      const auto bits = [&](auto from) {
        return context.load(context.template cast<std::uint32_t>(from));
      };
      SINTER_UNROLL
      for (int k = 0; k < depth; k += 8) {
        const auto a_at = left + ((k + term) * left_pitch + w % 4 * 16 + line);
        const auto b_at = right + ((k + term) * right_pitch + w / 4 * 32 + line);
        std::uint32_t a[parts][4], b[parts][4][2];  // 16 x 8, and 4 of 8 x 8
        SINTER_UNROLL
        for (int p = 0; p < parts; ++p) {
          SINTER_UNROLL
          for (int i = 0; i < 4; ++i)
            a[p][i] = bits(a_at + (p * left_part + i / 2 * 4 * left_pitch + i % 2 * 8));
          SINTER_UNROLL
          for (int j = 0; j < 8; ++j)
            b[p][j / 2][j % 2] =
                bits(b_at + (p * right_part + j % 2 * 4 * right_pitch + j / 2 * 8));
        }
        const auto multiply = [&](const auto& own, const auto& other) {
          SINTER_UNROLL
          for (int j = 0; j < 4; ++j) context.template multiply<tf32>(to[j], own, other[j]);
        };
        if constexpr (Count > 1) {
          multiply(a[1], b[0]);
          multiply(a[0], b[1]);
        }
        multiply(a[0], b[0]);
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
    template <class Context, class Shared>
    SINTER_DEVICE void leave(Context& context, Shared to, int first) {
      leave_warp(context, to, first, sum);
    }
  };

  template <class Context, class Shared>
  SINTER_DEVICE static void leave_warp(Context& context, Shared to, int first,
                                       const float (&sum)[4][4]) {
    const int w = context.warp();
    SINTER_UNROLL
    for (int j = 0; j < 4; ++j)
      tile::leave_sums(context, to, w % 4 * 16, first + w / 4 * 32 + j * 8, sum[j]);
  }
};

}  // namespace sinter::device
