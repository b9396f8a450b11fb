// SPDX-License-Identifier: Apache-2.0

// Running folds down columns on the CPU, and their gradients, against the reference; the same bits
// for any number of threads.

#include <doctest/doctest.h>

#include <cstring>

#include <sinter/sinter.hpp>

#include "cpu_call.hpp"
#include "sinter/target/cpu/parallel.hpp"

namespace {

namespace st = sinter;
using namespace sinter::testing;

constexpr std::int64_t sizes[] = {0, 1, 2, 7, 15, 16, 17, 33, 64, 100, 257};

constexpr auto down_columns = st::fused([](auto x, auto row) {
  const auto s = st::cumsum<0>(x * row);
  return std::tuple{relu(s) + x, st::cummax<0>(s - x), st::cumprod<0, st::backwards>(x * 0.01f + 1),
                    st::logcumsumexp<0, st::backwards>(x),
                    st::cumsum<0>(st::broadcast<41, 37>(row))};
});

constexpr auto middle = st::fused([](auto x) {
  return std::tuple{st::cumsum<1>(x), st::cummin<st::backwards, 1>(x * x), st::cumsum<0>(x) - x};
});

constexpr auto slopes = st::fused([](auto x, auto w) {
  return std::tuple{st::gradient(sum(cumsum(x * x) * w), x),
                    st::gradient(sum(st::cumprod<0>(x) * w), x),
                    st::gradient(sum(st::cummax(x) * w), x),
                    st::gradient(sum(logcumsumexp(x) * w), x),
                    st::gradient(sum(st::cummin<st::backwards, 0>(x) * w), x)};
});

}  // namespace

TEST_CASE_TEMPLATE("cpu, scans: down columns, and along an axis between others", T, float, double,
                   st::bf16) {
  st::random::seed(32);
  st::tensor<T, 41, 37> x = st::random::normal();
  st::tensor<T, 37> row = st::random::normal();
  CHECK(difference(down_columns, x, row) == "");
  for (const std::int64_t n : sizes) {
    CAPTURE(n);
    st::tensor<T, st::dyn, st::dyn, st::dyn> planes = st::random::normal(3, 9, n),
                                             deep = st::random::normal(2, n, 5);
    CHECK(difference(middle, planes) == "");
    CHECK(difference(middle, deep) == "");
  }
}

TEST_CASE_TEMPLATE("cpu, scans: gradients", T, float, double) {
  st::random::seed(33);
  st::tensor<T, 6, 19> x = st::random::normal(), w = st::random::normal();
  CHECK(difference(slopes, x, w) == "");
  x(2, 3) = x(2, 7) = x(4, 7) = x(5, 7) = 0;  // no quotient there
  CHECK(difference(slopes, x, w) == "");
}

TEST_CASE("cpu, scans: the same bits for any number of threads, and in place") {
  st::random::seed(34);
  const st::tensor<float, st::dyn, st::dyn> x = st::random::normal(300, 700);
  const auto bits = [&](int threads) {
    st::set_threads(threads);
    const st::tensor rows = cumsum(x), columns = st::cumsum<st::backwards, 0>(x);
    return std::pair(rows, columns);
  };
  const auto [rows, columns] = bits(1);
  for (const int threads : {2, 3, 8}) {
    const auto [other_rows, other_columns] = bits(threads);
    CHECK(std::memcmp(rows.data(), other_rows.data(), 4 * 300 * 700) == 0);
    CHECK(std::memcmp(columns.data(), other_columns.data(), 4 * 300 * 700) == 0);
  }
  st::tensor<float, st::dyn, st::dyn> own = x;
  own = cumsum(own);
  CHECK(std::memcmp(rows.data(), own.data(), 4 * 300 * 700) == 0);
  own = x;
  own = st::cumsum<st::backwards, 0>(own);
  CHECK(std::memcmp(columns.data(), own.data(), 4 * 300 * 700) == 0);
  st::set_threads(0);
}
