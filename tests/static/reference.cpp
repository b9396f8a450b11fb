// SPDX-License-Identifier: Apache-2.0

// Small graphs, traced, differentiated and evaluated by the compiler.

#include "sinter/ops/activation.hpp"
#include "sinter/ops/gradient.hpp"
#include "sinter/ops/loss.hpp"
#include "sinter/target/reference/evaluate.hpp"

namespace {

using sinter::dtype;
using sinter::dyn;
using sinter::graph_builder;
using sinter::symbol;
using numbers = std::vector<double>;

constexpr symbol input(graph_builder& g, std::vector<sinter::extent_t> extents,
                       dtype type = dtype::f64) {
  const int rank = static_cast<int>(extents.size());
  extents.push_back(0);
  return {&g, sinter::rules::input(g, type, extents.data(), rank, false)};
}

constexpr symbol gradient(symbol loss, symbol x) {
  return {loss.graph, sinter::differentiate(*loss.graph, loss.index, {x.index})[0]};
}

constexpr sinter::reference::value run(graph_builder& g, symbol result,
                                       const std::vector<numbers>& inputs,
                                       const std::vector<sinter::shape>& extents) {
  g.outputs.push_back({result.index, -1});
  return sinter::reference::evaluate(g, inputs, extents)[0];
}

constexpr bool near(const sinter::reference::value& got, const sinter::shape& extents,
                    const numbers& want) {
  if (got.extents != extents || got.elements.size() != want.size()) return false;
  for (std::size_t i = 0; i < want.size(); ++i)
    if (!(sinter::math::abs(got.elements[i] - want[i]) <= 1e-12)) return false;
  return true;
}

constexpr bool softmax_of_three() {
  graph_builder g;
  const symbol x = input(g, {3});
  return near(run(g, softmax(x), {{1, 2, 3}}, {{1, {3}}}), {1, {3}},
              {0.09003057317038046, 0.24472847105479767, 0.6652409557748219});
}
static_assert(softmax_of_three(), "softmax: [3], f64 against NumPy");

constexpr bool softmax_of_huge_values() {
  graph_builder g;
  const symbol x = input(g, {1, dyn});
  return near(run(g, softmax(x), {{1e30, -1e30}}, {{2, {1, 2}}}), {2, {1, 2}}, {1, 0});
}
static_assert(softmax_of_huge_values(), "softmax: [1,2], a row of +-1e30");

constexpr bool matmul_of_two() {
  graph_builder g;
  const symbol a = input(g, {2, 3}), b = input(g, {3, 2});
  return near(run(g, matmul(a, b), {{1, 2, 3, 4, 5, 6}, {1, 2, 3, 4, 5, 6}},
                  {{2, {2, 3}}, {2, {3, 2}}}),
              {2, {2, 2}}, {22, 28, 49, 64});
}
static_assert(matmul_of_two(), "matmul: [2,3] x [3,2] -> [2,2]");

constexpr bool matmul_of_batches() {
  graph_builder g;
  const symbol a = input(g, {dyn, 1, 2}), b = input(g, {2, 1});
  return near(run(g, matmul(a, b), {{1, 2, 3, 4}, {10, 1}}, {{3, {2, 1, 2}}, {2, {2, 1}}}),
              {3, {2, 1, 1}}, {12, 34});
}
static_assert(matmul_of_batches(), "matmul: [2,1,2] x [2,1] -> [2,1,1], a dynamic batch");

constexpr bool gradient_of_a_square() {
  graph_builder g;
  const symbol x = input(g, {3});
  return near(run(g, gradient(sum(x * x), x), {{1, -2, 0.5}}, {{1, {3}}}), {1, {3}}, {2, -4, 1});
}
static_assert(gradient_of_a_square(), "gradient: of sum(x x)");

constexpr bool second_derivative() {
  graph_builder g;
  const symbol x = input(g, std::vector<sinter::extent_t>());
  const symbol twice = gradient(gradient(exp(x) * x, x), x);  // (x + 2) exp(x)
  return near(run(g, twice, {{0.5}}, {sinter::shape{}}), {}, {2.5 * 1.6487212707001282});
}
static_assert(second_derivative(), "gradient: second derivative of x exp(x)");

constexpr bool cross_entropy_gradient() {
  graph_builder g;
  const symbol x = input(g, {1, 3}), label = input(g, {1}, dtype::i32);
  const symbol loss = sum(cross_entropy(x, label));
  return near(run(g, gradient(loss, x), {{1, 2, 3}, {2}}, {{2, {1, 3}}, {1, {1}}}), {2, {1, 3}},
              {0.09003057317038046, 0.24472847105479767, 0.6652409557748219 - 1});
}
static_assert(cross_entropy_gradient(), "cross_entropy: the gradient is softmax minus one-hot");

constexpr bool views() {
  graph_builder g;
  const symbol x = input(g, {2, 3});
  const symbol part = sinter::slice<1, 1, 3>(transpose(sinter::reshape<3, 2>(transpose(x))));
  return near(run(g, part, {{1, 2, 3, 4, 5, 6}}, {{2, {2, 3}}}), {2, {2, 2}}, {2, 3, 5, 6});
}
static_assert(views(), "slice, reshape, transpose: [2,3] -> [2,2]");

constexpr bool gradient_of_a_slice() {
  graph_builder g;
  const symbol x = input(g, {4});
  const symbol part = sinter::slice<0, 1, 3>(x);
  return near(run(g, gradient(sum(part * part), x), {{1, 2, 3, 4}}, {{1, {4}}}), {1, {4}},
              {0, 4, 6, 0});
}
static_assert(gradient_of_a_slice(), "gradient: of a slice, padded with zeros");

constexpr bool reductions() {
  graph_builder g;
  const symbol x = input(g, {2, 3}, dtype::i32);
  const symbol all = sinter::max<0>(x) + sinter::min<0>(x) - sinter::sum<0>(x);
  return near(run(g, all, {{1, 2, 3, 4, 5, 6}}, {{2, {2, 3}}}), {1, {3}}, {0, 0, 0});
}
static_assert(reductions(), "max, min, sum: over axis 0 of [2,3], i32");

constexpr bool empty_sum() {
  graph_builder g;
  const symbol x = input(g, {2, dyn});
  return near(run(g, sinter::sum<1>(x), {{}}, {{2, {2, 0}}}), {1, {2}}, {0, 0});
}
static_assert(empty_sum(), "sum: [2,0] over the empty axis is 0");

constexpr bool integers_wrap() {
  graph_builder g;
  const symbol x = input(g, {2}, dtype::u8);
  const symbol narrow = sinter::cast<std::int8_t>(x + 100);
  return near(run(g, narrow, {{100, 200}}, {{1, {2}}}), {1, {2}}, {-56, 44});
}
static_assert(integers_wrap(), "add: u8 wraps; cast: to i8 wraps");

constexpr bool cast_truncates() {
  graph_builder g;
  const symbol x = input(g, {3});
  return near(run(g, sinter::cast<int>(x), {{-1.9, 1.9, 0.5}}, {{1, {3}}}), {1, {3}}, {-1, 1, 0});
}
static_assert(cast_truncates(), "cast: f64 to i32 truncates");

constexpr bool unsigned_rows() {
  graph_builder g;
  const symbol x = input(g, {3}, dtype::u8);
  return near(run(g, softmax(x), {{1, 2, 3}}, {{1, {3}}}), {1, {3}},
              {0.09003057317038046, 0.24472847105479767, 0.6652409557748219});
}
static_assert(unsigned_rows(), "softmax: u8 becomes f32 before it is shifted");

constexpr bool sigmoid_of_an_unsigned() {
  graph_builder g;
  const symbol x = input(g, {1}, dtype::u8);
  return near(run(g, sigmoid(x), {{2}}, {{1, {1}}}), {1, {1}}, {0.8807970779778823});
}
static_assert(sigmoid_of_an_unsigned(), "sigmoid: u8 becomes f32 before its sign changes");

constexpr bool steps_have_no_gradient() {
  graph_builder g;
  const symbol x = input(g, {2});
  const symbol loss = sum(sinter::cast<double>(sinter::cast<int>(x)) * 3 + x);
  return near(run(g, gradient(loss, x), {{1.5, 2.5}}, {{1, {2}}}), {1, {2}}, {1, 1});
}
static_assert(steps_have_no_gradient(), "gradient: none through an integer");

constexpr bool long_sum() {
  graph_builder g;
  const symbol x = input(g, {4});
  return near(run(g, sum(x), {{1, 1e100, 1, -1e100}}, {{1, {4}}}), {}, {2});
}
static_assert(long_sum(), "sum: what cancels leaves nothing behind");

}  // namespace
