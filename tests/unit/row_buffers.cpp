// SPDX-License-Identifier: Apache-2.0

// Values that a row's later pass needs again may wait in the row of a result: whatever lies beside
// it stays, and where an operand lies there they wait elsewhere, with the same bits in the end.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>

#include <cmath>
#include <tuple>

namespace st = sinter;
using st::dyn;
using matrix = st::tensor<float, dyn, dyn>;

TEST_CASE("row buffers: softmax into a result, in place, and beside another result") {
  constexpr auto both = st::fused([](auto x) {
    auto e = exp(x - st::max<st::keep, -1>(x));
    return std::tuple(e / st::sum<st::keep, -1>(e), e * 2, st::sum<-1>(e));
  });
  for (const int threads : {1, 3}) {
    st::set_threads(threads);
    for (const std::int64_t columns : {1, 7, 15, 16, 17, 63, 64, 65, 1001}) {
      const std::int64_t rows = 400'000 / columns + 3;
      const matrix x = st::random::normal(rows, columns);
      matrix y(rows, columns), place = x, twice(rows, columns), other(rows, columns);
      y = softmax(x);
      place = softmax(place);
      st::tensor<float, dyn> total(rows);
      std::tie(other, twice, total) = both(x);
      std::int64_t wrong = 0, differ = 0;
      for (std::int64_t i = 0; i < rows; ++i) {
        double most = -1e30, sum = 0;
        for (std::int64_t j = 0; j < columns; ++j) most = std::fmax(most, double{x(i, j)});
        for (std::int64_t j = 0; j < columns; ++j) sum += std::exp(double{x(i, j)} - most);
        for (std::int64_t j = 0; j < columns; ++j) {
          const double want = std::exp(double{x(i, j)} - most) / sum;
          // A few roundings, and those of a sum of up to 1,001 terms in four strands.
          wrong += std::abs(double{y(i, j)} - want) > 1e-5 * want ||
                   std::abs(double{other(i, j)} - want) > 1e-5 * want ||
                   std::abs(double{twice(i, j)} - 2 * want * sum) > 1e-5 * want * sum;
          differ += place(i, j) != y(i, j);
        }
        wrong += std::abs(double{total(i)} - sum) > 1e-5 * sum;
      }
      CHECK(wrong == 0);
      CHECK(differ == 0);
    }
  }
  st::set_threads(0);
}

TEST_CASE("rows: of each one value that is padded, joined or looked up, [32, 100]") {
  const matrix x = st::random::normal(32, 100);
  const st::tensor<float, 16> a = st::random::normal(), b = st::random::normal();
  const st::tensor<float, 100> v = st::random::normal();
  const st::tensor<float, dyn> joined = st::sum<1>(x * x) + st::concatenate<0>(a, b);
  const st::tensor<float, dyn> found = st::lookup<0>(v, st::argmax<1>(x));
  for (std::int64_t i = 0; i < 32; ++i) {
    double want = i < 16 ? a(i) : b(i - 16);
    std::int64_t most = 0;
    for (std::int64_t j = 0; j < 100; ++j) {
      want += double{x(i, j)} * double{x(i, j)};
      if (x(i, j) > x(i, most)) most = j;
    }
    CHECK(joined(i) == doctest::Approx(want).epsilon(1e-5));  // 100 roundings
    CHECK(found(i) == v(most));
  }
}

TEST_CASE("rows: without elements, far apart, and in reverse") {
  const matrix none(5, 0);
  CHECK(st::tensor(none - st::sum<st::keep, -1>(none)).size() == 0);
  const st::tensor<float, dyn> zeros = st::sum<-1>(none * none);
  CHECK(zeros.size() == 5);
  CHECK(zeros(4) == 0);
  // Rows of a view, which are fetched ahead by their own distance, forwards and backwards.
  matrix wide = st::random::normal(40, 3000);
  const auto seen = wide.slice(1, 1000, 1100);
  const matrix part = seen;
  const matrix sums = softmax(seen), same = softmax(part);
  const matrix back = softmax(st::flip<0>(part));
  int wrong = 0;
  for (std::int64_t i = 0; i < 40; ++i)
    for (std::int64_t j = 0; j < 100; ++j)
      wrong += sums(i, j) != same(i, j) || back(39 - i, j) != same(i, j);
  CHECK(wrong == 0);
}
