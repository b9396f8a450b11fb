// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Arithmetic in about twice the precision, which pow needs: the logarithm's error is multiplied by
/// as much as 700. A pair is an unevaluated sum high + low (Dekker 1971, doi:10.1007/BF01397083).
/// The compiler may fuse any product here with any sum: those that must not change are exact.

#include "sinter/core/config.hpp"
#include "sinter/core/math_kernels.hpp"

namespace sinter::math::detail {

template <class V>
struct pair {
  V high, low;
};

template <class V>
SINTER_HD SINTER_INLINE constexpr pair<V> exact_sum(V a, V b) {
  const V s = a + b;
  const V t = s - a;
  return {s, (a - (s - t)) + (b - t)};
}

/// x as a sum of 26 and 27 bits, products of which are exact. By its bits: Veltkamp's split would
/// be undone by fusing.
template <class V>
SINTER_HD SINTER_INLINE constexpr pair<V> exact_halves(V x) {
  const V high = from_bits(to_bits(x) & ~((typename format_of<V>::bits(1) << 27) - 1));
  return {high, x - high};
}

/// a * b to 79 bits.
template <class V>
SINTER_HD SINTER_INLINE constexpr pair<V> wide_product(V a, V b) {
  const pair<V> p = exact_halves(a), q = exact_halves(b);
  return exact_sum(p.high * q.high, (p.high * q.low + p.low * q.high) + p.low * q.low);
}

template <class V>
SINTER_HD SINTER_INLINE constexpr pair<V> pair_product(pair<V> a, pair<V> b) {
  const pair<V> p = wide_product(a.high, b.high);
  return exact_sum(p.high, p.low + (a.high * b.low + a.low * b.high));
}

template <class V>
SINTER_HD SINTER_INLINE constexpr pair<V> pair_sum(pair<V> a, pair<V> b) {
  const pair<V> s = exact_sum(a.high, b.high);
  return exact_sum(s.high, s.low + (a.low + b.low));
}

/// log(m) + exponent ln2 as a pair, m in [sqrt(1/2), sqrt(2)); in double.
template <class V>
SINTER_HD SINTER_INLINE constexpr pair<V> log_pair(V m, V exponent) {
  const V one(1.0);
  const V numerator = m - one;
  const pair<V> denominator = exact_sum(m, one);
  const V high = numerator / denominator.high;
  const pair<V> back = wide_product(high, denominator.high);
  const V low = (((numerator - back.high) - back.low) - high * denominator.low) / denominator.high;
  const pair<V> s = exact_sum(high, low);
  const pair<V> w = pair_product(s, s);
  // 2 atanh(s) = 2 s + s^3 (2/3 + 2/5 s^2 + ...); only the first two terms need the pair.
  const V rest = w.high * w.high *
                 polynomial(w.high, 0x1.0e4ffa6b93b19p-3, 0x1.0f7e7ef45bfd7p-3,
                            0x1.3b1efb7318bc4p-3, 0x1.745ce98e7c757p-3, 0x1.c71c722e5d5eep-3,
                            0x1.2492492457249p-2, 0x1.9999999999b36p-2);
  const pair<V> third = pair_product(w, {V(0x1.5555555555555p-1), V(0x1.5555555555555p-55)});
  const pair<V> sum = pair_sum(pair<V>{V(2.0), V(0.0)}, pair_sum(third, {rest, V(0.0)}));
  const pair<V> series = pair_product(s, sum);
  const pair<V> ln2{V(0x1.62e42fefa39efp-1), V(0x1.abc9e3b39803fp-56)};
  return pair_sum(pair_product(ln2, {exponent, V(0.0)}), series);
}

}  // namespace sinter::math::detail
