// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The two ways into a graph meet here. A rule is a callable on symbols. `apply<Rule>` calls it at
/// once where an operand is a symbol, inside a traced function; elsewhere the operands are tensors,
/// and it returns a `call`, which says what to do and does nothing until it meets a tensor.

#include <tuple>
#include <utility>

#include "sinter/graph/symbol.hpp"

namespace sinter {

/// How a type takes part in expressions. Specialised for tensors and views in `tensor/`.
///   using stored = ...           what a call keeps of it
///   symbol lift(const T&)        its symbol while a function is traced
template <class T> struct operand_traits;

/// A number in an expression of tensors: a run-time value of rank 0 that takes the others' type.
template <number T> struct scalar {
  T value{};
};

/// A rule together with its operands.
template <class Rule, class... Operands> struct call {
  [[no_unique_address]] Rule rule;
  std::tuple<Operands...> operands;

  /// As an aggregate, a call would be filled with zeros before its operands are put into it.
  constexpr call(Rule own, std::tuple<Operands...>&& x) : rule(own), operands(std::move(x)) {}
};

template <class T> inline constexpr bool is_call = false;
template <class Rule, class... Operands>
inline constexpr bool is_call<call<Rule, Operands...>> = true;

/// The operand of an expression that has none, such as a range: it waits for a graph.
struct no_operand {};
template <> struct operand_traits<no_operand> {
  using stored = no_operand;
  static constexpr symbol lift(const no_operand&) { return {}; }
  static constexpr symbol declare(graph_builder& g) { return literal(&g, false); }
  static constexpr void updates(graph_builder&, const symbol&, int) {}
  template <class F> static void visit(F&&, const no_operand&) {}
};

/// Expressions of numbers alone, which belong to any graph.
template <class T> inline constexpr bool is_free = std::is_same_v<T, no_operand>;
template <class Rule, class... Operands>
inline constexpr bool is_free<call<Rule, Operands...>> = (is_free<Operands> || ...);

/// What expressions are made of: symbols, tensors, views, and calls on these.
template <class T>
concept operand = std::is_same_v<std::remove_cvref_t<T>, symbol> ||
                  is_call<std::remove_cvref_t<T>> || is_mistaken<std::remove_cvref_t<T>> ||
                  requires { typename operand_traits<std::remove_cvref_t<T>>::stored; };

template <class T> concept operand_or_number = operand<T> || number<std::remove_cvref_t<T>>;

/// Operators need one operand that is not a number.
template <class... T>
concept expression_operands = (operand_or_number<T> && ...) && (operand<T> || ...);

/// The symbol of an operand while a function is traced.
constexpr symbol lift(symbol s) { return s; }
template <rule Broken, class... What> constexpr symbol lift(const mistaken<Broken, What...>&) {
  return {};
}
template <class Rule, class... Operands>
constexpr symbol lift(const call<Rule, Operands...>& c);
template <class T>
  requires requires { typename operand_traits<T>::stored; }
constexpr symbol lift(const T& x) {
  return operand_traits<T>::lift(x);
}

namespace detail {

/// The graph that an operand belongs to, or null for a number.
template <class T> constexpr graph_builder* builder_of(const T& x) {
  if constexpr (operand<T> && !is_free<T>) return lift(x).graph;
  else return nullptr;
}

template <class T> constexpr symbol lift_into(graph_builder* graph, const T& x) {
  if constexpr (std::is_same_v<T, no_operand>) return literal(graph, false);
  else if constexpr (is_free<T>)
    return std::apply([&](const auto&... own) { return x.rule(lift_into(graph, own)...); },
                      x.operands);
  else if constexpr (operand<T>) return lift(x);
  else if constexpr (number<T>) return literal(graph, x);
  else return literal(graph, x.value);
}

/// The graph that the first operand with one belongs to.
template <class... X> constexpr graph_builder* common_graph(const X&... x) {
  graph_builder* graph = nullptr;
  ((graph = graph != nullptr ? graph : builder_of(x)), ...);
  return graph;
}

template <class Rule, class... X> constexpr symbol lift_all(const Rule& rule, const X&... x) {
  graph_builder* graph = common_graph(x...);
  return lift(rule(lift_into(graph, x)...));
}

/// What a call keeps of an operand: numbers and calls by value, of a tensor what its traits say.
template <class T> struct stored_operand {
  using type = T;
};
template <number T> struct stored_operand<T> {
  using type = scalar<T>;
};
template <class T>
  requires requires { typename operand_traits<T>::stored; }
struct stored_operand<T> {
  using type = typename operand_traits<T>::stored;
};
template <class T> using stored_t = typename stored_operand<std::remove_cvref_t<T>>::type;

template <class... T>
inline constexpr bool any_symbol = (std::is_same_v<std::remove_cvref_t<T>, symbol> || ...);

}  // namespace detail

template <class Rule, class... Operands>
constexpr symbol lift(const call<Rule, Operands...>& c) {
  return std::apply([&](const auto&... x) { return detail::lift_all(c.rule, x...); }, c.operands);
}

namespace detail {

/// Whether a call breaks a rule: defined where graphs are traced.
template <class Call> struct verdict;

template <class First, class... Rest> constexpr auto first_mistaken() {
  if constexpr (is_mistaken<std::remove_cvref_t<First>>)
    return std::type_identity<std::remove_cvref_t<First>>{};
  else return first_mistaken<Rest...>();
}

/// Compilers ask for this type before they look at constraints, so it exists for any operands.
template <class Rule, class... X> constexpr auto applied() {
  if constexpr (!expression_operands<X...>) return std::type_identity<void>{};
  else if constexpr ((is_mistaken<std::remove_cvref_t<X>> || ...)) return first_mistaken<X...>();
  else if constexpr (any_symbol<X...>) return std::type_identity<symbol>{};
  else return verdict<call<Rule, stored_t<X>...>>{};
}

}  // namespace detail

/// What applying a rule gives: a symbol if an operand is one; otherwise a call, or the mistake that
/// this call would make. Operations name it as their return type, so that the mistake is reported
/// in the line that calls them.
template <class Rule, class... X>
using applied = typename decltype(detail::applied<Rule, X...>())::type;

/// Applies a rule, now or later; see above.
template <class Rule, class... X>
  requires expression_operands<X...>
constexpr applied<Rule, X...> apply(Rule rule, X&&... x) {
  using value = applied<Rule, X...>;
  if constexpr (is_mistaken<value>) return {};
  else if constexpr (detail::any_symbol<X...>) return detail::lift_all(rule, x...);
  else return value{rule, {detail::stored_t<X>{std::forward<X>(x)}...}};
}

/// Applies a function of expressions so that each operand is computed once, however often the
/// function mentions it. Composite operations of the library are written this way.
template <class F, class... X>
  requires expression_operands<X...>
constexpr applied<F, X...> compose(F function, X&&... x) {
  return apply(function, std::forward<X>(x)...);
}

/// The rule of an elementwise primitive.
template <name_code Id> struct element_rule {
  template <class... S> constexpr symbol operator()(S... x) const {
    return add_element<Id>(x...);
  }
};

template <name_code Id, class... X> using element_call = applied<element_rule<Id>, X...>;

template <name_code Id, class... X>
  requires expression_operands<X...>
constexpr element_call<Id, X...> element(X&&... x) {
  using value = element_call<Id, X...>;
  if constexpr (is_mistaken<value>) {
    return {};
  } else if constexpr (detail::any_symbol<X...>) {
    graph_builder* graph = detail::common_graph(x...);
    return add_element<Id>(detail::lift_into(graph, x)...);
  } else {
    return value{{}, {detail::stored_t<X>{std::forward<X>(x)}...}};
  }
}

// The operators are written out, because compilers print the macros that an error passes through.

template <class A, class B>
  requires expression_operands<A, B>
constexpr element_call<id("add"), A, B> operator+(A&& a, B&& b) {
  return element<id("add")>(std::forward<A>(a), std::forward<B>(b));
}
template <class A, class B>
  requires expression_operands<A, B>
constexpr element_call<id("sub"), A, B> operator-(A&& a, B&& b) {
  return element<id("sub")>(std::forward<A>(a), std::forward<B>(b));
}
template <class A, class B>
  requires expression_operands<A, B>
constexpr element_call<id("mul"), A, B> operator*(A&& a, B&& b) {
  return element<id("mul")>(std::forward<A>(a), std::forward<B>(b));
}
template <class A, class B>
  requires expression_operands<A, B>
constexpr element_call<id("div"), A, B> operator/(A&& a, B&& b) {
  return element<id("div")>(std::forward<A>(a), std::forward<B>(b));
}
template <class A, class B>
  requires expression_operands<A, B>
constexpr element_call<id("less"), A, B> operator<(A&& a, B&& b) {
  return element<id("less")>(std::forward<A>(a), std::forward<B>(b));
}
template <class A, class B>
  requires expression_operands<A, B>
constexpr element_call<id("less_equal"), A, B> operator<=(A&& a, B&& b) {
  return element<id("less_equal")>(std::forward<A>(a), std::forward<B>(b));
}
template <class A, class B>
  requires expression_operands<A, B>
constexpr element_call<id("equal"), A, B> operator==(A&& a, B&& b) {
  return element<id("equal")>(std::forward<A>(a), std::forward<B>(b));
}
template <class A, class B>
  requires expression_operands<A, B>
constexpr element_call<id("not_equal"), A, B> operator!=(A&& a, B&& b) {
  return element<id("not_equal")>(std::forward<A>(a), std::forward<B>(b));
}
template <class A, class B>
  requires expression_operands<A, B>
constexpr element_call<id("and"), A, B> operator&&(A&& a, B&& b) {
  return element<id("and")>(std::forward<A>(a), std::forward<B>(b));
}
template <class A, class B>
  requires expression_operands<A, B>
constexpr element_call<id("or"), A, B> operator||(A&& a, B&& b) {
  return element<id("or")>(std::forward<A>(a), std::forward<B>(b));
}
template <class A, class B>
  requires expression_operands<A, B>
constexpr element_call<id("less"), B, A> operator>(A&& a, B&& b) {
  return element<id("less")>(std::forward<B>(b), std::forward<A>(a));
}
template <class A, class B>
  requires expression_operands<A, B>
constexpr element_call<id("less_equal"), B, A> operator>=(A&& a, B&& b) {
  return element<id("less_equal")>(std::forward<B>(b), std::forward<A>(a));
}
template <operand X> constexpr element_call<id("neg"), X> operator-(X&& x) {
  return element<id("neg")>(std::forward<X>(x));
}
template <operand X> constexpr element_call<id("not"), X> operator!(X&& x) {
  return element<id("not")>(std::forward<X>(x));
}

/// What can be assigned to: tensors, views, and what stands for them in a function that is traced,
/// but no expression.
template <class X>
concept updatable = operand<X> && !is_call<std::remove_cvref_t<X>> &&
                    (std::is_lvalue_reference_v<X> || !std::is_same_v<X, symbol>);

// x += y is x = x + y: y is broadcast to x, x keeps its shape, its element type and its memory.
template <class X, class Y>
  requires updatable<X> && operand_or_number<Y>
constexpr decltype(auto) operator+=(X&& x, Y&& y) {
  return x = x + std::forward<Y>(y);
}
template <class X, class Y>
  requires updatable<X> && operand_or_number<Y>
constexpr decltype(auto) operator-=(X&& x, Y&& y) {
  return x = x - std::forward<Y>(y);
}
template <class X, class Y>
  requires updatable<X> && operand_or_number<Y>
constexpr decltype(auto) operator*=(X&& x, Y&& y) {
  return x = x * std::forward<Y>(y);
}
template <class X, class Y>
  requires updatable<X> && operand_or_number<Y>
constexpr decltype(auto) operator/=(X&& x, Y&& y) {
  return x = x / std::forward<Y>(y);
}

namespace detail {

/// One partial derivative times the gradient.
template <class D> constexpr symbol chain(symbol gradient, const D& derivative) {
  if constexpr (std::is_same_v<D, no_gradient>) return {};
  else return lift(gradient * derivative);
}

template <class D> constexpr symbol as_gradient(const D& d) {
  if constexpr (std::is_same_v<D, no_gradient>) return {};
  else return lift(d);
}

template <name_code Id>
constexpr void pullback_of(symbol g, const symbol* x, symbol y, symbol* out) {
  using P = primitive<Id>;
  constexpr int arity = arity_of<P>();
  if constexpr (arity == 1) {
    if constexpr (requires { P::pullback(g, x[0], y); })
      out[0] = as_gradient(P::pullback(g, x[0], y));
    else if constexpr (requires { P::derivative(x[0], y); })
      out[0] = chain(g, P::derivative(x[0], y));
    else g.graph->fail({rule::no_gradient, Id, x[0].extents(), {}});
  } else if constexpr (arity == 2) {
    if constexpr (requires { P::pullback(g, x[0], x[1], y); }) {
      const auto d = P::pullback(g, x[0], x[1], y);
      out[0] = as_gradient(d.first);
      out[1] = as_gradient(d.second);
    } else if constexpr (requires { P::derivative(x[0], x[1], y); }) {
      const auto d = P::derivative(x[0], x[1], y);
      out[0] = chain(g, d.first);
      out[1] = chain(g, d.second);
    } else {
      g.graph->fail({rule::no_gradient, Id, x[0].extents(), x[1].extents()});
    }
  } else {
    const auto d = P::pullback(g, x[0], x[1], x[2], y);
    out[0] = as_gradient(d.first);
    out[1] = as_gradient(d.second);
    out[2] = as_gradient(d.third);
  }
}

}  // namespace detail

}  // namespace sinter
