// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The body of large products on sm_90a, of one left operand with up to four right ones, all plain
/// f16 or bf16 memory. Blocks stay and take one tile after the other. One thread keeps tensor
/// copies of operands under way, through a ring of stages in shared memory; two warpgroups
/// multiply, each 64 rows of the tile, with their sums in registers. When a tile is done they run
/// its epilogue, and the copies for the next one go on meanwhile.
///
/// Blocks of a cluster have tiles one below the other. Each of them fetches its share of the right
/// operand's tile, for all of them.
///
/// A stage is free when all warps that read it, those of the whole cluster, have arrived at its
/// barrier `empty`; it is full when its bytes have come, which `full` counts.

#include "sinter/kernel/contract_epilogue.hpp"
#include "sinter/kernel/mbarrier.hpp"
#include "sinter/kernel/plain_operand.hpp"

namespace sinter::device {

/// The operands of `Count` products of one left operand, for a target's tensor maps.
template <class Map, int Count> struct operand_maps {
  Map left;
  Map right[Count];
};

/// What a block can have of shared memory on sm_90.
inline constexpr int most_shared_bytes_sm90 = 227 * 1024;

template <lane_layout Layout, int Columns, int Cluster, bool Whole, class Main, class First,
          class... Others>
struct warpgroup_contract_body {
  static constexpr bool needs_warpgroups = true;
  static constexpr int count = 1 + sizeof...(Others);
  static constexpr int multipliers = 2;  ///< warpgroups
  static constexpr int block_threads = 128 * (multipliers + 1);
  static constexpr int cluster = Cluster;
  static constexpr int tile_rows = 64 * multipliers, tile_columns = Columns, depth = 64;
  static_assert(count * Columns <= 256, "contract: the sums of a thread are registers");

  using left_operand = plain_operand<typename First::left, true>;
  template <class Product> using right_operand = plain_operand<typename Product::right, false>;
  using half = element_t<First::operand_type>;

  /// The epilogue meets the sums piece by piece: 8 rows of each warp, and of these 64 columns, or
  /// all where rows are folded.
  static constexpr int piece_rows = 8, piece_columns = Whole || Columns < 64 ? Columns : 64;
  static constexpr int pieces = 2 * (Columns / piece_columns);
  using epilogue =
      contract_epilogue<Layout, piece_rows, piece_columns, Whole, Main, First, Others...>;
  using index = typename epilogue::index;

  // Shared memory, in elements of 16 bits; every tile begins at a multiple of 1024 bytes.
  static constexpr int left_tile = tile_rows * depth, right_tile = Columns * depth;
  static constexpr int stage = left_tile + count * right_tile;
  static constexpr int piece_bytes = multipliers * 4 * epilogue::slots * 4;
  static constexpr int stages = [] {
    const int fitting = (most_shared_bytes_sm90 - piece_bytes - 256) / (2 * stage);
    return fitting < 8 ? fitting : 8;
  }();
  static constexpr int shared_bytes = stages * 2 * stage + piece_bytes + 256;
  static_assert(stages >= 2 && sizeof(typename epilogue::slot) == 4);

  /// The box that one copy brings: 64 neighbours times so many terms or lines. Of a right operand a
  /// block of the cluster fetches its share.
  static constexpr int box_of_left = left_operand::terms_are_neighbours ? tile_rows : depth;
  template <class Product>
  static constexpr int box_of_right =
      right_operand<Product>::terms_are_neighbours ? Columns / Cluster : depth;
  static_assert(Columns % (64 * Cluster) == 0, "contract: blocks of a cluster share whole boxes");

  /// What a block leaves in memory of its part of a tile: the registers of its multipliers.
  static constexpr int values = count * Columns / 2;
  static constexpr int partial_words = multipliers * 128 * values / 2;
  static constexpr int counters = multipliers;  ///< for each tile

  template <class Context, class Maps, class Arguments>
  SINTER_DEVICE void operator()(Context& context, const Maps& maps, Arguments arguments,
                                contract_shape shape) const {
    const auto tiles = context.template shared<half>(stages * stage, swizzled_tile_alignment);
    const auto sums = context.template shared<std::uint32_t>(piece_bytes / 4, 128);
    const auto full = context.template shared<mbarrier>(stages, 8);
    const auto empty = context.template shared<mbarrier>(stages, 8);
    const auto flags = context.template shared<int>(multipliers);
    fold_across<Context, epilogue::threads_of_row> combine(context);

    if (context.thread() == 0) {
      SINTER_UNROLL
      for (int s = 0; s < stages; ++s) {
        context.mbarrier_init(full + s, 1);
        context.mbarrier_init(empty + s, multipliers * 4 * Cluster);
      }
      context.fence_mbarrier_init();
    }
    meet(context);  // copies of the others must find the barriers
    if (context.warp() >= 4 * multipliers) {
      context.template lower_registers<24>();
      if (context.warp() == 4 * multipliers && context.elect())
        fetch(context, maps, arguments, shape, tiles, full, empty);
    } else {
      context.template raise_registers<240>();
      multiply(context, arguments, shape, tiles, sums, flags, full, empty, combine);
    }
    if constexpr (Cluster > 1) {  // the others may still arrive here
      context.sync_warp();  // the lane that fetched meets its warp
      context.cluster_sync();
    }
  }

