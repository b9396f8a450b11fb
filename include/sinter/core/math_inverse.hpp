// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Kernels, as in core/math_kernels.hpp, of the inverse circular functions, the tangent, the
/// hyperbolic functions and their inverses. In double only: a float is computed in double and
/// rounded, which takes the registers of two and no care.

#include "sinter/core/config.hpp"
#include "sinter/core/math_kernels.hpp"

namespace sinter::math::detail {

inline constexpr double half_pi = 0x1.921fb54442d18p+0, half_pi_low = 0x1.1a62633145c07p-54;

/// atan(a / b) for a, b >= 0, not both 0, not both infinite. The quotient is turned by pi/4 or pi/2
/// first, so that it is at most tan(pi/8) in magnitude, and rounded once.
template <class V>
SINTER_HD SINTER_INLINE constexpr V atan_kernel(V a, V b) {
  const V shrink = select(a + b > V(0x1p1000), V(0x1p-8), V(1.0));
  a = a * shrink;
  b = b * shrink;
  const auto steep = a > b * V(2.414213562373095), middle = a > b * V(0.41421356237309503);
  const V numerator = select(steep, V(0.0) - b, select(middle, a - b, a));
  const V t = numerator / select(steep, a, select(middle, a + b, b));
  const V z = t * t;
  const V q = polynomial(z, -0x1.2598e6e66c154p-6, 0x1.37eb2b512ddfcp-5, -0x1.9cdb4bf8bbea9p-5,
                         0x1.df113499b1ab6p-5, -0x1.10ebd9efa4f9ap-4, 0x1.3b111c0cab49ap-4,
                         -0x1.745cf905d3c84p-4, 0x1.c71c70e76f89cp-4, -0x1.24924922b091ep-3,
                         0x1.99999999958d2p-3, -0x1.555555555553dp-2);  // error 2^-58
  const V turn = select(steep, V(half_pi), select(middle, V(half_pi / 2), V(0.0)));
  const V low = select(steep, V(half_pi_low), select(middle, V(half_pi_low / 2), V(0.0)));
  return turn + (t + (t * z * q + low));
}

/// (asin(s) - s) / s for 0 <= s <= 1/2, of z = s^2.
template <class V>
SINTER_HD SINTER_INLINE constexpr V asin_series(V z) {
  return z * polynomial(z, 0x1.0bab9aa726a86p-5, -0x1.59453ea896edfp-6, 0x1.6487f2a4078f0p-6,
                        0x1.e2e18fc33d903p-9, 0x1.6171aa4a7ec8ap-7, 0x1.757be07769816p-7,
                        0x1.ca20c1e6fb13ep-7, 0x1.1c49e337a6fa0p-6, 0x1.6e8bdf9ff93a9p-6,
                        0x1.f1c71a8df7babp-6, 0x1.6db6db7225997p-5, 0x1.333333332df84p-4,
                        0x1.5555555555578p-3);  // error 2^-59
}

/// Beyond 1/2 asin(a) = pi/2 - 2 asin(s) with s = sqrt((1 - a) / 2). `s` and its square are given,
/// or a and its square below.
template <class V>
SINTER_HD SINTER_INLINE constexpr V asin_kernel(V a, V s, V z) {
  const auto near = a <= V(0.5);
  const V rest = s * asin_series(z);
  return select(near, s + rest, V(half_pi) - (V(2.0) * (s + rest) - V(half_pi_low)));
}
template <class V>
SINTER_HD SINTER_INLINE constexpr V acos_kernel(V x, V s, V z) {
  const V rest = s * asin_series(z);
  const V middle = V(half_pi) - (s - (V(half_pi_low) - rest));  // s has the sign of x here
  const V twice = V(2.0) * (s + rest);
  const V ends = select(x < V(0.0), V(2 * half_pi) - (twice - V(2 * half_pi_low)), twice);
  return select(magnitude(x) <= V(0.5), middle, ends);
}

/// tan(r + n pi/2): sine by cosine, turned for odd n.
template <class V>
SINTER_HD SINTER_INLINE constexpr V tan_of_quadrant(V r, V n) {
  return sine_of_quadrant(r, n) / sine_of_quadrant(r, n + V(1.0));
}

/// sinh(a) and cosh(a) for 0 <= a <= 711, by halves where e^a overflows.
template <class V>
SINTER_HD SINTER_INLINE constexpr V sinh_kernel(V a) {
  const auto large = a > V(709.0);
  const V e = expm1_kernel(select(large, V(0.0), a));
  const V root = exp_kernel(select(large, a * V(0.5), V(0.0)));
  return select(large, V(0.5) * root * root, V(0.5) * (e + e / (e + V(1.0))));
}
template <class V>
SINTER_HD SINTER_INLINE constexpr V cosh_kernel(V a) {
  const auto large = a > V(709.0);
  const V e = exp_kernel(select(large, V(0.0), a));
  const V root = exp_kernel(select(large, a * V(0.5), V(0.0)));
  return select(large, V(0.5) * root * root, multiply_add(V(0.5), e, V(0.5) / e));
}

}  // namespace sinter::math::detail
