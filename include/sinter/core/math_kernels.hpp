// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Elementary functions, written once over V: a double in constant evaluation, a simd vector at
/// run time. A kernel is branch-free and expects an argument in the range its comment names; the
/// callers (core/math.hpp, target/cpu/simd_math.hpp) deal with infinities, NaN and the rest.
///
/// Polynomials are near-minimax in the error each result needs: fitted by reweighted least squares
/// on Chebyshev nodes in 50 digits, their coefficients rounded one by one, the rest fitted again.
/// Rounding to an integer adds and subtracts 1.5 * 2^(mantissa bits), so the kernels need the
/// default rounding mode and break under -ffast-math.

#include <cstdint>

#include "sinter/core/math_lanes.hpp"

namespace sinter::math {

namespace detail {

/// What differs between the two formats.
template <class E>
struct format;
template <>
struct format<float> {
  using bits = std::uint32_t;
  static constexpr int fraction = 23, to_sign = 30;  // from bit 1 to the sign
  static constexpr bits one = 0x3f800000u, sign = 0x80000000u, root_half = 0x3f3504f3u;
  static constexpr float integer = 0x1p23f, bias = 0x1p23f + 127.0f;
  static constexpr bits integer_bits = 0x4b000000u;
  static constexpr float rounder = 0x1.8p23f;
  static constexpr float smallest_normal = 0x1p-126f;
  static constexpr float infinity = __builtin_huge_valf(), nan = __builtin_nanf("");
  // The high part has zeros at its end: its product with any exponent is exact.
  static constexpr float ln2_high = 0x1.62e4p-1f, ln2_low = 0x1.7f7d1cp-20f;
  // Beyond these exp is infinity and zero; from there tanh and erf are one.
  static constexpr float exp_largest = 89.0f, exp_smallest = -104.0f;
  static constexpr float tanh_one = 10.0f, erf_one = 4.0f;
};
template <>
struct format<double> {
  using bits = std::uint64_t;
  static constexpr int fraction = 52, to_sign = 62;
  static constexpr bits one = 0x3ff0000000000000u, sign = 0x8000000000000000u;
  static constexpr bits root_half = 0x3fe6a09e667f3bcdu;
  static constexpr double integer = 0x1p52, bias = 0x1p52 + 1023.0;
  static constexpr bits integer_bits = 0x4330000000000000u;
  static constexpr double rounder = 0x1.8p52;
  static constexpr double smallest_normal = 0x1p-1022;
  static constexpr double infinity = __builtin_huge_val(), nan = __builtin_nan("");
  static constexpr double ln2_high = 0x1.62e42feep-1, ln2_low = 0x1.a39ef35793c76p-33;
  static constexpr double exp_largest = 710.0, exp_smallest = -746.0;
  static constexpr double tanh_one = 20.0, erf_split = 1.0, erf_one = 6.0;
};
template <class V>
using format_of = format<typename lane_of<V>::type>;

template <class V>
SINTER_HD SINTER_INLINE constexpr V magnitude(V x) {
  return from_bits(to_bits(x) & ~format_of<V>::sign);
}

/// The magnitude of a non-negative `x` with the sign of `y`.
template <class V>
SINTER_HD SINTER_INLINE constexpr V with_sign(V x, V y) {
  return from_bits(to_bits(x) | (to_bits(y) & format_of<V>::sign));
}

template <class V>
SINTER_HD SINTER_INLINE constexpr V round_to_integer(V x) {
  using F = format_of<V>;
  return (x + V(F::rounder)) - V(F::rounder);
}

/// The largest integer not above x. @accuracy exact, the sign of zero kept
template <class V>
SINTER_HD SINTER_INLINE constexpr V floor_kernel(V x) {
  using F = format_of<V>;
  using E = typename lane_of<V>::type;
  const V a = magnitude(x);
  const V nearest = with_sign((a + V(F::integer)) - V(F::integer), x);
  const V below = select(nearest > x, nearest - V(E(1)), nearest);
  return select(a < V(F::integer), below, x);  // large values are integers; NaN stays
}

/// The nearest number with 10 bits of fraction, ties to even. @accuracy exact; NaN stays
template <class V>
SINTER_HD SINTER_INLINE constexpr V tf32_kernel(V x) {
  using F = format_of<V>;
  using bits = typename F::bits;
  constexpr int dropped = F::fraction - 10;
  const auto b = to_bits(x);
  const auto to_nearest = (b >> dropped & bits(1)) + ((bits(1) << (dropped - 1)) - 1);
  return select(x == x, from_bits((b + to_nearest) & ~((bits(1) << dropped) - 1)), x);
}

/// x as the sum of two numbers with 10 bits of fraction.
template <class V> struct tf32_parts {
  V large, small;
};

/// @accuracy the sum is within 2^-23 |x| of x, and |small| <= 2^-11 |x|, for finite x from 2^-103
///           on; below, within 2^-137. What is infinite or NaN is the small part beside a large one
///           of magnitude 1. So infinity - infinity is nowhere, and in the three products of parts
///           that stand for a product, infinity meets the other operand's large part but never its
///           small one, which may be 0
template <class V>
SINTER_HD SINTER_INLINE constexpr tf32_parts<V> split_tf32(V x) {
  using E = typename lane_of<V>::type;
  const V greatest = V(E(0x1.ffcp127)), nearest = tf32_kernel(x);
  const V instead = select(magnitude(x) <= V(E(0x1.fffffep127)), greatest, V(E(1)));
  const V large = select(magnitude(nearest) <= greatest, nearest, with_sign(instead, x));
  return {large, tf32_kernel(x - large)};
}

/// 2^n for an integer n with a normal result.
template <class V>
SINTER_HD SINTER_INLINE constexpr V power_of_two(V n) {
  using F = format_of<V>;
  return from_bits((to_bits(n + V(F::rounder)) << F::fraction) + F::one);
}

/// 2^n as two powers that do not overflow early. The bits of n + rounder end in n.
template <class V>
struct two_powers {
  using F = format_of<V>;
  V first, second;
  SINTER_HD SINTER_INLINE constexpr explicit two_powers(V n) {
    const auto all = to_bits(n + V(F::rounder)), half = all >> 1;
    first = from_bits((half << F::fraction) + F::one);
    second = from_bits(((all - half) << F::fraction) + F::one);
  }
};

/// x * 2^n in two steps. Rounds twice if the result is subnormal. Vectors that have an instruction
/// for it have an overload.
template <class V>
SINTER_HD SINTER_INLINE constexpr V scale_by_power(V x, V n) {
  const two_powers power(n);
  return (x * power.first) * power.second;
}
/// (1 + x) * 2^n, likewise: the sum and the first step are one instruction, and exact but for it.
template <class V>
SINTER_HD SINTER_INLINE constexpr V scale_one_plus(V x, V n) {
  const two_powers power(n);
  return multiply_add(x, power.first, power.first) * power.second;
}

/// x = n ln2 + r with |r| <= ln2 / 2.
template <class V>
struct reduced_exponent {
  using F = format_of<V>;
  V r, n, lifted;  ///< lifted: a number whose bits end in those of n + bias

