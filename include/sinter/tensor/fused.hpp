// SPDX-License-Identifier: Apache-2.0
#pragma once

/// `fused(f)`: a function of tensors and structures of tensors, traced once by the compiler. What
/// it mentions twice is computed once, what it assigns to its arguments is updated by the same
/// plan.

#include "sinter/graph/share.hpp"
#include "sinter/ops/gradient.hpp"
#include "sinter/tensor/evaluate.hpp"

namespace sinter {

namespace detail {

/// What a call of a fused function keeps of an argument.
template <class A> constexpr auto fused_operand(A&& a) {
  using plain = std::remove_cvref_t<A>;
  if constexpr (number<plain>) return scalar<plain>{a};
  else if constexpr (is_tensor<plain>) return tensor_reference<std::remove_reference_t<A>>(a);
  else if constexpr (operand<plain>) return plain(a);
  else return structure_reference<std::remove_reference_t<A>>{&a};
}

/// The same for a call that is made at once: the argument itself, which outlives it.
template <class A> constexpr decltype(auto) lent_operand(A& a) {
  using plain = std::remove_const_t<A>;
  if constexpr (number<plain> || operand<plain>) return (a);
  else return structure_reference<A>{&a};
}

template <class X>
inline constexpr bool is_expression =
    is_call<std::remove_cvref_t<X>> || is_mistaken<std::remove_cvref_t<X>>;

template <class F, class... A>
using fused_call = call<F, decltype(fused_operand(std::declval<A&>()))...>;

/// The number of outputs in what a traced function returned.
template <class R> constexpr int output_count() {
  if constexpr (operand<R>) return 1;
  else if constexpr (std::is_array_v<R>)
    return std::extent_v<R> * output_count<std::remove_extent_t<R>>();
  else
    return []<class... M>(std::type_identity<std::tuple<M...>>) {
      return (0 + ... + output_count<std::remove_cvref_t<M>>());
    }(std::type_identity<decltype(members_of(std::declval<R&>()))>{});
}

/// The outputs in the first members of a tuple.
template <class R, std::size_t... I> constexpr int outputs_before(std::index_sequence<I...>) {
  return (0 + ... + output_count<std::tuple_element_t<I, R>>());
}

/// The tensors that hold what a traced function returned: same structure, memory for symbols.
/// `Next` counts outputs.
template <class Call, class R, int Next> constexpr auto result_type() {
  if constexpr (is_tensor<R>) return std::type_identity<R>{};
  else if constexpr (operand<R>) return std::type_identity<output_tensor<Call, Next>>{};
  else if constexpr (tuple_like<R>) {
    return []<std::size_t... I>(std::index_sequence<I...>) {
      return std::type_identity<std::tuple<typename decltype(
          result_type<Call, std::tuple_element_t<I, R>,
                      Next + outputs_before<R>(std::make_index_sequence<I>{})>())::type...>>{};
    }(std::make_index_sequence<std::tuple_size_v<R>>{});
  } else return std::type_identity<R>{};
}

template <class Call> struct returned;
template <class F, class... Operands> struct returned<call<F, Operands...>> {
  using type = decltype(F{}(std::declval<declared<Operands>&>().value...));
};

/// A structure whose tensors have no memory yet, as far as it is made of tensors and tuples.
template <class R> R without_memory() {
  if constexpr (is_tensor<R>) return tensor_access<R>::without_memory();
  else if constexpr (tuple_like<R>)
    return []<std::size_t... I>(std::index_sequence<I...>) {
      return R{without_memory<std::tuple_element_t<I, R>>()...};
    }(std::make_index_sequence<std::tuple_size_v<R>>{});
  else return R{};
}

/// What a call returns: tensors in the structure that the traced function returned, or void.
template <class Call> struct call_result {
  using traced = typename returned<Call>::type;
  using type = typename decltype(result_type<Call, traced, 0>())::type;
};
template <class Call>
  requires std::is_void_v<typename returned<Call>::type>
struct call_result<Call> {
  using type = void;
};

/// Gives the tensors of a result the extents and the place of a checked call's outputs. Those that
/// have them keep their memory.
template <class R> void place_results(target::execution& e, R& results) {
  int output = 0;
  for_each_tensor(
      [&](auto& t) {
        std::int64_t extents[max_rank]{};
        e.extents_of(output, extents);
        tensor_access<std::remove_cvref_t<decltype(t)>>::reshape(t, extents, e.where);
        e.outputs[output++] = t.data();
      },
      results);
}

/// Stands for a function whose mistake is reported already.
struct mistaken_function {
  constexpr mistaken<rule::none> operator()(auto&&...) const { return {}; }
};

}  // namespace detail

/// A traced function. @see fused
template <class F> struct fused_function {
  /// Runs the function's plan. Arguments: tensors, views, structures of tensors and numbers. Those
  /// that are not const may be assigned to. Inside another traced function it becomes part of that
  /// one's graph; with an expression among its arguments it is an expression itself.
  template <class... A> constexpr auto operator()(A&&... args) const {
    if constexpr (detail::any_symbol<A...>) {
      return F{}(args...);
    } else if constexpr ((detail::is_expression<A> || ...)) {
      return apply(F{}, std::forward<A>(args)...);
    } else {
      using plain_call = detail::fused_call<F, A...>;
      using verdict = typename detail::verdict<plain_call>::type;
      if constexpr (is_mistaken<verdict>) return verdict{};
      else return run<plain_call>(args...);
    }
  }

 private:
  template <class Call, class... A> static auto run(A&... arguments) {
    using own_result = typename detail::call_result<Call>::type;
    detail::evaluation<Call> e(detail::lent_operand(arguments)...);
    if constexpr (std::is_void_v<own_result>) {
      run_beside_updates(e);
    } else {
      auto results = detail::without_memory<own_result>();
      detail::place_results(e, results);
      run_beside_updates(e);
      return results;
    }
  }
};

/// Makes a function of tensors from a generic callable without captures.
/// @example constexpr auto step = st::fused([](auto& w, auto g) { w = w - 0.1 * g; });
template <class F> constexpr auto fused(F) {
  constexpr bool is_stateless = std::is_empty_v<F>;
  static_assert(is_stateless, "sinter: fused: the callable must not capture; pass what it needs as "
                              "arguments");
  return std::conditional_t<is_stateless, fused_function<F>, detail::mistaken_function>{};
}

namespace detail {

template <class F, std::size_t... I>
constexpr void visit_symbols(F&& visit, symbol* symbols, std::index_sequence<I...>) {
  visit(symbols[I]...);
}

constexpr symbol zeros_like(symbol x) {
  graph_builder& g = *x.graph;
  const int zero = rules::constant(g, x.type(), 0);  // first: adding a node moves the others
  const shape extents = x.extents();
  return {&g, rules::broadcast(g, zero, extents)};
}

template <class Tensor> constexpr void write_back(Tensor& t, const symbol& s) {
  if constexpr (!std::is_const_v<Tensor>) t.trace(s);
}

}  // namespace detail

/// Visits the tensors of structures as symbols, inside a traced function: what the visitor assigns
/// to a symbol is assigned to its tensor. How optimisers are written. Of frozen parts, none.
template <class F, class First, class... Same>
constexpr void for_each_symbol(F&& visit, First& first, Same&... same) {
  for_each_trainable(
      [&](auto&... t) {
        symbol symbols[1 + sizeof...(Same)] = {t.traced()...};
        detail::visit_symbols(visit, symbols, std::make_index_sequence<1 + sizeof...(Same)>{});
        const symbol* next = symbols;
        (detail::write_back(t, *next++), ...);
      },
      first, same...);
}

/// The gradient of a scalar with respect to every floating tensor of a structure, or to a symbol,
/// as a structure of the same type. Of frozen parts none is computed: there the structure holds
/// zeros. Inside traced functions only.
template <class Loss, class Structure>
constexpr auto gradient(const Loss& loss, const Structure& of) {
  const symbol l = lift(loss);
  graph_builder& g = *l.graph;
  if constexpr (operand<Structure>) {
    return symbol{&g, differentiate(g, l.index, {lift(of).index})[0]};
  } else {
    Structure result = of;
    list<int> wrt;
    std::size_t count = 0, next = 0;
    for_each_trainable([&](auto& t) { wrt.push_back(t.traced().index); }, result);
    for_each_tensor([&](auto&) { ++count; }, result);
    const list<int> d = differentiate(g, l.index, wrt);
    if (count > wrt.size())
      for_each_tensor([&](auto& t) { t.trace(detail::zeros_like(t.traced())); }, result);
    for_each_trainable([&](auto& t) { t.trace({&g, d[next++]}); }, result);
    return result;
  }
}

// Constants of a plan.

/// The number of kernels that a fused function's call takes.
template <class F, class... A> constexpr int kernels(const fused_function<F>&, A&&...) {
  return plan_of<detail::fused_call<F, A...>>::kernels;
}
/// The number of kernels that an expression takes.
template <class Rule, class... Operands>
constexpr int kernels(const call<Rule, Operands...>&) {
  return plan_of<call<Rule, Operands...>>::kernels;
}

}  // namespace sinter
