// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The sum of an array in one launch: each block adds its share, and the last one to finish adds
/// the shares, in their order, whichever block it is. Release and acquire are a fence each, around
/// a relaxed counter; the barrier passes what one thread acquired on to its block.

#include <cstddef>

#include "sinter/kernel/memory_model.hpp"
#include "sinter/kernel/pack.hpp"

namespace sinter::bodies {

struct last_block_sum {
  static constexpr int block_threads = 64;
  static constexpr std::size_t shared_bytes = 16 + 2 * sizeof(float);

  /// `counter` is 0, before and after.
  template <class Context>
  SINTER_DEVICE void operator()(Context& ctx, const float* in, float* partial, unsigned* counter,
                                float* out, int count) const {
    using device::order;
    using device::scope;
    auto is_last = ctx.template shared<int>(1);
    auto warp_sums = ctx.template shared<float>(2);
    const int blocks = ctx.grid_x(), t = ctx.thread();
    auto from = ctx.global(in, static_cast<std::size_t>(count));
    auto shares = ctx.global(partial, static_cast<std::size_t>(blocks));
    auto finished = ctx.global(counter, std::size_t{1});
    auto to = ctx.global(out, std::size_t{1});

    float sum = 0;
    for (int i = ctx.block_x() * block_threads + t; i < count; i += blocks * block_threads) {
      sum += ctx.load(from + i);
    }
    SINTER_UNROLL
    for (int distance = 16; distance > 0; distance /= 2) sum += ctx.shuffle_xor(sum, distance);
    if (ctx.lane() == 0) ctx.store(warp_sums + ctx.warp(), sum);
    ctx.sync();
    if (t == 0) {
      ctx.store(shares + ctx.block_x(), ctx.load(warp_sums) + ctx.load(warp_sums + 1));
      ctx.template fence<scope::device>();
      const unsigned before = ctx.template atomic_add<order::relaxed, scope::device>(finished, 1u);
      ctx.template fence<scope::device>();
      ctx.store(is_last, before + 1 == static_cast<unsigned>(blocks));
    }
    ctx.sync();
    if (!ctx.load(is_last)) return;

    float all = 0;
    if (t < 32) {
      for (int i = t; i < blocks; i += 32) all += ctx.load(shares + i);
      SINTER_UNROLL
      for (int distance = 16; distance > 0; distance /= 2) all += ctx.shuffle_xor(all, distance);
    }
    if (t == 0) {
      ctx.store(to, all);
      ctx.template atomic_store<order::relaxed, scope::device>(finished, 0u);
    }
  }
};

}  // namespace sinter::bodies
