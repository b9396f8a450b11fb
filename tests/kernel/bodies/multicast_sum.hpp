// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Column sums of boxes of a matrix, computed twice: by two blocks of a cluster that share every
/// box. One block fetches for both, as soon as both have said that their copy of the last box may
/// be overwritten. The matrix has 32 columns of f32.

#include <cstddef>

#include "sinter/kernel/mbarrier.hpp"
#include "sinter/kernel/pack.hpp"
#include "sinter/kernel/tile.hpp"

namespace sinter::bodies {

struct multicast_sum {
  static constexpr int block_threads = 32, cluster = 2;
  static constexpr int box_rows = 8, columns = 32, box_bytes = box_rows * columns * 4;
  static constexpr std::size_t shared_bytes = box_bytes + 2 * sizeof(device::mbarrier);

  /// out: (2, columns)
  template <class Context, class Map>
  SINTER_DEVICE void operator()(Context& ctx, const Map& map, float* out, int rows) const {
    auto box = ctx.template shared<float>(box_rows * columns, device::swizzled_tile_alignment);
    auto full = ctx.template shared<device::mbarrier>(1, 8);
    auto empty = ctx.template shared<device::mbarrier>(1, 8);
    auto to = ctx.global(out, std::size_t{cluster}, std::size_t{columns});
    const int lane = ctx.lane(), rank = ctx.cluster_rank();
    const int steps = (rows + box_rows - 1) / box_rows;
    if (lane == 0) {
      ctx.mbarrier_init(full, 1);
      ctx.mbarrier_init(empty, cluster);
      ctx.fence_mbarrier_init();
    }
    ctx.cluster_sync();
    float sum = 0;
    for (int step = 0; step < steps; ++step) {
      if (lane == 0) {
        ctx.mbarrier_expect(full, box_bytes);
        ctx.mbarrier_arrive_remote(empty, 0);
        if (rank == 0) {
          ctx.mbarrier_wait(empty, step % 2);
          const device::box_place place{0, step * box_rows};
          ctx.tensor_load_multicast(box, &map, place, full, (1u << cluster) - 1);
        }
      }
      ctx.mbarrier_wait(full, step % 2);
      SINTER_UNROLL
      for (int row = 0; row < box_rows; ++row) {
        const int place = device::swizzled((row * columns + lane) * 4) / 4;
        sum += ctx.load(box + place);
      }
      ctx.sync_warp();
    }
    ctx.store(to + (rank * columns + lane), sum);
    // A block that copies for the other, or that is written to, does not leave before it.
    ctx.cluster_sync();
  }
};

}  // namespace sinter::bodies
