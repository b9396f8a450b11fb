// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Graphs as text, for reports of failures: one line a node, constraints and outputs at the end.

#include <string>

#include "sinter/graph/graph.hpp"
#include "sinter/graph/simplify.hpp"

namespace sinter::testing {

namespace detail {

inline std::string code_text(const graph_view& g, extent_t e) {
  if (is_static(e)) return std::to_string(e);
  const dimension& d = g.dimensions[-1 - e];
  if (d.name != 0) return name_text(d.name).c_str();
  const std::string left = std::to_string(d.left), right = std::to_string(d.right);
  using enum dimension::origin;
  switch (d.from) {
    case extent: return "in" + left + "." + right;
    case stride: return "stride" + left + "." + right;
    case product: return code_text(g, d.left) + "*" + code_text(g, d.right);
    case difference: return "(" + code_text(g, d.left) + "-" + code_text(g, d.right) + ")";
    default: return "(" + code_text(g, d.left) + "+" + code_text(g, d.right) + ")";
  }
}

inline std::string shape_text(const graph_view& g, const shape& s) {
  std::string text = "[";
  for (int i = 0; i < s.rank; ++i) text += (i > 0 ? ", " : "") + code_text(g, s[i]);
  return text + "]";
}

inline std::string attribute_text(const graph_view& g, const node& n) {
  std::string text;
  switch (n.what()) {
    case kind::input: return " #" + std::to_string(n.attribute[0]);
    case kind::constant: return " " + std::to_string(sinter::detail::constant_of(n));
    case kind::extent: return " " + code_text(g, n.attribute[0]);
    case kind::iota: return " along " + std::to_string(n.attribute[0]);
    case kind::alias:
      return n.is(indices_operation) ? " below " + code_text(g, n.attribute[0]) : "";
    case kind::reduce:
      for (int i = 0; i < n.extents.rank; ++i)
        if (n.attribute[0] >> i & 1) text += (text.empty() ? " over " : ",") + std::to_string(i);
      return text;
    case kind::scan:
      return std::string(n.attribute[1] ? " backwards" : "") + " along " +
             std::to_string(n.attribute[0]);
    case kind::stride:
      for (int i = 0; i < n.extents.rank; ++i) {
        const stride_step to = stride_step::unpack(n.attribute[i]);
        text += (i > 0 ? "," : " steps ") + std::to_string(to.step) + " along";
        for (int a = 0; a < max_rank; ++a)
          if (to.axes >> a & 1) text += " " + std::to_string(a);
      }
      return text;
    case kind::permute:
    case kind::slice:
    case kind::pad:
      for (int i = 0; i < n.extents.rank; ++i)
        text += (i > 0 ? "," : n.what() == kind::permute ? " order " : " from ") +
                std::to_string(n.attribute[i]);
      return text;
    default: return "";
  }
}

}  // namespace detail

/// "%4 = add f32 [batch, 784] %2 %3" and so on.
inline std::string to_text(const graph_view& g) {
  std::string text;
  for (int i = 0; i < g.size; ++i) {
    const node& n = g[i];
    text += "%" + std::to_string(i) + " = " + name_text(n.op->name).c_str() + " " +
            properties(n.type).name + " " + detail::shape_text(g, n.extents);
    for (int j = 0; j < n.arity(); ++j) text += " %" + std::to_string(n.operand[j]);
    text += detail::attribute_text(g, n) + "\n";
  }
  for (int i = 0; i < g.constraint_count; ++i) {
    const constraint& c = g.constraints[i];
    text += std::string(name_text(c.op).c_str()) + " needs " + detail::code_text(g, c.left) +
            (c.nonzero ? " not " : " = ") + detail::code_text(g, c.right) + "\n";
  }
  for (int o = 0; o < g.output_count; ++o) {
    text += "output " + std::to_string(o) + ": %" + std::to_string(g.outputs[o].node);
    if (g.outputs[o].input >= 0) text += " updates #" + std::to_string(g.outputs[o].input);
    text += "\n";
  }
  return text;
}

}  // namespace sinter::testing
