// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Softmax of each row of a matrix: a block per row, one pass that keeps maximum and sum together,
/// and the row in shared memory as far as it fits.
/// @source Milakov and Gimelshein 2018, Algorithm 3, arXiv:1805.02867

#include <cstddef>

#include "sinter/kernel/pack.hpp"

namespace sinter::bodies {

struct row_softmax {
  static constexpr int block_threads = 128;
  static constexpr int warps = block_threads / 32;
  static constexpr int cached = 1024;  // elements of a row
  static constexpr std::size_t shared_bytes = cached * sizeof(float) + warps * 2 * sizeof(float);

  template <class Context>
  SINTER_DEVICE void operator()(Context& ctx, const float* in, float* out, int rows,
                                int columns) const {
    auto row = ctx.template shared<float>(cached);
    auto partial = ctx.template shared<device::pack<float, 2>>(warps);
    auto from = ctx.global(in, static_cast<std::size_t>(rows), static_cast<std::size_t>(columns));
    auto to = ctx.global(out, static_cast<std::size_t>(rows), static_cast<std::size_t>(columns));
    const std::size_t base = static_cast<std::size_t>(ctx.block_x()) * columns;
    const int t = ctx.thread();
    float highest = -3.0e38f, sum = 0;
    const auto include = [&](float other_highest, float other_sum) {
      const float both = ctx.maximum(highest, other_highest);
      sum = sum * ctx.exp(highest - both) + other_sum * ctx.exp(other_highest - both);
      highest = both;
    };

    for (int i = t; i < columns; i += block_threads) {
      const float x = ctx.load(from + base + i);
      if (i < cached) ctx.store(row + i, x);
      include(x, 1);
    }
    SINTER_UNROLL
    for (int distance = 16; distance > 0; distance /= 2) {
      const float other_highest = ctx.shuffle_xor(highest, distance);
      const float other_sum = ctx.shuffle_xor(sum, distance);
      include(other_highest, other_sum);
    }
    if (ctx.lane() == 0) ctx.store(partial + ctx.warp(), {{highest, sum}});
    ctx.sync();
    highest = -3.0e38f;
    sum = 0;
    SINTER_UNROLL
    for (int w = 0; w < warps; ++w) {
      const auto other = ctx.load(partial + w);
      include(other[0], other[1]);
    }
    const float scale = 1 / sum;
    for (int i = t; i < columns; i += block_threads) {
      float x;
      if (i < cached) {
        x = ctx.load(row + i);
      } else {
        x = ctx.load(from + base + i);
      }
      ctx.store(to + base + i, ctx.exp(x - highest) * scale);
    }
  }
};

}  // namespace sinter::bodies
