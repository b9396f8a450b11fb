// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How tiles lie in shared memory and in registers, as numbers: the one place that bodies, the
/// tensor maps on the host and the emulator share.
///
/// A swizzled tile has rows of 128 bytes. Of the 16-byte chunks of a row, chunk c of row r lies at
/// place c ^ (r mod 8), so that eight rows of one column of chunks lie in different banks. Tensor
/// copies write this form and `wgmma` reads it; the tile begins at a multiple of 1024 bytes.

#include "sinter/kernel/device.hpp"

namespace sinter::device {

inline constexpr int swizzled_row_bytes = 128;
inline constexpr int swizzled_tile_alignment = 1024;

/// Where a byte of a swizzled tile lies, given where it would lie without swizzle.
SINTER_DEVICE constexpr int swizzled(int offset) { return offset ^ ((offset >> 7 & 7) << 4); }

/// Where a chunk of 16 bytes lies in a tile with rows of 4, 8 or 16 of them, counted in 16-bit
/// elements. Eight neighbouring rows have their chunks of one column in different banks.
template <int Chunks> SINTER_DEVICE constexpr int permuted_chunk(int row, int chunk) {
  static_assert(Chunks == 4 || Chunks == 8 || Chunks == 16);
  return 8 * (row * Chunks + (chunk ^ (Chunks == 4 ? row / 2 % 4 : row % 8)));
}

/// The accumulator of `mma.sync` (16 rows) and of `wgmma` (64 rows, 16 for each warp): element
/// 4 j + 2 h + k of a lane is row lane / 4 + 8 h, column 8 j + 2 (lane mod 4) + k.
SINTER_DEVICE constexpr int accumulator_row(int lane, int h) { return lane / 4 + 8 * h; }
SINTER_DEVICE constexpr int accumulator_column(int lane, int j) { return 8 * j + lane % 4 * 2; }

/// Calls `f(row, column, first, second)` for each pair of neighbours of an accumulator of `Pairs`
/// pairs; `element(i)` is its i-th register. Rows are those of the warp's 16.
template <int Pairs, class Element, class F>
SINTER_DEVICE void for_each_pair(int lane, Element&& element, F&& f) {
  SINTER_UNROLL
  for (int i = 0; i < Pairs; ++i) {
    f(accumulator_row(lane, i % 2), accumulator_column(lane, i / 2), element(2 * i),
      element(2 * i + 1));
  }
}

/// Number formats of tensor-core operands beside the element types of `core`: f32 of which 10
/// fraction bits are read.
struct tf32 {};

}  // namespace sinter::device
