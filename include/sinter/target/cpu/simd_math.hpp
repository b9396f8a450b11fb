// SPDX-License-Identifier: Apache-2.0
#pragma once

/// math:: for vectors. The kernels of core/math_kernels.hpp in float and double, with what they
/// leave out: infinities, zeros, subnormal and NaN arguments, by selection, without a branch. Only
/// sin and cos of huge arguments, and fma where the machine has none, go lane by lane to the C
/// library. The results do not depend on the number of lanes.
///
/// @accuracy largest error met, in units of the last place; tests/unit/math.cpp holds them to it:
///           exp 1.1, expm1 2, log 1, log1p 1.5, tanh 2.5, sqrt 0.5, erf 2 in float and 1.2 in
///           double, sin and cos 2, pow 0.51 in float and 1.2 in double

#include <cstdint>
#include <type_traits>

#include "sinter/core/config.hpp"
#include "sinter/core/math.hpp"
#include "sinter/core/math_kernels.hpp"
#include "sinter/core/math_pairs.hpp"
#include "sinter/target/cpu/simd.hpp"

namespace sinter {

/// Found by math's kernels where it is one instruction, and one rounding for subnormal results.
template <class T, int N>
  requires requires(typename simd<T, N>::vector x) {
    sinter::detail::instructions<typename simd<T, N>::vector>::scale(x, x);
  }
SINTER_HD SINTER_INLINE simd<T, N> scale_by_power(simd<T, N> x, simd<T, N> n) {
  return simd<T, N>(sinter::detail::instructions<typename simd<T, N>::vector>::scale(x.v, n.v));
}
template <class T, int N>
  requires requires(simd<T, N> x) { sinter::scale_by_power(x, x); }
SINTER_HD SINTER_INLINE simd<T, N> scale_one_plus(simd<T, N> x, simd<T, N> n) {
  return sinter::scale_by_power(simd<T, N>(T(1)) + x, n);
}

namespace math {
namespace detail {

template <class V> using machine = sinter::detail::instructions<typename V::vector>;

/// The hardware's square root, for registers of the machine's sizes; others in halves of them.
template <class T, int N>
SINTER_HD SINTER_INLINE simd<T, N> sqrt_lanes(simd<T, N> x) {
  using V = simd<T, N>;
#if defined(__clang__) && __has_builtin(__builtin_elementwise_sqrt)
  return V(__builtin_elementwise_sqrt(x.v));
#else
  if constexpr (requires { machine<V>::sqrt(x.v); }) {
    return V(machine<V>::sqrt(x.v));
  } else if constexpr (N * static_cast<int>(sizeof(T)) > native_bytes) {
    const auto part = split_lanes(x);
    return join_lanes(sqrt_lanes(part.low), sqrt_lanes(part.high));
  } else {
    return map_lanes([](T lane) { return math::sqrt(lane); }, x);
  }
#endif
}

/// a < b ? a : b, so b where either is NaN: one instruction, which g++ 12 does not find itself.
template <class V>
SINTER_HD SINTER_INLINE V lesser(V a, V b) {
  if constexpr (requires { machine<V>::lesser(a.v, b.v); }) return V(machine<V>::lesser(a.v, b.v));
  else return select(a < b, a, b);
}

/// a > b ? a : b, likewise.
template <class V>
SINTER_HD SINTER_INLINE V greater(V a, V b) {
  if constexpr (requires { machine<V>::greater(a.v, b.v); })
    return V(machine<V>::greater(a.v, b.v));
  else return select(a > b, a, b);
}

template <class V>
SINTER_HD SINTER_INLINE V exp_lanes(V x) {
  using F = format_of<V>;
  return exp_kernel(greater(V(F::exp_smallest), lesser(V(F::exp_largest), x)));
}

template <class V>
SINTER_HD SINTER_INLINE V expm1_lanes(V x) {
  using F = format_of<V>;
  using E = typename lane_of<V>::type;
  const V result = expm1_kernel(greater(V(E(-60)), lesser(V(F::exp_largest), x)));
  return select(x == V(E(0)), x, result);  // minus zero stays
}

/// `result`, but for what no logarithm of a positive finite number is.
template <class V>
SINTER_HD SINTER_INLINE V log_or_special(V x, V result) {
  using F = format_of<V>;
  using E = typename lane_of<V>::type;
  result = select(x == V(F::infinity), x, result);
  const V below = select(x == V(E(0)), V(-F::infinity), V(F::nan));
  return select(x > V(E(0)), result, below);
}

template <class V>
SINTER_HD SINTER_INLINE split_float<V> split_any(V x) {
  using F = format_of<V>;
  using E = typename lane_of<V>::type;
  const auto tiny = x < V(F::smallest_normal);
  auto part = split(select(tiny, x * V(E(0x1p54)), x));
  part.exponent = select(tiny, part.exponent - V(E(54)), part.exponent);
  return part;
}

template <class V>
SINTER_HD SINTER_INLINE V log_lanes(V x) {
  using E = typename lane_of<V>::type;
  const auto part = split_any(x);
  return log_or_special(x, log_kernel(part.m - V(E(1)), part.exponent));
}

template <class V>
SINTER_HD SINTER_INLINE V log1p_lanes(V x) {
  using E = typename lane_of<V>::type;
  const V result = log_or_special(x + V(E(1)), log1p_kernel(x));
  return select(x == V(E(0)), x, result);
}

template <class V>
SINTER_HD SINTER_INLINE V bounded(V x, typename lane_of<V>::type bound) {
  return with_sign(lesser(V(bound), magnitude(x)), x);
}

/// sin(x + quadrant pi/2). The reduction is done in double for float as well, so that no digit is
/// lost near multiples of pi/2.
template <class T, int N, class Exact>
SINTER_HD SINTER_INLINE simd<T, N> sine_lanes(simd<T, N> x, T quadrant, Exact exact) {
  const auto angle = reduce_angle(convert<double>(x));
  const simd<T, N> n = convert<T>(angle.n) + simd<T, N>(quadrant);
  const simd<T, N> result = sine_of_quadrant(convert<T>(angle.r), n);
  const auto huge = !(magnitude(x) <= simd<T, N>(static_cast<T>(sine_largest)));
  if (__builtin_expect(any_lane(huge), 0)) return map_lanes(exact, x);
  return result;
}

/// A function of doubles, also of floats: in registers of doubles, as g++ takes what is wider lane
/// by lane where it compares.
template <class F, class V>
SINTER_HD SINTER_INLINE V in_double(F f, V x) {
  if constexpr (!in_float<V>) {
    return f(x);
  } else if constexpr (V::size > native_lanes<double> && V::size > 1) {
    const auto part = split_lanes(x);
    return join_lanes(in_double(f, part.low), in_double(f, part.high));
  } else {
    return convert<float>(f(convert<double>(x)));
  }
}
template <class F, class V>
SINTER_HD SINTER_INLINE V in_double(F f, V x, V y) {
  if constexpr (!in_float<V>) {
    return f(x, y);
  } else if constexpr (V::size > native_lanes<double> && V::size > 1) {
    const auto p = split_lanes(x), q = split_lanes(y);
    return join_lanes(in_double(f, p.low, q.low), in_double(f, p.high, q.high));
  } else {
    return convert<float>(f(convert<double>(x), convert<double>(y)));
  }
}

template <class V>
SINTER_HD SINTER_INLINE V pow_magnitude(V a, V y) {  // in double, a >= 0
  const auto part = split_any(a);
  const auto log = log_pair(part.m, part.exponent);
  const auto power = pair_product(log, pair<V>{bounded(y, 0x1p64), V(0.0)});
  const auto large = power.high > V(710.0), small = power.high < V(-746.0);
  const V high = select(large, V(710.0), select(small, V(-746.0), power.high));
  const auto reduced = reduce_exponent(high);
  const V low = select(large || small, V(0.0), power.low);
  const V result = scale_by_power(V(1.0) + expm1_of_reduced(reduced.r + low), reduced.n);
  const V infinity(format<double>::infinity);
  const auto end = a == V(0.0) || a == infinity;
  const auto falls = (a == V(0.0)) ^ (y < V(0.0));
  return select(end, select(falls, V(0.0), infinity), result);
}

/// pow_magnitude for x whose logarithm in double has digits enough: for floats.
template <class V>
SINTER_HD SINTER_INLINE V pow_of_float(V a, V y) {
  const V power = exp_lanes(y * log_lanes(a));
  return select(a == V(1.0), V(1.0), power);
}

template <class V>
SINTER_HD SINTER_INLINE V pow_lanes(V x, V y) {
  using F = format_of<V>;
  using E = typename lane_of<V>::type;
  const V one(E(1));
  V result(E(0));
  if constexpr (in_float<V>) {
    result = in_double([](auto a, auto b) { return pow_of_float(a, b); }, magnitude(x), y);
  } else {
    result = pow_magnitude(magnitude(x), y);
  }
  const auto whole = floor_kernel(y) == y;
  const V half = y * V(E(0.5));
  const auto odd = whole && floor_kernel(half) != half;
  result = select(odd, with_sign(result, x), result);
  result = select(x < V(E(0)) && !whole && x != V(-F::infinity), V(F::nan), result);
  result = select(x != x || y != y, V(F::nan), result);
  return select(y == V(E(0)) || x == one, one, result);
}

}  // namespace detail

template <class T, int N>
struct vector_math<simd<T, N>> {
  using V = simd<T, N>;

