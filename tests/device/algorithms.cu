// SPDX-License-Identifier: Apache-2.0

// Algorithms on a device, against the same on the host.

#include <sinter/cuda.hpp>

#include <sinter/algorithms.hpp>

#include <doctest/doctest.h>

#include <cstring>

#include "device/common.cuh"

namespace {

namespace st = sinter;
using st::dyn;

using table = st::tensor<float, 7, dyn, 3>;

table drawn() {
  table x(500);
  for (std::int64_t i = 0; i < x.size(); ++i)
    x.data()[i] = i % 50 == 7 ? __builtin_nanf("") : static_cast<float>(i * 7919 % 101 - 50);
  return x;
}

template <class A, class B> bool same(const A& there, const B& here) {
  const A back = there.to(st::cpu);
  return there.where() == st::cuda && back.size() == here.size() &&
         std::memcmp(back.data(), here.data(),
                     static_cast<std::size_t>(here.size()) * sizeof(typename A::element)) == 0;
}

}  // namespace

TEST_CASE("device: sorts, the greatest, different values" *
          doctest::skip(!st::testing::has_device())) {
  const table x = drawn(), there = x.to(st::cuda);
  CHECK(same(st::sort<1>(there, st::descending), st::sort<1>(x, st::descending)));
  CHECK(same(st::argsort<1>(there), st::argsort<1>(x)));
  const auto best = st::top_k<5, 1>(there), wanted = st::top_k<5, 1>(x);
  CHECK(same(best.values, wanted.values));
  CHECK(same(best.indices, wanted.indices));
  const auto runs = st::unique_all(there), known = st::unique_all(x);
  CHECK(same(runs.values, known.values));
  CHECK(same(runs.counts, known.counts));
  CHECK(same(runs.inverse, known.inverse));
  CHECK(same(st::unique(there), st::unique(x)));
}

TEST_CASE("device: scans, searches, counts" *
          doctest::skip(!st::testing::has_device())) {
  table x = drawn();
  for (std::int64_t i = 0; i < x.size(); ++i)
    if (!(x.data()[i] == x.data()[i])) x.data()[i] = 0;  // sums of whole numbers are exact
  const table there = x.to(st::cuda);
  CHECK(same(st::cumulative_sum<1>(there), st::cumulative_sum<1>(x)));
  CHECK(same(st::cumulative_max<1>(there, st::exclusive), st::cumulative_max<1>(x, st::exclusive)));
  const st::tensor<float, 5> edges = {-20, -3, 0, 0, 41};
  CHECK(same(st::searchsorted(edges.to(st::cuda), there), st::searchsorted(edges, x)));
  const auto counted = st::histogram(there, 9, -20, 20), wanted = st::histogram(x, 9, -20, 20);
  CHECK(same(counted.counts, wanted.counts));
}

TEST_CASE("device: elements by indices, by a mask, by chance, from the end; views; errors" *
          doctest::skip(!st::testing::has_device())) {
  const table x = drawn(), there = x.to(st::cuda);
  const auto order = st::argsort<1>(x);
  CHECK(same(st::gather<1>(there, order.to(st::cuda)), st::gather<1>(x, order)));
  const st::tensor<std::int32_t, 4> rows = {3, 0, 6, 3};
  CHECK(same(st::take(there, rows.to(st::cuda)), st::take(x, rows)));
  CHECK(same(st::reverse<1>(there), st::reverse<1>(x)));
  CHECK(same(st::shuffle<1>(there, 7), st::shuffle<1>(x, 7)));
  const st::tensor<bool, 7, dyn, 3> mask = x > 0.f;
  const auto parts = st::partition(there, mask.to(st::cuda)), wanted = st::partition(x, mask);
  CHECK(parts.count == wanted.count);
  CHECK(same(parts.values, wanted.values));
  CHECK(same(st::reverse<1>(there.slice(1, 1, 400, 3)), st::reverse<1>(x.slice(1, 1, 400, 3))));
  const st::tensor<std::int32_t, 4> wrong = {3, 0, 7, 3};
  CHECK_THROWS_WITH_AS(st::take(there, wrong.to(st::cuda)),
                       "take: index 7 at position 2 is outside an axis of 7 elements",
                       st::value_error);
  CHECK_THROWS_AS(st::take(there, rows), st::placement_error);
}
