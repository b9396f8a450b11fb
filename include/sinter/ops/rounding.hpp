// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Rounding, signs, bounds, remainders. Integers stay integers, but in what says otherwise.

#include <type_traits>

#include "sinter/core/math_functions.hpp"
#include "sinter/ops/arithmetic.hpp"
#include "sinter/ops/compare.hpp"

namespace sinter {

template <> struct primitive<id("floor")> {
  static constexpr bool integers = true, vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    if constexpr (math::detail::is_whole<T>) return x;
    else return math::floor(x);
  }
  static constexpr auto pullback(auto, auto, auto) { return no_gradient{}; }
  static constexpr sinter::cost cost{.flops = 4};
};

template <> struct primitive<id("ceil")> {
  static constexpr bool integers = true, vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::ceil(x);
  }
  static constexpr auto pullback(auto, auto, auto) { return no_gradient{}; }
  static constexpr sinter::cost cost{.flops = 4};
};

template <> struct primitive<id("trunc")> {
  static constexpr bool integers = true, vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::trunc(x);
  }
  static constexpr auto pullback(auto, auto, auto) { return no_gradient{}; }
  static constexpr sinter::cost cost{.flops = 4};
};

template <> struct primitive<id("round")> {
  static constexpr bool integers = true, vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::round(x);
  }
  static constexpr auto pullback(auto, auto, auto) { return no_gradient{}; }
  static constexpr sinter::cost cost{.flops = 4};
};

template <> struct primitive<id("sign")> {
  static constexpr bool integers = true, vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    const T below = math::select(x < T(0), T(-1), x);  // zeros and NaN stay
    return math::select(x > T(0), T(1), below);
  }
  static constexpr auto pullback(auto, auto, auto) { return no_gradient{}; }
  static constexpr sinter::cost cost{.flops = 2};
};

template <> struct primitive<id("copysign")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x, T y) {
    return math::copysign(x, y);
  }
  static constexpr auto pullback(auto g, auto x, auto, auto y) {
    return partials{where(x == 0, 0, where((x < 0) == (y < 0), g, -g)), no_gradient{}};
  }
  static constexpr sinter::cost cost{.flops = 2};
};

template <> struct primitive<id("clamp")> {
  static constexpr bool integers = true, vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x, T low, T high) {
    return math::min(math::max(x, low), high);
  }
  /// That of the minimum of a maximum: where x is at a bound, they share it.
  static constexpr auto pullback(auto g, auto x, auto low, auto high, auto) {
    auto raised = maximum(x, low);
    auto below = where(raised == high, g * 0.5, where(raised < high, g, 0));
    auto half = where(x == low, below * 0.5, 0);
    return partials{where(x > low, below, half), where(x < low, below, half),
                    where(raised == high, g * 0.5, where(raised > high, g, 0))};
  }
  static constexpr sinter::cost cost{.flops = 2};
};

template <> struct primitive<id("hypot")> {
  static constexpr bool vectors = true, commutes = true;
  template <class T> SINTER_HD static constexpr T value(T x, T y) {
    return math::hypot(x, y);
  }
  static constexpr auto pullback(auto g, auto a, auto b, auto y) {
    auto scaled = where(y == 0, 0, g / y);
    return partials{scaled * a, scaled * b};
  }
  static constexpr sinter::cost cost{.flops = 14};
};

template <> struct primitive<id("fma")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x, T y, T z) {
    return math::fma(x, y, z);
  }
  static constexpr auto pullback(auto g, auto x, auto y, auto, auto) {
    return partials{g * y, g * x, g};
  }
  static constexpr sinter::cost cost{.flops = 1};
};

template <> struct primitive<id("fmod")> {
  template <class T> SINTER_HD static T value(T a, T b) { return math::fmod(a, b); }
  static constexpr auto pullback(auto g, auto a, auto b, auto) {
    return partials{g, -(g * trunc(a / b))};
  }
  static constexpr sinter::cost cost{.flops = 30};
};

