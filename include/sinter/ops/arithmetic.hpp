// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Arithmetic: what the operators + - * / build, and its relatives. Integers stay integers, but for
/// the quotient, which is f32 as in PyTorch.

#include "sinter/core/math.hpp"
#include "sinter/graph/expression.hpp"

namespace sinter {

template <> struct primitive<id("add")> {
  static constexpr bool integers = true, vectors = true, commutes = true, folds = true;
  template <class T> SINTER_HD static constexpr T value(T a, T b) { return T(a + b); }
  static constexpr auto derivative(auto, auto, auto) { return partials{1, 1}; }
};

template <> struct primitive<id("sub")> {
  static constexpr bool integers = true, vectors = true, folds = true;
  template <class T> SINTER_HD static constexpr T value(T a, T b) { return T(a - b); }
  static constexpr auto derivative(auto, auto, auto) { return partials{1, -1}; }
};

template <> struct primitive<id("mul")> {
  static constexpr bool integers = true, vectors = true, commutes = true, folds = true;
  template <class T> SINTER_HD static constexpr T value(T a, T b) { return T(a * b); }
  static constexpr auto derivative(auto a, auto b, auto) { return partials{b, a}; }
};

template <> struct primitive<id("div")> {
  static constexpr bool vectors = true, folds = true;
  template <class T> SINTER_HD static constexpr T value(T a, T b) { return a / b; }
  static constexpr auto pullback(auto g, auto, auto b, auto y) {
    return partials{g / b, -(g * y / b)};
  }
  static constexpr sinter::cost cost{.flops = 4};
};

template <> struct primitive<id("neg")> {
  static constexpr bool integers = true, vectors = true, folds = true;
  template <class T> SINTER_HD static constexpr T value(T x) { return T(-x); }
  static constexpr auto derivative(auto, auto) { return -1; }
};

template <> struct primitive<id("abs")> {
  static constexpr bool integers = true, vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::abs(x);
  }
  static constexpr auto pullback(auto g, auto x, auto) {
    return where(x < 0, -g, where(x > 0, g, 0));
  }
};

template <> struct primitive<id("maximum")> {
  static constexpr bool integers = true, vectors = true, commutes = true;
  template <class T> SINTER_HD static constexpr T value(T a, T b) {
    return math::max(a, b);
  }
  /// Equal operands share the gradient.
  static constexpr auto pullback(auto g, auto a, auto b, auto) {
    auto half = where(a == b, g * 0.5, 0);
    return partials{where(a > b, g, half), where(b > a, g, half)};
  }
};

template <> struct primitive<id("minimum")> {
  static constexpr bool integers = true, vectors = true, commutes = true;
  template <class T> SINTER_HD static constexpr T value(T a, T b) {
    return math::min(a, b);
  }
  static constexpr auto pullback(auto g, auto a, auto b, auto) {
    auto half = where(a == b, g * 0.5, 0);
    return partials{where(a < b, g, half), where(b < a, g, half)};
  }
};

/// |x|, elementwise.
template <operand X> constexpr element_call<id("abs"), X> abs(X&& x) {
  return element<id("abs")>(std::forward<X>(x));
}

/// The greater of two values, NaN if either is, as NumPy's maximum.
template <class A, class B>
  requires expression_operands<A, B>
constexpr element_call<id("maximum"), A, B> maximum(A&& a, B&& b) {
  return element<id("maximum")>(std::forward<A>(a), std::forward<B>(b));
}

/// The smaller of two values, NaN if either is, as NumPy's minimum.
template <class A, class B>
  requires expression_operands<A, B>
constexpr element_call<id("minimum"), A, B> minimum(A&& a, B&& b) {
  return element<id("minimum")>(std::forward<A>(a), std::forward<B>(b));
}

}  // namespace sinter
