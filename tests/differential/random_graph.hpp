// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Random valid graphs with values for their inputs. A seed gives the same graph on every machine:
/// no library function takes part in a choice.
///
/// A graph has 1 to 5 inputs of rank 0 to 6, static, dynamic and named extents (odd, 1, sometimes
/// 0), up to `operations` operations, sometimes gradients, 1 to 7 outputs, of which some overwrite
/// an input. Values stay within the range of their type by construction, but for gradients.

#include <bit>

#include "graph_text.hpp"
#include "random_operations.hpp"
#include "sinter/ops/gradient.hpp"
#include "sinter/target/reference/evaluate.hpp"

namespace sinter::testing {

namespace detail {

/// The nearest value of a type.
inline double stored(dtype type, double x) {
  switch (type) {
    case dtype::e4m3: return static_cast<float>(e4m3(x));
    case dtype::e5m2: return static_cast<float>(e5m2(x));
    case dtype::f16: return static_cast<float>(f16(x));
    case dtype::bf16: return static_cast<float>(bf16(x));
    case dtype::f32: return static_cast<float>(x);
    default: return x;
  }
}

inline double random_value(random_source& r, dtype type, const recipe& from) {
  if (from.from == recipe::origin::labels) return r.below(from.classes);
  if (type == dtype::boolean) return r.below(2);
  if (is_unsigned_integer(type)) return r.below(256);
  if (!is_floating(type)) return r.between(-100, 100);
  if (from.from == recipe::origin::extreme && r.chance(0.3)) {
    constexpr double extremes[] = {1e30, -1e30, 0.0, -0.0, 1e-40, -1e-40, 1e-30, -1e-30, 1e-300};
    return stored(type, r.one_of(extremes));
  }
  return stored(type, r.normal());
}

/// Appends the gradients of a sum or mean with respect to some floating inputs, as outputs; some
/// become steps of descent, which overwrite their input.
inline void append_gradients(random_operations& grow) {
  graph_builder& g = grow.g;
  const candidate c = grow.draw_floating();
  list<int> inputs, numbers;
  for (int i = 0; i < static_cast<int>(g.inputs.size()); ++i)
    if (is_floating(g[g.inputs[i]].type) && grow.r.chance(0.8)) {
      inputs.push_back(g.inputs[i]);
      numbers.push_back(i);
    }
  if (!c || inputs.empty()) return;
  double count = 1;
  const shape extents = grow.numbers(grow.extents_of(c));
  for (int i = 0; i < extents.rank; ++i) count *= static_cast<double>(extents[i]);
  const bool grown = grow.attempt([&]() -> candidate {
    if (c.bound * count > grow.limit(grow.type_of(c))) return {};
    const symbol x = grow.at(c);
    const symbol loss = grow.r.chance(0.5) ? sum(x) : mean(x);
    const auto gradients = differentiate(g, loss.index, inputs);
    for (std::size_t i = 0; i < gradients.size() && !g.first_mistake; ++i) {
      if (!grow.r.chance(0.3)) {
        g.outputs.push_back({gradients[i], -1});
        continue;
      }
      const symbol step = symbol{&g, inputs[i]} - symbol{&g, gradients[i]} * 0.125;
      g.outputs.push_back({step.index, numbers[i]});
    }
    return {gradients[0], 0};
  });
  if (grown) grow.pool.pop_back();  // its bound is unknown
}

inline void choose_outputs(random_operations& grow) {
  graph_builder& g = grow.g;
  g.outputs.push_back({grow.pool.back().node, -1});
  for (int i = grow.r.below(4); i > 0; --i)
    g.outputs.push_back({grow.draw([](candidate) { return true; }).node, -1});
  for (output& o : g.outputs) {
    if (o.input >= 0 || !grow.r.chance(0.25)) continue;
    for (int i = 0; i < static_cast<int>(g.inputs.size()) && o.input < 0; ++i) {
      const node& input = g[g.inputs[i]];
      bool fits = input.type == g[o.node].type && input.extents == g[o.node].extents;
      for (const output& other : g.outputs) fits = fits && other.input != i;
      if (fits) o.input = i;
    }
  }
}

}  // namespace detail

/// The graph of a seed, with a call.
inline random_graph make_random_graph(std::uint64_t seed, const graph_options& options = {}) {
  random_operations grow(seed, options);
  for (int i = grow.r.between(1, 2); i > 0; --i) {
    const shape n = grow.random_shape();
    const dtype type = i == 1 && grow.r.chance(0.7) ? dtype::f32 : grow.random_type();
    grow.pool.push_back(grow.new_input(options.smooth ? dtype::f64 : type, n));
  }
  int left = grow.r.between(1, options.operations);
  for (int tries = 8 * left; left > 0 && tries > 0; --tries)
    left -= grow.attempt([&] { return grow.operation(); });
  if (!options.smooth && grow.r.chance(0.4)) detail::append_gradients(grow);
  detail::choose_outputs(grow);

  random_graph result{seed, grow.g, grow.extents, {}};
  for (std::size_t i = 0; i < grow.extents.size(); ++i) {
    std::vector<double> values(reference::detail::count(grow.extents[i]));
    const dtype type = grow.g[grow.g.inputs[i]].type;
    for (double& v : values) v = detail::random_value(grow.r, type, grow.recipes[i]);
    result.inputs.push_back(values);
  }
  return result;
}

inline std::vector<reference::value> run_reference(const graph_view& g, const random_graph& call) {
  return reference::evaluate(g, call.inputs, call.extents);
}

/// The graph whose only output is one node: to find the first that is wrong, go through them.
inline graph_builder with_output(const graph_builder& g, int node) {
  graph_builder result = g;
  result.outputs.clear();
  result.outputs.push_back({node, -1});
  return prune(result);
}

/// The graph, its seed and the extents of its call, for the report of a failure.
inline std::string to_text(const random_graph& r) {
  std::string text = "seed " + std::to_string(r.seed) + "\n" + to_text(graph_view(r.graph));
  for (std::size_t i = 0; i < r.extents.size(); ++i)
    text += "#" + std::to_string(i) + " is " + describe(r.extents[i]) + "\n";
  return text;
}

}  // namespace sinter::testing
