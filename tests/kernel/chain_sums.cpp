// SPDX-License-Identifier: Apache-2.0

// What sums over the rows of a chain, in the emulator and against the reference.

#include <doctest/doctest.h>

#include "differential/network_functions.hpp"
#include "kernel/altered_launcher.hpp"
#include "kernel/chain_launches.hpp"
#include "kernel/filled.hpp"

namespace {

namespace st = sinter;
using namespace sinter::testing;
using st::dyn;

}  // namespace

TEST_CASE_TEMPLATE("sums of a chain: gradients of parameters, rows of all kinds", T, st::bf16,
                   st::f16) {
  auto w = filled<st::tensor<T, 37, 24>>();
  auto b = filled<st::tensor<T, 24>>();
  auto v = filled<st::tensor<T, 24, 10>>();
  auto c = filled<st::tensor<T, 10>>();
  for (const int rows : {0, 1, 16, 130, 300}) {
    CAPTURE(rows);
    auto x = filled<st::tensor<T, dyn, 37>>(rows);
    auto want = filled<st::tensor<T, dyn, 10>>(rows);
    for (const auto& chosen : schedules())
      CHECK(emulated_difference(chosen, gradients, x, w, b, v, c, want) == "");
    CHECK(launched_as(gradients, x, w, b, v, c, want) ==
          (rows > 0 ? "fast3+5 sums " : "sums "));
  }
}

TEST_CASE("sums of a chain: where shared memory is short they are kernels of their own") {
  auto x = filled<st::tensor<st::bf16, 20, 128>>();
  auto w = filled<st::tensor<st::bf16, 128, 128>>();
  auto u = filled<st::tensor<st::bf16, 128, 64>>();
  auto z = filled<st::tensor<st::bf16, 20, 7>>();
  constexpr auto some = st::fused([](auto a, auto b, auto c, auto d) {
    auto h = matmul(a, b) * 0.02f;
    auto y = matmul(h, c) * 0.02f;
    return std::tuple(matmul(transpose(h), y), matmul(transpose(d), y));
  });
  CHECK(launched_as(some, x, w, u, z) == "fast2+2 sums ");
  CHECK(launched_as<sinter::device::most_shared_bytes>(some, x, w, u, z) ==
        "fast2 product product ");
}

TEST_CASE_TEMPLATE("sums of a chain: products and folds of all kinds", T, st::bf16, st::f16) {
  auto w = filled<st::tensor<T, 32, 48>>();
  auto v = filled<st::tensor<T, 48, 10>>();
  for (const int rows : {1, 6, 20}) {
    CAPTURE(rows);
    auto x = filled<st::tensor<T, dyn, 32>>(rows);
    auto y = filled<st::tensor<T, dyn, 5>>(rows);
    for (const auto& chosen : schedules())
      CHECK(emulated_difference(chosen, statistics, x, w, v, y) == "");
    CHECK(launched_as(statistics, x, w, v, y) == "fast2+6 sums ");
  }
}

TEST_CASE("sums of a chain: of f32, updates of what the chain reads") {
  auto x = filled<st::tensor<float, dyn, 24>>(70);
  auto u = filled<st::tensor<float, 24, 40>>();
  auto v = filled<st::tensor<float, 40, 40>>();
  auto w = filled<st::tensor<float, 40, 3>>();
  for (const auto& chosen : schedules())
    CHECK(emulated_difference(chosen, descend, x, u, v, w) == "");
}

TEST_CASE("sums of a chain: operands that are cast") {
  auto w = filled<st::tensor<float, 37, 21>>();
  auto b = filled<st::tensor<float, 21>>();
  auto v = filled<st::tensor<float, 21, 12>>();
  for (const int rows : {1, 17, 140}) {
    auto x = filled<st::tensor<float, dyn, 37>>(rows);
    auto want = filled<st::tensor<float, dyn, 12>>(rows);
    for (const auto& chosen : schedules())
      CHECK(emulated_difference(chosen, narrowed_gradients<st::bf16>, x, w, b, v, want) == "");
    CHECK(launched_as(narrowed_gradients<st::bf16>, x, w, b, v, want) == "fast3+4 sums ");
  }
}

TEST_CASE("sums of a chain: blocks that take several tiles of rows") {
  auto x = filled<st::tensor<st::f16, dyn, 16>>(500);
  auto w = filled<st::tensor<st::f16, 16, 24>>();
  auto v = filled<st::tensor<st::f16, 24, 10>>();
  using launcher = altered_launcher<alteration{.chain_blocks = 2}>;
  for (const auto& chosen : schedules())
    CHECK(emulated_difference<launcher>(chosen, row_sums, x, w, v) == "");
}
