// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The body of products of few rows on sm_90a: their time is that of the right operand's way from
/// memory. Operands change places: `wgmma` takes 64 columns of the right operand where it has rows,
/// and the few rows where it has columns, 8 at least, so that no tile is filled up with rows that
/// are not there. A block has 128 columns of up to four products of one left operand, and keeps as
/// many bytes of them under way as its shared memory holds (warpgroup_work.hpp).

#include "sinter/kernel/warpgroup_work.hpp"

namespace sinter::device {

template <lane_layout Layout, int Rows, class Main, class First, class... Others>
struct few_rows_body : warpgroup_work<index_of<Layout>, 1, matrix_element<First::format>,
                                      1 + sizeof...(Others), Rows> {
  using element = matrix_element<First::format>;
  using work = warpgroup_work<index_of<Layout>, 1, element, 1 + sizeof...(Others), Rows>;
  using work::count, work::multipliers, work::depth;
  using typename work::index;
  template <class Context> using accumulator = typename work::template accumulator<Context>;
  static_assert(Rows % 8 == 0 && Rows <= 64);

  static constexpr int tile_rows = Rows, tile_columns = 64 * multipliers;
  static constexpr bool whole_rows = false;

  using left_operand = plain_operand<typename First::left, true>;
  template <class Product> using right_operand = plain_operand<typename Product::right, false>;
  static constexpr int box_of_left = work::template box<left_operand, Rows>;
  template <class Product>
  static constexpr int box_of_right = work::template box<right_operand<Product>, tile_columns>;

  /// The epilogue meets the sums of a warpgroup piece by piece: up to 16 rows of 64 columns.
  static constexpr int piece_rows = Rows < 16 ? Rows : 16, pieces = Rows / piece_rows;
  using epilogue = contract_epilogue<Layout, piece_rows, 64, false, Main, First, Others...>;

  // Shared memory, in elements; every tile begins at a multiple of 1024 bytes.
  static constexpr int right_tile = tile_columns * depth;
  static constexpr int left_tile = work::template tile<left_operand, Rows>;
  static constexpr int stage = count * right_tile + left_tile;
  static constexpr int piece_bytes = multipliers * epilogue::slots * 4;
  static constexpr int stages = work::stages_of(stage, piece_bytes);
  static constexpr int shared_bytes = work::bytes_of(stages, stage, piece_bytes);
  static_assert(stages >= 2 && pieces * piece_rows == Rows);

  template <class Context, class Maps, class Arguments>
  SINTER_DEVICE void operator()(Context& context, const Maps& maps, Arguments arguments,
                                contract_shape shape) const {
    work::template run<few_rows_body>(context, maps, arguments, shape);
  }

  // --- What warpgroup_work asks for -------------------------------------------------------------

  template <class Context, class Maps, class Arguments, class Tile, class Barrier>
  SINTER_DEVICE static void fetch(Context& context, const Maps& maps, const Arguments& arguments,
                                  const contract_place<index>& at, index k, Tile to,
                                  Barrier arrived) {
    fetch_right<First>(context, maps, arguments, at, k, to, arrived);
    (fetch_right<Others>(context, maps, arguments, at, k, to, arrived), ...);
    work::template fetch_lines<left_operand, Rows, false>(
        context, maps.left, left_operand::place_of(arguments, at.item), at.row, k,
        to + count * right_tile, arrived);
  }

  template <class F> SINTER_DEVICE static void each_product(F&& f) {
    f.template operator()<First>();
    (f.template operator()<Others>(), ...);
  }
  template <class Product, class Context, class Tile>
  SINTER_DEVICE static void multiply(Context& context, accumulator<Context>& own, Tile from,
                                     int group, bool add) {
    constexpr neighbours down = right_operand<Product>::along, along = left_operand::along;
    const auto right = from + (group * (64 * depth) + Product::number * right_tile);
    const auto left = from + count * right_tile;
    SINTER_UNROLL
    for (int term = 0; term < depth; term += element::terms)
      context.template wgmma<typename element::type, down, along>(
          own, right + warpgroup_terms_at(down, term), left + warpgroup_terms_at(along, term),
          add || term > 0);
  }

  SINTER_DEVICE static contract_place<index> part_of(contract_place<index> at, int group) {
    at.column += group * 64;
    return at;
  }

  /// The epilogue of a warpgroup's 64 columns: a piece at a time goes through shared memory, where
  /// its rows and columns change places again.
  template <class Context, class Arguments, class Sums, class Combine>
  SINTER_DEVICE static void finish(Context& context, const Arguments& arguments,
                                   const contract_shape& shape, accumulator<Context> (&own)[count],
                                   Sums sums, contract_place<index> at, Combine& combine) {
    const int group = context.warp() / 4, lane = context.lane();
    const auto piece = sums + group * epilogue::slots;
    const auto sync = [&] { context.sync_named(1 + group, 128); };
    const index row = at.row;
    SINTER_ROLLED
    for (int p = 0; p < pieces; ++p) {
      sync();  // the last piece has been read
      unrolled<pieces>([&]<int P>() {
        if (p != P) return;
        SINTER_UNROLL
        for (int q = 0; q < count; ++q) {
          SINTER_UNROLL
          for (int i = 0; i < piece_rows / 2; ++i) {  // registers of a thread
            const int column = context.warp() % 4 * 16 + accumulator_row(lane, i / 2 % 2);
            const int r = accumulator_column(lane, i / 4) + i % 2;
            const auto to = piece + (q * (piece_rows * 64) + epilogue::place(r, column));
            context.store(context.template cast<typename work::sum>(to),
                          own[q].at(P * (piece_rows / 2) + i));
          }
        }
      });
      sync();
      at.row = row + p * piece_rows;
      epilogue::run(context, arguments, shape, piece, at, context.thread() % 128, 128, combine);
    }
  }

 private:
  template <class Product, class Context, class Maps, class Arguments, class Tile, class Barrier>
  SINTER_DEVICE static void fetch_right(Context& context, const Maps& maps,
                                        const Arguments& arguments,
                                        const contract_place<index>& at, index k, Tile to,
                                        Barrier arrived) {
    using operand = right_operand<Product>;
    work::template fetch_lines<operand, tile_columns, false>(
        context, maps.right[Product::number], operand::place_of(arguments, at.item), at.column, k,
        to + Product::number * right_tile, arrived);
  }
};

}  // namespace sinter::device
