// SPDX-License-Identifier: Apache-2.0
#pragma once

/// `compare`: the same plan on the CPU and on a GPU, kernel by kernel against what each of them can
/// do, with what travels between them, and from which batch on the GPU pays.

#include <cstdio>

#include "sinter/report/comparer.hpp"
#include "sinter/report/explain.hpp"
#if defined(SINTER_CUDA_TARGET)
#include "sinter/target/cuda/limits.cuh"
#endif

namespace sinter {

namespace detail {

/// The host, and the device where the program has the CUDA target and the machine has one.
inline std::vector<measured_place> find_places(std::vector<std::string>& notes) {
  std::vector<measured_place> places;
  places.push_back({cpu, std::make_unique<cpu_target::host_timeline>(),
                    cpu_target::measured_limits()});
#if defined(SINTER_CUDA_TARGET)
  try {
    places.push_back({cuda, std::make_unique<cuda_target::device_timeline>(cuda),
                      cuda_target::measured_limits(cuda)});
  } catch (const device_error& e) {
    notes.push_back(std::string("no GPU was compared: ") + e.what());
  }
#else
  notes.push_back("no GPU was compared: this program has no CUDA target; include sinter/cuda.hpp, "
                  "and compile with nvcc");
#endif
  return places;
}

template <class Call> comparison compare_call(const Call& c, const compare_options& options) {
  evaluation<Call> e(c);
  const graph_view graph = graph_of<Call>.view();
  const plan_builder plan = make_plan(thaw(graph));
  comparer run(e, graph, plan, options);
  std::vector<measured_place> places = find_places(run.notes());
  const comparison result = run.run(places);
  const std::string page = to_string(result);
  std::fwrite(page.data(), 1, page.size(), stdout);
  return result;
}

}  // namespace detail

/// Runs an expression on the CPU and on the first CUDA device, on copies of its operands, and
/// prints: the time of each kernel and what share of it the place would need at its limits; the
/// time of a call; the greatest deviation from the reference; the transfers; and both places'
/// times for one of its open extents at 1, 4, 16, ... Takes a few seconds.
/// @errors as the expression's; device_error if a kernel fails
/// @example st::compare(relu(matmul(x, w) + b));
template <class Rule, class... Operands>
comparison compare(const call<Rule, Operands...>& c, const compare_options& options = {}) {
  return detail::compare_call(c, options);
}

/// The same for a fused function called with these arguments, which stay as they are.
/// @example auto c = st::compare(step, net, optimizer, image, label);
///          st::comparison_picture(c).save("step.svg");
template <class F, class... A>
comparison compare(const fused_function<F>& f, A&&... args) {
  return compare(compare_options{}, f, args...);
}
template <class F, class... A>
comparison compare(const compare_options& options, const fused_function<F>&, A&&... args) {
  using call = detail::fused_call<F, A...>;
  return detail::compare_call(call{F{}, {detail::fused_operand(args)...}}, options);
}

}  // namespace sinter
