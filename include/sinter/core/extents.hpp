// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Extents as a tensor's type spells them: a number, `dyn`, or a named axis, each a 64-bit number,
/// so that `tensor<float, batch, 784>` has a short symbol and nvcc accepts it anywhere.

#include <cstddef>
#include <cstdint>

#include "sinter/core/name.hpp"

namespace sinter {

using extent_t = std::int64_t;

inline constexpr int max_rank = 6;

/// An extent that is known at run time only. It never broadcasts: what broadcasts is written 1.
inline constexpr extent_t dyn = -1;

/// A named extent: known at run time, and equal wherever the name occurs in one expression.
/// @example inline constexpr st::axis batch{"batch"};
struct axis {
  name_code code;
  template <std::size_t Size>
  consteval explicit axis(const char (&name)[Size])
      : code(Size - 1 <= longest_name ? pack_name(name) : 0) {
    static_assert(Size - 1 <= longest_name, "sinter: axis: a name has at most ten characters");
  }
  constexpr operator extent_t() const { return -1 - code; }
};

constexpr bool is_static(extent_t extent) { return extent >= 0; }
constexpr bool is_named(extent_t extent) { return extent < dyn; }
constexpr name_code axis_name(extent_t extent) { return -1 - extent; }

/// Pieces of length b that cover a.
constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace sinter
