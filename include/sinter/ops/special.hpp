// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The complement of the error function and the gamma function's family. Vectors go lane by lane to
/// the C library, on a device to CUDA's; integers become f32.

#include "sinter/core/math_functions.hpp"
#include "sinter/ops/exponential.hpp"

namespace sinter {

template <> struct primitive<id("erfc")> {
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::erfc(x);
  }
  static constexpr auto derivative(auto x, auto) { return exp(-x * x) * -1.1283791670955126; }
  static constexpr sinter::cost cost{.flops = 60};
};

template <> struct primitive<id("trigamma")> {
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::trigamma(x);
  }
  static constexpr sinter::cost cost{.flops = 80};
};

template <> struct primitive<id("digamma")> {
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::digamma(x);
  }
  static constexpr auto derivative(auto x, auto) { return trigamma(x); }
  static constexpr sinter::cost cost{.flops = 80};
};

template <> struct primitive<id("lgamma")> {
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::lgamma(x);
  }
  static constexpr auto derivative(auto x, auto) { return digamma(x); }
  static constexpr sinter::cost cost{.flops = 80};
};

/// 1 - erf(x), with all digits where that is small.
template <operand X> constexpr element_call<id("erfc"), X> erfc(X&& x) {
  return element<id("erfc")>(std::forward<X>(x));
}
/// The derivative of digamma, the second one of lgamma; inf at 0 and at negative integers. It has
/// no gradient: the polygamma functions beyond it are not here.
template <operand X> constexpr element_call<id("trigamma"), X> trigamma(X&& x) {
  return element<id("trigamma")>(std::forward<X>(x));
}
/// The derivative of lgamma; -inf at 0, NaN at negative integers.
template <operand X> constexpr element_call<id("digamma"), X> digamma(X&& x) {
  return element<id("digamma")>(std::forward<X>(x));
}
/// log |Gamma(x)|; inf at 0 and at negative integers.
template <operand X> constexpr element_call<id("lgamma"), X> lgamma(X&& x) {
  return element<id("lgamma")>(std::forward<X>(x));
}

}  // namespace sinter
