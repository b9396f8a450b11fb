// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A finished graph: flat arrays, at run time in a builder, in constant evaluation in `graph<...>`,
/// which can be a constexpr variable. Passes read either through `graph_view`.

#include "sinter/graph/builder.hpp"

namespace sinter {

/// A graph to read, wherever it is stored.
struct graph_view {
  const node* nodes = nullptr;
  int size = 0;
  const dimension* dimensions = nullptr;
  int dimension_count = 0;
  const constraint* constraints = nullptr;
  int constraint_count = 0;
  const int* inputs = nullptr;
  int input_count = 0;
  const output* outputs = nullptr;
  int output_count = 0;

  constexpr graph_view() = default;
  constexpr explicit(false) graph_view(const graph_builder& g)
      : nodes(g.nodes.data()), size(static_cast<int>(g.nodes.size())),
        dimensions(g.dimensions.data()), dimension_count(static_cast<int>(g.dimensions.size())),
        constraints(g.constraints.data()),
        constraint_count(static_cast<int>(g.constraints.size())),
        inputs(g.inputs.data()), input_count(static_cast<int>(g.inputs.size())),
        outputs(g.outputs.data()), output_count(static_cast<int>(g.outputs.size())) {}

  constexpr const node& operator[](int index) const { return nodes[index]; }
};

struct graph_sizes {
  int nodes = 0, dimensions = 0, constraints = 0, inputs = 0, outputs = 0;
};

constexpr graph_sizes sizes(const graph_builder& g) {
  return {static_cast<int>(g.nodes.size()), static_cast<int>(g.dimensions.size()),
          static_cast<int>(g.constraints.size()), static_cast<int>(g.inputs.size()),
          static_cast<int>(g.outputs.size())};
}

/// A graph of fixed sizes. Arrays hold one element more than they need, so that none is empty.
template <int Nodes, int Dimensions, int Constraints, int Inputs, int Outputs> struct graph {
  node nodes[Nodes + 1]{};
  dimension dimensions[Dimensions + 1]{};
  constraint constraints[Constraints + 1]{};
  int inputs[Inputs + 1]{};
  output outputs[Outputs + 1]{};

  constexpr explicit graph(const graph_builder& g) {
    for (int i = 0; i < Nodes; ++i) nodes[i] = g.nodes[i];
    for (int i = 0; i < Dimensions; ++i) dimensions[i] = g.dimensions[i];
    for (int i = 0; i < Constraints; ++i) constraints[i] = g.constraints[i];
    for (int i = 0; i < Inputs; ++i) inputs[i] = g.inputs[i];
    for (int i = 0; i < Outputs; ++i) outputs[i] = g.outputs[i];
  }

  constexpr graph_view view() const {
    graph_view v;
    v.nodes = nodes, v.size = Nodes;
    v.dimensions = dimensions, v.dimension_count = Dimensions;
    v.constraints = constraints, v.constraint_count = Constraints;
    v.inputs = inputs, v.input_count = Inputs;
    v.outputs = outputs, v.output_count = Outputs;
    return v;
  }
};

/// The graph without what no output needs. Inputs stay, since callers count them.
constexpr graph_builder prune(const graph_builder& from) {
  const int count = static_cast<int>(from.nodes.size());
  list<int> place(from.nodes.size() + 1, -1);
  for (const output& o : from.outputs) place[o.node] = 0;
  for (int input : from.inputs) place[input] = 0;
  for (int i = count; i-- > 0;)
    if (place[i] == 0)
      for (int j = 0; j < from[i].arity(); ++j) place[from[i].operand[j]] = 0;

  graph_builder to;
  to.dimensions = from.dimensions;
  to.constraints = from.constraints;
  to.first_mistake = from.first_mistake;
  for (int i = 0; i < count; ++i) {
    if (place[i] < 0) continue;
    node n = from[i];
    for (int j = 0; j < n.arity(); ++j) n.operand[j] = place[n.operand[j]];
    place[i] = to.copy(n);
  }
  for (int input : from.inputs) to.inputs.push_back(place[input]);
  for (const output& o : from.outputs) to.outputs.push_back({place[o.node], o.input});
  return to;
}

/// A finished graph as one that grows, for passes that add to it.
constexpr graph_builder thaw(const graph_view& v) {
  graph_builder g;
  g.nodes.reserve(static_cast<std::size_t>(v.size));
  for (int i = 0; i < v.size; ++i) g.copy(v.nodes[i]);
  g.dimensions.append(v.dimensions, v.dimensions + v.dimension_count);
  g.constraints.append(v.constraints, v.constraints + v.constraint_count);
  g.inputs.append(v.inputs, v.inputs + v.input_count);
  g.outputs.append(v.outputs, v.outputs + v.output_count);
  return g;
}

}  // namespace sinter
