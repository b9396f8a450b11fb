// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What bodies of `contract` kernels on warpgroups have in common. Blocks stay and take one piece
/// of work after the other: a tile, or a part of its sums. One thread keeps tensor copies of
/// operands under way, through a ring of stages in shared memory; warpgroups multiply, with their
/// sums in registers.
///
/// A stage is free when all warps that read it, those of the whole cluster, have arrived at its
/// barrier `empty`; it is full when its bytes have come, which `full` counts.

#include "sinter/kernel/contract_epilogue.hpp"
#include "sinter/kernel/matrix_element.hpp"
#include "sinter/kernel/mbarrier.hpp"
#include "sinter/kernel/plain_operand.hpp"

namespace sinter::device {

/// The operands of `Count` products of one left operand, for a target's tensor maps.
template <class Map, int Count> struct operand_maps {
  Map left;
  Map right[Count];
};

/// `Count` products of a matrix_element, of which a thread's part is an accumulator of `Width`
/// columns.
template <class Index, int Cluster, class Element, int Count, int Width> struct warpgroup_work {
  static constexpr bool needs_warpgroups = true;
  static constexpr int count = Count, cluster = Cluster;
  static constexpr int multipliers = 2;  ///< warpgroups
  static constexpr int block_threads = 128 * (multipliers + 1);
  static constexpr int depth = Element::tile_terms;  ///< terms of a step
  using index = Index;
  using memory = typename Element::memory;
  using sum = typename Element::sum;

  /// What a block leaves in memory of its part of a tile: the registers of its multipliers.
  static constexpr int values = Count * Width / 2;
  static constexpr int partial_words = multipliers * 128 * values / 2;
  static constexpr int counters = multipliers;  ///< for each tile

  template <class Context> using accumulator = typename Context::template accumulator<Width, sum>;

  /// As many stages of so many elements as fit beside other bytes, 8 at the most.
  static constexpr int stages_of(int stage, int others) {
    const int fitting = (most_shared_bytes_sm90 - others - 256) / (stage * Element::bytes);
    return fitting < 8 ? fitting : 8;
  }
  /// What a block takes of shared memory with so many.
  static constexpr int bytes_of(int stages, int stage, int others) {
    return stages * stage * Element::bytes + others + 256;
  }

  /// A stage of the ring, and the parity of the barriers' phase in which it is used.
  template <int Stages> struct ring {
    int stage = 0, parity = 0;
    SINTER_DEVICE void advance() {
      if (++stage < Stages) return;
      stage = 0;
      parity ^= 1;
    }
  };

  /// A kernel from beginning to end. A `Body` names its tiles (tile_rows, tile_columns,
  /// whole_rows), what a stage holds (stage, stages), its epilogue and the bytes that this takes of
  /// shared memory (piece_bytes), and gives what is its own:
  ///
  ///     fetch(context, maps, arguments, at, k, to, arrived)   the copies of a step
  ///     each_product(f)                                       f<Product>() for all of them
  ///     multiply<Product>(context, own, from, group, add)     one of them in a step
  ///     part_of(at, group)                                    a warpgroup's place in a tile
  ///     finish(context, arguments, shape, own, sums, at, combine)
  template <class Body, class Context, class Maps, class Arguments>
  SINTER_DEVICE static void run(Context& context, const Maps& maps, const Arguments& arguments,
                                const contract_shape& shape) {
    constexpr int stages = Body::stages;
    const auto tiles =
        context.template shared<memory>(stages * Body::stage, swizzled_tile_alignment);
    const auto sums = context.template shared<std::uint32_t>(Body::piece_bytes / 4, 128);
    const auto full = context.template shared<mbarrier>(stages, 8);
    const auto empty = context.template shared<mbarrier>(stages, 8);
    const auto flags = context.template shared<int>(multipliers);
    fold_across<Context, Body::epilogue::threads_of_row> combine(context);
    if (context.thread() == 0) {
      SINTER_UNROLL
      for (int s = 0; s < stages; ++s) {
        context.mbarrier_init(full + s, 1);
        context.mbarrier_init(empty + s, multipliers * 4 * Cluster);
      }
      context.fence_mbarrier_init();
    }
    if constexpr (Cluster > 1) context.cluster_sync();  // copies of others must find the barriers
    else context.sync();
    if (context.warp() >= 4 * multipliers) {
      context.template lower_registers<24>();
      if (context.warp() == 4 * multipliers && context.elect())
        fetch_all<Body>(context, maps, arguments, shape, tiles, full, empty);
    } else {
      context.template raise_registers<240>();
      multiply_all<Body>(context, arguments, shape, tiles, sums, flags, full, empty, combine);
    }
    if constexpr (Cluster > 1) {  // the others may still arrive here
      context.sync_warp();  // the lane that fetched meets its warp
      context.cluster_sync();
    }
  }

  /// Calls f(place, first term, end, number) for each piece of work of this block.
  template <class Body, class Context, class F>
  SINTER_DEVICE static void each_piece(Context& context, const contract_shape& shape, F&& f) {
    const index all = static_cast<index>(shape.tiles * shape.parts);
    const index inner = static_cast<index>(shape.inner[0]);
    const index terms = static_cast<index>(shape.part[0]);
    const int rank = Cluster > 1 ? context.cluster_rank() : 0;
    SINTER_ROLLED
    for (index work = context.block_x() / Cluster; work < all; work += context.grid_x() / Cluster) {
      auto at = place_of_tile<Body::tile_rows * Cluster, Body::tile_columns, Body::whole_rows>(
          work, shape);
      at.row += rank * Body::tile_rows;
      const index begin = at.part * terms, end = inner < begin + terms ? inner : begin + terms;
      f(at, begin, end, work);
    }
  }

  /// The box that one copy brings of `Lines` lines: 128 bytes of neighbours times so many lines or
  /// terms.
  template <class Operand, int Lines>
  static constexpr int box = Operand::terms_are_neighbours ? Lines : depth;
  /// Elements of a stage that they take.
  template <class Operand, int Lines>
  static constexpr int tile = (Operand::terms_are_neighbours ? Lines : (Lines + 63) / 64 * 64) *
                              depth;

  /// Starts the copies of `Lines` lines from `line` on, to this block or to the whole cluster.
  template <class Operand, int Lines, bool All, class Context, class Map, class Tile, class Barrier>
  SINTER_DEVICE static void fetch_lines(Context& context, const Map& map,
                                        typename Operand::place place, index line, index term,
                                        Tile to, Barrier full) {
    constexpr int box_lines = Operand::terms_are_neighbours ? Lines : 64;
    SINTER_UNROLL
    for (int i = 0; i < Lines; i += box_lines) {
      Operand::move(place, static_cast<int>(line) + i, static_cast<int>(term));
      if constexpr (All && Cluster > 1)
        context.tensor_load_multicast(to + i * depth, &map, place, full, (1u << Cluster) - 1);
      else
        context.tensor_load(to + i * depth, &map, place, full);
    }
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

  template <class Body, class Context, class Maps, class Arguments, class Tiles, class Barriers>
  SINTER_DEVICE static void fetch_all(Context& context, const Maps& maps,
                                      const Arguments& arguments, const contract_shape& shape,
                                      Tiles tiles, Barriers full, Barriers empty) {
    ring<Body::stages> now;
    each_piece<Body>(context, shape, [&](const auto& at, index begin, index end, index) {
      SINTER_ROLLED
      for (index k = begin; k < end; k += depth) {
        context.mbarrier_wait(empty + now.stage, now.parity ^ 1);
        context.mbarrier_expect(full + now.stage, Body::stage * Element::bytes);
        Body::fetch(context, maps, arguments, at, k, tiles + now.stage * Body::stage,
                    full + now.stage);
        now.advance();
      }
    });
  }

  template <class Body, class Context, class Arguments, class Tiles, class Sums, class Flags,
            class Barriers, class Combine>
  SINTER_DEVICE static void multiply_all(Context& context, const Arguments& arguments,
                                         const contract_shape& shape, Tiles tiles, Sums sums,
                                         Flags flags, Barriers full, Barriers empty,
                                         Combine& combine) {
    const int group = context.warp() / 4;
    ring<Body::stages> now;
    accumulator<Context> own[Count];
    each_piece<Body>(context, shape, [&](const auto& at, index begin, index end, index piece) {
      if constexpr (Element::short_sums)
        multiply_in_steps<Body>(context, own, tiles, group, begin, end, now, full, empty);
      else
        multiply_piece<Body>(context, own, tiles, group, begin, end, now, full, empty);
      if (shape.parts > 1 && !add_parts(context, shape, own, flags + group, group, at.part, piece))
        return;
      Body::finish(context, arguments, shape, own, sums, Body::part_of(at, group), combine);
    });
  }

  template <class Body, class Context, class Tiles, class Ring, class Barriers>
  SINTER_DEVICE static void multiply_piece(Context& context, accumulator<Context> (&own)[Count],
                                           Tiles tiles, int group, index begin, index end,
                                           Ring& now, Barriers full, Barriers empty) {
    int before = 0;
    SINTER_ROLLED
    for (index k = begin; k < end; k += depth) {
      context.mbarrier_wait(full + now.stage, now.parity);
      context.wgmma_fence(own);
      Body::each_product([&]<class Product>() {
        Body::template multiply<Product>(context, own[Product::number],
                                         tiles + now.stage * Body::stage, group, k > begin);
      });
      context.wgmma_commit();
      context.template wgmma_wait<1>();
      // The products of the step before are done, so its stage may be filled again.
      if (k > begin) release(context, empty + before);
      before = now.stage;
      now.advance();
    }
    context.template wgmma_wait<0>(own);
    release(context, empty + before);
  }

  /// The same where the units' sums are short: they begin again with every step, product by product
  /// in the same registers, and are added up beside them. The other warpgroup multiplies meanwhile.
  template <class Body, class Context, class Tiles, class Ring, class Barriers>
  SINTER_DEVICE static void multiply_in_steps(Context& context, accumulator<Context> (&own)[Count],
                                              Tiles tiles, int group, index begin, index end,
                                              Ring& now, Barriers full, Barriers empty) {
    accumulator<Context> step;
    SINTER_UNROLL
    for (int q = 0; q < Count; ++q) {
      SINTER_UNROLL
      for (int i = 0; i < Width / 2; ++i) own[q].at(i) = 0;
    }
    SINTER_ROLLED
    for (index k = begin; k < end; k += depth) {
      context.mbarrier_wait(full + now.stage, now.parity);
      Body::each_product([&]<class Product>() {
        context.wgmma_fence(step);
        Body::template multiply<Product>(context, step, tiles + now.stage * Body::stage, group,
                                         false);
        context.wgmma_commit();
        context.template wgmma_wait<0>(step);
        if (Product::number == Count - 1) release(context, empty + now.stage);
        SINTER_UNROLL
        for (int i = 0; i < Width / 2; ++i) own[Product::number].at(i) += step.at(i);
      });
      now.advance();
    }
  }

  /// Leaves a warpgroup's part of the sums in memory. The last of a tile's parts then adds up all
  /// of them, in the order of k, and goes on.
  template <class Context, class Flag>
  SINTER_DEVICE static bool add_parts(Context& context, const contract_shape& shape,
                                      accumulator<Context> (&own)[Count], Flag flag, int group,
                                      index part, index work) {
    using four = pack<sum, 4>;
    const index parts = static_cast<index>(shape.parts);
    const index rank = Cluster > 1 ? context.cluster_rank() : 0;
    const auto pieces_of_all = static_cast<std::size_t>(shape.tiles) * Cluster * multipliers;
    const auto partial = context.template cast<sum>(context.global(
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
      const int q = 4 * i / (Width / 2), at = 4 * i % (Width / 2);
      context.store(place(part, i), four{{own[q].at(at), own[q].at(at + 1), own[q].at(at + 2),
                                          own[q].at(at + 3)}});
    }
    sync();
    if (!is_last(context, counter + piece, flag, static_cast<unsigned>(parts), thread == 0, sync))
      return false;
    constexpr int loads = [] {  // at a time; more would take too many registers
      int most = 8;
      while (values / 4 % most != 0) --most;
      return most;
    }();
    SINTER_UNROLL
    for (int i = 0; i < values / 4; i += loads) {
      four total[loads];
      SINTER_UNROLL
      for (int j = 0; j < loads; ++j) total[j] = context.load(place(0, i + j));
      SINTER_ROLLED
      for (index p = 1; p < parts; ++p) {
        SINTER_UNROLL
        for (int j = 0; j < loads; ++j) {
          const four next = context.load(place(p, i + j));
          SINTER_UNROLL
          for (int n = 0; n < 4; ++n) total[j][n] += next[n];
        }
      }
      SINTER_UNROLL
      for (int j = 0; j < loads; ++j) {
        const int q = 4 * (i + j) / (Width / 2), at = 4 * (i + j) % (Width / 2);
        SINTER_UNROLL
        for (int n = 0; n < 4; ++n) own[q].at(at + n) = total[j][n];
      }
    }
    return true;
  }
};

}  // namespace sinter::device
