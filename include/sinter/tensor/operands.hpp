// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How tensors, views and structures of tensors take part in expressions: how each is declared in a
/// trace, and where its memory lies when the plan runs.

#include "sinter/graph/trace.hpp"
#include "sinter/target/execution.hpp"
#include "sinter/tensor/tensor.hpp"

namespace sinter {

/// A structure of tensors as an operand of a fused function; const if it may not be assigned to.
template <class Structure> struct structure_reference {
  Structure* to;
};

namespace detail {

template <class Tensor> constexpr symbol declare_tensor(graph_builder& g, bool strided) {
  return {&g, rules::input(g, dtype_of<std::remove_const_t<typename Tensor::element>>,
                           Tensor::declared, Tensor::rank, strided)};
}

/// A structure whose tensors are inputs.
template <class Structure> constexpr Structure declare_structure(graph_builder& g, bool strided) {
  Structure structure{};
  for_each_tensor(
      [&](auto& t) { t.trace(declare_tensor<std::remove_cvref_t<decltype(t)>>(g, strided)); },
      structure);
  return structure;
}

inline constexpr operation assign_operation{pack_name("assign"), kind::alias, 1};

/// Records an assignment to an operand: the new value must fit the tensor's type.
constexpr void add_update(graph_builder& g, int input, symbol value) {
  if (value.graph == nullptr || value.index == g.inputs[input]) return;
  const node target = g[g.inputs[input]];  // a copy: adding nodes moves them
  int index = value.index;
  if (value.type() != target.type) index = rules::cast(g, index, target.type);
  const bool sound = !g.first_mistake;
  index = rules::broadcast(g, index, target.extents, assign_operation);
  if (sound && g.first_mistake)
    g.first_mistake = {rule::update, assign_operation.name, target.extents, value.extents()};
  g.outputs.push_back({index, input});
}

template <class T> struct tensor_operand {
  static constexpr symbol declare(graph_builder& g) { return declare_tensor<T>(g, false); }
  template <class F> static void visit(F&& f, const T& x) {
    f(target::operand_memory{const_cast<typename T::element*>(x.data()), x.extents(), nullptr,
                                 dtype_of<typename T::element>, x.where()});
  }
};

/// Calls `f` with each member of a structure that a traced function returned.
template <class S, class F> constexpr void visit_members(S& s, F&& f) {
  if constexpr (std::is_array_v<S>) {
    for (auto& element : s) f(element);
  } else {
    std::apply([&](auto&... m) { (f(m), ...); }, members_of(s));
  }
}

}  // namespace detail

template <class T, extent_t... E>
struct operand_traits<tensor<T, E...>> : detail::tensor_operand<tensor<T, E...>> {
  using stored = tensor_reference<const tensor<T, E...>>;
  static constexpr symbol lift(const tensor<T, E...>& x) { return x.traced(); }
  static constexpr void updates(graph_builder&, const symbol&, int) {}
};

template <class Tensor> struct operand_traits<tensor_reference<Tensor>> {
  using stored = tensor_reference<Tensor>;
  using plain = std::remove_const_t<Tensor>;
  static constexpr symbol lift(const tensor_reference<Tensor>& x) { return x.traced(); }
  static constexpr symbol declare(graph_builder& g) {
    return detail::declare_tensor<plain>(g, false);
  }
  static constexpr void updates(graph_builder& g, const symbol& x, int first) {
    if constexpr (!std::is_const_v<Tensor>) detail::add_update(g, first, x);
  }
  template <class F> static void visit(F&& f, const tensor_reference<Tensor>& x) {
    f(target::operand_memory{x.data(), x.extents(), nullptr,
                                 dtype_of<typename plain::element>, x.where()});
  }
};

template <class T, extent_t... E> struct operand_traits<tensor_view<T, E...>> {
  using stored = tensor_view<T, E...>;
  static constexpr symbol lift(const tensor_view<T, E...>&) { return {}; }
  static constexpr symbol declare(graph_builder& g) {
    return detail::declare_tensor<tensor_view<T, E...>>(g, true);
  }
  static constexpr void updates(graph_builder& g, const symbol& x, int first) {
    if constexpr (!std::is_const_v<T>) detail::add_update(g, first, x);
  }
  template <class F> static void visit(F&& f, const tensor_view<T, E...>& x) {
    f(target::operand_memory{const_cast<std::remove_const_t<T>*>(x.data()), x.extents(),
                                 x.strides(), dtype_of<std::remove_const_t<T>>, x.where()});
  }
};

template <class Structure> struct operand_traits<structure_reference<Structure>> {
  using stored = structure_reference<Structure>;
  using plain = std::remove_const_t<Structure>;
  static constexpr plain declare(graph_builder& g) {
    return detail::declare_structure<plain>(g, false);
  }
  static constexpr void updates(graph_builder& g, plain& structure, int first) {
    if constexpr (!std::is_const_v<Structure>)
      for_each_tensor([&](auto& t) { detail::add_update(g, first++, t.traced()); }, structure);
  }
  template <class F> static void visit(F&& f, const structure_reference<Structure>& x) {
    for_each_tensor(
        [&](auto& t) {
          detail::tensor_operand<std::remove_cvref_t<decltype(t)>>::visit(f, t);
        },
        *x.to);
  }
};

namespace detail {

/// Visits the memory of all inputs of an expression, in the order of their declaration.
template <class F, class X> void visit_inputs(F&& f, const X& x) {
  operand_traits<X>::visit(f, x);
}
template <class F, number T> void visit_inputs(F&& f, const T& x) {
  f(target::operand_memory{const_cast<T*>(&x), nullptr, nullptr, dtype_of<T>, cpu});
}
template <class F, number T> void visit_inputs(F&& f, const scalar<T>& x) {
  visit_inputs(f, x.value);
}
template <class F, class Rule, class... Operands>
void visit_inputs(F&& f, const call<Rule, Operands...>& c) {
  std::apply([&](const auto&... x) { (visit_inputs(f, x), ...); }, c.operands);
}

}  // namespace detail
}  // namespace sinter
