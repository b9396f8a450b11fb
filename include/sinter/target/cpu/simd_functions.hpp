// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The functions of core/math_functions.hpp for vectors. Floats are computed in double, the results
/// rounded. Only tan of huge arguments goes lane by lane to the C library, as sin and cos do.
///
/// @accuracy largest error met, in units of the last place; tests/unit/math_functions.cpp holds
///           them to it: floats 0.51 but for exp2, 1.1; doubles: exp2 1.1, log2 and log10 0.6,
///           cbrt 1, tan 4, asin, atan and atan2 2, acos 1.5, sinh and cosh 2.5, asinh, acosh
///           and atanh 3, hypot 1.5

#include "sinter/core/math_functions.hpp"
#include "sinter/target/cpu/simd_math.hpp"

namespace sinter::math {
namespace detail {

/// 2^x: x - n is exact, and ln 2 has a second part.
template <class V>
SINTER_HD SINTER_INLINE V exp2_lanes(V x) {
  using E = typename lane_of<V>::type;
  const V largest(in_float<V> ? E(129) : E(1025)), smallest(in_float<V> ? E(-151) : E(-1076));
  const V bounded = greater(smallest, lesser(largest, x));
  const V n = round_to_integer(bounded), f = bounded - n;
  const E high = static_cast<E>(0x1.62e42fefa39efp-1);
  const V low(static_cast<E>(in_float<V> ? 0x1.62e42fefa39efp-1 - static_cast<double>(high)
                                         : 0x1.abc9e3b39803fp-56));
  const V result = scale_one_plus(expm1_of_reduced(multiply_add(f, V(high), f * low)), n);
  return select(x == x, result, x);
}

/// The logarithm times a factor: in double for floats; for doubles as a pair.
template <class V>
SINTER_HD SINTER_INLINE V log_scaled(V x, double factor, double factor_low) {
  if constexpr (in_float<V>) {
    return in_double([=](auto v) { return log_lanes(v) * factor; }, x);
  } else {
    const auto part = split_any(x);
    const auto log = log_pair(part.m, part.exponent);
    const auto scaled = pair_product(log, pair<V>{V(factor), V(factor_low)});
    return log_or_special(x, scaled.high + scaled.low);
  }
}

/// The cube root by the logarithm, and a step of Newton's.
template <class V>
SINTER_HD SINTER_INLINE V cbrt_of_double(V x) {
  const V full = magnitude(x);
  const auto tiny = full < V(0x1p-900);
  const V a = select(tiny, full * V(0x1p300), full);
  const V y = exp_lanes(log_lanes(a) * V(1.0 / 3.0));
  const V root = y - (y * y * y - a) / (V(3.0) * y * y);
  const auto end = a == V(0.0) || a == V(format<double>::infinity) || x != x;
  return select(end, x, with_sign(select(tiny, root * V(0x1p-100), root), x));
}

template <class V>
SINTER_HD SINTER_INLINE V asin_of_double(V x) {
  const V a = magnitude(x);
  const auto near = a <= V(0.5);
  const V z = select(near, a * a, (V(1.0) - a) * V(0.5));
  return select(a <= V(1.0), with_sign(asin_kernel(a, select(near, a, sqrt_lanes(z)), z), x),
                V(format<double>::nan));
}
template <class V>
SINTER_HD SINTER_INLINE V acos_of_double(V x) {
  const V a = magnitude(x);
  const auto near = a <= V(0.5);
  const V z = select(near, a * a, (V(1.0) - a) * V(0.5));
  return select(a <= V(1.0), acos_kernel(x, select(near, x, sqrt_lanes(z)), z),
                V(format<double>::nan));
}

template <class V>
SINTER_HD SINTER_INLINE V atan_of_double(V x) {
  return select(x == x, with_sign(atan_kernel(magnitude(x), V(1.0)), x), x);
}
/// As C's: every quadrant, zeros and infinities by their signs.
template <class V>
SINTER_HD SINTER_INLINE V atan2_of_double(V y, V x) {
  const V infinity(format<double>::infinity), a = magnitude(y), b = magnitude(x);
  const auto alike = (a == b) && (a == infinity || a == V(0.0));
  V angle = atan_kernel(select(alike, V(1.0), a), select(alike, V(1.0), b));
  angle = select(alike && a == V(0.0), V(0.0), angle);
  const auto left = with_sign(V(1.0), x) < V(0.0);
  angle = select(left, V(2 * half_pi) - (angle - V(2 * half_pi_low)), angle);
  return select(x != x || y != y, V(format<double>::nan), with_sign(angle, y));
}

template <class V>
SINTER_HD SINTER_INLINE V tan_of_double(V x) {
  const auto angle = reduce_angle(x);
  const V result = tan_of_quadrant(angle.r, angle.n);
  return select(x == V(0.0), x, result);
}

template <class V>
SINTER_HD SINTER_INLINE V sinh_of_double(V x) {
  return select(x == x, with_sign(sinh_kernel(lesser(V(711.0), magnitude(x))), x), x);
}
template <class V>
SINTER_HD SINTER_INLINE V cosh_of_double(V x) {
  return select(x == x, cosh_kernel(lesser(V(711.0), magnitude(x))), x);
}

/// log(a + sqrt(a^2 + 1)) = log1p(a + a^2 / (1 + sqrt(a^2 + 1))), and log(2 a) where a is large.
template <class V>
SINTER_HD SINTER_INLINE V asinh_of_double(V x) {
  const V a = magnitude(x);
  const auto large = a > V(0x1p60);
  const V s = a * a;
  const V small = a + s / (V(1.0) + sqrt_lanes(s + V(1.0)));
  const V log = log1p_lanes(select(large, a, small));
  return select(x == x, with_sign(select(large, log + V(0x1.62e42fefa39efp-1), log), x), x);
}
template <class V>
SINTER_HD SINTER_INLINE V acosh_of_double(V x) {
  const auto large = x > V(0x1p28);
  const V t = x - V(1.0);
  const V log = log1p_lanes(select(large, t, t + sqrt_lanes(t + t + t * t)));
  return select(x >= V(1.0), select(large, log + V(0x1.62e42fefa39efp-1), log),
                V(format<double>::nan));
}
template <class V>
SINTER_HD SINTER_INLINE V atanh_of_double(V x) {
  const V a = magnitude(x);
  const V result = V(0.5) * log1p_lanes((a + a) / (V(1.0) - a));
  return select(a <= V(1.0), with_sign(result, x), V(format<double>::nan));
}

/// Of doubles by the larger one, so that no square overflows; of floats in double, where none can.
template <class V>
SINTER_HD SINTER_INLINE V hypot_lanes(V x, V y) {
  using F = format_of<V>;
  const V a = magnitude(x), b = magnitude(y);
  V result;
  if constexpr (in_float<V>) {
    result = in_double([](auto p, auto q) { return sqrt_lanes(p * p + q * q); }, a, b);
  } else {
    const V high = greater(a, b), low = lesser(a, b);
    const auto large = high > V(0x1p500), small = high < V(0x1p-450);
    const V scale = select(large, V(0x1p-600), select(small, V(0x1p600), V(1.0)));
    const V back = select(large, V(0x1p600), select(small, V(0x1p-600), V(1.0)));
    const V p = high * scale, q = low * scale;
    result = sqrt_lanes(multiply_add(p, p, q * q)) * back;
  }
  result = select(x != x || y != y, V(F::nan), result);
  return select(a == V(F::infinity) || b == V(F::infinity), V(F::infinity), result);
}

}  // namespace detail

template <class T, int N>
struct vector_functions<simd<T, N>> {
  using V = simd<T, N>;

