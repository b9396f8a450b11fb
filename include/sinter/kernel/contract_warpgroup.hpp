// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The body of large products on sm_90a, of one left operand with up to four right ones, all plain
/// memory of one matrix_format. Each of two warpgroups has 64 rows of the tile
/// (warpgroup_work.hpp). When a tile is done they run its epilogue, and the copies for the next one
/// go on meanwhile. Blocks of a cluster have tiles one below the other; each of them fetches its
/// share of the right operand's tile, for all of them.

#include "sinter/kernel/warpgroup_work.hpp"

namespace sinter::device {

template <lane_layout Layout, int Columns, int Cluster, bool Whole, class Main, class First,
          class... Others>
struct warpgroup_contract_body
    : warpgroup_work<index_of<Layout>, Cluster, matrix_element<First::format>,
                     1 + sizeof...(Others), Columns> {
  using element = matrix_element<First::format>;
  using work =
      warpgroup_work<index_of<Layout>, Cluster, element, 1 + sizeof...(Others), Columns>;
  using work::count, work::multipliers, work::depth;
  using typename work::index;
  template <class Context> using accumulator = typename work::template accumulator<Context>;

  static constexpr int tile_rows = 64 * multipliers, tile_columns = Columns;
  static constexpr bool whole_rows = Whole;
  static constexpr int share = Columns / Cluster;  ///< columns that a block fetches
  static_assert(count * Columns <= 256, "contract: the sums of a thread are registers");
  static_assert(!element::short_sums || (count + 1) * Columns <= 384,
                "contract: so are those of a step");
  static_assert(Columns % (64 * Cluster) == 0, "contract: blocks of a cluster share whole boxes");

  using left_operand = plain_operand<typename First::left, true>;
  template <class Product> using right_operand = plain_operand<typename Product::right, false>;
  static constexpr int box_of_left = work::template box<left_operand, tile_rows>;
  template <class Product>
  static constexpr int box_of_right = work::template box<right_operand<Product>, share>;

  /// The epilogue meets the sums piece by piece: 8 rows of each warp, and of these 64 columns, or
  /// all where rows are folded.
  static constexpr int piece_rows = 8, piece_columns = Whole ? Columns : 64;
  static constexpr int pieces = 2 * (Columns / piece_columns);
  using epilogue =
      contract_epilogue<Layout, piece_rows, piece_columns, Whole, Main, First, Others...>;

  // Shared memory, in elements; every tile begins at a multiple of 1024 bytes.
  static constexpr int left_tile = tile_rows * depth, right_tile = Columns * depth;
  static constexpr int stage = left_tile + count * right_tile;
  static constexpr int piece_bytes = multipliers * 4 * epilogue::slots * 4;
  static constexpr int stages = work::stages_of(stage, piece_bytes);
  static constexpr int shared_bytes = work::bytes_of(stages, stage, piece_bytes);
  static_assert(stages >= 2);

  template <class Context, class Maps, class Arguments>
  SINTER_DEVICE void operator()(Context& context, const Maps& maps, Arguments arguments,
                                contract_shape shape) const {
    work::template run<warpgroup_contract_body>(context, maps, arguments, shape);
  }

  // --- What warpgroup_work asks for -------------------------------------------------------------

  template <class Context, class Maps, class Arguments, class Tile, class Barrier>
  SINTER_DEVICE static void fetch(Context& context, const Maps& maps, const Arguments& arguments,
                                  const contract_place<index>& at, index k, Tile to,
                                  Barrier arrived) {
    work::template fetch_lines<left_operand, tile_rows, false>(
        context, maps.left, left_operand::place_of(arguments, at.item), at.row, k, to, arrived);
    fetch_right<First>(context, maps, arguments, at, k, to + left_tile, arrived);
    (fetch_right<Others>(context, maps, arguments, at, k, to + left_tile, arrived), ...);
  }

  template <class F> SINTER_DEVICE static void each_product(F&& f) {
    f.template operator()<First>();
    (f.template operator()<Others>(), ...);
  }
  template <class Product, class Context, class Tile>
  SINTER_DEVICE static void multiply(Context& context, accumulator<Context>& own, Tile from,
                                     int group, bool add) {
    constexpr neighbours down = left_operand::along, along = right_operand<Product>::along;
    const auto left = from + group * (64 * depth);
    const auto right = from + (left_tile + Product::number * right_tile);
    SINTER_UNROLL
    for (int term = 0; term < depth; term += element::terms)
      context.template wgmma<typename element::type, down, along>(
          own, left + warpgroup_terms_at(down, term), right + warpgroup_terms_at(along, term),
          add || term > 0);
  }

  SINTER_DEVICE static contract_place<index> part_of(contract_place<index> at, int group) {
    at.row += group * 64;
    return at;
  }

  /// The epilogue of a warp's 16 rows: a piece at a time goes through shared memory, which no other
  /// warp touches.
  template <class Context, class Arguments, class Sums, class Combine>
  SINTER_DEVICE static void finish(Context& context, const Arguments& arguments,
                                   const contract_shape& shape, accumulator<Context> (&own)[count],
                                   Sums sums, contract_place<index> at, Combine& combine) {
    const auto piece = sums + context.warp() * epilogue::slots;
    const int lane = context.lane();
    at.row += context.warp() % 4 * 16;
    const index row = at.row, column = at.column;
    SINTER_ROLLED  // one epilogue; only which registers it meets is unrolled
    for (int p = 0; p < pieces; ++p) {
      context.sync_warp();  // the last piece has been read
      unrolled<pieces>([&]<int P>() {
        constexpr int half_of_rows = P % 2, first = P / 2 * piece_columns;
        if (p != P) return;
        SINTER_UNROLL
        for (int q = 0; q < count; ++q) {
          SINTER_UNROLL
          for (int j = 0; j < piece_columns / 8; ++j) {
            const int i = 4 * (first / 8 + j) + 2 * half_of_rows;
            epilogue::leave_pair(context, piece + q * (piece_rows * piece_columns),
                                 accumulator_row(lane, 0), accumulator_column(lane, j),
                                 own[q].at(i), own[q].at(i + 1));
          }
        }
      });
      context.sync_warp();
      at.row = row + p % 2 * piece_rows;
      at.column = column + p / 2 * piece_columns;
      epilogue::run(context, arguments, shape, piece, at, lane, 32, combine);
    }
  }

 private:
  /// This block's share of a right operand's step, to all blocks of the cluster.
  template <class Product, class Context, class Maps, class Arguments, class Tile, class Barrier>
  SINTER_DEVICE static void fetch_right(Context& context, const Maps& maps,
                                        const Arguments& arguments,
                                        const contract_place<index>& at, index k, Tile to,
                                        Barrier arrived) {
    using operand = right_operand<Product>;
    const int first = Cluster > 1 ? context.cluster_rank() * share : 0;
    work::template fetch_lines<operand, share, true>(
        context, maps.right[Product::number], operand::place_of(arguments, at.item),
        at.column + first, k, to + (Product::number * right_tile + first * depth), arrived);
  }
};

}  // namespace sinter::device
