// SPDX-License-Identifier: Apache-2.0
#pragma once

/// y = a x for a matrix of floats, with warps that specialise: one fetches tiles, four use them,
/// and two barriers per stage keep them apart. Tiles come by bulk copies, or by the copies of
/// single threads that sm_80 has. The number of columns is a multiple of 4.

#include <cstddef>

#include "sinter/kernel/mbarrier.hpp"
#include "sinter/kernel/pack.hpp"

namespace sinter::bodies {

template <bool Bulk>
struct pipeline {
  static constexpr int consumer_warps = 4, block_threads = 32 * (consumer_warps + 1);
  static constexpr int tile_rows = 64, tile_columns = 32, stages = 2;
  static constexpr std::size_t shared_bytes =
      stages * (tile_rows * tile_columns * sizeof(float) + 2 * sizeof(device::mbarrier));

  template <class Context>
  SINTER_DEVICE void operator()(Context& ctx, const float* a, const float* x, float* y, int m,
                                int k) const {
    auto tiles = ctx.template shared<float>(stages * tile_rows * tile_columns, 128);
    auto full = ctx.template shared<device::mbarrier>(stages, 8);
    auto empty = ctx.template shared<device::mbarrier>(stages, 8);
    const auto depth = static_cast<std::size_t>(k);
    auto matrix = ctx.global(a, static_cast<std::size_t>(m), depth);
    auto vector = ctx.global(x, depth);
    auto to = ctx.global(y, static_cast<std::size_t>(m));
    const int row0 = ctx.block_x() * tile_rows;
    const int rows = m - row0 < tile_rows ? m - row0 : tile_rows;
    const int steps = (k + tile_columns - 1) / tile_columns;
    const auto width = [&](int step) {
      const int left = k - step * tile_columns;
      return left < tile_columns ? left : tile_columns;
    };

    if (ctx.thread() == 0) {
      for (int stage = 0; stage < stages; ++stage) {
        ctx.mbarrier_init(full + stage, Bulk ? 1 : 32);
        ctx.mbarrier_init(empty + stage, consumer_warps);
      }
      if constexpr (Bulk) ctx.fence_mbarrier_init();
    }
    ctx.sync();

    if (ctx.warp() == consumer_warps) {
      for (int step = 0; step < steps; ++step) {
        const int stage = step % stages, use = step / stages % 2;
        ctx.mbarrier_wait(empty + stage, use ^ 1);
        const int bytes = width(step) * 4;
        auto tile = tiles + stage * tile_rows * tile_columns;
        if constexpr (Bulk) {
          // Bytes may arrive before they are expected; the phase cannot end before they are.
          if (ctx.lane() == 0) ctx.mbarrier_expect(full + stage, rows * bytes);
        }
        for (int row = ctx.lane(); row < rows; row += 32) {
          auto to_row = tile + row * tile_columns;
          auto from_row = matrix + (std::size_t(row0 + row) * depth + step * tile_columns);
          if constexpr (Bulk) {
            ctx.bulk_load(to_row, from_row, bytes, full + stage);
          } else {
            for (int i = 0; i < bytes / 4; i += 4) {
              ctx.template copy_async<16>(to_row + i, from_row + i);
            }
          }
        }
        if constexpr (!Bulk) ctx.mbarrier_arrive_after_copies(full + stage);
      }
    } else {
      const int row = ctx.thread() / 2, half = ctx.thread() % 2;
      float sum = 0;
      for (int step = 0; step < steps; ++step) {
        const int stage = step % stages, use = step / stages % 2;
        ctx.mbarrier_wait(full + stage, use);
        auto tile = tiles + (stage * tile_rows + row) * tile_columns;
        for (int i = half; row < rows && i < width(step); i += 2) {
          const float factor = ctx.load(vector + (step * tile_columns + i));
          sum += factor * ctx.load(tile + i);
        }
        ctx.sync_warp();
        if (ctx.lane() == 0) ctx.mbarrier_arrive(empty + stage);
      }
      sum += ctx.shuffle_xor(sum, 1);
      if (half == 0 && row < rows) ctx.store(to + (row0 + row), sum);
    }
  }
};

}  // namespace sinter::bodies
