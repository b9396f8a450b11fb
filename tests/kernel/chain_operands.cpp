// SPDX-License-Identifier: Apache-2.0

// Chains whose operands are more than memory, in the emulator and against the reference.

#include <doctest/doctest.h>

#include "kernel/chain_launches.hpp"
#include "kernel/filled.hpp"

namespace {

namespace st = sinter;
using namespace sinter::testing;
using st::dyn;

}  // namespace

TEST_CASE("chains: left operands that are computed") {
  auto x = filled<st::tensor<st::bf16, dyn, 40>>(21);
  auto w = filled<st::tensor<st::bf16, 40, 24>>();
  auto v = filled<st::tensor<st::bf16, 24, 10>>();
  auto mean = filled<st::tensor<st::bf16, 40>>(), factor = mean;
  auto table = filled<st::tensor<st::bf16, 30, 40>>();
  auto odd = filled<st::tensor<st::bf16, dyn, 37>>(21);
  st::tensor<int, dyn> token(21);
  for (int i = 0; i < 21; ++i) token(i) = i * 7 % 30;
  for (const auto& chosen : schedules()) {
    CHECK(emulated_difference(chosen, doubled, x, w, v) == "");
    CHECK(emulated_difference(chosen, moved, x, mean, factor, w, v) == "");
    CHECK(emulated_difference(chosen, padded, odd, w, v) == "");
    CHECK(emulated_difference(chosen, embedded, table, token, w, v) == "");
  }
  CHECK(launched_as(doubled, x, w, v) == "fast2 ");
  CHECK(launched_as(moved, x, mean, factor, w, v) == "fast2 ");
  CHECK(launched_as(padded, odd, w, v) == "fast2 ");
  CHECK(launched_as(embedded, table, token, w, v) == "fast2 ");
}

TEST_CASE("chains: batches whose items have their right operands in common") {
  auto w = filled<st::tensor<st::bf16, 32, 48>>();
  auto v = filled<st::tensor<st::bf16, 48, 32>>();
  auto square = filled<st::tensor<st::bf16, 32, 32>>();
  auto x = filled<st::tensor<st::bf16, dyn, dyn, 32>>(3, 7);
  auto apart = filled<st::tensor<st::bf16, 5, 2, 3, 32>>();
  auto lone = filled<st::tensor<st::bf16, 19, 1, 32>>();
  for (const auto& chosen : schedules()) {
    CHECK(emulated_difference(chosen, two, x, w, v) == "");
    CHECK(emulated_difference(chosen, two, apart, w, v) == "");
    CHECK(emulated_difference(chosen, two, lone, w, v) == "");
    CHECK(emulated_difference(chosen, turned, x, w, v) == "");
    CHECK(emulated_difference(chosen, scaled_rows, x, square, square) == "");
  }
  CHECK(launched_as(two, x, w, v) == "fast2 ");
  CHECK(launched_as(two, apart, w, v) == "fast2 ");
  CHECK(launched_as(two, lone, w, v) == "fast2 ");
  CHECK(launched_as(turned, x, w, v) == "fast2 ");
  CHECK(launched_as(scaled_rows, x, square, square) == "fast2 ");
  auto own = filled<st::tensor<st::bf16, 2, 32, 48>>();
  auto two_items = filled<st::tensor<st::bf16, 2, 7, 32>>();
  CHECK(launched_as(two, two_items, own, v) == "product product ");
  auto none = filled<st::tensor<st::bf16, dyn, dyn, 32>>(3, 0);
  CHECK(launched_as(two, none, w, v) == "");
}

TEST_CASE("chains: rows that begin them, with folds and without") {
  auto w = filled<st::tensor<st::f16, 32, 32>>();
  auto x = filled<st::tensor<st::f16, dyn, 32>>(37);
  auto items = filled<st::tensor<st::f16, 3, dyn, 32>>(7);
  for (const auto& chosen : schedules()) {
    CHECK(emulated_difference(chosen, pre_normed, x, w, w) == "");
    CHECK(emulated_difference(chosen, pre_normed, items, w, w) == "");
    CHECK(emulated_difference(chosen, expensive, x, w, w) == "");
  }
  CHECK(launched_as(pre_normed, x, w, w) == "fast3 ");
  CHECK(launched_as(pre_normed, items, w, w) == "fast3 ");
  CHECK(launched_as(expensive, x, w, w) == "fast3 ");
  auto single = filled<st::tensor<float, dyn, 32>>(5);
  auto single_w = filled<st::tensor<float, 32, 32>>();
  CHECK(launched_as(pre_normed, single, single_w, single_w) == "row product product ");
}

TEST_CASE_TEMPLATE("chains: operands of f32 that are cast", T, st::bf16, st::f16) {
  for (const int rows : {1, 17, 140}) {
    auto x = filled<st::tensor<float, dyn, 37>>(rows);
    auto w = filled<st::tensor<float, 37, 21>>();
    auto b = filled<st::tensor<float, 21>>();
    auto v = filled<st::tensor<float, 21, 12>>();
    for (const auto& chosen : schedules())
      CHECK(emulated_difference(chosen, narrowed<T>, x, w, b, v) == "");
    CHECK(launched_as(narrowed<T>, x, w, b, v) == "fast2 ");
  }
}
