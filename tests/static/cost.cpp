// SPDX-License-Identifier: Apache-2.0

// The cost of a kernel is a constant.

#include "sinter/ops/activation.hpp"
#include "sinter/ops/linear.hpp"
#include "sinter/plan/unfused.hpp"

namespace {

using namespace sinter;

constexpr sinter::axis batch{"batch"};

constexpr symbol input(graph_builder& g, extent_t rows, extent_t columns) {
  const extent_t extents[] = {rows, columns};
  return {&g, rules::input(g, dtype::f32, extents, 2, false)};
}

constexpr graph_builder dense_layer(extent_t rows) {
  graph_builder g;
  const symbol x = input(g, rows, 784), w = input(g, 784, 256), b = input(g, 1, 256);
  g.outputs.push_back({symbol(relu(matmul(x, w) + b)).index, -1});
  return g;
}

constexpr kernel_cost cost_of_layer(extent_t rows, const list<std::int64_t>& extents) {
  const plan_builder p = make_plan(dense_layer(rows));
  return cost_of(p.kernels[0], dimension_values(p.graph, extents));
}

constexpr bool is_static_layer(extent_t rows) {
  return is_static(make_plan(dense_layer(rows)).kernels[0]);
}

constexpr kernel_cost expected{4.0 * (32 * 784 + 784 * 256 + 256), 4.0 * 32 * 256,
                               2.0 * 32 * 784 * 256 + 2 * 32 * 256};
static_assert(cost_of_layer(32, {}) == expected);
static_assert(cost_of_layer(batch, {32}) == expected);
static_assert(is_static_layer(32));
static_assert(!is_static_layer(batch));

static_assert(expected_time(expected, {"", 1e9, 1e30, 1e-6}) == 1e-6 + expected.bytes() / 1e9);
static_assert(expected_time(expected, {"", 1e30, 1e9, 1e-6}) == 1e-6 + expected.flops / 1e9);

// Each of the three operations reads its operands and writes its result.
static_assert(total(unfused_cost(dense_layer(32))).bytes_written == 3 * expected.bytes_written);

}  // namespace