 private:
  template <class Context> SINTER_DEVICE static void meet(Context& context) {
    if constexpr (Cluster > 1) context.cluster_sync();
    else context.sync();
  }

  /// A stage of the ring, and the parity of the barriers' phase in which it is used.
  struct ring {
    int stage = 0, parity = 0;
    SINTER_DEVICE void advance() {
      if (++stage < stages) return;
      stage = 0;
      parity ^= 1;
    }
  };

  /// Calls f(place, first term, end) for each piece of work of this block.
  template <class Context, class F>
  SINTER_DEVICE static void each_piece(Context& context, const contract_shape& shape, F&& f) {
    const index all = static_cast<index>(shape.tiles * shape.parts);
    const index inner = static_cast<index>(shape.inner[0]);
    const index terms = static_cast<index>(shape.part[0]);
    const int rank = Cluster > 1 ? context.cluster_rank() : 0;
    SINTER_ROLLED
    for (index work = context.block_x() / Cluster; work < all; work += context.grid_x() / Cluster) {
      auto at = place_of_tile<tile_rows * Cluster, Columns, Whole>(work, shape);
      at.row += rank * tile_rows;
      const index begin = at.part * terms, end = inner < begin + terms ? inner : begin + terms;
      f(at, begin, end, work);
    }
  }

  // --- The thread that fetches ------------------------------------------------------------------

  template <class Context, class Maps, class Arguments, class Tiles, class Barriers>
  SINTER_DEVICE static void fetch(Context& context, const Maps& maps, const Arguments& arguments,
                                  const contract_shape& shape, Tiles tiles, Barriers full,
                                  Barriers empty) {
    ring now;
    each_piece(context, shape, [&](const contract_place<index>& at, index begin, index end, index) {
      auto left = left_operand::place_of(arguments, at.item);
      SINTER_ROLLED
      for (index k = begin; k < end; k += depth) {
        const auto to = tiles + now.stage * stage;
        context.mbarrier_wait(empty + now.stage, now.parity ^ 1);
        context.mbarrier_expect(full + now.stage, stage * 2);
        constexpr int boxes = tile_rows * depth / (64 * box_of_left);
        SINTER_UNROLL
        for (int i = 0; i < boxes; ++i) {
          left_operand::move(left, static_cast<int>(at.row) + i * 64, static_cast<int>(k));
          context.tensor_load(to + i * (64 * depth), &maps.left, left, full + now.stage);
        }
        fetch_right<First>(context, maps, arguments, at, k, to, full + now.stage);
        (fetch_right<Others>(context, maps, arguments, at, k, to, full + now.stage), ...);
        now.advance();
      }
    });
  }

  /// A step of a right operand: this block's share of it, to all blocks of the cluster.
  template <class Product, class Context, class Maps, class Arguments, class Tiles, class Barrier>
  SINTER_DEVICE static void fetch_right(Context& context, const Maps& maps,
                                        const Arguments& arguments,
                                        const contract_place<index>& at, index k, Tiles to,
                                        Barrier full) {
    using operand = right_operand<Product>;
    constexpr int box_lines = operand::terms_are_neighbours ? Columns / Cluster : 64;
    constexpr int boxes = Columns / Cluster / box_lines;
    const int share = Cluster > 1 ? context.cluster_rank() * (Columns / Cluster) : 0;
    auto place = operand::place_of(arguments, at.item);
    SINTER_UNROLL
    for (int i = 0; i < boxes; ++i) {
      const int line = share + i * box_lines;
      operand::move(place, static_cast<int>(at.column) + line, static_cast<int>(k));
      const auto there = to + (left_tile + Product::number * right_tile + line * depth);
      const auto* const map = &maps.right[Product::number];
      if constexpr (Cluster > 1)
        context.tensor_load_multicast(there, map, place, full, (1u << Cluster) - 1);
      else
        context.tensor_load(there, map, place, full);
    }
  }

  // --- The warpgroups that multiply -------------------------------------------------------------

  template <class Context> using accumulator = typename Context::template accumulator<Columns>;

