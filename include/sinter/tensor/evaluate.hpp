// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Where an expression meets a tensor: its plan, made at compile time, runs.

#include "sinter/tensor/operands.hpp"

namespace sinter {

namespace detail {

/// The plan of a call, and what its outputs are.
template <class Call> struct planned_call {
  static constexpr const auto& plan = plan_of<graph_of<Call>>;

  static constexpr int rank(int output) { return plan.output_shapes[output].rank; }
  static constexpr dtype type(int output) { return plan.output_types[output]; }
  /// An output's extent as a tensor's type spells it.
  static constexpr extent_t spelled(int output, int axis) {
    const extent_t e = plan.output_shapes[output][axis];
    if (is_static(e)) return e;
    const name_code name = plan.dimensions[-1 - e].name;
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
template <class Call> struct evaluation {
  using plan_type = planned_call<Call>;
  static constexpr plan_sizes sizes = std::remove_cvref_t<decltype(plan_type::plan)>::sizes;

  cpu::operand_memory inputs[sizes.inputs + 1];
  void* outputs[sizes.outputs + 1]{};
  cpu::execution<plan_type::plan> execution;

  explicit evaluation(const Call& c) {
    int next = 0;
    visit_inputs([&](const cpu::operand_memory& m) { inputs[next++] = m; }, c);
    execution.prepare(inputs);
    for (int o = 0; o < sizes.outputs; ++o)
      if (const int input = plan_type::plan.updated_input[o]; input >= 0)
        outputs[o] = inputs[input].data;
  }

  void run() { execution.run(inputs, outputs); }

  /// Whether writing output 0 to [begin, end) could change what is still to be read.
  bool disturbs(const void* begin, const void* end) const {
    for (int i = 0; i < sizes.inputs; ++i) {
      const cpu::operand_memory& m = inputs[i];
      const shape& s = plan_type::plan.input_shapes[i];
      std::int64_t last = 0, count = 1;
      for (int a = s.rank; a-- > 0;) {
        last += (m.extents[a] - 1) * (m.strides != nullptr ? m.strides[a] : count);
        count *= m.extents[a];
      }
      const char* first = static_cast<const char*>(m.data);
      if (count == 0 || first >= end || first + (last + 1) * properties(m.type).size <= begin)
        continue;
      const bool same = m.data == begin && m.strides == nullptr && i < 64 &&
                        (plan_type::plan.in_place[0] >> i & 1) != 0;
      if (!same) return true;
    }
    return false;
  }
};

template <class Call, int Output> void shape_output(const evaluation<Call>& e, auto& target) {
  std::int64_t extents[max_rank]{};
  e.execution.extents_of(Output, extents);
  tensor_access<std::remove_cvref_t<decltype(target)>>::reshape(target, extents);
}

/// What constructors and assignments may touch.
template <class Tensor> struct tensor_access {
  static bool has_extents(const Tensor& t, const std::int64_t* extents) {
    for (int i = 0; i < Tensor::rank; ++i)
      if (t.extents_[i] != extents[i]) return false;
    return t.memory_.get() != nullptr;
  }
  /// Gives a tensor extents that its type allows.
  static void reshape(Tensor& t, const std::int64_t* extents) {
    if (has_extents(t, extents)) return;
    for (int i = 0; i < Tensor::rank; ++i)
      if (is_static(Tensor::declared[i]) && Tensor::declared[i] != extents[i])
        throw shape_error("assign: a tensor " + declared_text() + " cannot hold " +
                          extents_text(extents, Tensor::rank));
    t.memory_.allocate(checked_bytes(extents, Tensor::rank, sizeof(typename Tensor::element)));
    std::copy(extents, extents + max_rank, t.extents_);
  }
  static std::string declared_text() {
    std::string text = "[";
    for (int i = 0; i < Tensor::rank; ++i) {
      const extent_t e = Tensor::declared[i];
      text += (i > 0 ? ", " : "");
      text += is_static(e) ? std::to_string(e)
              : is_named(e) ? std::string(name_text(axis_name(e)).c_str())
                            : std::string("dyn");
    }
    return text + "]";
  }
};

/// The value of an operand as a call: a copy, or a number spread over the target.
struct copy_rule {
  constexpr symbol operator()(symbol x) const { return x; }
};

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

template <class T, extent_t... E, class X> auto assignment(tensor<T, E...>*, X&& x) {
  return call<assign_rule<T, E...>, stored_t<X>>{{}, {stored_t<X>{std::forward<X>(x)}}};
}

}  // namespace detail

template <class T, extent_t... E>
template <class X>
constexpr tensor<T, E...>::tensor(X&& x, int, int) {
  if (std::is_constant_evaluated()) symbol_ = lift(x);
  else *this = std::forward<X>(x);
}

template <class T, extent_t... E>
template <class X>
  requires(operand_or_number<X> && !std::same_as<std::remove_cvref_t<X>, tensor<T, E...>>)
constexpr tensor<T, E...>& tensor<T, E...>::operator=(X&& x) {
  if (std::is_constant_evaluated()) {
    if constexpr (operand<X>) symbol_ = lift(x);
    else symbol_ = literal(symbol_.graph, x);
  } else if constexpr (std::is_same_v<std::remove_cvref_t<X>, symbol>) {
    throw error("assign: a symbol has a value inside a traced function only");
  } else {
    const auto c = detail::assignment(static_cast<tensor*>(nullptr), std::forward<X>(x));
    using whole = std::remove_const_t<decltype(c)>;
    if constexpr (check(static_cast<const whole*>(nullptr))) {
      detail::evaluation<whole> e(c);
      std::int64_t extents[max_rank]{};
      e.execution.extents_of(0, extents);
      const bool fits = detail::tensor_access<tensor>::has_extents(*this, extents);
      if (fits && !e.disturbs(data(), data() + size())) {
        e.outputs[0] = data();
        e.run();
      } else {
        tensor fresh;
        detail::tensor_access<tensor>::reshape(fresh, extents);
        e.outputs[0] = fresh.data();
        e.run();
        *this = std::move(fresh);
      }
    }
  }
  return *this;
}

template <element_type T, extent_t... E>
template <class X>
  requires operand_or_number<X>
const tensor_view<T, E...>& tensor_view<T, E...>::operator=(X&& x) const {
  const tensor<T, E...> value(std::forward<X>(x));
  for (int i = 0; i < rank; ++i)
    if (value.extent(i) != extents_[i])
      throw shape_error("assign: a view " + detail::extents_text(extents_, rank) +
                        " cannot hold " + detail::extents_text(value.extents(), rank));
  std::int64_t index[max_rank]{};
  for (std::int64_t n = 0; n < value.size(); ++n) {
    std::int64_t at = 0, rest = n;
    for (int i = rank; i-- > 0; rest /= extents_[i]) at += rest % extents_[i] * strides_[i];
    data_[at] = value.data()[n];
  }
  (void)index;
  return *this;
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

}  // namespace sinter
