// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The body of chains of narrow products of f16 or bf16: a warp takes 16 rows, or 32, through all
/// of them. The right operands of all products lie in shared memory, which a block fills once and
/// then uses for one tile of rows after the other; what a product gives and the next one reads
/// stays in registers (chain_values.hpp). Operands that are more than memory are computed on the
/// way in and rounded to what the graph has them as. Epilogues run on the accumulators; a row is
/// spread over four neighbouring lanes, so its folds are two shuffles. What sums over the rows
/// takes them in behind the product that gives the last of what it reads (chain_sums.hpp).

#include "sinter/kernel/chain_sums.hpp"
#include "sinter/kernel/chain_weights.hpp"

namespace sinter::device {

/// One of a chain's main programs and its products; one without them is a row that others read.
template <class Main, class... Products> struct chain_stage {
  using main = Main;
  static constexpr int count = sizeof...(Products);
  static constexpr int columns = static_cast<int>(Main::template extent<Main::line>);
  static constexpr int tiles = (columns + 15) / 16 * 2;  ///< of 8 columns, an even number
  /// Registers of the sums of 16 rows.
  static constexpr int registers = count * tiles * 4;
  /// What its right operands take in shared memory.
  static constexpr int elements = (0 + ... + chain_weights<Products>::elements);
  template <bool Fast>
  static constexpr bool is_copied =
      (false || ... || chain_weights<Products>::template is_copied<Fast>);

  template <class F> SINTER_DEVICE static void each([[maybe_unused]] F&& f) {
    (f.template operator()<Products>(), ...);
  }

  static constexpr bool is_fit = Main::middle == 0 && Main::template extent<Main::line> > 0 &&
                                 (Products::is_fit && ...);

  /// Whether all that may be aligned is: chunks of right operands, pairs of all else.
  template <class Arguments> static bool is_aligned(const Arguments& arguments) {
    return (never_aligned || sinter::device::is_aligned(arguments, Main::view, 2)) &&
           (is_right_aligned<Products>(arguments) && ...) &&
           (is_left_aligned<Products>(arguments) && ...);
  }
  static constexpr bool never_aligned = detail::never_aligned(Main::view, 2);

 private:
  template <class Product, class Arguments>
  static bool is_right_aligned(const Arguments& arguments) {
    using operand = typename Product::right_operand;
    if constexpr (!Product::right_is_plain || operand::template never_aligned<8>) return true;
    else return operand::is_aligned(arguments, 8);
  }
  template <class Product, class Arguments>
  static bool is_left_aligned(const Arguments& arguments) {
    if constexpr (Product::left_never_aligned) return true;
    else if constexpr (Product::left_is_plain)
      return Product::left_operand::is_aligned(arguments, 2);
    else return sinter::device::is_aligned(arguments, Product::left::view, 2);
  }
};

/// `Fast`: what may be aligned is, and no index is wide. `Down`: tiles of 16 rows that a warp has.
/// `Sums`: chain_sums; `Stages`: chain_stage, in order.
template <bool Fast, int Down, class Values, class Sums, class... Stages> struct chain_body {
  static constexpr int block_threads = 256, warps = block_threads / 32;
  static constexpr int tile_rows = warps * 16 * Down;
  using index = std::conditional_t<Fast, std::int32_t, std::int64_t>;
  using registers = typename Values::template registers<Down>;

  static constexpr int weight_bytes = 2 * (Stages::elements + ...);
  static constexpr int shared_bytes =
      weight_bytes + Sums::template shared_bytes<tile_rows>;

  template <class Context, class Arguments>
  SINTER_DEVICE void operator()(Context& context, Arguments arguments, chain_shape shape) const {
    const auto weights = context.template shared<std::uint16_t>(weight_bytes / 2, 16);
    const auto sums = context.template shared<float>(Sums::floats, 16);
    const auto staging = context.template shared<std::uint16_t>(tile_rows * Sums::staged, 16);
    if constexpr (Sums::count > 0) Sums::clear(context, sums);
    {
      auto to = weights;
      (fetch<Stages>(context, arguments, to), ...);
    }
    if constexpr ((Stages::template is_copied<Fast> || ...)) {
      context.commit_copies();
      context.template wait_copies<0>();
    }
    context.sync();
    const index rows = static_cast<index>(shape.rows);
    SINTER_ROLLED
    for (index first = static_cast<index>(context.block_x()) * tile_rows; first < rows;
         first += static_cast<index>(context.grid_x()) * tile_rows) {
      registers values;
      auto from = weights;
      const index row = first + context.warp() * (16 * Down);
      [&]<int... S>(std::integer_sequence<int, S...>) {
        ((run<Stages>(context, arguments, rows, row, values, from),
          Sums::template take<S, Fast, Down, Values>(context, arguments, rows, row, values, sums,
                                                     staging)),
         ...);
      }(std::make_integer_sequence<int, sizeof...(Stages)>{});
    }
    if constexpr (Sums::count > 0) {
      context.sync();
      Sums::leave(context, shape, sums);
    }
  }

 private:
  template <class Stage, class Context, class Arguments, class Shared>
  SINTER_DEVICE static void fetch(Context& context, const Arguments& arguments, Shared& to) {
    Stage::each([&]<class Product>() {
      using operand = chain_weights<Product>;
      operand::template fetch<Fast>(context, arguments,
                                    context.template cast<typename operand::half>(to));
      to = to + operand::elements;
    });
  }

  template <class Stage, class Context, class Arguments, class Shared>
  SINTER_DEVICE static void run(Context& context, const Arguments& arguments, index rows, index row,
                                registers& values, Shared& from) {
    constexpr int count = Stage::count > 0 ? Stage::count : 1;
    float sums[count][Down][Stage::tiles][4] = {};  // 16 rows, 8 columns, registers
    Stage::each([&]<class Product>() {
      multiply<Product>(context, arguments, rows, row, values, from, sums[Product::number]);
      from = from + chain_weights<Product>::elements;
    });
    finish<Stage>(context, arguments, rows, row, values, sums);
  }

  template <class Product, class Context, class Arguments, class Shared, int Tiles>
  SINTER_DEVICE static void multiply(Context& context, const Arguments& arguments, index rows,
                                     index row, registers& values, Shared weights,
                                     float (&sums)[Down][Tiles][4]) {
    using operand = chain_weights<Product>;
    using half = typename operand::half;
    const auto right = context.template cast<half>(weights);
    const auto step = [&](const std::uint32_t (&fragment)[Down][4], int k) {
      SINTER_UNROLL
      for (int j = 0; j < Tiles; j += 2) {
        std::uint32_t pairs[4];
        operand::load(context, pairs, right, k, 8 * j);
        SINTER_UNROLL
        for (int i = 0; i < Down; ++i) {
          SINTER_UNROLL
          for (int n = 0; n < 2; ++n) {
            const std::uint32_t pair[2] = {pairs[2 * n], pairs[2 * n + 1]};
            context.template multiply<half>(sums[i][j + n], fragment[i], pair);
          }
        }
      }
    };
    if constexpr (!Product::left_is_plain) {
      constexpr lane_layout layout{2, 2, Fast && !Product::left_never_aligned, !Fast};
      using row_of = chain_row<Values, Down, 4, float[Down][Tiles][4]>;
      thread_code<Context, Arguments, layout, typename Product::left, row_of> code(
          context, arguments, 8, row_of{sums, values});
      if constexpr (Values::template reads<typename Product::left>) {
        unrolled<operand::steps>([&]<int K>() {  // registers have numbers, not addresses
          std::uint32_t fragment[Down][4];
          compute_left<Product>(code, context.lane(), rows, row, K, fragment);
          step(fragment, K);
        });
      } else {
        in_steps<operand::steps, 2>(step, [&](int k, std::uint32_t (&fragment)[Down][4]) {
          compute_left<Product>(code, context.lane(), rows, row, k, fragment);
        });
      }
    } else if constexpr (Values::template reads<typename Product::left>) {
      auto& from = values.template of<Product::left::template leaf_at<0>.buffer>();
      SINTER_UNROLL
      for (int k = 0; k < operand::steps; ++k) {
        std::uint32_t fragment[Down][4];
        SINTER_UNROLL
        for (int i = 0; i < Down; ++i) {
          SINTER_UNROLL
          for (int n = 0; n < 4; ++n) fragment[i][n] = from[i][2 * k + n / 2][n % 2];
        }
        step(fragment, k);
      }
    } else {
      in_steps<operand::steps, 4>(step, [&](int k, std::uint32_t (&fragment)[Down][4]) {
        load_left<Product>(context, arguments, rows, row, k, fragment);
      });
    }
  }

  /// Calls multiply(fragment, k) for each step, with left fragments that load(k, fragment) brings
  /// from memory, `AtOnce` together.
  template <int Steps, int AtOnce, class Multiply, class Load>
  SINTER_DEVICE static void in_steps(Multiply&& multiply, Load&& load) {
    SINTER_ROLLED
    for (int first = 0; first < Steps; first += AtOnce) {
      std::uint32_t fragment[AtOnce][Down][4];
      SINTER_UNROLL
      for (int k = 0; k < AtOnce; ++k) load(first + k, fragment[k]);
      SINTER_UNROLL
      for (int k = 0; k < AtOnce; ++k)
        if (first + k < Steps) multiply(fragment[k], first + k);
    }
  }

  /// A left fragment that is computed; zeros beyond the rows and beyond the terms.
  template <class Product, class Code>
  SINTER_DEVICE static void compute_left(Code& code, int lane, index rows, index row, int step,
                                         std::uint32_t (&fragment)[Down][4]) {
    using half = typename Product::half;
    code.products().piece = step;
    SINTER_UNROLL
    for (int i = 0; i < Down; ++i) {
      SINTER_UNROLL
      for (int h = 0; h < 2; ++h) {
        const index line = row + 16 * i + accumulator_row(lane, h);
        code.move(line < rows ? line : 0, 0, line < rows);
        code.products().down = i;
        code.products().half = h;
        code.at(16 * step + accumulator_column(lane, 0), chain_weights<Product>::terms);
        code.template compute_folded<0>();
        code.template compute_line<0, false>();
        SINTER_UNROLL
        for (int n = 0; n < 2; ++n)
          fragment[i][h + 2 * n] = paired(static_cast<half>(code.operand(2 * n)),
                                          static_cast<half>(code.operand(2 * n + 1)));
      }
    }
  }

  /// A left fragment from memory; zeros beyond the rows and beyond the terms.
  template <class Product, class Context, class Arguments>
  SINTER_DEVICE static void load_left(Context& context, const Arguments& arguments, index rows,
                                      index row, int step, std::uint32_t (&fragment)[Down][4]) {
    using half = typename chain_weights<Product>::half;
    constexpr int terms = chain_weights<Product>::terms;
    using code = thread_code<Context, Arguments, lane_layout{1, 1, false, !Fast},
                             typename Product::left>;
    constexpr bool in_pairs = Fast && !Product::left_never_aligned;
    const int lane = context.lane();
    code program(context, arguments, 1);
    SINTER_UNROLL
    for (int i = 0; i < Down; ++i) {
      SINTER_UNROLL
      for (int h = 0; h < 2; ++h) {
        const index line = row + 16 * i + accumulator_row(lane, h);
        program.move(line < rows ? line : 0);
        const auto from = program.plain_row();
        SINTER_UNROLL
        for (int n = 0; n < 2; ++n) {
          const int term = 16 * step + accumulator_column(lane, n);
          std::uint32_t& to = fragment[i][h + 2 * n];
          to = 0;
          if (line >= rows || term >= terms) continue;
          const bool both = terms % 2 == 0 || term + 1 < terms;
          if (in_pairs && both) {
            const auto pair = context.load(context.template cast<const pack<half, 2>>(from + term));
            to = paired(pair[0], pair[1]);
          } else {
            to = paired(context.load(from + term), both ? context.load(from + term + 1) : half{});
          }
        }
      }
    }
  }

  template <class Stage, class Context, class Arguments, class Accumulators>
  SINTER_DEVICE static void finish(Context& context, const Arguments& arguments, index rows,
                                   index row, registers& values, Accumulators& sums) {
    using main = typename Stage::main;
    constexpr int packs = Stage::tiles % 4 == 0 ? 4 : 2, pieces = Stage::tiles / packs;
    constexpr lane_layout layout{2, packs, Fast && !Stage::never_aligned, !Fast};
    using products = chain_row<Values, Down, 2 * packs, Accumulators>;
    const int lane = context.lane();
    thread_code<Context, Arguments, layout, main, products> code(context, arguments, 8,
                                                                 products{sums, values});
    fold_across<Context, 4> combine(context);
    SINTER_UNROLL
    for (int i = 0; i < Down; ++i) {
      SINTER_UNROLL
      for (int h = 0; h < 2; ++h) {
        const index line = row + 16 * i + accumulator_row(lane, h);
        const bool active = line < rows;
        code.move(active ? line : 0, 0, active);
        code.products().down = i;
        code.products().half = h;
        unrolled<main::passes>([&]<int Pass>() {
          code.template compute_folded<Pass>();
          code.template clear<Pass>();
          unrolled<pieces>([&]<int Piece>() {
            code.products().piece = Piece;
            code.at(8 * packs * Piece + accumulator_column(lane, 0), Stage::columns);
            code.template compute_line<Pass, false>();
          });
          if constexpr (main::folds != fold::none) code.template finish<Pass>(combine);
        });
        if constexpr (main::folds != fold::none) {
          code.template compute_folded<main::passes>();
          code.activate(active && lane % 4 == 0);
          code.store_folded();
        }
      }
    }
  }
};

}  // namespace sinter::device
