// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A call of a fused function as the reference sees it: its operands as doubles, and what it should
/// give. Targets are held against it.

#include <sinter/sinter.hpp>

#include <stdexcept>

#include "differential/compare.hpp"

namespace sinter::testing {

/// Elements of any memory as doubles, row-major.
inline std::vector<double> as_doubles(const target::operand_memory& m, int rank) {
  std::int64_t count = 1;
  for (int a = 0; a < rank; ++a) count *= m.extents[a];
  std::vector<double> values(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t at = i;
    if (m.strides != nullptr) {
      at = 0;
      std::int64_t rest = i;
      for (int a = rank; a-- > 0; rest /= m.extents[a]) at += rest % m.extents[a] * m.strides[a];
    }
    switch (m.type) {
      case dtype::boolean: values[i] = static_cast<const bool*>(m.data)[at]; break;
      case dtype::i8: values[i] = static_cast<const std::int8_t*>(m.data)[at]; break;
      case dtype::u8: values[i] = static_cast<const std::uint8_t*>(m.data)[at]; break;
      case dtype::i32: values[i] = static_cast<const std::int32_t*>(m.data)[at]; break;
      case dtype::i64:
        values[i] = static_cast<double>(static_cast<const std::int64_t*>(m.data)[at]);
        break;
      case dtype::f16: values[i] = static_cast<const f16*>(m.data)[at]; break;
      case dtype::bf16: values[i] = static_cast<const bf16*>(m.data)[at]; break;
      case dtype::f32: values[i] = static_cast<const float*>(m.data)[at]; break;
      case dtype::f64: values[i] = static_cast<const double*>(m.data)[at]; break;
      default: throw std::logic_error("as_doubles: a type that no test uses");
    }
  }
  return values;
}

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

  /// The first difference of a target's outputs, in words; empty if there is none.
  std::string difference(const std::vector<std::vector<double>>& got) const {
    return compare(graph, nodes, got).difference;
  }
};

}  // namespace sinter::testing
