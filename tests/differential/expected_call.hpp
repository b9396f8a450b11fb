// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A call of a fused function as the reference sees it: its operands as doubles, and what it should
/// give. Targets are held against it.

#include <sinter/sinter.hpp>
#include <sinter/target/reference/operands.hpp>

#include "differential/compare.hpp"

namespace sinter::testing {

using reference::as_doubles;

/// The operands of a call, visited in the order of the graph's inputs.
template <class Each, class... A> void visit_operands(Each&& each, A&... args) {
  (sinter::detail::visit_inputs(each, sinter::detail::fused_operand(args)), ...);
}

/// What the reference says of a call.
template <class F, class... A> struct expected_call {
  using call = sinter::detail::fused_call<F, A...>;
  graph_view graph = graph_of<call>.view();
  std::vector<std::vector<double>> inputs;
  std::vector<shape> extents;
  std::vector<reference::value> nodes;

  explicit expected_call(A&... args) {
    visit_operands(
        [&](const target::operand_memory& m) {
          const int rank = graph[graph.inputs[inputs.size()]].extents.rank;
          shape s;
          for (int a = 0; a < rank; ++a) s.push(m.extents[a]);
          extents.push_back(s);
          inputs.push_back(as_doubles(m, rank));
        },
        args...);
    nodes = reference::evaluate_nodes(graph, inputs, extents);
  }

  /// The first difference of a target's outputs, in words; empty if there is none, and if there was
  /// a chance to find one.
  std::string difference(const std::vector<std::vector<double>>& got) const {
    const comparison c = compare(graph, nodes, got);
    if (c && c.elements > 0 && 4 * c.sharp < c.elements)
      return "of " + std::to_string(c.elements) + " elements only " + std::to_string(c.sharp) +
             " have a bound that says something";
    return c.difference;
  }
};

}  // namespace sinter::testing
