// SPDX-License-Identifier: Apache-2.0

// Results too large for the caches are stored past them: each element is there, whatever the
// layout, and where an operand lies nothing is stored so.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>

#include <cmath>
#include <vector>

#include "sinter/target/cpu/caches.hpp"

namespace st = sinter;
using st::dyn;

namespace {

using list = st::tensor<float, dyn>;
using matrix = st::tensor<float, dyn, dyn>;

/// Elements of a float tensor that the caches do not hold twice.
std::int64_t more_than_caches() {
  using namespace st::cpu_target;
  return (cache_bytes<3>() + st::threads() * cache_bytes<2>()) / 8 + 4096;
}

/// A large tensor of small whole numbers that differ from their neighbours.
template <class T> void count(T& x) {
  for (std::int64_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i % 1021);
}

/// The decision that a kernel would make: one operand, one result, both [rows, columns].
bool would_stream(const void* from, void* to, std::int64_t rows, std::int64_t columns,
                  std::int64_t row_stride) {
  st::program_view p;
  p.rank = 2;
  p.extent[0] = rows;
  p.extent[1] = columns;
  st::leaf operand;
  operand.type = st::dtype::f32;
  operand.buffer = 0;
  operand.stride[0] = columns;
  operand.stride[1] = 1;
  st::result result;
  result.buffer = 1;
  result.stride[0] = row_stride;
  result.stride[1] = 1;
  p.leaves = &operand;
  p.results = &result;
  p.leaf_count = p.result_count = 1;
  void* const buffers[] = {const_cast<void*>(from), to};
  return st::cpu_target::goes_past_caches(p, {buffers, nullptr}, {rows, 1, columns});
}

}  // namespace

TEST_CASE("past the caches: where it is decided") {
  const std::int64_t rows = more_than_caches() / 1024 + 1;
  alignas(64) static char memory[128];
  CHECK(would_stream(memory, memory + 64, rows, 1024, 1024));
  CHECK_FALSE(would_stream(memory, memory + 64, rows / 2 - 8, 1024, 1024));  // the caches hold it
  CHECK_FALSE(would_stream(memory, memory, rows, 1024, 1024));               // in place
  CHECK_FALSE(would_stream(memory, memory + 4, rows, 1024, 1024));           // not aligned
  CHECK_FALSE(would_stream(memory, memory + 64, rows, 1024, 1030));          // nor its lines
}

TEST_CASE("past the caches: maps, aligned and not, in place and turned") {
  const std::int64_t n = more_than_caches() + 13;
  list x(n), y(n + 1), z(n);
  count(x);
  const auto wrong = [&](const float* got, float times, float plus) {
    std::int64_t count = 0;
    for (std::int64_t i = 0; i < n; ++i)
      count += got[i] != times * static_cast<float>(i % 1021) + plus;
    return count;
  };
  z = x * 2 + 1;
  CHECK(wrong(z.data(), 2, 1) == 0);
  y.data()[0] = -5;
  y.slice(0, 1, n + 1) = x * 2 + 3;
  CHECK(wrong(y.data() + 1, 2, 3) == 0);
  CHECK(y.data()[0] == -5);
  x = x + 1;
  CHECK(wrong(x.data(), 1, 1) == 0);

  const std::int64_t side = 64 * (static_cast<std::int64_t>(std::sqrt(double(n))) / 64 + 1);
  matrix a(side, side), b(side, side);
  count(a);
  b = transpose(a);
  std::int64_t differ = 0;
  for (std::int64_t i = 0; i < side; ++i)
    for (std::int64_t j = 0; j < side; ++j) differ += a(j, i) != b(i, j);
  CHECK(differ == 0);
}

TEST_CASE("past the caches: rows, aligned and not") {
  for (const std::int64_t columns : {1024, 1001}) {
    const std::int64_t rows = more_than_caches() / columns + 2;
    matrix x(rows, columns), y(rows, columns);
    count(x);
    st::tensor<float, dyn> most(rows);
    constexpr auto both = st::fused([](auto in) {
      auto top = st::max<st::keep, -1>(in);
      return std::tuple(in - top, st::max<-1>(in));
    });
    std::tie(y, most) = both(x);
    std::int64_t wrong = 0;
    for (std::int64_t i = 0; i < rows; ++i) {
      float top = 0;
      for (std::int64_t j = 0; j < columns; ++j) top = std::max(top, x(i, j));
      wrong += most(i) != top;
      for (std::int64_t j = 0; j < columns; ++j) wrong += y(i, j) != x(i, j) - top;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("past the caches: running folds along rows from either end, and down columns") {
  for (const std::int64_t columns : {1024, 1001}) {
    const std::int64_t rows = more_than_caches() / columns + 2;
    matrix x(rows, columns), y(rows, columns);
    count(x);
    std::int64_t wrong = 0;
    y = cumsum(x);  // of whole numbers, which floats hold
    for (std::int64_t i = 0; i < rows; ++i) {
      float sum = 0;
      for (std::int64_t j = 0; j < columns; ++j) wrong += y(i, j) != (sum += x(i, j));
    }
    y = st::cumsum<st::backwards, 1>(x);
    for (std::int64_t i = 0; i < rows; ++i) {
      float sum = 0;
      for (std::int64_t j = columns; j-- > 0;) wrong += y(i, j) != (sum += x(i, j));
    }
    y = st::cummax<0>(x);
    std::vector<float> top(static_cast<std::size_t>(columns), 0);
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < columns; ++j) {
        float& most = top[static_cast<std::size_t>(j)];
        wrong += y(i, j) != (most = std::max(most, x(i, j)));
      }
    CHECK(wrong == 0);
  }
}

TEST_CASE("past the caches: a row that is stored and summed has the same sum on any path") {
  using namespace st::cpu_target;
  // Past the caches of one thread, within those of eight.
  const std::int64_t rows = (cache_bytes<3>() + 4 * cache_bytes<2>()) / 8 / 4096;
  const matrix x = st::random::normal(rows, 4096);
  constexpr auto both = st::fused([](auto in) {
    auto out = in * 2.f + 1.f;
    return std::tuple(out, sum<1>(out));
  });
  const auto sums = [&](int threads) {
    st::set_threads(threads);
    matrix y(rows, 4096);
    st::tensor<float, dyn> totals(rows);
    std::tie(y, totals) = both(x);
    return std::vector<float>(totals.data(), totals.data() + rows);
  };
  const auto one = sums(1);
  CHECK(one == sums(8));
  st::set_threads(0);
}
