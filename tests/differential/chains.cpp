// SPDX-License-Identifier: Apache-2.0

// Chains of products on the CPU, against the reference: few rows, which pack for themselves, and
// many, which share what is packed; several threads; values that stay inside and values that leave.

#include <doctest/doctest.h>

#include "chain_functions.hpp"
#include "cpu_call.hpp"
#include "kernel/filled.hpp"
#include "sinter/target/cpu/parallel.hpp"

namespace {

namespace st = sinter;
using namespace sinter::testing;
using st::dyn;

}  // namespace

TEST_CASE_TEMPLATE("chains on the CPU: rows of all kinds", T, float, double, st::bf16, st::f16) {
  auto w = filled<st::tensor<T, 37, 64>>();
  auto v = filled<st::tensor<T, 64, 21>>();
  for (const int rows : {0, 1, 5, 7, 64, 193, 700}) {
    CAPTURE(rows);
    auto x = filled<st::tensor<T, dyn, 37>>(rows);
    CHECK(difference(two, x, w, v) == "");
  }
}

TEST_CASE_TEMPLATE("chains on the CPU: folds, gates, residuals, results that leave", T, float,
                   st::bf16) {
  for (const int rows : {6, 250}) {
    CAPTURE(rows);
    auto x = filled<st::tensor<T, dyn, 32>>(rows);
    auto w = filled<st::tensor<T, 32, 32>>();
    auto wide = filled<st::tensor<T, 32, 48>>();
    auto back = filled<st::tensor<T, 48, 32>>();
    auto b = filled<st::tensor<T, 48>>();
    CHECK(difference(normed, x, w, w) == "");
    CHECK(difference(gates, x, wide, wide, back) == "");
    CHECK(difference(both_ways, x, wide, back) == "");
    CHECK(difference(classify, x, wide, b, back) == "");
    CHECK(difference(deep, x, w) == "");
  }
}

TEST_CASE_TEMPLATE("chains on the CPU: operands that are computed", T, float, st::bf16) {
  for (const int rows : {6, 250}) {
    CAPTURE(rows);
    auto x = filled<st::tensor<T, dyn, 40>>(rows);
    auto w = filled<st::tensor<T, 40, 24>>();
    auto v = filled<st::tensor<T, 24, 10>>();
    auto mean = filled<st::tensor<T, 40>>(), factor = mean;
    auto table = filled<st::tensor<T, 30, 40>>();
    auto odd = filled<st::tensor<T, dyn, 37>>(rows);
    st::tensor<int, dyn> token(rows);
    for (int i = 0; i < rows; ++i) token(i) = i * 7 % 30;
    CHECK(difference(doubled, x, w, v) == "");
    CHECK(difference(moved, x, mean, factor, w, v) == "");
    CHECK(difference(padded, odd, w, v) == "");
    CHECK(difference(embedded, table, token, w, v) == "");
  }
}

TEST_CASE_TEMPLATE("chains on the CPU: batches with common right operands, rows that begin them", T,
                   float, st::bf16) {
  auto w = filled<st::tensor<T, 32, 48>>();
  auto v = filled<st::tensor<T, 48, 32>>();
  auto square = filled<st::tensor<T, 32, 32>>();
  for (const int rows : {0, 1, 7, 90}) {
    CAPTURE(rows);
    auto x = filled<st::tensor<T, dyn, dyn, 32>>(3, rows);
    auto apart = filled<st::tensor<T, 5, 2, dyn, 32>>(rows);
    CHECK(difference(two, x, w, v) == "");
    CHECK(difference(two, apart, w, v) == "");
    CHECK(difference(turned, x, w, v) == "");
    CHECK(difference(scaled_rows, x, square, square) == "");
    CHECK(difference(pre_normed, x, square, square) == "");
    CHECK(difference(expensive, x, square, square) == "");
  }
  auto lone = filled<st::tensor<T, 19, 1, 32>>();
  CHECK(difference(two, lone, w, v) == "");
  CHECK(difference(scaled_rows, lone, square, square) == "");
  auto row = filled<st::tensor<T, 32>>();
  CHECK(difference(repeated, row, w, v) == "");
  auto item = filled<st::tensor<T, 3, 1, 32>>();
  CHECK(difference(repeated, item, w, v) == "");
}

TEST_CASE("chains on the CPU: attention over few keys, a step of a network") {
  auto q = filled<st::tensor<float, dyn, 24>>(50);
  auto k = filled<st::tensor<float, 40, 24>>();
  auto v = filled<st::tensor<float, 40, 20>>();
  CHECK(difference(few_keys, q, k, v) == "");
  for (const int rows : {9, 300}) {
    auto x = filled<st::tensor<float, dyn, 30>>(rows);
    auto w = filled<st::tensor<float, 30, 16>>();
    auto u = filled<st::tensor<float, 16, 10>>();
    st::tensor<int, dyn> label(rows);
    for (int i = 0; i < rows; ++i) label(i) = i % 10;
    CHECK(difference(train, x, w, u, label) == "");
  }
}

TEST_CASE("chains on the CPU: the same bits for any number of threads") {
  auto x = filled<st::tensor<float, dyn, 64>>(1000);
  auto w = filled<st::tensor<float, 64, 64>>();
  auto v = filled<st::tensor<float, 64, 10>>();
  st::set_threads(1);
  const st::tensor<float, dyn, 10> one = two(x, w, v);
  for (const int threads : {2, 3, 7}) {
    st::set_threads(threads);
    const st::tensor<float, dyn, 10> several = two(x, w, v);
    int wrong = 0;
    for (std::int64_t i = 0; i < one.size(); ++i) wrong += one.data()[i] != several.data()[i];
    CHECK(wrong == 0);
  }
  st::set_threads(0);
}
