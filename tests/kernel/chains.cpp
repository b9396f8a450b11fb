// SPDX-License-Identifier: Apache-2.0

// Chains of products in the emulator and against the reference: as one body, in ranges, and product
// by product.

#include <doctest/doctest.h>

#include "kernel/chain_launches.hpp"
#include "kernel/filled.hpp"

namespace {

namespace st = sinter;
using namespace sinter::testing;
using st::dyn;

}  // namespace

TEST_CASE_TEMPLATE("chains: two products as one body, rows of all kinds", T, st::bf16, st::f16) {
  auto w = filled<st::tensor<T, 64, 64>>();
  auto v = filled<st::tensor<T, 64, 16>>();
  for (const int rows : {1, 16, 130, 300}) {
    CAPTURE(rows);
    auto x = filled<st::tensor<T, dyn, 64>>(rows);
    for (const auto& chosen : schedules()) CHECK(emulated_difference(chosen, two, x, w, v) == "");
  }
  auto none = filled<st::tensor<T, dyn, 64>>(0);
  CHECK(launched_as(two, none, w, v) == "");
  auto x = filled<st::tensor<T, dyn, 64>>(3);
  CHECK(launched_as(two, x, w, v) == "fast2 ");
}

TEST_CASE("chains: widths that fill no fragment") {
  auto x = filled<st::tensor<st::bf16, 20, 37>>();
  auto w = filled<st::tensor<st::bf16, 37, 21>>();
  auto b = filled<st::tensor<st::bf16, 21>>();
  auto v = filled<st::tensor<st::bf16, 21, 10>>();
  for (const auto& chosen : schedules())
    CHECK(emulated_difference(chosen, classify, x, w, b, v) == "");
  CHECK(launched_as(classify, x, w, b, v) == "fast2 ");
  auto wide = filled<st::tensor<st::f16, 20, 200>>();
  auto u = filled<st::tensor<st::f16, 200, 3>>();
  auto three = filled<st::tensor<st::f16, 3, 256>>();
  CHECK(launched_as(two, wide, u, three) == "fast2 ");
}

TEST_CASE("chains: columns that the next product passes by may be infinite") {
  auto x = filled<st::tensor<st::f16, 50, 32>>();
  auto w = filled<st::tensor<st::f16, 32, 32>>();
  auto v = filled<st::tensor<st::f16, 10, 16>>();
  for (int k = 0; k < 32; ++k) {
    x(7, k) = st::f16(2.f);
    w(k, 12) = st::f16(60000.f);
  }
  constexpr auto some = st::fused([](auto a, auto b, auto c) {
    return matmul(st::slice<1, 0, 10>(matmul(a, b)), c);
  });
  for (const auto& chosen : schedules()) CHECK(emulated_difference(chosen, some, x, w, v) == "");
  CHECK(launched_as(some, x, w, v) == "product product ");
  // Of 16 columns, no step reads beyond them.
  auto u = filled<st::tensor<st::f16, 16, 16>>();
  constexpr auto half = st::fused([](auto a, auto b, auto c) {
    return matmul(st::slice<1, 0, 16>(matmul(a, b)), c);
  });
  w = filled<st::tensor<st::f16, 32, 32>>();
  for (int k = 0; k < 32; ++k) w(k, 20) = st::f16(60000.f);
  CHECK(emulated_difference({}, half, x, w, u) == "");
  CHECK(launched_as(half, x, w, u) == "fast2 ");
}

TEST_CASE("chains: memory that is not aligned, indices of 64 bits") {
  // Rows of 66 elements are no whole chunks; rows of 65 no whole pairs.
  auto all = filled<st::tensor<st::bf16, dyn, 65>>(40);
  auto w = filled<st::tensor<st::bf16, 64, 66>>();
  auto v = filled<st::tensor<st::bf16, 64, 16>>();
  constexpr auto parts = st::fused([](auto x, auto a, auto b) {
    return matmul(relu(matmul(st::slice<1, 1, 65>(x), st::slice<1, 1, 65>(a))), b);
  });
  CHECK(launched_as(parts, all, w, v) == "fast2 ");
}

TEST_CASE("chains: folds of rows, results that leave, residuals") {
  auto x = filled<st::tensor<st::bf16, 50, 32>>();
  auto w = filled<st::tensor<st::bf16, 32, 32>>();
  for (const auto& chosen : schedules()) CHECK(emulated_difference(chosen, normed, x, w, w) == "");
  CHECK(launched_as(normed, x, w, w) == "fast2 ");
}

TEST_CASE("chains: gates, and gradients on their way back") {
  auto x = filled<st::tensor<st::bf16, 50, 32>>();
  auto w = filled<st::tensor<st::bf16, 32, 48>>();
  auto v = filled<st::tensor<st::bf16, 48, 32>>();
  for (const auto& chosen : schedules()) {
    CHECK(emulated_difference(chosen, gates, x, w, w, v) == "");
    CHECK(emulated_difference(chosen, both_ways, x, w, v) == "");
  }
  CHECK(launched_as(gates, x, w, w, v) == "fast2 ");
  CHECK(launched_as(both_ways, x, w, v) == "fast4 ");
}

TEST_CASE("chains: in ranges, where shared memory is short") {
  auto x = filled<st::tensor<st::bf16, 20, 128>>();
  auto w = filled<st::tensor<st::bf16, 128, 128>>();
  CHECK(launched_as(deep, x, w) == "fast5 ");
  CHECK(launched_as<sinter::device::most_shared_bytes>(deep, x, w) == "fast2 fast2 product ");
  auto y = filled<st::tensor<st::bf16, 20, 256>>();
  auto u = filled<st::tensor<st::bf16, 256, 256>>();
  CHECK(launched_as(deep, y, u) == "product product product product product ");
}

TEST_CASE("chains: other types, product by product") {
  auto x = filled<st::tensor<float, 20, 32>>();
  auto w = filled<st::tensor<float, 32, 32>>();
  CHECK(launched_as(two, x, w, w) == "product product ");
}
