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

/// Which of sum, prod, max and min a fold is, by its name or that of its running form; and the sum
/// of exponentials, of which logarithms are folded.
template <name_code Op>
inline constexpr bool multiplies = Op == pack_name("prod") || Op == pack_name("cumprod");
template <name_code Op>
inline constexpr bool takes_greatest = Op == pack_name("max") || Op == pack_name("cummax");
template <name_code Op>
inline constexpr bool takes_least = Op == pack_name("min") || Op == pack_name("cummin");
template <name_code Op>
inline constexpr bool adds_exponentials = Op == pack_name("logcumsume");

template <name_code Op, class T> SINTER_HD constexpr T neutral() {
  if constexpr (takes_greatest<Op> || adds_exponentials<Op>) return lowest<T>();
  else if constexpr (takes_least<Op>) return highest<T>();
  else return T(multiplies<Op> ? 1 : 0);
}

template <name_code Op, class V> SINTER_HD SINTER_INLINE V combine(V a, V b) {
  if constexpr (takes_greatest<Op>) return math::max(a, b);
  else if constexpr (takes_least<Op>) return math::min(a, b);
  else if constexpr (multiplies<Op>) return static_cast<V>(a * b);
  else if constexpr (adds_exponentials<Op>)
    return math::max(a, b) + math::select(a == b, V(0.6931471805599453),
                                          math::log1p(math::exp(-math::abs(a - b))));
  else return static_cast<V>(a + b);
}

}  // namespace sinter::folds
