// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The plan of an expression or of a fused function's call, explained: as text here, as a picture
/// by `report/plan_picture.hpp`. Arguments serve for their types and extents; nothing runs.

#include "sinter/plan/explain.hpp"
#include "sinter/tensor/fused.hpp"

namespace sinter {

/// The plan of an expression, to be explained or drawn.
template <class Rule, class... Operands>
plan_builder plan(const call<Rule, Operands...>&) {
  return make_plan(thaw(graph_of<call<Rule, Operands...>>.view()));
}

/// The plan of a fused function's call.
template <class F, class... A> plan_builder plan(const fused_function<F>&, A&&...) {
  return make_plan(thaw(graph_of<detail::fused_call<F, A...>>.view()));
}

/// The kernels of an expression: what each computes, moves and takes at best.
template <class Rule, class... Operands>
std::string explain(const call<Rule, Operands...>& c, const explain_options& options = {}) {
  return explain(plan(c), options);
}

/// The same for a fused function called with these arguments.
/// @example std::puts(st::explain(attend, q, k, v).c_str());
template <class F, class... A> std::string explain(const fused_function<F>& f, A&&... args) {
  return explain(plan(f, args...));
}

}  // namespace sinter
