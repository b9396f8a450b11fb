// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Exponentials, logarithms, roots and the functions made of them. Integers become f32.

#include "sinter/core/math.hpp"
#include "sinter/ops/arithmetic.hpp"

namespace sinter {

template <> struct primitive<id("exp")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::exp(x);
  }
  static constexpr auto derivative(auto, auto y) { return y; }
  static constexpr sinter::cost cost{.flops = 12};
};

template <> struct primitive<id("expm1")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::expm1(x);
  }
  static constexpr auto derivative(auto, auto y) { return y + 1; }
  static constexpr sinter::cost cost{.flops = 16};
};

template <> struct primitive<id("log")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::log(x);
  }
  static constexpr auto pullback(auto g, auto x, auto) { return g / x; }
  static constexpr sinter::cost cost{.flops = 14};
};

template <> struct primitive<id("log1p")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::log1p(x);
  }
  static constexpr auto pullback(auto g, auto x, auto) { return g / (x + 1); }
  static constexpr sinter::cost cost{.flops = 18};
};

template <> struct primitive<id("tanh")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::tanh(x);
  }
  static constexpr auto derivative(auto, auto y) { return 1 - y * y; }
  static constexpr sinter::cost cost{.flops = 20};
};

template <> struct primitive<id("sqrt")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::sqrt(x);
  }
  static constexpr auto pullback(auto g, auto, auto y) { return g * 0.5 / y; }
  static constexpr sinter::cost cost{.flops = 6};
};

template <> struct primitive<id("erf")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::erf(x);
  }
  /// 2 / sqrt(pi) exp(-x^2)
  static constexpr auto derivative(auto x, auto) { return exp(-x * x) * 1.1283791670955126; }
  static constexpr sinter::cost cost{.flops = 20};
};

namespace detail {
/// Integers as f32: before a sign or a difference, which unsigned types would wrap.
constexpr symbol as_floating(symbol x) {
  if (!is_floating(x.type())) x.index = rules::cast(*x.graph, x.index, dtype::f32);
  return x;
}
}  // namespace detail

/// e^x, elementwise.
template <operand X> constexpr element_call<id("exp"), X> exp(X&& x) {
  return element<id("exp")>(std::forward<X>(x));
}
/// e^x - 1, exact for small x.
template <operand X> constexpr element_call<id("expm1"), X> expm1(X&& x) {
  return element<id("expm1")>(std::forward<X>(x));
}
/// Natural logarithm; -inf for 0, NaN below.
template <operand X> constexpr element_call<id("log"), X> log(X&& x) {
  return element<id("log")>(std::forward<X>(x));
}
/// log(1 + x), exact for small x.
template <operand X> constexpr element_call<id("log1p"), X> log1p(X&& x) {
  return element<id("log1p")>(std::forward<X>(x));
}
template <operand X> constexpr element_call<id("tanh"), X> tanh(X&& x) {
  return element<id("tanh")>(std::forward<X>(x));
}
/// Square root; NaN below 0.
template <operand X> constexpr element_call<id("sqrt"), X> sqrt(X&& x) {
  return element<id("sqrt")>(std::forward<X>(x));
}
/// The square root of a number, for constants such as `st::sqrt(64.f)`.
template <number T> constexpr T sqrt(T x) { return math::sqrt(x); }
/// The error function.
template <operand X> constexpr element_call<id("erf"), X> erf(X&& x) {
  return element<id("erf")>(std::forward<X>(x));
}

namespace detail {
struct square_rule {
  constexpr symbol operator()(symbol x) const { return x * x; }
};
}  // namespace detail

/// x^2.
template <operand X> constexpr applied<detail::square_rule, X> square(X&& x) {
  return apply(detail::square_rule{}, std::forward<X>(x));
}

}  // namespace sinter
