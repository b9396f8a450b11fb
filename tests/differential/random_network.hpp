// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Random networks of narrow layers, with the gradients of all their parameters: the graphs that
/// become chains with sums over their rows.

#include "random_graph.hpp"
#include "sinter/ops/linear.hpp"

namespace sinter::testing {

namespace detail {

/// A graph that grows, with inputs of f64, so that the reference is exact.
struct network_sketch {
  random_source r;
  graph_builder g;
  std::vector<shape> extents;

  explicit network_sketch(std::uint64_t seed) : r(seed) {}

  symbol input(const shape& declared, const shape& own) {
    extents.push_back(own);
    return {&g, rules::input(g, dtype::f64, declared.extent, declared.rank, false)};
  }
  symbol input(const shape& own) { return input(own, own); }
};

}  // namespace detail

/// The network of a seed, with a call. Rows are static or not, sometimes none or one; parameters
/// become outputs or steps of descent; some values leave the chain.
inline random_graph make_random_network(std::uint64_t seed) {
  detail::network_sketch s(seed);
  random_source& r = s.r;
  const extent_t rows = r.chance(0.1) ? r.below(2) : r.between(2, 9);
  const bool known = rows > 0 && r.chance(0.3);
  const auto rows_of = [&](extent_t e) { return shape{2, {e, 1}}; };
  extent_t width = r.between(1, 6);
  shape declared = rows_of(known ? rows : dyn), own = rows_of(rows);
  declared[1] = own[1] = width;
  const symbol x = s.input(declared, own);
  symbol h = x;
  list<int> parameters, numbers;
  for (int layer = r.between(2, 4); layer > 0; --layer) {
    const extent_t next = r.between(1, 6);
    const symbol w = s.input({2, {width, next}});
    parameters.push_back(w.index), numbers.push_back(static_cast<int>(s.extents.size()) - 1);
    symbol y = matmul(h, w) * 0.5;
    if (r.chance(0.7)) {
      const symbol b = s.input({1, {next}});
      parameters.push_back(b.index), numbers.push_back(static_cast<int>(s.extents.size()) - 1);
      y = y + b;
    }
    const int kind = r.below(5);
    y = kind == 0 ? tanh(y) : kind == 1 ? relu(y) : kind == 2 ? sigmoid(y) : y;
    if (next == width && r.chance(0.3)) y = y + h;
    if (r.chance(0.15)) s.g.outputs.push_back({y.index, -1});
    if (r.chance(0.15)) s.g.outputs.push_back({sum<0>(y * y).index, -1});
    if (rows > 0 && r.chance(0.1)) s.g.outputs.push_back({max<0>(y + 1).index, -1});
    if (r.chance(0.1)) s.g.outputs.push_back({matmul(transpose(x), y).index, -1});
    h = y;
    width = next;
  }
  const symbol loss = r.chance(0.5) ? sum(h * h) : sum(tanh(h)) * 0.25;
  const auto gradients = differentiate(s.g, loss.index, parameters);
  if (r.chance(0.8)) s.g.outputs.push_back({loss.index, -1});
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const symbol g{&s.g, gradients[i]}, w{&s.g, parameters[i]};
    if (r.chance(0.5)) s.g.outputs.push_back({(w - g * 0.125).index, numbers[i]});
    else s.g.outputs.push_back({g.index, -1});
  }
  random_graph result{seed, s.g, s.extents, {}};
  for (const shape& e : s.extents) {
    std::vector<double> values(reference::detail::count(e));
    for (double& v : values) v = r.normal();
    result.inputs.push_back(values);
  }
  return result;
}

}  // namespace sinter::testing
