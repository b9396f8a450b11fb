// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Rows divided by their sums, each row by a cluster: its blocks take a segment each and read the
/// sums of the other segments from their shared memory. Each segment comes by one bulk copy and
/// leaves by another. Segments are multiples of 4 elements.

#include <cstddef>

#include "sinter/kernel/mbarrier.hpp"
#include "sinter/kernel/pack.hpp"

namespace sinter::bodies {

struct cluster_norm {
  static constexpr int block_threads = 64, cluster = 4;
  static constexpr int largest_segment = 256;
  static constexpr std::size_t shared_bytes = largest_segment * 4 + 16 + 16 + 8;

  template <class Context>
  SINTER_DEVICE void operator()(Context& ctx, const float* in, float* out, int rows,
                                int segment) const {
    auto values = ctx.template shared<float>(largest_segment, 16);
    auto warp_sums = ctx.template shared<float>(2);
    auto sum = ctx.template shared<float>(1);
    auto arrived = ctx.template shared<device::mbarrier>(1, 8);
    const auto row_length = static_cast<std::size_t>(segment) * cluster;
    auto from = ctx.global(in, static_cast<std::size_t>(rows), row_length);
    auto to = ctx.global(out, static_cast<std::size_t>(rows), row_length);
    const std::size_t base = static_cast<std::size_t>(ctx.block_x()) * segment;
    const int t = ctx.thread();

    if (t == 0) {
      ctx.mbarrier_init(arrived, 1);
      ctx.fence_mbarrier_init();
      ctx.mbarrier_expect(arrived, segment * 4);
      ctx.bulk_load(values, from + base, segment * 4, arrived);
    }
    ctx.sync();
    ctx.mbarrier_wait(arrived, 0);

    float mine = 0;
    for (int i = t; i < segment; i += block_threads) mine += ctx.load(values + i);
    SINTER_UNROLL
    for (int distance = 16; distance > 0; distance /= 2) mine += ctx.shuffle_xor(mine, distance);
    if (ctx.lane() == 0) ctx.store(warp_sums + ctx.warp(), mine);
    ctx.sync();
    if (t == 0) ctx.store(sum, ctx.load(warp_sums) + ctx.load(warp_sums + 1));
    ctx.cluster_sync();

    float total = 0;
    for (int rank = 0; rank < cluster; ++rank) {
      auto other = ctx.remote(sum, rank);
      total += ctx.load(other);
    }
    for (int i = t; i < segment; i += block_threads) {
      const float x = ctx.load(values + i);
      ctx.store(values + i, x / total);
    }
    ctx.fence_proxy_async();
    // Nobody leaves, or fills its memory again, while others may read it.
    ctx.cluster_sync();
    if (t == 0) {
      ctx.bulk_store(to + base, values, segment * 4);
      ctx.bulk_commit();
      ctx.template bulk_wait_read<0>();
    }
  }
};

}  // namespace sinter::bodies
