// SPDX-License-Identifier: Apache-2.0

// What sums over the rows of a chain, as a part of it: on the CPU, against the reference: few
// rows, and so many that their values are there in several parts.

#include <doctest/doctest.h>

#include "cpu_call.hpp"
#include "kernel/filled.hpp"
#include "network_functions.hpp"
#include "sinter/target/cpu/parallel.hpp"

namespace {

namespace st = sinter;
using namespace sinter::testing;
using st::dyn;

}  // namespace

TEST_CASE_TEMPLATE("sums over the rows of a chain: gradients of parameters, rows of all kinds", T,
                   float, double, st::bf16) {
  auto w = filled<st::tensor<T, 37, 64>>();
  auto b = filled<st::tensor<T, 64>>();
  auto v = filled<st::tensor<T, 64, 21>>();
  auto c = filled<st::tensor<T, 21>>();
  static_assert(st::kernels(gradients, st::tensor<T, dyn, 37>(), w, b, v, c,
                            st::tensor<T, dyn, 21>()) == 1);
  for (const int rows : {0, 1, 5, 130, 3000, 8191}) {
    CAPTURE(rows);
    auto x = filled<st::tensor<T, dyn, 37>>(rows);
    auto want = filled<st::tensor<T, dyn, 21>>(rows);
    CHECK(difference(gradients, x, w, b, v, c, want) == "");
  }
}

TEST_CASE("sums over the rows of a chain: updates of what the chain reads") {
  for (const int rows : {0, 1, 7, 200, 5000}) {
    CAPTURE(rows);
    auto x = filled<st::tensor<float, dyn, 24>>(rows);
    auto u = filled<st::tensor<float, 24, 40>>();
    auto v = filled<st::tensor<float, 40, 40>>();
    auto w = filled<st::tensor<float, 40, 3>>();
    static_assert(st::kernels(descend, x, u, v, w) == 1);
    CHECK(difference(descend, x, u, v, w) == "");
  }
}

TEST_CASE("sums over the rows of a chain: updates of what others of its sums read") {
  for (const int rows : {1, 24, 3000}) {
    CAPTURE(rows);
    auto x = filled<st::tensor<float, dyn, 24>>(rows);
    auto w = filled<st::tensor<float, 24, 24>>(), v = filled<st::tensor<float, 24, 24>>();
    auto u = w, t = v;
    CHECK(difference(exchange_step, x, w, v) == "");
    CHECK(difference(lane_sums, x, u, t) == "");
  }
  auto x = filled<st::tensor<float, 24, 24>>();
  auto w = filled<st::tensor<float, 24, 24>>(), v = filled<st::tensor<float, 24, 24>>();
  CHECK(difference(turned_step, x, w, v) == "");
}

TEST_CASE("sums over the rows of a chain: operands that are cast") {
  auto w = filled<st::tensor<float, 37, 21>>();
  auto b = filled<st::tensor<float, 21>>();
  auto v = filled<st::tensor<float, 21, 12>>();
  for (const int rows : {1, 40, 20000}) {
    CAPTURE(rows);
    auto x = filled<st::tensor<float, dyn, 37>>(rows);
    auto want = filled<st::tensor<float, dyn, 12>>(rows);
    CHECK(difference(narrowed_gradients<st::bf16>, x, w, b, v, want) == "");
  }
}

TEST_CASE_TEMPLATE("sums over the rows of a chain: products and folds of all kinds", T, float,
                   double) {
  auto w = filled<st::tensor<T, 32, 48>>();
  auto v = filled<st::tensor<T, 48, 10>>();
  for (const int rows : {1, 6, 193, 9001}) {
    CAPTURE(rows);
    auto x = filled<st::tensor<T, dyn, 32>>(rows);
    auto y = filled<st::tensor<T, dyn, 5>>(rows);
    CHECK(difference(statistics, x, w, v, y) == "");
  }
}

TEST_CASE("sums over the rows of a chain: the same bits for any number of threads") {
  auto w = filled<st::tensor<float, 64, 128>>();
  auto b = filled<st::tensor<float, 128>>();
  auto v = filled<st::tensor<float, 128, 10>>();
  auto c = filled<st::tensor<float, 10>>();
  for (const int rows : {50, 700, 3001}) {
    auto x = filled<st::tensor<float, dyn, 64>>(rows);
    auto want = filled<st::tensor<float, dyn, 10>>(rows);
    st::set_threads(1);
    const auto [loss, dw, db, dv, dc] = gradients(x, w, b, v, c, want);
    for (const int threads : {2, 3, 7}) {
      st::set_threads(threads);
      const auto [loss2, dw2, db2, dv2, dc2] = gradients(x, w, b, v, c, want);
      int wrong = loss.item() != loss2.item();
      for (int i = 0; i < dw.size(); ++i) wrong += dw.data()[i] != dw2.data()[i];
      for (int i = 0; i < dv.size(); ++i) wrong += dv.data()[i] != dv2.data()[i];
      for (int i = 0; i < 128; ++i) wrong += db(i) != db2(i);
      for (int i = 0; i < 10; ++i) wrong += dc(i) != dc2(i);
      CHECK(wrong == 0);
    }
  }
  st::set_threads(0);
}
