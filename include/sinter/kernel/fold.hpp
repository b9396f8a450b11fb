// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Folds as every target computes them: the neutral element, and the combination of two partial
/// results. The operand may be a scalar or a vector of lanes.

#include <type_traits>

#include "sinter/core/math.hpp"
#include "sinter/core/name.hpp"

namespace sinter::folds {

template <class T> SINTER_HD constexpr T lowest() {
  if constexpr (std::is_same_v<T, float>) return -__builtin_huge_valf();
  else if constexpr (std::is_same_v<T, double>) return -__builtin_huge_val();
  else if constexpr (std::is_same_v<T, bool>) return false;
  else if constexpr (std::is_signed_v<T>) return static_cast<T>(T(1) << (8 * sizeof(T) - 1));
  else return 0;
}

template <class T> SINTER_HD constexpr T highest() {
  if constexpr (std::is_floating_point_v<T>) return -lowest<T>();
  else if constexpr (std::is_same_v<T, bool>) return true;
  else return static_cast<T>(~lowest<T>());
}

/// Of sum, prod, max or min, by name.
template <name_code Op, class T> SINTER_HD constexpr T neutral() {
  if constexpr (Op == pack_name("max")) return lowest<T>();
  else if constexpr (Op == pack_name("min")) return highest<T>();
  else return T(Op == pack_name("prod") ? 1 : 0);
}

template <name_code Op, class V> SINTER_HD SINTER_INLINE V combine(V a, V b) {
  if constexpr (Op == pack_name("max")) return math::max(a, b);
  else if constexpr (Op == pack_name("min")) return math::min(a, b);
  else if constexpr (Op == pack_name("prod")) return static_cast<V>(a * b);
  else return static_cast<V>(a + b);
}

}  // namespace sinter::folds