  SINTER_HD SINTER_INLINE static V exp2(V x) { return detail::exp2_lanes(x); }
  SINTER_HD SINTER_INLINE static V log2(V x) {
    return detail::log_scaled(x, 0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56);
  }
  SINTER_HD SINTER_INLINE static V log10(V x) {
    return detail::log_scaled(x, 0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57);
  }
  SINTER_HD SINTER_INLINE static V cbrt(V x) {
    return detail::in_double([](auto v) { return detail::cbrt_of_double(v); }, x);
  }
  SINTER_HD SINTER_INLINE static V tan(V x) {
    const auto huge = !(detail::magnitude(x) <= V(static_cast<T>(detail::sine_largest)));
    if (__builtin_expect(any_lane(huge), 0))
      return map_lanes([](T lane) { return static_cast<T>(math::tan(double{lane})); }, x);
    return detail::in_double([](auto v) { return detail::tan_of_double(v); }, x);
  }
  SINTER_HD SINTER_INLINE static V asin(V x) {
    return detail::in_double([](auto v) { return detail::asin_of_double(v); }, x);
  }
  SINTER_HD SINTER_INLINE static V acos(V x) {
    return detail::in_double([](auto v) { return detail::acos_of_double(v); }, x);
  }
  SINTER_HD SINTER_INLINE static V atan(V x) {
    return detail::in_double([](auto v) { return detail::atan_of_double(v); }, x);
  }
  SINTER_HD SINTER_INLINE static V atan2(V y, V x) {
    return detail::in_double([](auto v, auto w) { return detail::atan2_of_double(v, w); }, y, x);
  }
  SINTER_HD SINTER_INLINE static V sinh(V x) {
    return detail::in_double([](auto v) { return detail::sinh_of_double(v); }, x);
  }
  SINTER_HD SINTER_INLINE static V cosh(V x) {
    return detail::in_double([](auto v) { return detail::cosh_of_double(v); }, x);
  }
  SINTER_HD SINTER_INLINE static V asinh(V x) {
    return detail::in_double([](auto v) { return detail::asinh_of_double(v); }, x);
  }
  SINTER_HD SINTER_INLINE static V acosh(V x) {
    return detail::in_double([](auto v) { return detail::acosh_of_double(v); }, x);
  }
  SINTER_HD SINTER_INLINE static V atanh(V x) {
    return detail::in_double([](auto v) { return detail::atanh_of_double(v); }, x);
  }
  SINTER_HD SINTER_INLINE static V hypot(V x, V y) { return detail::hypot_lanes(x, y); }
};

}  // namespace sinter::math