  /// 2^n where that is normal.
  SINTER_HD SINTER_INLINE constexpr V power() const {
    return from_bits(to_bits(lifted) << F::fraction);
  }
};

template <class V>
SINTER_HD SINTER_INLINE constexpr reduced_exponent<V> reduce_exponent(V x) {
  using F = format_of<V>;
  using E = typename lane_of<V>::type;
  constexpr E lift = F::rounder + (F::bias - F::integer);
  const V lifted = multiply_add(x, V(E(1.4426950408889634)), V(lift)), n = lifted - V(lift);
  const V high = multiply_add(n, V(-F::ln2_high), x);
  return {multiply_add(n, V(-F::ln2_low), high), n, lifted};
}

/// e^r - 1 for |r| <= ln2 / 2.
template <class V>
SINTER_HD SINTER_INLINE constexpr V expm1_of_reduced(V r) {
  if constexpr (in_float<V>) {  // error 2^-26
    const V q = polynomial(r, 0x1.6b628ep-10f, 0x1.12292ep-7f, 0x1.555726p-5f, 0x1.5554aep-3f,
                           0x1.fffffep-2f);
    return multiply_add(r * r, q, r);
  } else {  // error 2^-55
    const V q = polynomial(r, 0x1.ae7d5e66ba881p-26, 0x1.28a33e3530b4fp-22,
                           0x1.71de7d604716ap-19, 0x1.a019a60830171p-16, 0x1.a01a0179b2ca1p-13,
                           0x1.6c16c17f582c7p-10, 0x1.1111111118212p-7, 0x1.55555555520a4p-5,
                           0x1.555555555553dp-3, 0x1.0000000000005p-1);
    return multiply_add(r * r, q, r);
  }
}

/// e^x for x within exp_smallest .. exp_largest.
template <class V>
SINTER_HD SINTER_INLINE constexpr V exp_kernel(V x) {
  const auto part = reduce_exponent(x);
  return scale_one_plus(expm1_of_reduced(part.r), part.n);
}
/// The same where the result is a normal number.
template <class V>
SINTER_HD SINTER_INLINE constexpr V normal_exp_kernel(V x) {
  const auto part = reduce_exponent(x);
  const V power = part.power();
  return multiply_add(expm1_of_reduced(part.r), power, power);
}

/// e^x - 1 for x within -80 .. exp_largest. At n = 0 it is the polynomial itself, so small
/// arguments keep all their digits.
template <class V>
SINTER_HD SINTER_INLINE constexpr V expm1_kernel(V x) {
  using E = typename lane_of<V>::type;
  const auto part = reduce_exponent(x);
  // For large n the one no longer counts; the clamp keeps 2^-n in range.
  const V n = select(part.n > V(E(100)), V(E(100)), part.n);
  const V one_less = V(E(1)) - power_of_two(V(E(0)) - n);
  return scale_by_power(expm1_of_reduced(part.r) + one_less, part.n);
}

/// A positive normal x as m * 2^exponent with m in [sqrt(1/2), sqrt(2)).
template <class V>
struct split_float {
  V m, exponent;
};

template <class V>
SINTER_HD SINTER_INLINE constexpr split_float<V> split(V x) {
  using F = format_of<V>;
  const auto shifted = to_bits(x) + (F::one - F::root_half);
  const auto fraction = shifted & ((typename F::bits(1) << F::fraction) - 1);
  return {from_bits(fraction + F::root_half),
          from_bits((shifted >> F::fraction) | F::integer_bits) - V(F::bias)};
}

/// log(1 + f) + exponent * ln2 for f in [sqrt(1/2) - 1, sqrt(2) - 1]. The double form is the one
/// of FreeBSD's e_log.c, with coefficients of our own: s = f / (2 + f), log(1 + f) = 2 atanh(s).
template <class V>
SINTER_HD SINTER_INLINE constexpr V log_kernel(V f, V exponent) {
  using F = format_of<V>;
  using E = typename lane_of<V>::type;
  const V half_square = V(E(0.5)) * f * f;
  if constexpr (in_float<V>) {  // error 2^-30
    const V q = polynomial(f, 0x1.15841ep-4f, -0x1.df95d2p-4f, 0x1.e71228p-4f, -0x1.fbdc94p-4f,
                           0x1.23300cp-3f, -0x1.555e9ap-3f, 0x1.99a54p-3f, -0x1p-2f,
                           0x1.555546p-2f);
    const V tail = multiply_add(f * f * f, q, exponent * V(F::ln2_low)) - half_square;
    return multiply_add(exponent, V(F::ln2_high), f + tail);
  } else {  // error 2^-58
    const V s = f / (V(E(2)) + f);
    const V w = s * s;
    const V q = w * polynomial(w, 0x1.2f10cb49b2c1cp-3, 0x1.39a0a6620f862p-3,
                               0x1.7466491784742p-3, 0x1.c71c51da48e15p-3, 0x1.2492494227fb2p-2,
                               0x1.999999997fa0ep-2, 0x1.5555555555593p-1);
    const V tail = half_square - (s * (half_square + q) + exponent * V(F::ln2_low));
    return exponent * V(F::ln2_high) - (tail - f);
  }
}

/// log(x) for a positive normal x.
template <class V>
SINTER_HD SINTER_INLINE constexpr V log_kernel(V x) {
  using E = typename lane_of<V>::type;
  const auto part = split(x);
  return log_kernel(part.m - V(E(1)), part.exponent);
}

/// log(1 + x) for -1 < x < infinity. What 1 + x rounds away comes back as part of f.
template <class V>
SINTER_HD SINTER_INLINE constexpr V log1p_kernel(V x) {
  using E = typename lane_of<V>::type;
  const V one(E(1));
  const V u = one + x;
  const V lost = select(x < one, x - (u - one), one - (u - x));
  const auto part = split(u);
  // Beyond 2^60 nothing is lost that counts; the clamp keeps the power in range.
  const V down = select(part.exponent > V(E(60)), V(E(-60)), V(E(0)) - part.exponent);
  return log_kernel((part.m - one) + lost * power_of_two(down), part.exponent);
}

/// tanh(a) for 0 <= a <= tanh_one: e / (e + 2) with e = e^(2a) - 1, which near zero is the
/// polynomial itself and keeps all its digits.
template <class V>
SINTER_HD SINTER_INLINE constexpr V tanh_kernel(V a) {
  using E = typename lane_of<V>::type;
  const auto part = reduce_exponent(a + a);
  const V power = part.power();
  const V e = multiply_add(expm1_of_reduced(part.r), power, power - V(E(1)));
  return e / (e + V(E(2)));
}

/// erf(a) for 0 <= a <= erf_one: 1 - e^(-a g(a)), where an error of the exponent counts only by the
/// share that erfc has. In float that serves small arguments too, since e^r - 1 keeps all its
/// digits there and g(0) - 1 has the digits that g(0) would lose; in double they take a polynomial
/// of their own. (A quotient of polynomials is faster by a third and errs by 6.7 ulp near one.)
template <class V>
SINTER_HD SINTER_INLINE constexpr V erf_kernel(V a) {
  using F = format_of<V>;
  using E = typename lane_of<V>::type;
  if constexpr (in_float<V>) {  // error 2^-27 of the result
    const V g_less_one = polynomial(a, -0x1.3b22cep-17f, 0x1.f2ac5cp-14f, -0x1.4e372cp-11f,
                                    0x1.b74fa6p-10f, -0x1.63c158p-13f, -0x1.39b792p-6f,
                                    0x1.a4f8c2p-4f, 0x1.45f3p-1f, 0x1.06eba8p-3f);
    const auto part = reduce_exponent(multiply_add(-a, g_less_one, -a));
    const V power = part.power();
    return (V(E(1)) - power) - expm1_of_reduced(part.r) * power;
  } else {  // errors 2^-56, 2^-61
    const V z = a * a;
    const V near = polynomial(
        z, -0x1.aa81e413d1b3bp-31, 0x1.d6af668f8409ap-27, -0x1.5bf663d9e770bp-23,
        0x1.b97cdb0c8bd7ap-20, -0x1.f4c9f8df7bf64p-17, 0x1.f9a2b48beb6f8p-14,
        -0x1.c02daff3ef7f6p-11, 0x1.565bccf6f0bd4p-8, -0x1.b82ce311e5c5cp-6,
        0x1.ce2f21a040679p-4, -0x1.812746b0379aep-2, 0x1.06eba8214db68p-3);
    const V g = polynomial(
        a, 0x1.c5f2451a42588p-43, -0x1.5ee270e6a8116p-37, 0x1.ff32cfd853bb5p-33,
        -0x1.d2891b2073eb8p-29, 0x1.2ae4281764d95p-25, -0x1.1d32909422efcp-22,
        0x1.a2af209e967f5p-20, -0x1.dfb334d83220cp-18, 0x1.ab03ea51e8b4bp-16,
        -0x1.1c57ad277098ep-14, 0x1.eb3228281aaf6p-14, -0x1.11fac77c0ba7cp-15,
        -0x1.1a09f4478a1e0p-11, 0x1.b3024c8e404cbp-10, -0x1.8cafc9c8c2e51p-13,
        -0x1.3988a6b0f8490p-6, 0x1.a4f75057f2bb9p-4, 0x1.45f2f90a7962fp-1,
        0x1.20dd7597f1410p+0);
    const V far = V(E(1)) - normal_exp_kernel(V(E(0)) - a * g);
    return select(a < V(F::erf_split), multiply_add(a, near, a), far);
  }
}

/// x = n pi/2 + r, |r| <= pi/4, in double, for |x| <= sine_largest. pi/2 is three parts, of
/// which two have room for n (Cody and Waite 1980).
inline constexpr double sine_largest = 0x1.8p20;

template <class V>
struct reduced_angle {
  V r, n;
};

template <class V>
SINTER_HD SINTER_INLINE constexpr reduced_angle<V> reduce_angle(V x) {
  const V n = round_to_integer(x * V(0x1.45f306dc9c883p-1));
  const V first = multiply_add(n, V(-0x1.921fb544p+0), x);
  const V second = multiply_add(n, V(-0x1.0b4611a6p-34), first);
  return {multiply_add(n, V(-0x1.3198a2e037073p-69), second), n};
}

/// sin(r + n pi/2) for |r| <= pi/4 and an integer n below 2^(fraction - 1).
template <class V>
SINTER_HD SINTER_INLINE constexpr V sine_of_quadrant(V r, V n) {
  using F = format_of<V>;
  using E = typename lane_of<V>::type;
  const V z = r * r;
  V s(E(0)), c(E(0));
  if constexpr (in_float<V>) {  // errors 2^-28, 2^-33
    s = polynomial(z, -0x1.9951e6p-13f, 0x1.110774p-7f, -0x1.555546p-3f);
    c = polynomial(z, 0x1.99e8fp-16f, -0x1.6c0c2ap-10f, 0x1.55554ap-5f);
  } else {  // errors 2^-58, 2^-64
    s = polynomial(z, 0x1.5d8cc2cc39d3dp-33, -0x1.ae5e4ff1004f5p-26, 0x1.71de355a09f90p-19,
                   -0x1.a01a019bed904p-13, 0x1.111111110f746p-7, -0x1.5555555555548p-3);
    c = polynomial(z, -0x1.8fa807e8b558ep-37, 0x1.1ee9deb8f74cep-29, -0x1.27e4f7f5a2b2ep-22,
                   0x1.a01a019c93fe7p-16, -0x1.6c16c16c15036p-10, 0x1.555555555554bp-5);
  }
  s = multiply_add(r * z, s, r);
  c = multiply_add(z * z, c, multiply_add(z, V(E(-0.5)), V(E(1))));
  const auto quadrant = to_bits(n + V(F::rounder));
  const auto odd = (quadrant & typename F::bits(1)) != typename F::bits(0);
  const auto flip = (quadrant & typename F::bits(2)) << F::to_sign;
  return from_bits(to_bits(select(odd, c, s)) ^ flip);
}

}  // namespace detail
}  // namespace sinter::math
