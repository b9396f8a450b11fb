// SPDX-License-Identifier: Apache-2.0

// Gradients of random graphs against differences, in double: first derivatives, then second ones as
// gradients of functions of gradients.
//
// A coordinate is compared with Richardson's extrapolation of the central differences at h and h/2
// (Press et al., Numerical Recipes, 3rd ed., section 5.7). Where these two disagree by more than
// 1e-4, the function has a kink, a jump or too much curvature within h, and the coordinate is
// skipped, whatever the gradient says there. Skips are counted, and must be few.

#include <doctest/doctest.h>

#include <string>

#include "../differential/random_graph.hpp"

namespace {

using namespace sinter::testing;
using sinter::graph_builder;
using sinter::symbol;

constexpr double step = 1e-3;
constexpr int coordinates = 12;  // of each input

struct tally {
  int graphs = 0;    ///< with a gradient that is not zero
  int checked = 0;
  int skipped = 0;
};

graph_options small_and_smooth() {
  graph_options o;
  o.smooth = true;
  o.operations = 12;
  o.longest = 5;
  o.elements = 200;
  return o;
}

/// A scalar in which no symmetry of x, such as the unit sum of a softmax, hides an error.
symbol scalar_of(symbol x) { return mean(x * x * 0.5 + x); }

/// The inputs that have gradients.
sinter::list<int> variables(const graph_builder& g) {
  sinter::list<int> result;
  for (int i : g.inputs)
    if (sinter::is_floating(g[i].type)) result.push_back(i);
  return result;
}

double evaluate(const graph_builder& g, random_graph& call, int input, std::size_t element,
                double change) {
  double& x = call.inputs[static_cast<std::size_t>(input)][element];
  const double before = x;
  x += change;
  const double result = run_reference(g, call)[0].elements[0];
  x = before;
  return result;
}

/// Compares the gradients of a node with differences.
void check(const graph_builder& from, int loss, random_graph call, tally& total) {
  graph_builder g = from;
  const sinter::list<int> inputs = variables(g);
  const auto gradients = differentiate(g, loss, inputs);
  REQUIRE(!g.first_mistake);
  g.outputs.clear();
  for (int d : gradients) g.outputs.push_back({d, -1});
  const auto values = run_reference(prune(g), call);
  const graph_builder forward = with_output(from, loss);
  random_source r(call.seed);
  bool some = false;
  for (std::size_t k = 0; k < inputs.size(); ++k) {
    const int input = static_cast<int>(g[inputs[k]].attribute[0]);
    const std::vector<double>& gradient = values[k].elements;
    for (int i = 0; i < coordinates && !gradient.empty(); ++i) {
      const auto at = static_cast<std::size_t>(r.below(static_cast<int>(gradient.size())));
      const auto difference = [&](double h) {
        return (evaluate(forward, call, input, at, h) - evaluate(forward, call, input, at, -h)) /
               (2 * h);
      };
      const double wide = difference(step), narrow = difference(step / 2);
      const double want = narrow + (narrow - wide) / 3, apart = sinter::math::abs(narrow - wide);
      const double value = sinter::math::abs(evaluate(forward, call, input, at, 0));
      const double size = sinter::math::abs(want) + value * 1e-3 + 1e-6;
      if (!(apart <= 1e-4 * size)) {
        ++total.skipped;
        continue;
      }
      // Values round as numbers of size 1 do, even where they cancel to nothing.
      const double allowed = apart + 1e-6 * size + (value + 1) * 1e-11;
      CAPTURE(input);
      CAPTURE(at);
      CAPTURE(want);
      CAPTURE(gradient[at]);
      CHECK(sinter::math::abs(gradient[at] - want) <= allowed);
      ++total.checked;
      some = some || sinter::math::abs(want) > 1e-6;
    }
  }
  total.graphs += some;
}

}  // namespace

TEST_CASE("gradient: random graphs against central differences, f64") {
  tally total;
  for (std::uint64_t i = 0; i < 200; ++i) {
    random_graph r = make_random_graph(chosen_seed() * 1000 + i, small_and_smooth());
    const int loss = scalar_of({&r.graph, r.graph.outputs[0].node}).index;
    INFO(to_text(r));
    check(r.graph, loss, r, total);
  }
  MESSAGE(total.graphs << " graphs, " << total.checked << " derivatives, " << total.skipped
                       << " skipped");
  CHECK(total.graphs >= 100);
  CHECK(total.skipped * 20 < total.checked);
}

TEST_CASE("gradient: second derivatives of random graphs against central differences, f64") {
  tally total;
  for (std::uint64_t i = 0; i < 60; ++i) {
    random_graph r = make_random_graph(chosen_seed() * 1000 + i, small_and_smooth());
    graph_builder& g = r.graph;
    const int loss = scalar_of({&g, g.outputs[0].node}).index;
    const sinter::list<int> inputs = variables(g);
    const auto gradients = differentiate(g, loss, inputs);
    const int chosen = gradients[i % inputs.size()];
    const int second = scalar_of({&g, chosen}).index;
    INFO(to_text(r));
    check(g, second, r, total);
  }
  MESSAGE(total.graphs << " graphs, " << total.checked << " derivatives, " << total.skipped
                       << " skipped");
  CHECK(total.graphs >= 20);
  CHECK(total.skipped * 10 < total.checked);
}
