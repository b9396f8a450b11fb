// SPDX-License-Identifier: Apache-2.0

// Which products become a chain, and which do not.

#include "differential/network_functions.hpp"

namespace {

namespace st = sinter;
using namespace sinter::testing;
using st::dyn;

constexpr auto turned_inside = st::fused([](auto x, auto w, auto v) {
  return matmul(st::permute<1, 0, 2>(matmul(x, w)), v);
});

st::tensor<float, dyn, 32> x;
st::tensor<float, 32, 32> w;
st::tensor<float, 32, 300> wide;
st::tensor<float, 300, 32> from_wide;
static_assert(st::kernels(two, x, w, w) == 1);
static_assert(st::kernels(doubled, x, w, w) == 1);
static_assert(st::kernels(narrowed<st::bf16>, x, w, w, w) == 1);
// A row of 300 would not stay on the chip.
static_assert(st::kernels(two, x, wide, from_wide) == 2);

// Rows of a batch are rows, if its items have their right operands in common.
st::tensor<float, dyn, dyn, 32> items;
st::tensor<float, 3, 5, dyn, 32> more;
st::tensor<float, 1, 7, 32> one_item;
st::tensor<float, 7, 1, 32> lone_rows;
st::tensor<float, 3, dyn, 32> few;
st::tensor<float, 3, 32, 32> own;
st::tensor<float, 1, 32, 32> common;
static_assert(st::kernels(two, items, w, w) == 1);
static_assert(st::kernels(scaled_rows, items, w, w) == 1);
static_assert(st::kernels(narrowed<st::bf16>, items, w, w, w) == 1);
static_assert(st::kernels(two, more, w, w) == 1);
static_assert(st::kernels(two, one_item, w, w) == 1);
static_assert(st::kernels(two, lone_rows, w, w) == 1);
static_assert(st::kernels(two, few, common, w) == 1);
static_assert(st::kernels(two, few, own, w) == 2);
static_assert(st::kernels(two, few, w, own) == 2);

// What several products multiply, a norm or a map, begins their chain; of a single one, as where
// the next one is too wide, it stays apart.
static_assert(st::kernels(pre_normed, x, w, w) == 1);
static_assert(st::kernels(pre_normed, items, w, w) == 1);
static_assert(st::kernels(expensive, x, w, w) == 1);
static_assert(st::kernels(expensive, lone_rows, w, w) == 1);
static_assert(st::kernels(pre_normed, x, w, wide) == 3);

// Of an item other rows than the own: the left operand is turned.
static_assert(st::kernels(turned_inside, items, w, w) == 2);

// Sums over the rows end a chain: all gradients and the loss are its results. Not of rows of items;
// nor of a single product, whose tiles keep more of a processor busy than rows do.
constexpr auto of_items = st::fused([](auto a, auto u, auto v) {
  auto loss = sum(square(matmul(tanh(matmul(a, u)), v)));
  return gradient(loss, v);
});
constexpr auto of_one = st::fused([](auto a, auto v) {
  return gradient(sum(square(matmul(a, v))), v);
});
st::tensor<float, 32> bias;
st::tensor<int, dyn> label;
static_assert(st::kernels(gradients, x, w, bias, w, bias, x) == 1);
static_assert(st::kernels(train, x, w, w, label) == 1);
static_assert(st::kernels(descend, x, w, w, w) == 1);
static_assert(st::kernels(statistics, x, w, w, x) == 1);
static_assert(st::kernels(of_items, x, w, w) == 1);
static_assert(st::kernels(of_items, items, w, w) == 3);
static_assert(st::kernels(of_one, x, w) == 2);

}  // namespace
