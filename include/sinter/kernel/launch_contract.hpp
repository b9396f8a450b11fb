// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The launch of products: how long sums are cut. By extents alone, so that they have the same bits
/// on every device.

#include "sinter/kernel/contract.hpp"

namespace sinter::device {

/// Tiles that keep a large device busy: its multiprocessors. With fewer, blocks share a tile.
inline constexpr std::int64_t enough_blocks = 132;
/// Terms of a part, at the least: it leaves a tile and another block reads it, which should take
/// less time than the part itself.
inline constexpr std::int64_t shortest_part = 256;

/// Cuts the sums of all products into the same number of parts, whole steps of a body each. What
/// a product is too short for is empty.
inline void cut_sums(contract_shape& shape, int products, std::int64_t tiles,
                     std::int64_t shortest = shortest_part) {
  std::int64_t longest = 0;
  for (int q = 0; q < products; ++q)
    if (shape.inner[q] > longest) longest = shape.inner[q];
  const std::int64_t share = enough_blocks / tiles, most = longest / shortest;
  const std::int64_t wanted = share < most ? share : most;
  const std::int64_t parts = wanted > 1 ? wanted : 1;
  for (int q = 0; q < products; ++q)
    shape.part[q] = ceil_div(ceil_div(shape.inner[q], parts), longest_step) * longest_step;
  // Rounded up, fewer parts may do.
  shape.parts = 1;
  for (int q = 0; q < products; ++q)
    if (shape.parts * shape.part[q] < shape.inner[q])
      shape.parts = ceil_div(shape.inner[q], shape.part[q]);
}

}  // namespace sinter::device
