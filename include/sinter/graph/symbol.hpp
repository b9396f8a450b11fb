// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A symbol is a value inside a graph that grows: what a traced function computes with. It is one
/// type for every shape, so loops, arrays and structs of symbols work as in any program.

#include <type_traits>

#include "sinter/graph/rules.hpp"

namespace sinter {

struct symbol {
  graph_builder* graph = nullptr;
  int index = -1;
  /// Written as a number: takes the type of what it meets.
  bool weak = false;

  constexpr const node& get() const { return (*graph)[index]; }
  constexpr const shape& extents() const { return get().extents; }
  constexpr dtype type() const { return get().type; }
  constexpr int rank() const { return get().extents.rank; }
};

template <class T> concept number = std::is_arithmetic_v<T>;

/// A number as a symbol of a graph.
template <number T> constexpr symbol literal(graph_builder* graph, T value) {
  const dtype type = std::is_floating_point_v<T> ? dtype::f64
                     : std::is_same_v<T, bool>   ? dtype::boolean
                                                 : dtype::i64;
  return {graph, rules::constant(*graph, type, static_cast<double>(value)), true};
}

/// Adds an elementwise operation. Weak operands adopt the type of the others; a fraction that
/// meets integers gives f32.
constexpr symbol add_element(const operation& op, const symbol* operands) {
  graph_builder& g = *operands[0].graph;
  const int first = op.selects ? 1 : 0;
  bool weak = true;
  dtype type = dtype::boolean, weak_type = dtype::boolean;
  for (int i = first; i < op.arity; ++i) {
    const dtype own = operands[i].type();
    if (operands[i].weak) weak_type = promote(weak_type, own);
    else type = weak ? own : promote(type, own);
    weak = weak && operands[i].weak;
  }
  if (weak) type = weak_type;
  else if (is_floating(weak_type) && !is_floating(type)) type = dtype::f32;
  else if (type == dtype::boolean) type = weak_type == dtype::boolean ? type : dtype::i64;
  int index[max_operands]{};
  for (int i = 0; i < op.arity; ++i)
    index[i] = operands[i].weak && i >= first ? rules::cast(g, operands[i].index, type)
                                              : operands[i].index;
  return {&g, rules::element(g, op, index), weak};
}

template <name_code Id, class... S>
  requires(std::is_same_v<S, symbol> && ...)
constexpr symbol add_element(S... operands) {
  const symbol list[] = {operands...};
  return add_element(operation_of<Id>, list);
}

}  // namespace sinter