  template <class Context, class Arguments, class Tiles, class Sums, class Flags, class Barriers,
            class Combine>
  SINTER_DEVICE static void multiply(Context& context, const Arguments& arguments,
                                     const contract_shape& shape, Tiles tiles, Sums sums,
                                     Flags flags, Barriers full, Barriers empty,
                                     Combine& combine) {
    const int group = context.warp() / 4;
    ring now;
    accumulator<Context> own[count];  // 64 rows of each product
    each_piece(context, shape, [&](contract_place<index> at, index begin, index end, index work) {
      int before = 0;
      SINTER_ROLLED
      for (index k = begin; k < end; k += depth) {
        const auto from = tiles + now.stage * stage;
        context.mbarrier_wait(full + now.stage, now.parity);
        context.wgmma_fence(own);
        SINTER_UNROLL
        for (int term = 0; term < depth; term += 16) {
          const auto left = from + (group * (64 * depth) +
                                    warpgroup_terms_at(left_operand::along, term));
          const auto right = from + left_tile;
          const bool add = k > begin || term > 0;
          multiply_one<First>(context, own, left, right, term, add);
          (multiply_one<Others>(context, own, left, right, term, add), ...);
        }
        context.wgmma_commit();
        context.template wgmma_wait<1>();
        // The products of the step before are done, so its stage may be filled again.
        if (k > begin) release(context, empty + before);
        before = now.stage;
        now.advance();
      }
      context.template wgmma_wait<0>(own);
      release(context, empty + before);
      at.row += group * 64;
      if (shape.parts > 1 && !add_parts(context, shape, own, flags + group, group, at.part, work))
        return;
      finish(context, arguments, shape, own, sums, at, combine);
    });
  }

  template <class Product, class Context, class Tile>
  SINTER_DEVICE static void multiply_one(Context& context, accumulator<Context> (&own)[count],
                                         Tile left, Tile right, int term, bool accumulate) {
    constexpr neighbours along = right_operand<Product>::along;
    context.template wgmma<half, left_operand::along, along>(
        own[Product::number], left,
        right + (Product::number * right_tile + warpgroup_terms_at(along, term)), accumulate);
  }

  /// Tells all blocks that fetch for this warp that it has read a stage.
  template <class Context, class Barrier>
  SINTER_DEVICE static void release(Context& context, Barrier empty) {
    if constexpr (Cluster > 1) {
      if (context.lane() < Cluster) context.mbarrier_arrive_remote(empty, context.lane());
    } else {
      if (context.lane() == 0) context.mbarrier_arrive(empty);
    }
  }

  /// Leaves a warpgroup's part of the sums in memory. The last of a tile's parts then adds up all
  /// of them, in the order of k, and goes on.
  template <class Context, class Flag>
  SINTER_DEVICE static bool add_parts(Context& context, const contract_shape& shape,
                                      accumulator<Context> (&own)[count], Flag flag, int group,
                                      index part, index work) {
    using four = pack<float, 4>;
    const index parts = static_cast<index>(shape.parts);
    const index rank = Cluster > 1 ? context.cluster_rank() : 0;
    const auto pieces_of_all = static_cast<std::size_t>(shape.tiles) * Cluster * multipliers;
    const auto partial = context.template cast<float>(context.global(
        shape.partial, pieces_of_all * static_cast<std::size_t>(parts) * (64 * values)));
    const auto counter = context.global(shape.finished, pieces_of_all);
    const index piece = (work / parts * Cluster + rank) * multipliers + group;
    const int thread = context.thread() % 128;
    const auto place = [&](index p, int i) {
      return context.template cast<four>(partial +
                                         ((piece * parts + p) * values + 4 * i) * 128 + 4 * thread);
    };
    const auto sync = [&] { context.sync_named(1 + group, 128); };
    SINTER_UNROLL
    for (int i = 0; i < values / 4; ++i) {
      const int q = 4 * i / (Columns / 2), at = 4 * i % (Columns / 2);
      context.store(place(part, i), four{{own[q].at(at), own[q].at(at + 1), own[q].at(at + 2),
                                          own[q].at(at + 3)}});
    }
    sync();
    if (!is_last(context, counter + piece, flag, static_cast<unsigned>(parts), thread == 0, sync))
      return false;
    SINTER_UNROLL
    for (int i = 0; i < values / 4; i += 8) {  // eight loads at a time, for registers' sake
      four sum[8];
      SINTER_UNROLL
      for (int j = 0; j < 8; ++j) sum[j] = context.load(place(0, i + j));
      SINTER_ROLLED
      for (index p = 1; p < parts; ++p) {
        SINTER_UNROLL
        for (int j = 0; j < 8; ++j) {
          const four next = context.load(place(p, i + j));
          SINTER_UNROLL
          for (int n = 0; n < 4; ++n) sum[j][n] += next[n];
        }
      }
      SINTER_UNROLL
      for (int j = 0; j < 8; ++j) {
        const int q = 4 * (i + j) / (Columns / 2), at = 4 * (i + j) % (Columns / 2);
        SINTER_UNROLL
        for (int n = 0; n < 4; ++n) own[q].at(at + n) = sum[j][n];
      }
    }
    return true;
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
            const int register_ = 4 * (first / 8 + j) + 2 * half_of_rows;
            epilogue::leave_pair(context, piece + q * (piece_rows * piece_columns),
                                 accumulator_row(lane, 0), accumulator_column(lane, j),
                                 own[q].at(register_), own[q].at(register_ + 1));
          }
        }
      });
      context.sync_warp();
      at.row = row + p % 2 * piece_rows;
      at.column = column + p / 2 * piece_columns;
      epilogue::run(context, arguments, shape, piece, at, lane, 32, combine);
    }
  }
};

}  // namespace sinter::device
