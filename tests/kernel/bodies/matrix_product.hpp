// SPDX-License-Identifier: Apache-2.0
#pragma once

/// relu(a b + bias) of bf16 matrices in row order, as it is done from sm_80 on: tiles come by
/// `copy_async` while the previous ones are multiplied by `mma.sync`. Any number of rows; the other
/// extents are multiples of 8. Tiles lie in shared memory with their 16-byte chunks permuted so
/// that eight rows of a column of chunks lie in different banks.

#include <cstddef>

#include "sinter/kernel/pack.hpp"
#include "sinter/kernel/tile.hpp"

namespace sinter::bodies {

struct matrix_product {
  static constexpr int block_threads = 128;
  static constexpr int tile_m = 64, tile_n = 64, tile_k = 32, stages = 2;
  static constexpr std::size_t shared_bytes =
      stages * (tile_m * tile_k + tile_k * tile_n) * sizeof(bf16);

  // Where element `column` of a row begins, for rows of 32 and of 64 elements.
  SINTER_DEVICE static int left_place(int row, int chunk) {
    return row * tile_k + (chunk ^ (row / 2 % 4)) * 8;
  }
  SINTER_DEVICE static int right_place(int row, int chunk) {
    return row * tile_n + (chunk ^ row % 8) * 8;
  }

  template <class Context>
  SINTER_DEVICE void operator()(Context& ctx, const bf16* a, const bf16* b, const float* bias,
                                float* out, int m, int n, int k) const {
    auto left = ctx.template shared<bf16>(stages * tile_m * tile_k, 128);   // (tile_m, tile_k)
    auto right = ctx.template shared<bf16>(stages * tile_k * tile_n, 128);  // (tile_k, tile_n)
    const auto rows = static_cast<std::size_t>(m), columns = static_cast<std::size_t>(n),
               depth = static_cast<std::size_t>(k);
    auto from_a = ctx.global(a, rows, depth);
    auto from_b = ctx.global(b, depth, columns);
    auto added = ctx.global(bias, columns);
    auto to = ctx.global(out, rows, columns);
    const int t = ctx.thread(), lane = ctx.lane();
    const int row0 = ctx.block_y() * tile_m, column0 = ctx.block_x() * tile_n;
    const int warp_row = ctx.warp() % 2 * 32, warp_column = ctx.warp() / 2 * 32;

    const auto fetch = [&](int step) {
      const int stage = step % stages;
      SINTER_UNROLL
      for (int i = 0; i < 2; ++i) {  // 64 rows of 4 chunks
        const int row = (t + i * block_threads) / 4, chunk = t % 4;
        const int at_row = row0 + row, at_k = step * tile_k + chunk * 8;
        const bool there = at_row < m && at_k < k;
        ctx.template copy_async<16>(left + stage * tile_m * tile_k + left_place(row, chunk),
                                    from_a + (there ? std::size_t(at_row) * depth + at_k : 0),
                                    there ? 16 : 0);
      }
      SINTER_UNROLL
      for (int i = 0; i < 2; ++i) {  // 32 rows of 8 chunks
        const int row = (t + i * block_threads) / 8, chunk = t % 8;
        const int at_k = step * tile_k + row, at_column = column0 + chunk * 8;
        const bool there = at_k < k && at_column < n;
        ctx.template copy_async<16>(right + stage * tile_k * tile_n + right_place(row, chunk),
                                    from_b + (there ? std::size_t(at_k) * columns + at_column : 0),
                                    there ? 16 : 0);
      }
    };

    float sums[2][4][4] = {};  // 16-row tiles, 8-column tiles, registers
    const int steps = (k + tile_k - 1) / tile_k;
    fetch(0);
    ctx.commit_copies();
    for (int step = 0; step < steps; ++step) {
      if (step + 1 < steps) fetch(step + 1);
      ctx.commit_copies();
      ctx.template wait_copies<1>();
      ctx.sync();
      auto left_tile = left + step % stages * tile_m * tile_k;
      auto right_tile = right + step % stages * tile_k * tile_n;
      SINTER_UNROLL
      for (int kk = 0; kk < tile_k / 16; ++kk) {
        std::uint32_t fa[2][4], fb[2][4];
        SINTER_UNROLL
        for (int i = 0; i < 2; ++i) {
          const int row = warp_row + 16 * i + lane % 16;
          const int place = left_place(row, 2 * kk + lane / 16);
          ctx.template load_matrix<4, false>(fa[i], left_tile + place);
        }
        SINTER_UNROLL
        for (int j = 0; j < 2; ++j) {  // two 8-column tiles at once
          const int row = 16 * kk + lane % 16, chunk = warp_column / 8 + 2 * j + lane / 16;
          ctx.template load_matrix<4, true>(fb[j], right_tile + right_place(row, chunk));
        }
        SINTER_UNROLL
        for (int i = 0; i < 2; ++i) {
          SINTER_UNROLL
          for (int j = 0; j < 4; ++j) {
            const std::uint32_t pair[2] = {fb[j / 2][j % 2 * 2], fb[j / 2][j % 2 * 2 + 1]};
            ctx.template multiply<bf16>(sums[i][j], fa[i], pair);
          }
        }
      }
      ctx.sync();
    }

    SINTER_UNROLL
    for (int i = 0; i < 2; ++i) {
      SINTER_UNROLL
      for (int j = 0; j < 4; ++j) {
        const auto element = [&](int e) { return sums[i][j][e]; };
        device::for_each_pair<2>(lane, element, [&](int r, int c, float first, float second) {
          const int row = row0 + warp_row + 16 * i + r;
          const int column = column0 + warp_column + 8 * j + c;
          if (row >= m || column >= n) return;
          const float x = first + ctx.load(added + column);
          const float y = second + ctx.load(added + (column + 1));
          auto place = to + (std::size_t(row) * columns + column);
          ctx.store(ctx.template cast<device::pack<float, 2>>(place),
                    {{x > 0 ? x : 0, y > 0 ? y : 0}});
        });
      }
    }
  }
};

}  // namespace sinter::bodies
