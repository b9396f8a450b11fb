// SPDX-License-Identifier: Apache-2.0
#pragma once

/// `primitive<id("name")>` is all there is to an elementwise operation: its value, its derivative,
/// its cost. The library's own and a user's are written alike, and neither is registered.
///
///   template <> struct st::primitive<st::id("erf")> {
///     template <class T> SINTER_HD static T value(T x) { return std::erf(x); }
///     static constexpr auto derivative(auto x, auto y) { return exp(-x * x) * 1.12837916709551; }
///     static constexpr st::cost cost{.flops = 20};
///   };
///
/// value       takes one to three operands of one type and returns it, or bool.
/// derivative  takes the operands and the result, all expressions; returns the derivative, or for
///             several operands `partials{...}`, whose entries may be numbers.
/// pullback    instead of derivative: takes the gradient of the result first and returns the
///             operands' gradients; `no_gradient` where there is none.
/// Optional:   `integers = true`  integers stay integers (otherwise they become f32);
///             `vectors = true`   value is written for vectors of lanes as well as for scalars;
///             `commutes = true`  operands may be exchanged;  `selects = true`  as `where`;
///             `folds = true`     value is constexpr, and constants may be folded.

#include <type_traits>

#include "sinter/graph/node.hpp"

namespace sinter {

/// The id of a primitive: its name, of at most ten characters.
consteval name_code id(const char* name) { return pack_name(name); }

template <name_code Id> struct primitive;

struct no_gradient {};

template <class... D> struct partials;
template <class A, class B> struct partials<A, B> {
  A first;
  B second;
};
template <class A, class B, class C> struct partials<A, B, C> {
  A first;
  B second;
  C third;
};
template <class... D> partials(D...) -> partials<D...>;

namespace detail {

template <class P> constexpr int arity_of() {
  if constexpr (requires { P::value(1.0); }) return 1;
  else if constexpr (requires { P::value(1.0, 1.0); }) return 2;
  else return 3;
}

template <class P> constexpr bool selects_of() {
  if constexpr (requires { P::selects; }) return P::selects;
  else return false;
}

template <class P> constexpr double value_of(const double* x) {
  constexpr int arity = arity_of<P>();
  if constexpr (selects_of<P>()) return P::value(x[0] != 0, x[1], x[2]);
  else if constexpr (arity == 1) return P::value(x[0]);
  else if constexpr (arity == 2) return P::value(x[0], x[1]);
  else return P::value(x[0], x[1], x[2]);
}

template <class P> constexpr bool boolean_of() {
  if constexpr (selects_of<P>()) return false;
  else if constexpr (arity_of<P>() == 1) return std::is_same_v<decltype(P::value(1.0)), bool>;
  else if constexpr (arity_of<P>() == 2) return std::is_same_v<decltype(P::value(1.0, 1.0)), bool>;
  else return std::is_same_v<decltype(P::value(1.0, 1.0, 1.0)), bool>;
}

template <name_code Id>
constexpr void pullback_of(symbol gradient, const symbol* operands, symbol result, symbol* out);

template <name_code Id> constexpr operation make_operation() {
  using P = primitive<Id>;
  operation o;
  o.name = Id;
  o.arity = arity_of<P>();
  if constexpr (requires { P::cost; }) o.flops = P::cost.flops;
  else o.flops = 1;
  if constexpr (requires { P::integers; }) o.keeps_integers = P::integers;
  if constexpr (requires { P::commutes; }) o.commutes = P::commutes;
  if constexpr (requires { P::folds; }) o.folds = P::folds;
  o.selects = selects_of<P>();
  o.gives_boolean = boolean_of<P>();
  o.value = value_of<P>;
  o.pullback = pullback_of<Id>;
  return o;
}

}  // namespace detail

template <name_code Id>
inline constexpr operation operation_of = detail::make_operation<Id>();

}  // namespace sinter
