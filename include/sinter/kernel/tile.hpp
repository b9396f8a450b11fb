// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How tiles lie in shared memory and in registers, as numbers: the one place that bodies, the
/// tensor maps on the host and the emulator share.
///
/// A swizzled tile has rows of 128 bytes. Of the 16-byte chunks of a row, chunk c of row r lies at
/// place c ^ (r mod 8), so that eight rows of one column of chunks lie in different banks. Tensor
/// copies write this form and `wgmma` reads it; the tile begins at a multiple of 1024 bytes.

#include <cstdint>

#include "sinter/kernel/device.hpp"

namespace sinter::device {

inline constexpr int swizzled_row_bytes = 128;
inline constexpr int swizzled_tile_alignment = 1024;

/// Where a byte of a swizzled tile lies, given where it would lie without swizzle.
SINTER_DEVICE constexpr int swizzled(int offset) { return offset ^ ((offset >> 7 & 7) << 4); }

/// What neighbours in memory are of an operand of a product: terms of its sums, or lines, which are
/// rows of the left and columns of the right operand. Tensor cores read tiles of either kind.
///
/// A tile for `wgmma` is made of rows of 128 bytes, and an instruction takes 32 bytes of terms.
/// With neighbouring terms, row l is line l. Neighbouring lines are for 16 bits alone: then the
/// tile comes in blocks of 64 lines and 64 terms, row k of a block is term k, and 16 terms further
/// is 16 rows further.
enum class neighbours { terms, lines };
inline constexpr int wgmma_term_bytes = 32;
inline constexpr int warpgroup_block_bytes = 64 * swizzled_row_bytes;

/// Elements from the place of a tile to that of its terms from `term` on.
SINTER_DEVICE constexpr int warpgroup_terms_at(neighbours along, int term) {
  return along == neighbours::terms ? term : term * (swizzled_row_bytes / 2);
}

/// The matrix descriptor of a tile at an address in shared memory: the address and two offsets in
/// units of 16 bytes; bits 62-63 = 1 is the swizzle of 128 bytes. The second offset is that of the
/// next eight rows; the first, of the next 64 lines, is used only where lines are neighbours.
/// @source PTX ISA, "Asynchronous warpgroup level matrix shared memory layout" and "Matrix
/// descriptor format"
SINTER_DEVICE constexpr std::uint64_t wgmma_descriptor(neighbours along, std::uint32_t address) {
  const std::uint64_t block = along == neighbours::lines ? warpgroup_block_bytes / 16 : 1;
  const std::uint64_t eight_rows = swizzled_tile_alignment / 16;
  return (address & 0x3ffffu) >> 4 | block << 16 | eight_rows << 32 | std::uint64_t{1} << 62;
}

/// Where the box of a tensor copy begins: an index along each axis of the map, the innermost first.
template <int Rank> struct box_place {
  int at[Rank];
};
template <class... I> box_place(I...) -> box_place<static_cast<int>(sizeof...(I))>;

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
