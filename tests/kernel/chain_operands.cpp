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

TEST_CASE_TEMPLATE("chains: left operands that are computed", T, st::bf16, st::f16) {
  auto x = filled<st::tensor<T, dyn, 40>>(21);
  auto w = filled<st::tensor<T, 40, 24>>();
  auto v = filled<st::tensor<T, 24, 10>>();
  auto mean = filled<st::tensor<T, 40>>(), factor = mean;
  auto table = filled<st::tensor<T, 30, 40>>();
  auto odd = filled<st::tensor<T, dyn, 37>>(21);
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
