// SPDX-License-Identifier: Apache-2.0
#pragma once

/// a transpose(b) of bf16 matrices, rounded to bf16, as it is done on sm_90a: one thread keeps
/// tensor copies under way, a warpgroup multiplies with two groups of products in flight, and the
/// result leaves through shared memory and a tensor copy, which also cuts off what lies outside.

#include <cstddef>

#include "sinter/kernel/mbarrier.hpp"
#include "sinter/kernel/pack.hpp"
#include "sinter/kernel/tile.hpp"

namespace sinter::bodies {

/// Boxes of 64 x 64 elements, swizzled.
template <class Map>
struct product_maps {
  Map a, b, out;
};

struct warpgroup_product {
  static constexpr int block_threads = 128 + 128;
  static constexpr int tile = 64, tile_elements = tile * tile, tile_bytes = tile_elements * 2;
  static constexpr int stages = 3;
  static constexpr std::size_t shared_bytes =
      (2 * stages + 1) * tile_bytes + 2 * stages * sizeof(device::mbarrier);

  template <class Context, class Maps>
  SINTER_DEVICE void operator()(Context& ctx, const Maps& maps, int k) const {
    auto left = ctx.template shared<bf16>(stages * tile_elements, device::swizzled_tile_alignment);
    auto right = ctx.template shared<bf16>(stages * tile_elements, device::swizzled_tile_alignment);
    auto result = ctx.template shared<bf16>(tile_elements, device::swizzled_tile_alignment);
    auto full = ctx.template shared<device::mbarrier>(stages, 8);
    auto empty = ctx.template shared<device::mbarrier>(stages, 8);
    const int row0 = ctx.block_y() * tile, column0 = ctx.block_x() * tile;
    const int steps = (k + tile - 1) / tile;

    if (ctx.thread() == 0) {
      for (int stage = 0; stage < stages; ++stage) {
        ctx.mbarrier_init(full + stage, 1);
        ctx.mbarrier_init(empty + stage, 4);
      }
      ctx.fence_mbarrier_init();
    }
    ctx.sync();

    // Registers change hands between whole warpgroups, so the copying thread has one to itself.
    if (ctx.warp() >= 4) {
      ctx.template lower_registers<40>();
      if (ctx.thread() != 128) return;
      for (int step = 0; step < steps; ++step) {
        const int stage = step % stages, use = step / stages % 2;
        ctx.mbarrier_wait(empty + stage, use ^ 1);
        ctx.mbarrier_expect(full + stage, 2 * tile_bytes);
        const device::box_place a{step * tile, row0}, b{step * tile, column0};
        ctx.tensor_load(left + stage * tile_elements, &maps.a, a, full + stage);
        ctx.tensor_load(right + stage * tile_elements, &maps.b, b, full + stage);
      }
      return;
    }

    ctx.template raise_registers<232>();
    typename Context::template accumulator<tile> sums;
    for (int step = 0; step < steps; ++step) {
      const int stage = step % stages, use = step / stages % 2;
      ctx.mbarrier_wait(full + stage, use);
      ctx.wgmma_fence(sums);
      SINTER_UNROLL
      for (int kk = 0; kk < tile; kk += 16) {
        auto a = left + (stage * tile_elements + kk);
        auto b = right + (stage * tile_elements + kk);
        ctx.template wgmma<bf16>(sums, a, b, step > 0 || kk > 0);
      }
      ctx.wgmma_commit();
      ctx.template wgmma_wait<1>();
      // The products of the step before are done, so its tiles may be filled again.
      if (step > 0 && ctx.lane() == 0) ctx.mbarrier_arrive(empty + (step - 1) % stages);
    }
    ctx.template wgmma_wait<0>(sums);

    // Fragments of four 8 x 8 tiles, (16 rows, 16 columns), to the warp's rows of the result.
    const int lane = ctx.lane(), row = 16 * ctx.warp() + lane % 16;
    SINTER_UNROLL
    for (int j = 0; j < tile / 16; ++j) {
      std::uint32_t pairs[4];
      SINTER_UNROLL
      for (int i = 0; i < 4; ++i) {
        const int at = 8 * j + 2 * i;
        pairs[i] = device::paired(bf16(sums.at(at)), bf16(sums.at(at + 1)));
      }
      const int place = row * device::swizzled_row_bytes + (16 * j + lane / 16 * 8) * 2;
      ctx.template store_matrix<4, false>(result + device::swizzled(place) / 2, pairs);
    }
    ctx.fence_proxy_async();
    ctx.sync_named(1, 128);
    if (ctx.thread() == 0) {
      ctx.tensor_store(&maps.out, device::box_place{column0, row0}, result);
      ctx.bulk_commit();
      ctx.template bulk_wait<0>();
    }
  }
};

}  // namespace sinter::bodies
