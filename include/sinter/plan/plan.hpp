// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The plan of a graph, all steps at once: kernels in the order in which they run, the buffers that
/// they read and write, and a workspace whose parts are used again. What explains, draws and tests
/// plans; calls take the same steps one by one, in static_plan.hpp.

#include "sinter/plan/conflicts.hpp"
#include "sinter/plan/fuse.hpp"

namespace sinter {

struct plan_builder {
  graph_builder graph;         ///< with the dimensions that planning added
  list<lowered_kernel> kernels;
  list<buffer> buffers;
  int slots = 0;
  list<std::uint64_t> in_place;
};

/// Plans a graph without mistakes.
constexpr plan_builder make_plan(const graph_builder& g) {
  plan_builder plan;
  plan.graph = g;
  const graph_view v(g);
  planning_graph p(v);
  const outline o = make_outline(v, fuse(p));
  p.dimensions = o.dimensions;
  list<lowered_kernel> kernels;
  list<kernel_access> accesses;
  for (int k = 0; k < o.view().kernel_count(); ++k) {
    kernels.push_back(lower(p, o.view(), k));
    kernels.back().apart = o.apart[k];
    accesses.push_back(access_of(kernels.back(), v));
  }
  const schedule s = make_schedule(v, o.view(), accesses);
  for (const detour& d : s.detours) {
    for (lowered_kernel& k : kernels)
      for (int& b : k.buffers)
        if (b == v.input_count + d.output) b = d.spare;
    kernels.push_back(lower_detour(p, d.output, d.spare));
  }
  for (int k : s.order) plan.kernels.push_back(kernels[k]);
  plan.buffers = s.buffers;
  plan.slots = s.slots;
  plan.in_place = s.in_place;
  plan.graph.dimensions = p.dimensions;
  return plan;
}

}  // namespace sinter
