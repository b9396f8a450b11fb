// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Powers and roots, and exponentials and logarithms to other bases. Integers become f32.

#include "sinter/core/math_functions.hpp"
#include "sinter/ops/compare.hpp"
#include "sinter/ops/exponential.hpp"

namespace sinter {

template <> struct primitive<id("exp2")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::exp2(x);
  }
  static constexpr auto derivative(auto, auto y) { return y * 0.69314718055994531; }
  static constexpr sinter::cost cost{.flops = 12};
};

template <> struct primitive<id("log2")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::log2(x);
  }
  static constexpr auto pullback(auto g, auto x, auto) { return g * 1.4426950408889634 / x; }
  static constexpr sinter::cost cost{.flops = 24};
};

template <> struct primitive<id("log10")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::log10(x);
  }
  static constexpr auto pullback(auto g, auto x, auto) { return g * 0.43429448190325183 / x; }
  static constexpr sinter::cost cost{.flops = 24};
};

template <> struct primitive<id("rsqrt")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return T(1) / math::sqrt(x);
  }
  static constexpr auto pullback(auto g, auto, auto y) { return g * -0.5 * y * (y * y); }
  static constexpr sinter::cost cost{.flops = 8};
};

template <> struct primitive<id("cbrt")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::cbrt(x);
  }
  static constexpr auto pullback(auto g, auto, auto y) { return g / (3 * y * y); }
  static constexpr sinter::cost cost{.flops = 60};
};

template <> struct primitive<id("pow")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x, T y) {
    return math::pow(x, y);
  }
  /// Zero where the power does not depend on an operand, though a factor is infinite there.
  static constexpr auto pullback(auto g, auto a, auto b, auto y) {
    return partials{where(b == 0, 0, g * b * pow(a, b - 1)),
                    where(a == 0 && b >= 0, 0, g * y * log(a))};
  }
  static constexpr sinter::cost cost{.flops = 60};
};

namespace detail {

struct pow_rule {
  /// A template, as the primitive's pullback calls pow itself, which is declared below.
  constexpr symbol operator()(auto x, auto y) const {
    graph_builder& g = *x.graph;
    // Exponents that are one operation, and rounded no worse.
    if (is_uniform(g, y.index, 2)) return as_floating(x) * as_floating(x);
    if (is_uniform(g, y.index, 1)) return as_floating(x);
    if (is_uniform(g, y.index, -1)) return 1 / as_floating(x);
    return add_element<id("pow")>(x, y);
  }
};
struct reciprocal_rule {
  constexpr symbol operator()(symbol x) const { return 1 / as_floating(x); }
};

}  // namespace detail

/// 2^x, elementwise.
template <operand X> constexpr element_call<id("exp2"), X> exp2(X&& x) {
  return element<id("exp2")>(std::forward<X>(x));
}
/// Logarithm to base 2, exact for powers of 2; -inf for 0, NaN below.
template <operand X> constexpr element_call<id("log2"), X> log2(X&& x) {
  return element<id("log2")>(std::forward<X>(x));
}
/// Logarithm to base 10; -inf for 0, NaN below.
template <operand X> constexpr element_call<id("log10"), X> log10(X&& x) {
  return element<id("log10")>(std::forward<X>(x));
}
/// 1 / sqrt(x), in two roundings; inf for 0, NaN below.
template <operand X> constexpr element_call<id("rsqrt"), X> rsqrt(X&& x) {
  return element<id("rsqrt")>(std::forward<X>(x));
}
/// Cube root, of negative numbers too.
template <operand X> constexpr element_call<id("cbrt"), X> cbrt(X&& x) {
  return element<id("cbrt")>(std::forward<X>(x));
}
/// x^y with the special cases of C99: pow(x, 0) and pow(1, y) are 1, also for NaN; a negative x has
/// powers at integers only, and gives NaN elsewhere.
/// @cost in a fused function an exponent written as 2, 1 or -1 is a product, nothing, a quotient
template <class X, class Y>
  requires expression_operands<X, Y>
constexpr applied<detail::pow_rule, X, Y> pow(X&& x, Y&& y) {
  return apply(detail::pow_rule{}, std::forward<X>(x), std::forward<Y>(y));
}
/// 1 / x.
template <operand X> constexpr applied<detail::reciprocal_rule, X> reciprocal(X&& x) {
  return apply(detail::reciprocal_rule{}, std::forward<X>(x));
}

}  // namespace sinter
