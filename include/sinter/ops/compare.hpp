// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Comparisons, logic and selection: what < <= == != && || ! build, and `where`.

#include "sinter/core/math.hpp"
#include "sinter/ops/arithmetic.hpp"

namespace sinter {

template <> struct primitive<id("less")> {
  static constexpr bool integers = true, vectors = true;
  template <class T> SINTER_HD static constexpr auto value(T a, T b) { return a < b; }
  static constexpr auto pullback(auto, auto, auto, auto) { return partials{none, none}; }
  static constexpr no_gradient none{};
};

template <> struct primitive<id("less_equal")> {
  static constexpr bool integers = true, vectors = true;
  template <class T> SINTER_HD static constexpr auto value(T a, T b) { return a <= b; }
  static constexpr auto pullback(auto, auto, auto, auto) { return partials{none, none}; }
  static constexpr no_gradient none{};
};

template <> struct primitive<id("equal")> {
  static constexpr bool integers = true, vectors = true, commutes = true;
  template <class T> SINTER_HD static constexpr auto value(T a, T b) { return a == b; }
  static constexpr auto pullback(auto, auto, auto, auto) { return partials{none, none}; }
  static constexpr no_gradient none{};
};

template <> struct primitive<id("not_equal")> {
  static constexpr bool integers = true, vectors = true, commutes = true;
  template <class T> SINTER_HD static constexpr auto value(T a, T b) { return a != b; }
  static constexpr auto pullback(auto, auto, auto, auto) { return partials{none, none}; }
  static constexpr no_gradient none{};
};

namespace detail {
SINTER_HD constexpr bool both(bool a, bool b) { return a && b; }
SINTER_HD constexpr bool either(bool a, bool b) { return a || b; }
template <class Mask> SINTER_HD constexpr Mask both(Mask a, Mask b) { return a & b; }
template <class Mask> SINTER_HD constexpr Mask either(Mask a, Mask b) { return a | b; }
}  // namespace detail

template <> struct primitive<id("and")> {
  static constexpr bool integers = true, vectors = true, commutes = true;
  template <class T> SINTER_HD static constexpr auto value(T a, T b) {
    return detail::both(a != T(0), b != T(0));
  }
  static constexpr auto pullback(auto, auto, auto, auto) { return partials{none, none}; }
  static constexpr no_gradient none{};
};

template <> struct primitive<id("or")> {
  static constexpr bool integers = true, vectors = true, commutes = true;
  template <class T> SINTER_HD static constexpr auto value(T a, T b) {
    return detail::either(a != T(0), b != T(0));
  }
  static constexpr auto pullback(auto, auto, auto, auto) { return partials{none, none}; }
  static constexpr no_gradient none{};
};

template <> struct primitive<id("not")> {
  static constexpr bool integers = true, vectors = true;
  template <class T> SINTER_HD static constexpr auto value(T x) { return x == T(0); }
  static constexpr auto pullback(auto, auto, auto) { return no_gradient{}; }
};

template <> struct primitive<id("where")> {
  static constexpr bool integers = true, vectors = true, selects = true;
  template <class Mask, class T> SINTER_HD static constexpr T value(Mask condition, T a, T b) {
    return math::select(condition, a, b);
  }
  static constexpr auto pullback(auto g, auto condition, auto, auto, auto) {
    return partials{no_gradient{}, where(condition, g, 0), where(condition, 0, g)};
  }
};

/// a where the condition holds, else b.
/// @errors compile time: "the condition must be boolean"
template <class C, class A, class B>
  requires expression_operands<C, A, B>
constexpr element_call<id("where"), C, A, B> where(C&& condition, A&& a, B&& b) {
  return element<id("where")>(std::forward<C>(condition), std::forward<A>(a), std::forward<B>(b));
}

namespace detail {

struct isnan_rule {
  constexpr symbol operator()(symbol x) const { return x != x; }
};
// Integers are finite: f32 holds the largest.
struct isinf_rule {
  constexpr symbol operator()(symbol x) const {
    return add_element<id("abs")>(x) == __builtin_huge_val();
  }
};
struct isfinite_rule {
  constexpr symbol operator()(symbol x) const {
    return add_element<id("abs")>(x) < __builtin_huge_val();
  }
};
struct logical_xor_rule {
  constexpr symbol operator()(symbol a, symbol b) const {
    for (symbol* x : {&a, &b}) x->index = rules::cast(*x->graph, x->index, dtype::boolean);
    return a != b;
  }
};

}  // namespace detail

/// Whether x is NaN; false for integers.
template <operand X> constexpr applied<detail::isnan_rule, X> isnan(X&& x) {
  return apply(detail::isnan_rule{}, std::forward<X>(x));
}
/// Whether x is infinite, of either sign.
template <operand X> constexpr applied<detail::isinf_rule, X> isinf(X&& x) {
  return apply(detail::isinf_rule{}, std::forward<X>(x));
}
/// Whether x is neither infinite nor NaN.
template <operand X> constexpr applied<detail::isfinite_rule, X> isfinite(X&& x) {
  return apply(detail::isfinite_rule{}, std::forward<X>(x));
}
/// Whether one of a and b is other than 0, and the other is not.
template <class A, class B>
  requires expression_operands<A, B>
constexpr applied<detail::logical_xor_rule, A, B> logical_xor(A&& a, B&& b) {
  return apply(detail::logical_xor_rule{}, std::forward<A>(a), std::forward<B>(b));
}

}  // namespace sinter
