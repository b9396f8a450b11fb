// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A call on the CPU, held against the reference.

#include "expected_call.hpp"

namespace sinter::testing {

/// Calls a fused function and compares all that it returns and updates with the reference.
template <class F, class... A>
std::string difference(const fused_function<F>& f, A&... args) {
  const expected_call<F, A...> expected(args...);
  auto results = f(args...);
  std::vector<std::vector<double>> got;
  for_each_tensor(
      [&](const auto& t) {
        using tensor = std::remove_cvref_t<decltype(t)>;
        sinter::detail::tensor_operand<tensor>::visit(
            [&](const target::operand_memory& m) {
              got.push_back(as_doubles(m, tensor::rank));
            },
            t);
      },
      results);
  const graph_view& g = expected.graph;
  std::vector<std::vector<double>> after;
  visit_operands(
      [&](const target::operand_memory& m) {
        after.push_back(as_doubles(m, g[g.inputs[after.size()]].extents.rank));
      },
      args...);
  for (int o = static_cast<int>(got.size()); o < g.output_count; ++o)
    got.push_back(after[g.outputs[o].input]);
  return expected.difference(got);
}

}  // namespace sinter::testing
