// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Graphs drawn by hand, for tests of plans.

#include <initializer_list>

#include "sinter/ops/activation.hpp"
#include "sinter/ops/gradient.hpp"
#include "sinter/ops/linear.hpp"
#include "sinter/ops/loss.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter::testing {

inline constexpr axis batch{"batch"};

/// A graph with its inputs, as a traced function would make it.
struct sketch {
  graph_builder graph;

  symbol input(std::initializer_list<extent_t> extents, dtype type = dtype::f32) {
    const int rank = static_cast<int>(extents.size());
    return {&graph, rules::input(graph, type, extents.begin(), rank, false)};
  }
  void result(symbol s) { graph.outputs.push_back({s.index, -1}); }
  void update(int number, symbol s) { graph.outputs.push_back({s.index, number}); }
  plan_builder plan() const { return make_plan(prune(graph)); }
};

inline plan_builder dense_layer(extent_t rows) {
  sketch s;
  const symbol x = s.input({rows, 784}), w = s.input({784, 256}), b = s.input({256});
  s.result(relu(matmul(x, w) + b));
  return s.plan();
}

/// The forward and backward pass of two layers, and the update of their weights.
inline plan_builder training_step() {
  sketch s;
  const symbol x = s.input({batch, 64}), w = s.input({64, 32}), v = s.input({32, 10});
  const symbol label = s.input({batch}, dtype::i32);
  const symbol loss = mean(cross_entropy(matmul(relu(matmul(x, w)), v), label));
  const auto d = differentiate(s.graph, loss.index, {w.index, v.index});
  s.result(loss);
  s.update(1, w - symbol{&s.graph, d[0]} * 0.5f);
  s.update(2, v - symbol{&s.graph, d[1]} * 0.5f);
  return s.plan();
}

}  // namespace sinter::testing
