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

namespace detail {

template <class Call> constexpr kernel_cost constant_cost() {
  const plan_builder p = make_plan(thaw(graph_of<Call>.view()));
  for (const lowered_kernel& k : p.kernels)
    if (!is_static(k)) throw "bytes, flops: the extents must be known to the compiler";
  return total(cost_of(p));
}
template <class Call> inline constexpr kernel_cost constant_cost_of = constant_cost<Call>();

}  // namespace detail

/// The bytes that the kernels of an expression, or of a fused function's call, move between memory
/// and registers, as a constant. @errors does not compile where an extent is known at run time only
template <class Rule, class... Operands>
constexpr double bytes(const call<Rule, Operands...>&) {
  return detail::constant_cost_of<call<Rule, Operands...>>.bytes();
}
template <class F, class... A> constexpr double bytes(const fused_function<F>&, A&&...) {
  return detail::constant_cost_of<detail::fused_call<F, A...>>.bytes();
}

/// Their arithmetic, as a constant.
template <class Rule, class... Operands>
constexpr double flops(const call<Rule, Operands...>&) {
  return detail::constant_cost_of<call<Rule, Operands...>>.flops;
}
template <class F, class... A> constexpr double flops(const fused_function<F>&, A&&...) {
  return detail::constant_cost_of<detail::fused_call<F, A...>>.flops;
}

}  // namespace sinter
