// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Where an expression meets a tensor: its plan, made at compile time, runs.

#include "sinter/target/cpu/execute.hpp"
#include "sinter/tensor/overlap.hpp"

#if !defined(SINTER_CUDA_TARGET)  // see sinter/cuda.hpp
#define SINTER_WITHOUT_CUDA 1
#endif

namespace sinter {

namespace detail {

/// What a call's outputs are.
template <class Call> struct planned_call {
  static constexpr graph_view graph = graph_of<Call>.view();

  static constexpr const node& output(int o) { return graph[graph.outputs[o].node]; }
  static constexpr int rank(int o) { return output(o).extents.rank; }
  static constexpr dtype type(int o) { return output(o).type; }
  /// An output's extent as a tensor's type spells it.
  static constexpr extent_t spelled(int o, int axis) {
    const extent_t e = output(o).extents[axis];
    if (is_static(e)) return e;
    const name_code name = graph.dimensions[-1 - e].name;
    return name != 0 ? -1 - name : dyn;
  }
  template <int Output, std::size_t... I>
  static tensor<element_t<type(Output)>, spelled(Output, I)...> result(std::index_sequence<I...>);
};

/// The tensor that holds an output.
template <class Call, int Output = 0>
using output_tensor = decltype(planned_call<Call>::template result<Output>(
    std::make_index_sequence<planned_call<Call>::rank(Output)>{}));

/// A call that is about to run: operands gathered, extents checked.
template <class Call> struct evaluation : target::execution_of<plan_of<Call>> {
  /// With the call's operands, as they are or as a call keeps them. They are not copied, as they
  /// live until the call is done: numbers lie in them.
  template <class... Operands>
  SINTER_INLINE explicit evaluation(const Operands&... operands)
      : target::execution_of<plan_of<Call>>(cpu_target::run_plan<plan_of<Call>>) {
    target::operand_memory* next = this->inputs;
    (visit_inputs([&](const target::operand_memory& m) { *next++ = m; }, operands), ...);
    this->prepare();
#if defined(SINTER_CUDA_TARGET)
    this->run_on_device = cuda_target::run_plan<plan_of<Call>>;
#endif
  }
  explicit evaluation(const Call&&) = delete;
};

/// What constructors and assignments may touch, and what hands memory over.
template <class Tensor> struct tensor_access {
  static const shared_memory& memory(const Tensor& t) { return t.memory_; }
  static Tensor adopt(shared_memory memory, const std::int64_t* extents) {
    Tensor t{typename Tensor::no_memory{}};
    t.adopt(std::move(memory), extents);
    return t;
  }
  static bool has_extents(const Tensor& t, const std::int64_t* extents) {
    for (int i = 0; i < Tensor::rank; ++i)
      if (t.extents_[i] != extents[i]) return false;
    return t.memory_.get() != nullptr;
  }
  static Tensor without_memory() { return Tensor{typename Tensor::no_memory{}}; }
  /// Gives a tensor extents that its type allows, and a place; its elements are to be written.
  static void reshape(Tensor& t, const std::int64_t* extents, placement where) {
    if (has_extents(t, extents) && t.where() == where) return;
    for (int i = 0; i < Tensor::rank; ++i)
      if (is_static(Tensor::declared[i]) && Tensor::declared[i] != extents[i])
        fail<shape_error>({"assign: a tensor ", declared_text(Tensor::declared, Tensor::rank),
                           " cannot hold ", extents_text(extents, Tensor::rank)});
    t.memory_.allocate(checked_bytes(extents, Tensor::rank, sizeof(typename Tensor::element)),
                       where);
    copy_elements(extents, t.extents_.of, max_rank);
  }
};

/// A tensor of given extents, max_rank of them, which its type allows; its elements are as they
/// come.
template <class Tensor>
Tensor make_tensor(const std::int64_t* extents, placement where = cpu) {
  Tensor result = tensor_access<Tensor>::without_memory();
  tensor_access<Tensor>::reshape(result, extents, where);
  return result;
}

/// An expression whose value has the target's type and shape.
template <class Target, extent_t... E> struct assign_rule {
  constexpr symbol operator()(symbol x) const {
    graph_builder& g = *x.graph;
    constexpr extent_t wanted[] = {E..., 0};
    const shape from = x.extents();
    int index = rules::cast(g, x.index, dtype_of<Target>);
    shape to;
    const int lead = static_cast<int>(sizeof...(E)) - from.rank;
    bool fits = lead >= 0;
    for (int i = 0; i < static_cast<int>(sizeof...(E)); ++i) {
      const extent_t own = i >= lead && fits ? from[i - lead] : 1;
      to.push(own == 1 && is_static(wanted[i]) ? wanted[i] : own);
      if (is_static(wanted[i]) && is_static(to[i]) && to[i] != wanted[i]) fits = false;
      if (is_named(wanted[i]) && g.name_of(own) != 0 && g.name_of(own) != axis_name(wanted[i]))
        fits = false;
    }
    if (!fits) {
      shape declared;
      for (int i = 0; i < static_cast<int>(sizeof...(E)); ++i) {
        const name_code name = is_named(wanted[i]) ? axis_name(wanted[i]) : 0;
        declared.push(is_static(wanted[i]) ? wanted[i]
                                           : g.code({dimension::origin::extent, name, -1, 0}));
      }
      g.fail({rule::update, pack_name("assign"), declared, from});
      return x;
    }
    return {&g, rules::broadcast(g, index, to)};
  }
};

template <class Target, class X> struct assignment {
  using verdict = char;  // a number fits; a symbol is checked where the function is traced
};
template <class T, extent_t... E, class X>
  requires(operand<X> && !any_symbol<X> && !is_mistaken<std::remove_cvref_t<X>>)
struct assignment<tensor<T, E...>, X> {
  using verdict = typename detail::verdict<call<assign_rule<T, E...>, stored_t<X>>>::type;
};

/// A new value for an operand.
struct update_rule {
  constexpr void operator()(symbol& target, symbol value) const { target = value; }
};
template <class T, extent_t... E, class X>
  requires(operand_or_number<X> && !any_symbol<X> && !is_mistaken<std::remove_cvref_t<X>>)
struct assignment<tensor_view<T, E...>, X> {
  using verdict =
      typename detail::verdict<call<update_rule, tensor_view<T, E...>, stored_t<X>>>::type;
};

template <class T, extent_t... E, class X> void assign_now(tensor<T, E...>& target, const X& x) {
  using own = tensor<T, E...>;
  using whole = call<assign_rule<T, E...>, stored_t<X>>;
  evaluation<whole> e(x);
  std::int64_t extents[max_rank]{};
  e.extents_of(0, extents);
  const bool fits =
      tensor_access<own>::has_extents(target, extents) && target.where() == e.where;
  if (fits && !disturbs(e, target.data(), target.data() + target.size())) {
    e.outputs[0] = target.data();
    e.run();
  } else {
    own fresh = make_tensor<own>(extents, e.where);
    e.outputs[0] = fresh.data();
    e.run();
    target = std::move(fresh);
  }
}

/// The memory stays where it is: on a device, elements come from the host.
template <class T, extent_t... E> void fill(tensor<T, E...>& target, T value) {
  using own = tensor<T, E...>;
  const placement where = target.where();
  own here = tensor_access<own>::without_memory();
  if (!where.is_host()) tensor_access<own>::reshape(here, target.extents(), cpu);
  own& to = where.is_host() ? target : here;
  for (std::int64_t i = 0; i < to.size(); ++i) to.data()[i] = value;
  if (!where.is_host() && to.size() > 0)
    kind_of(where).copy(here.data(), cpu, target.data(), where,
                        static_cast<std::size_t>(to.size()) * sizeof(T));
}

template <class T, extent_t... E, class X>
constexpr void assign_tensor(tensor<T, E...>& target, X&& x) {
  using verdict = typename assignment<tensor<T, E...>, X>::verdict;
  if constexpr (is_mistaken<verdict> || is_mistaken<std::remove_cvref_t<X>>) {
    return;
  } else if constexpr (std::is_same_v<std::remove_cvref_t<X>, symbol>) {
    if (!std::is_constant_evaluated())
      fail<error>({"assign: a symbol has a value inside a traced function only"});
    target.trace(x);
  } else if (std::is_constant_evaluated()) {
    if constexpr (operand<X>) target.trace(lift(x));
    else target.trace(literal(target.traced().graph, x));
  } else if constexpr (operand<X>) {
    assign_now(target, x);
  } else {
    if (target.data() == nullptr) target = tensor<T, E...>();
    fill(target, static_cast<T>(x));
  }
}

/// Into memory with strides, as any update of an argument.
template <class T, extent_t... E, class X>
void assign_view(const tensor_view<T, E...>& target, const X& x) {
  using update = call<update_rule, tensor_view<T, E...>, stored_t<X>>;
  evaluation<update> e(target, x);
  run_beside_updates(e);
}

template <class Target, class X> constexpr void assign(Target& target, X&& x) {
  if constexpr (is_tensor<Target>) assign_tensor(target, std::forward<X>(x));
  else assign_view(target, x);
}

}  // namespace detail

/// What a traced tensor holds, in the type and shape that it is declared with.
template <class T, extent_t... E> constexpr symbol as_declared(const tensor<T, E...>& x) {
  return detail::assign_rule<T, E...>{}(x.traced());
}

/// An expression's own type of tensor: `st::tensor y = relu(x)`.
#define SINTER_GUIDE(count, ...)                                                             \
  template <class Rule, class... Operands>                                                   \
    requires(detail::planned_call<call<Rule, Operands...>>::rank(0) == count)                \
  tensor(const call<Rule, Operands...>&)                                                     \
      -> tensor<typename detail::output_tensor<call<Rule, Operands...>>::element __VA_ARGS__>;
#define SINTER_AXIS(axis) , detail::planned_call<call<Rule, Operands...>>::spelled(0, axis)
SINTER_GUIDE(0)
SINTER_GUIDE(1, SINTER_AXIS(0))
SINTER_GUIDE(2, SINTER_AXIS(0) SINTER_AXIS(1))
SINTER_GUIDE(3, SINTER_AXIS(0) SINTER_AXIS(1) SINTER_AXIS(2))
SINTER_GUIDE(4, SINTER_AXIS(0) SINTER_AXIS(1) SINTER_AXIS(2) SINTER_AXIS(3))
SINTER_GUIDE(5, SINTER_AXIS(0) SINTER_AXIS(1) SINTER_AXIS(2) SINTER_AXIS(3) SINTER_AXIS(4))
SINTER_GUIDE(6, SINTER_AXIS(0) SINTER_AXIS(1) SINTER_AXIS(2) SINTER_AXIS(3) SINTER_AXIS(4)
                    SINTER_AXIS(5))
#undef SINTER_GUIDE
#undef SINTER_AXIS
template <class T, extent_t... E>
tensor(const tensor_view<T, E...>&) -> tensor<std::remove_const_t<T>, E...>;
template <rule Broken, class... What> tensor(const mistaken<Broken, What...>&) -> tensor<float>;

}  // namespace sinter
