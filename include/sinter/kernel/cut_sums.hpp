// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How long sums are cut into parts. By extents alone, so that they have the same bits on every
/// device.

#include "sinter/kernel/contract_epilogue.hpp"

namespace sinter::device {

/// Terms that a body takes at a time, at most, if it says nothing else.
inline constexpr int longest_step = 32;

/// Tiles that keep a large device busy: its multiprocessors. With fewer, blocks share a tile.
inline constexpr std::int64_t enough_blocks = 132;
/// Terms of a part, at the least: leaving it and adding it up should take less time than its sums.
inline constexpr std::int64_t shortest_part = 256;
/// One block adds up all parts of a tile; a guess is that each takes it as long as so many terms.
/// With fewer terms than that for each of the others, a part would be waiting for the last block.
inline constexpr std::int64_t terms_to_add_a_part = 8;

/// Cuts the sums of all products into the same number of parts, whole steps of a body each. What
/// a product is too short for is empty.
inline void cut_sums(contract_shape& shape, int products, std::int64_t tiles,
                     std::int64_t shortest = shortest_part, std::int64_t step = longest_step) {
  std::int64_t longest = 0;
  for (int q = 0; q < products; ++q)
    if (shape.inner[q] > longest) longest = shape.inner[q];
  const std::int64_t share = enough_blocks / tiles, most = longest / shortest;
  std::int64_t parts = share < most ? share : most;
  while (parts > 1 && parts * parts * terms_to_add_a_part > longest) --parts;
  if (parts < 1) parts = 1;
  for (int q = 0; q < products; ++q)
    shape.part[q] = ceil_div(ceil_div(shape.inner[q], parts), step) * step;
  // Rounded up, fewer parts may do.
  shape.parts = 1;
  for (int q = 0; q < products; ++q)
    if (shape.parts * shape.part[q] < shape.inner[q])
      shape.parts = ceil_div(shape.inner[q], shape.part[q]);
}

}  // namespace sinter::device
