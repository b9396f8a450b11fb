// SPDX-License-Identifier: Apache-2.0
#pragma once

/// More elementary functions, as those of core/math.hpp: scalars go to the C library, on a device
/// to CUDA's, vectors to vector_functions, which target/cpu/simd_functions.hpp specialises. Those
/// that round or move bits are constexpr; the others are not, as no graph folds them.

#include <type_traits>

#include "sinter/core/math.hpp"
#include "sinter/core/math_inverse.hpp"

#if defined(__CUDA_ARCH__)
#define SINTER_LIBM(function, ...) ::function(__VA_ARGS__)
#else
#define SINTER_LIBM(function, ...) __builtin_##function(__VA_ARGS__)
#endif

namespace sinter::math {

/// The functions of this file as static members, for a vector type.
template <class V>
struct vector_functions;

namespace detail {

/// What a scalar or a vector has in a lane.
template <class T>
struct lane {
  using type = typename T::value_type;
};
template <class T>
  requires std::is_arithmetic_v<T>
struct lane<T> {
  using type = T;
};
template <class T>
inline constexpr bool is_whole = std::is_integral_v<typename lane<T>::type>;

}  // namespace detail

// One function is like the other.
#define SINTER_UNARY(name)                                      \
  template <class T>                                            \
  SINTER_HD SINTER_INLINE T name(T x) {                         \
    if constexpr (!detail::is_real<T>) {                        \
      return vector_functions<T>::name(x);                      \
    } else if constexpr (sizeof(T) == 4) {                      \
      return SINTER_LIBM(name##f, x);                           \
    } else {                                                    \
      return SINTER_LIBM(name, x);                              \
    }                                                           \
  }
#define SINTER_BINARY(name)                                     \
  template <class T>                                            \
  SINTER_HD SINTER_INLINE T name(T x, T y) {                    \
    if constexpr (!detail::is_real<T>) {                        \
      return vector_functions<T>::name(x, y);                   \
    } else if constexpr (sizeof(T) == 4) {                      \
      return SINTER_LIBM(name##f, x, y);                        \
    } else {                                                    \
      return SINTER_LIBM(name, x, y);                           \
    }                                                           \
  }

SINTER_UNARY(exp2)
SINTER_UNARY(log2)
SINTER_UNARY(log10)
SINTER_UNARY(cbrt)
SINTER_UNARY(tan)
SINTER_UNARY(asin)
SINTER_UNARY(acos)
SINTER_UNARY(atan)
SINTER_UNARY(sinh)
SINTER_UNARY(cosh)
SINTER_UNARY(asinh)
SINTER_UNARY(acosh)
SINTER_UNARY(atanh)
SINTER_BINARY(atan2)
SINTER_BINARY(hypot)
// Scalars only: vectors go lane by lane.
SINTER_UNARY(erfc)
SINTER_UNARY(lgamma)
SINTER_BINARY(fmod)

#undef SINTER_UNARY
#undef SINTER_BINARY
#undef SINTER_LIBM

/// The smallest integer not below x; an integer is itself.
template <class T>
SINTER_HD SINTER_INLINE constexpr T ceil(T x) {
  if constexpr (detail::is_whole<T>) return x;
  else return -detail::floor_kernel(-x);
}

/// x without its fraction.
template <class T>
SINTER_HD SINTER_INLINE constexpr T trunc(T x) {
  if constexpr (detail::is_whole<T>) return x;
  else return detail::with_sign(detail::floor_kernel(detail::magnitude(x)), x);
}

/// The nearest integer, ties to even. @accuracy exact, the sign of zero kept
template <class T>
SINTER_HD SINTER_INLINE constexpr T round(T x) {
  if constexpr (detail::is_whole<T>) {
    return x;
  } else {
    const T a = detail::magnitude(x), integer(detail::format_of<T>::integer);
    return select(a < integer, detail::with_sign((a + integer) - integer, x), x);
  }
}

/// |x| with the sign of y, of zeros and NaN too.
template <class T>
SINTER_HD SINTER_INLINE constexpr T copysign(T x, T y) {
  return detail::with_sign(detail::magnitude(x), y);
}

/// The logarithmic derivative of the gamma function: the asymptotic series at 10 or more, to which
/// the recurrence leads; below 0 by reflection. In double. NaN at negative integers, -inf at 0.
/// @accuracy a few ulp of the larger of 1 and the result
/// @source   Abramowitz and Stegun, Handbook of Mathematical Functions, 6.3.5, 6.3.7, 6.3.18
SINTER_HD inline double digamma(double x) {
  double result = 0;
  if (x <= 0) {
    const double turn = x - math::round(x);  // exact
    if (turn == 0 || x < -0x1p52) {
      return x == 0 ? math::copysign(detail::format<double>::infinity, -x)
                    : detail::format<double>::nan;
    }
    result = -2 * detail::half_pi / math::tan(2 * detail::half_pi * turn);
    x = 1 - x;
  }
  for (; x < 10; x += 1) result -= 1 / x;
  const double z = 1 / (x * x);
  const double series = detail::polynomial(z, 1.0 / 12, -691.0 / 32760, 1.0 / 132, -1.0 / 240,
                                           1.0 / 252, -1.0 / 120, 1.0 / 12);
  return result + (math::log(x) - (0.5 / x + z * series));
}
SINTER_HD inline float digamma(float x) {
  return static_cast<float>(digamma(static_cast<double>(x)));
}

/// The derivative of digamma, by the same way: recurrence to 10 or more, asymptotic series,
/// reflection below 0. In double. inf at 0 and at negative integers, where it has double poles.
/// @accuracy 3 ulp, and 5 below 0
/// @source   Abramowitz and Stegun, Handbook of Mathematical Functions, 6.4.6, 6.4.7, 6.4.12
SINTER_HD inline double trigamma(double x) {
  const bool reflects = x <= 0;
  double root = 0;
  if (reflects) {
    const double turn = x - math::round(x);  // exact
    if (x == -detail::format<double>::infinity) return detail::format<double>::nan;
    if (turn == 0) return detail::format<double>::infinity;
    root = 2 * detail::half_pi / math::sin(2 * detail::half_pi * turn);
    x = 1 - x;
  }
  double steps = 0;
  while (x + steps < 10) steps += 1;
  const double y = x + steps, z = 1 / (y * y);
  const double series =
      detail::polynomial(z, -3617.0 / 510, 7.0 / 6, -691.0 / 2730, 5.0 / 66, -1.0 / 30, 1.0 / 42,
                         -1.0 / 30, 1.0 / 6);
  double result = 1 / y + (z / 2 + z / y * series);
  while (steps > 0) {  // the small ones first
    steps -= 1;
    result += 1 / ((x + steps) * (x + steps));
  }
  return reflects ? root * root - result : result;
}
SINTER_HD inline float trigamma(float x) {
  return static_cast<float>(trigamma(static_cast<double>(x)));
}

}  // namespace sinter::math
