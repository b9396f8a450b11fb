// SPDX-License-Identifier: Apache-2.0

// Random graphs, planned at run time: the fused plan, executed as it is written, against the
// reference, which evaluates node by node. SINTER_SEED and SINTER_GRAPHS choose which and how many.

#include <doctest/doctest.h>

#include <cstdlib>

#include "compare.hpp"
#include "interpret.hpp"
#include "random_network.hpp"

namespace {

using namespace sinter::testing;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// The results of a plan against those of the reference.
comparison executed(const sinter::plan_builder& plan, const random_graph& call) {
  const auto all = sinter::reference::evaluate_nodes(call.graph, call.inputs, call.extents);
  comparison c;
  try {
    c = compare(call.graph, all, interpreter(plan, call).run());
  } catch (const std::exception& e) {
    c.difference = e.what();
  }
  return c;
}

}  // namespace

TEST_CASE("plans of random graphs: executed one element at a time, against the reference") {
  const std::uint64_t first = from_environment("SINTER_SEED", 1);
  const std::uint64_t count = from_environment("SINTER_GRAPHS", 2000);
  MESSAGE("seed " << first << ", " << count << " graphs");
  std::int64_t elements = 0, kernels = 0, chains = 0, sums = 0, nodes = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    graph_options options;
    options.elements = 2000;
    options.work = 50000;
    random_graph call = make_random_graph(seed, options);
    call.graph = sinter::prune(call.graph);
    const sinter::plan_builder plan = sinter::make_plan(call.graph);
    const comparison c = executed(plan, call);
    elements += c.elements;
    kernels += static_cast<std::int64_t>(plan.kernels.size());
    for (const sinter::lowered_kernel& k : plan.kernels) {
      chains += k.family() == sinter::family::chain;
      sums += k.programs_of_rows() < k.programs.size();
    }
    nodes += static_cast<std::int64_t>(call.graph.nodes.size());
    if (!c) FAIL_CHECK(c.difference << "\n" << to_text(call));
  }
  MESSAGE(nodes << " nodes in " << kernels << " kernels, " << chains << " of them chains, "
                << sums << " with sums over rows, " << elements << " elements compared");
  CHECK(100 * chains >= static_cast<std::int64_t>(count));
  CHECK(elements > 100 * static_cast<std::int64_t>(count));
}

TEST_CASE("plans of random networks: chains that sum over their rows, against the reference") {
  const std::uint64_t first = from_environment("SINTER_SEED", 1);
  const std::uint64_t count = from_environment("SINTER_GRAPHS", 2000);
  std::int64_t sums = 0, kernels = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    random_graph call = make_random_network(seed);
    call.graph = sinter::prune(call.graph);
    REQUIRE(!call.graph.first_mistake);
    const sinter::plan_builder plan = sinter::make_plan(call.graph);
    const comparison c = executed(plan, call);
    kernels += static_cast<std::int64_t>(plan.kernels.size());
    for (const sinter::lowered_kernel& k : plan.kernels)
      sums += k.programs_of_rows() < k.programs.size();
    if (!c) FAIL_CHECK(c.difference << "\n" << to_text(call));
  }
  MESSAGE(count << " networks in " << kernels << " kernels, " << sums << " of them with sums");
  CHECK(10 * sums >= 9 * static_cast<std::int64_t>(count));
}
