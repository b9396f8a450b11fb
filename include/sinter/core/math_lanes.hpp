// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What elementary functions ask of a scalar and of a vector alike: a choice, bits, a fused
/// multiply-add, a polynomial.

#include <cstdint>

#include "sinter/core/config.hpp"

namespace sinter::math {

/// `a` where `c` holds, else `b`: a bool chooses between values, a mask between lanes.
template <class Condition, class T>
SINTER_HD SINTER_INLINE constexpr T select(Condition c, T a, T b) {
  if constexpr (__is_same(Condition, bool)) {
    return c ? a : b;
  } else {
    return blend(c, a, b);
  }
}

namespace detail {

template <class V>
struct lane_of {
  using type = typename V::value_type;
};
template <>
struct lane_of<float> {
  using type = float;
};
template <>
struct lane_of<double> {
  using type = double;
};

template <class V>
inline constexpr bool in_float = __is_same(typename lane_of<V>::type, float);

SINTER_HD SINTER_INLINE constexpr std::uint32_t to_bits(float x) {
  return __builtin_bit_cast(std::uint32_t, x);
}
SINTER_HD SINTER_INLINE constexpr std::uint64_t to_bits(double x) {
  return __builtin_bit_cast(std::uint64_t, x);
}
SINTER_HD SINTER_INLINE constexpr float from_bits(std::uint32_t x) {
  return __builtin_bit_cast(float, x);
}
SINTER_HD SINTER_INLINE constexpr double from_bits(std::uint64_t x) {
  return __builtin_bit_cast(double, x);
}

/// a * b + c, fused where the machine can: one expression, since clang fuses no further than that.
SINTER_HD SINTER_INLINE constexpr float multiply_add(float a, float b, float c) {
  return a * b + c;
}
SINTER_HD SINTER_INLINE constexpr double multiply_add(double a, double b, double c) {
  return a * b + c;
}

template <class V>
SINTER_HD SINTER_INLINE constexpr V polynomial_in_pairs(V, V, V sum) {
  return sum;
}
template <class V, class A, class B, class... C>
SINTER_HD SINTER_INLINE constexpr V polynomial_in_pairs(V x, V square, V sum, A a, B b, C... c) {
  using E = typename lane_of<V>::type;
  const V pair = multiply_add(V(static_cast<E>(a)), x, V(static_cast<E>(b)));
  return polynomial_in_pairs(x, square, multiply_add(sum, square, pair), c...);
}

template <class V, class B, class... C>
SINTER_HD SINTER_INLINE constexpr V polynomial_of_odd_degree(V x, V a, B b, C... c) {
  using E = typename lane_of<V>::type;
  const V highest = multiply_add(a, x, V(static_cast<E>(b)));
  return polynomial_in_pairs(x, x * x, highest, c...);
}

/// A polynomial, highest coefficient first: Horner's rule in x^2, by which the terms go in pairs. A
/// term at a time would be a chain of twice the length, which a processor waits for: it looks ahead
/// no further than some 100 instructions that wait. A parameter pack, since g++ keeps a loop over
/// an array rolled at -O2.
template <class V, class First, class... C>
SINTER_HD SINTER_INLINE constexpr V polynomial(V x, First first, C... c) {
  using E = typename lane_of<V>::type;
  const V highest(static_cast<E>(first));
  if constexpr (sizeof...(C) % 2 == 0) return polynomial_in_pairs(x, x * x, highest, c...);
  else return polynomial_of_odd_degree(x, highest, c...);
}

}  // namespace detail
}  // namespace sinter::math
