// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Products over the rows of a chain, such as gradients of weights. Both operands are put into
/// shared memory as they are, rows of a tile by columns: `ldmatrix` turns both on the way to
/// fragments. Each warp has places of the result of its own, to which it adds the sums of a tile.

#include "sinter/kernel/chain_values.hpp"
#include "sinter/kernel/launch_layout.hpp"
#include "sinter/kernel/turned_program.hpp"

namespace sinter::device {

namespace detail {
constexpr int whole_sixteens(std::int64_t n) { return static_cast<int>((n + 15) / 16 * 16); }
}  // namespace detail

/// An operand of a product over rows, as a program of rows and columns.
template <class Program, dtype Type> struct summed_operand {
  using half = element_t<Type>;
  static constexpr int columns = static_cast<int>(Program::template extent<Program::line>);
  static constexpr int wide = detail::whole_sixteens(columns), pitch = wide + 8;
  static constexpr bool never_aligned = detail::never_aligned(Program::view, 2);

  /// Puts a warp's rows into shared memory, whose first row is that of the warp's tile; zeros
  /// beyond the rows.
  template <bool Fast, int Down, class Values, class Context, class Arguments, class Index,
            class Registers, class Shared>
  SINTER_DEVICE static void stage(Context& context, const Arguments& arguments, Index rows,
                                  Index row, Registers& values, Shared to) {
    const int lane = context.lane();
    const auto put = [&](int i, int h, int column, std::uint32_t pair) {
      const int line = 16 * i + accumulator_row(lane, h);
      context.store(context.template cast<std::uint32_t>(to + (line * pitch + column)), pair);
    };
    if constexpr (Program::plain_type == Type && Values::template reads<Program>) {
      auto& from = values.template of<Program::template leaf_at<0>.buffer>();
      SINTER_UNROLL
      for (int i = 0; i < Down; ++i) {
        SINTER_UNROLL
        for (int h = 0; h < 2; ++h) {
          const bool there = row + 16 * i + accumulator_row(lane, h) < rows;
          SINTER_UNROLL
          for (int j = 0; j < wide / 8; ++j)
            put(i, h, accumulator_column(lane, j), there ? from[i][j][h] : 0u);
        }
      }
    } else {
      using sums = float[1][Down][2][4];
      using row_of = chain_row<Values, Down, 4, sums>;
      constexpr lane_layout layout{2, 2, Fast && !never_aligned, !Fast};
      sums none = {};
      thread_code<Context, Arguments, layout, Program, row_of> code(context, arguments, 8,
                                                                    row_of{none, values});
      const auto step = [&](int k) {
        code.products().piece = k;
        SINTER_UNROLL
        for (int i = 0; i < Down; ++i) {
          SINTER_UNROLL
          for (int h = 0; h < 2; ++h) {
            const Index line = row + 16 * i + accumulator_row(lane, h);
            code.move(line < rows ? line : 0, 0, line < rows);
            code.products().down = i;
            code.products().half = h;
            code.at(16 * k + accumulator_column(lane, 0), columns);
            code.template compute_folded<0>();
            code.template compute_line<0, false>();
            SINTER_UNROLL
            for (int n = 0; n < 2; ++n)
              put(i, h, 16 * k + accumulator_column(lane, n),
                  paired(static_cast<half>(code.operand(2 * n)),
                         static_cast<half>(code.operand(2 * n + 1))));
          }
        }
      };
      if constexpr (Values::template reads<Program>) {
        unrolled<wide / 16>([&]<int K>() { step(K); });  // registers have numbers
      } else {
        SINTER_ROLLED
        for (int k = 0; k < wide / 16; ++k) step(k);
      }
    }
  }
};

/// A product over rows: `Left` is the turned program, so that it has rows, too.
template <int Number, dtype Type, class Left, class Right> struct summed_product {
  using value = float;
  static constexpr int number = Number;
  static constexpr matrix_format format = matrix_format::none;
  static constexpr int tf32_products = 0;
  using half = element_t<Type>;
  using left = summed_operand<Left, Type>;
  using right = summed_operand<Right, Type>;
  static constexpr int high = left::wide, wide = right::wide;
  static constexpr int pitch = wide + 8;  // eight rows of two lanes' pairs lie in different banks
  static constexpr int floats = high * pitch;
  /// What a row of a tile takes while it is multiplied.
  static constexpr int staged = left::pitch + right::pitch;

  /// Adds the products of the rows of a tile.
  template <int TileRows, class Context, class Sums, class Shared>
  SINTER_DEVICE static void multiply(Context& context, Sums sums, Shared a, Shared b) {
    const int lane = context.lane(), warps = context.threads() / 32;
    SINTER_ROLLED
    for (int unit = context.warp(); unit < high / 16 * (wide / 16); unit += warps) {
      const int m = unit / (wide / 16) * 16, n = unit % (wide / 16) * 16;
      float sum[2][4] = {};
      SINTER_UNROLL
      for (int r = 0; r < TileRows; r += 16) {
        std::uint32_t x[4], y[4];
        context.template load_matrix<4, true>(
            x, a + ((r + lane % 8 + lane / 16 * 8) * left::pitch + m + lane / 8 % 2 * 8));
        context.template load_matrix<4, true>(
            y, b + ((r + lane % 8 + lane / 8 % 2 * 8) * right::pitch + n + lane / 16 * 8));
        SINTER_UNROLL
        for (int j = 0; j < 2; ++j) {
          const std::uint32_t pair[2] = {y[2 * j], y[2 * j + 1]};
          context.template multiply<half>(sum[j], x, pair);
        }
      }
      SINTER_UNROLL
      for (int j = 0; j < 2; ++j) {
        SINTER_UNROLL
        for (int h = 0; h < 2; ++h) {
          const auto to = context.template cast<pack<float, 2>>(
              sums + ((m + accumulator_row(lane, h)) * pitch + n + accumulator_column(lane, j)));
          const pack<float, 2> before = context.load(to);
          context.store(to, {{before[0] + sum[j][2 * h], before[1] + sum[j][2 * h + 1]}});
        }
      }
    }
  }
};

/// The products over rows of one main program.
template <class Main, class... Products> struct chain_products {
  static constexpr int high = static_cast<int>(Main::template extent<0>);
  static constexpr int wide = static_cast<int>(Main::template extent<Main::line>);
  static constexpr int floats = (0 + ... + Products::floats);
  static constexpr int left_floats = floats;  ///< what a block leaves of them
  static constexpr int staged = [] {
    int most = 0;
    for (const int own : {Products::staged...}) most = own > most ? own : most;
    return most;
  }();

  template <class Context, class Sums>
  SINTER_DEVICE static void clear(Context& context, Sums sums) {
    for (int i = context.thread(); i < floats; i += context.threads()) context.store(sums + i, 0.f);
  }

  template <bool Fast, int Down, class Values, class Context, class Arguments, class Index,
            class Registers, class Sums, class Shared>
  SINTER_DEVICE static void take(Context& context, const Arguments& arguments, Index rows,
                                 Index row, Registers& values, Sums sums, Shared staging) {
    constexpr int warp_rows = 16 * Down, tile_rows = 8 * warp_rows;
    const auto one = [&]<class Product>() {
      using left = typename Product::left;
      using right = typename Product::right;
      const auto a = context.template cast<typename Product::half>(staging);
      const auto b = a + tile_rows * left::pitch;
      const int first = context.warp() * warp_rows;
      left::template stage<Fast, Down, Values>(context, arguments, rows, row, values,
                                               a + first * left::pitch);
      right::template stage<Fast, Down, Values>(context, arguments, rows, row, values,
                                                b + first * right::pitch);
      context.sync();
      Product::template multiply<tile_rows>(context, sums, a, b);
      sums = sums + Product::floats;
      context.sync();
    };
    (one.template operator()<Products>(), ...);
  }

  template <class Context, class Sums, class Partial>
  SINTER_DEVICE static void leave(Context& context, Sums sums, Partial to) {
    using pair = pack<float, 2>;
    for (int i = 2 * context.thread(); i < floats; i += 2 * context.threads())
      context.store(context.template cast<pair>(to + i),
                    context.load(context.template cast<pair>(sums + i)));
  }

  // The second kernel: eight rows to a block, whole ones, as epilogues may fold them.
  static constexpr int tile = 8, columns = detail::whole_sixteens(wide);
  static constexpr int blocks = (high + tile - 1) / tile;
  static constexpr int shared_bytes =
      static_cast<int>(sizeof...(Products)) * tile * columns * 4;

  template <bool Fast, class Context, class Arguments, class Partial>
  SINTER_DEVICE static void finish(Context& context, const Arguments& arguments, Partial partial,
                                   int parts, int stride, int block) {
    using epilogue = contract_epilogue<lane_layout{1, 4, false, !Fast}, tile, columns, true, Main,
                                       Products...>;
    using index = typename epilogue::index;
    const auto tiles = context.template shared<std::uint32_t>(shared_bytes / 4);
    int from = 0;
    const auto add = [&]<class Product>() {
      for (int i = context.thread(); i < tile * columns; i += context.threads()) {
        const int row = tile * block + i / columns, column = i % columns;
        if (row >= high || column >= wide) continue;
        const auto at = partial + (from + row * Product::pitch + column);
        float sum = parts > 0 ? context.load(at) : 0.f;
        SINTER_ROLLED
        for (int p = 1; p < parts; p += 8) {
          float next[8];
          SINTER_UNROLL
          for (int k = 0; k < 8; ++k)
            next[k] = p + k < parts ? context.load(at + static_cast<index>(p + k) * stride) : 0.f;
          SINTER_UNROLL
          for (int k = 0; k < 8; ++k) sum += next[k];
        }
        context.store(context.template cast<float>(
                          tiles + (Product::number * tile * columns +
                                   epilogue::place(i / columns, column))),
                      sum);
      }
      from += Product::floats;
    };
    (add.template operator()<Products>(), ...);
    context.sync();
    contract_shape shape;
    shape.rows = high;
    shape.columns = wide;
    fold_across<Context, epilogue::threads_of_row> combine(context);
    epilogue::run(context, arguments, shape, tiles,
                  contract_place<index>{0, static_cast<index>(tile * block), 0, 0},
                  context.thread(), context.threads(), combine);
  }
};

}  // namespace sinter::device