template <> struct primitive<id("remainder")> {
  template <class T> SINTER_HD static T value(T a, T b) {
    const T rest = math::fmod(a, b);
    if (rest == 0) return math::copysign(rest, b);
    return (rest < 0) == (b < 0) ? rest : rest + b;
  }
  static constexpr auto pullback(auto g, auto a, auto b, auto) {
    return partials{g, -(g * floor(a / b))};
  }
  static constexpr sinter::cost cost{.flops = 32};
};

template <> struct primitive<id("floor_div")> {
  /// From the exact remainder: the quotient may round up to an integer.
  template <class T> SINTER_HD static T value(T a, T b) {
    if (b == 0) return a / b;
    const T rest = math::fmod(a, b);
    const T down = rest != 0 && (rest < 0) != (b < 0) ? T(1) : T(0);
    const T quotient = math::round((a - rest) / b) - down;
    return quotient == 0 ? math::copysign(T(0), a / b) : quotient;
  }
  static constexpr auto pullback(auto, auto, auto, auto) { return partials{none, none}; }
  static constexpr no_gradient none{};
  static constexpr sinter::cost cost{.flops = 36};
};

namespace detail {

// Of integers, and of the doubles that the reference has for them. Lane by lane; no quotient that a
// processor refuses is asked for.
template <class T> SINTER_HD constexpr T truncated_quotient(T a, T b) {
  if (b == 0) return T(0);
  if constexpr (std::is_floating_point_v<T>) {
    return math::trunc(a / b);
  } else {
    if constexpr (std::is_signed_v<T>)
      if (b == -1) return static_cast<T>(0 - static_cast<std::make_unsigned_t<T>>(a));
    return static_cast<T>(a / b);
  }
}
template <class T> SINTER_HD constexpr T truncated_rest(T a, T b) {
  if (b == 0) return T(0);
  if constexpr (std::is_floating_point_v<T>) {
    return a - math::trunc(a / b) * b;
  } else {
    if constexpr (std::is_signed_v<T>)
      if (b == -1) return T(0);
    return static_cast<T>(a % b);
  }
}

}  // namespace detail

