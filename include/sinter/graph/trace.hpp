// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The graph of an expression, made from its type alone: operands are declared as inputs, the rule
/// is called with their symbols, and what it returns or overwrites becomes outputs. Structures of
/// tensors take part as themselves, with symbols in place of memory.

#include "sinter/graph/equal_extents.hpp"
#include "sinter/graph/expression.hpp"
#include "sinter/graph/graph.hpp"

namespace sinter {

// How an operand type is declared: operand_traits<O>::declare(graph) returns what stands for it in
// the trace, a symbol or a structure; operand_traits<O>::updates(graph, traced, first) adds an
// output for what was assigned to it, where its inputs are numbered from `first`.

template <number T> struct operand_traits<scalar<T>> {
  static constexpr symbol declare(graph_builder& g) {
    const extent_t none[] = {0};
    return {&g, rules::input(g, dtype_of<T>, none, 0, false), true};
  }
  static constexpr void updates(graph_builder&, const symbol&, int) {}
};

namespace detail {

/// An operand in a trace. Built in order, braces see to that.
template <class Operand> struct declared {
  int first;
  decltype(operand_traits<Operand>::declare(std::declval<graph_builder&>())) value;

  constexpr explicit declared(graph_builder& g)
      : first(static_cast<int>(g.inputs.size())), value(operand_traits<Operand>::declare(g)) {}
};

/// The symbol of a call inside another.
template <class Rule, class... Operands> constexpr symbol trace_nested(graph_builder& g) {
  std::tuple<declared<Operands>...> operands{declared<Operands>(g)...};
  return std::apply([&](auto&... x) { return lift(Rule{}(x.value...)); }, operands);
}

}  // namespace detail

template <class Rule, class... Operands> struct operand_traits<call<Rule, Operands...>> {
  static constexpr symbol declare(graph_builder& g) {
    return detail::trace_nested<Rule, Operands...>(g);
  }
  static constexpr void updates(graph_builder&, const symbol&, int) {}
};

namespace detail {

/// Outputs in what a traced function returned: symbols, expressions, tensors, and structures and
/// tuples of these. `visit_members` and `as_declared`, which gives a tensor the shape and type that
/// it is declared with, are found by argument lookup where tensors are.
template <class R> constexpr void add_outputs(graph_builder& g, R& result) {
  if constexpr (requires { as_declared(result); }) {
    const symbol value = as_declared(result);
    g.outputs.push_back(output{value.index, -1});
  } else if constexpr (requires { lift(result); }) {
    const symbol value = lift_into(&g, result);
    g.outputs.push_back(output{value.index, -1});
  } else {
    visit_members(result, [&](auto& member) { add_outputs(g, member); });
  }
}

}  // namespace detail

/// Builds the graph of a call. In constant evaluation only: outside it, tensors have values.
template <class Call> struct tracer;
template <class Rule, class... Operands> struct tracer<call<Rule, Operands...>> {
  static constexpr graph_builder run() {
    graph_builder g;
    std::tuple<detail::declared<Operands>...> operands{detail::declared<Operands>(g)...};
    std::apply(
        [&](auto&... x) {
          if constexpr (std::is_void_v<decltype(Rule{}(x.value...))>) {
            Rule{}(x.value...);
          } else {
            auto result = Rule{}(x.value...);
            if (!g.first_mistake) detail::add_outputs(g, result);
          }
          if (!g.first_mistake) (operand_traits<Operands>::updates(g, x.value, x.first), ...);
        },
        operands);
    if (!g.first_mistake) merge_equal_extents(g);
    return prune(g);
  }
};

namespace detail {

/// A mistake with shapes as they are shown.
struct shown_mistake {
  rule broken = rule::none;
  name_code op = 0;
  shown_shape left, right;
};

constexpr shown_shape show(const graph_builder& g, const shape& s) {
  shown_shape result;
  result.rank = s.rank;
  for (int i = 0; i < s.rank; ++i) result.extent[i] = {s[i], g.name_of(s[i])};
  return result;
}

constexpr shown_mistake show_mistake(const graph_builder& g) {
  const mistake& m = g.first_mistake;
  return {m.broken, m.op, show(g, m.left), show(g, m.right)};
}

/// The first look at a call: how large its graph is, and whether it has a mistake.
struct traced_sizes : graph_sizes {
  shown_mistake first_mistake;
  constexpr explicit traced_sizes(const graph_builder& g)
      : graph_sizes(sizes(g)), first_mistake(show_mistake(g)) {}
};
template <class Call> inline constexpr traced_sizes sizes_of{tracer<Call>::run()};
template <class Call>
inline constexpr const shown_mistake& mistake_of = sizes_of<Call>.first_mistake;

template <class Call> inline constexpr bool is_sound = mistake_of<Call>.broken == rule::none;

template <class Call> struct left_shape {
  static constexpr const shown_shape& value = mistake_of<Call>.left;
};
template <class Call> struct right_shape {
  static constexpr const shown_shape& value = mistake_of<Call>.right;
};

template <class Rule, class... Operands>
constexpr auto judge(std::type_identity<call<Rule, Operands...>>) {
  using own = call<Rule, Operands...>;
  using value = decltype(Rule{}(std::declval<declared<Operands>&>().value...));
  if constexpr (is_mistaken<std::remove_cvref_t<value>>) return std::type_identity<value>{};
  else if constexpr (is_sound<own>) return std::type_identity<own>{};
  else
    return std::type_identity<
        mistaken<mistake_of<own>.broken, spelled_operation<mistake_of<own>.op>,
                 spelled_shape<left_shape<own>>, spelled_shape<right_shape<own>>>>{};
}

/// The call, or the mistake that it makes.
template <class Call> struct verdict {
  using type = typename decltype(judge(std::type_identity<Call>{}))::type;
};

}  // namespace detail

/// The graph of a call, as a constant.
template <class Call>
inline constexpr graph<detail::sizes_of<Call>.nodes, detail::sizes_of<Call>.dimensions,
                       detail::sizes_of<Call>.constraints, detail::sizes_of<Call>.inputs,
                       detail::sizes_of<Call>.outputs>
    graph_of{tracer<Call>::run()};

}  // namespace sinter
