// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A shape inside a graph: rank and extents. A negative extent -1-i stands for entry i of the
/// graph's table of dimensions; a non-negative one is the number itself.

#include <cstdint>

#include "sinter/core/extents.hpp"

namespace sinter {

struct shape {
  int rank = 0;
  extent_t extent[max_rank]{};

  constexpr extent_t& operator[](int axis) { return extent[axis]; }
  constexpr const extent_t& operator[](int axis) const { return extent[axis]; }
  constexpr extent_t last() const { return rank > 0 ? extent[rank - 1] : 1; }
  constexpr void push(extent_t value) { extent[rank++] = value; }

  friend constexpr bool operator==(const shape& a, const shape& b) {
    if (a.rank != b.rank) return false;
    for (int i = 0; i < a.rank; ++i)
      if (a.extent[i] != b.extent[i]) return false;
    return true;
  }
};

/// An axis counted from the end when negative, or -1 if there is no such axis.
constexpr int normal_axis(int axis, int rank) {
  const int result = axis < 0 ? axis + rank : axis;
  return result >= 0 && result < rank ? result : -1;
}

}  // namespace sinter