  SINTER_HD SINTER_INLINE static V exp(V x) { return detail::exp_lanes(x); }
  SINTER_HD SINTER_INLINE static V expm1(V x) { return detail::expm1_lanes(x); }
  SINTER_HD SINTER_INLINE static V log(V x) { return detail::log_lanes(x); }
  SINTER_HD SINTER_INLINE static V log1p(V x) { return detail::log1p_lanes(x); }
  SINTER_HD SINTER_INLINE static V sqrt(V x) { return detail::sqrt_lanes(x); }
  SINTER_HD SINTER_INLINE static V floor(V x) { return detail::floor_kernel(x); }
  SINTER_HD SINTER_INLINE static V pow(V x, V y) { return detail::pow_lanes(x, y); }
  SINTER_HD SINTER_INLINE static V tanh(V x) {
    const V a = detail::lesser(V(detail::format<T>::tanh_one), detail::magnitude(x));
    return detail::with_sign(detail::tanh_kernel(a), x);
  }
  SINTER_HD SINTER_INLINE static V erf(V x) {
    const V a = detail::lesser(V(detail::format<T>::erf_one), detail::magnitude(x));
    return detail::with_sign(detail::erf_kernel(a), x);
  }
  SINTER_HD SINTER_INLINE static V sin(V x) {
    return detail::sine_lanes(x, T(0), [](T lane) { return math::sin(lane); });
  }
  SINTER_HD SINTER_INLINE static V cos(V x) {
    return detail::sine_lanes(x, T(1), [](T lane) { return math::cos(lane); });
  }
  /// Rounded once, whatever the compiler makes of products and sums.
  SINTER_HD SINTER_INLINE static V fma(V a, V b, V c) {
    if constexpr (requires { detail::machine<V>::fma(a.v, b.v, c.v); })
      return V(detail::machine<V>::fma(a.v, b.v, c.v));
    else return map_lanes([](T p, T q, T r) { return math::fma(p, q, r); }, a, b, c);
  }
  SINTER_HD SINTER_INLINE static V abs(V x) {
    if constexpr (!V::integral) {
      return detail::magnitude(x);
    } else if constexpr (std::is_signed_v<T>) {
      return select(x < V(T(0)), -x, x);
    } else {
      return x;
    }
  }
  // NaN wins. With a constant on the right, the selection folds away and one instruction is left.
  SINTER_HD SINTER_INLINE static V min(V a, V b) {
    return select(b != b, b, detail::lesser(b, a));
  }
  SINTER_HD SINTER_INLINE static V max(V a, V b) {
    return select(b != b, b, detail::greater(b, a));
  }
};

template <int N>
struct vector_math<simd<bool, N>> {
  using V = simd<bool, N>;
  SINTER_HD SINTER_INLINE static V abs(V x) { return x; }
  SINTER_HD SINTER_INLINE static V min(V a, V b) { return a & b; }
  SINTER_HD SINTER_INLINE static V max(V a, V b) { return a | b; }
};

}  // namespace math
}  // namespace sinter