template <> struct primitive<id("int_div")> {
  static constexpr bool integers = true;
  template <class T> SINTER_HD static constexpr T value(T a, T b) {
    const T rest = detail::truncated_rest(a, b);
    const T quotient = detail::truncated_quotient(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? static_cast<T>(quotient - 1) : quotient;
  }
  static constexpr auto pullback(auto, auto, auto, auto) { return partials{none, none}; }
  static constexpr no_gradient none{};
  static constexpr sinter::cost cost{.flops = 20};
};

template <> struct primitive<id("int_rest")> {
  static constexpr bool integers = true;
  template <class T> SINTER_HD static constexpr T value(T a, T b) {
    return detail::truncated_rest(a, b);
  }
  static constexpr auto pullback(auto, auto, auto, auto) { return partials{none, none}; }
  static constexpr no_gradient none{};
  static constexpr sinter::cost cost{.flops = 20};
};

template <> struct primitive<id("int_mod")> {
  static constexpr bool integers = true;
  template <class T> SINTER_HD static constexpr T value(T a, T b) {
    const T rest = detail::truncated_rest(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? static_cast<T>(rest + b) : rest;
  }
  static constexpr auto pullback(auto, auto, auto, auto) { return partials{none, none}; }
  static constexpr no_gradient none{};
  static constexpr sinter::cost cost{.flops = 20};
};

namespace detail {

/// One primitive for integers, one for what a floating type takes part in; bool counts as u8.
template <name_code Floating, name_code Whole> struct division_rule {
  constexpr symbol operator()(symbol a, symbol b) const {
    if (is_floating(a.type()) || is_floating(b.type())) return add_element<Floating>(a, b);
    if (a.type() == dtype::boolean) a.index = rules::cast(*a.graph, a.index, dtype::u8);
    if (b.type() == dtype::boolean) b.index = rules::cast(*b.graph, b.index, dtype::u8);
    return add_element<Whole>(a, b);
  }
};
using fmod_rule = division_rule<id("fmod"), id("int_rest")>;
using remainder_rule = division_rule<id("remainder"), id("int_mod")>;
using floor_divide_rule = division_rule<id("floor_div"), id("int_div")>;

struct sign_rule {
  constexpr symbol operator()(symbol x) const {
    return x.type() == dtype::boolean ? x : add_element<id("sign")>(x);
  }
};

}  // namespace detail

/// The largest integer not above x.
template <operand X> constexpr element_call<id("floor"), X> floor(X&& x) {
  return element<id("floor")>(std::forward<X>(x));
}
/// The smallest integer not below x.
template <operand X> constexpr element_call<id("ceil"), X> ceil(X&& x) {
  return element<id("ceil")>(std::forward<X>(x));
}
/// x without its fraction.
template <operand X> constexpr element_call<id("trunc"), X> trunc(X&& x) {
  return element<id("trunc")>(std::forward<X>(x));
}
/// The nearest integer, ties to even, as NumPy's.
template <operand X> constexpr element_call<id("round"), X> round(X&& x) {
  return element<id("round")>(std::forward<X>(x));
}
/// 1, 0 or -1; zeros keep their sign, NaN stays NaN. Its gradient is 0.
template <operand X> constexpr applied<detail::sign_rule, X> sign(X&& x) {
  return apply(detail::sign_rule{}, std::forward<X>(x));
}
/// |a| with the sign of b, that of zeros and NaN too. Integers become f32.
template <class A, class B>
  requires expression_operands<A, B>
constexpr element_call<id("copysign"), A, B> copysign(A&& a, B&& b) {
  return element<id("copysign")>(std::forward<A>(a), std::forward<B>(b));
}
/// x, but not below low and not above high, which wins if they cross; NaN if any is. At a bound
/// both share the gradient, as in PyTorch where bounds are tensors.
template <class X, class L, class H>
  requires expression_operands<X, L, H>
constexpr element_call<id("clamp"), X, L, H> clamp(X&& x, L&& low, H&& high) {
  return element<id("clamp")>(std::forward<X>(x), std::forward<L>(low), std::forward<H>(high));
}
/// sqrt(a^2 + b^2) without overflow on the way; inf if either is infinite, as C99. Integers become
/// f32.
template <class A, class B>
  requires expression_operands<A, B>
constexpr element_call<id("hypot"), A, B> hypot(A&& a, B&& b) {
  return element<id("hypot")>(std::forward<A>(a), std::forward<B>(b));
}
/// a * b + c, rounded once, in the type of the registers. Integers become f32.
template <class A, class B, class C>
  requires expression_operands<A, B, C>
constexpr element_call<id("fma"), A, B, C> fma(A&& a, B&& b, C&& c) {
  return element<id("fma")>(std::forward<A>(a), std::forward<B>(b), std::forward<C>(c));
}
/// The exact remainder of a / b with the sign of a, as C's. Of floats by 0: NaN; of integers: 0.
/// Lane by lane.
template <class A, class B>
  requires expression_operands<A, B>
constexpr applied<detail::fmod_rule, A, B> fmod(A&& a, B&& b) {
  return apply(detail::fmod_rule{}, std::forward<A>(a), std::forward<B>(b));
}
/// The remainder with the sign of b, a - floor(a / b) b, as Python's % and NumPy's; by 0 as fmod.
/// Lane by lane.
template <class A, class B>
  requires expression_operands<A, B>
constexpr applied<detail::remainder_rule, A, B> remainder(A&& a, B&& b) {
  return apply(detail::remainder_rule{}, std::forward<A>(a), std::forward<B>(b));
}
/// floor(a / b) of the exact quotient. Of floats by 0: an infinity or NaN; of integers: 0, as in
/// NumPy. Lane by lane; no gradient passes.
template <class A, class B>
  requires expression_operands<A, B>
constexpr applied<detail::floor_divide_rule, A, B> floor_divide(A&& a, B&& b) {
  return apply(detail::floor_divide_rule{}, std::forward<A>(a), std::forward<B>(b));
}

}  // namespace sinter
