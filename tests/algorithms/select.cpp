// SPDX-License-Identifier: Apache-2.0

// reverse, gather, take, partition, permutation and shuffle against plain loops.

#include "algorithms/drawn.hpp"

namespace {

inline constexpr st::axis batch{"batch"};

}  // namespace

TEST_CASE_TEMPLATE("reverse, gather, take, partition: [4, 7]", T, EVERY_TYPE) {
  const auto x = drawn(1, st::tensor<T, batch, 7>(4));
  const auto rows = st::reverse<0>(x), columns = st::reverse(x);
  st::tensor<std::int16_t, batch, 3> places(4);
  for (int i = 0; i < 12; ++i) places.data()[i] = static_cast<std::int16_t>(i * 5 % 7);
  const auto gathered = gather(x, places);
  const auto taken = take(x, st::tensor<std::uint8_t, 3>{2, 2, 0});
  const auto taken_columns = st::take<1>(x, st::tensor<std::int64_t, dyn>{6, 0});
  static_assert(std::is_same_v<decltype(gather(x, places)), st::tensor<T, batch, 3>>);
  const std::int64_t chosen[] = {2, 2, 0};
  CHECK(taken.extent(0) == 3);
  CHECK(taken_columns.extent(1) == 2);
  for (int r = 0; r < 4; ++r) {
    for (int c = 0; c < 7; ++c) {
      CHECK(same_bits(rows(r, c), x(3 - r, c)));
      CHECK(same_bits(columns(r, c), x(r, 6 - c)));
      if (r < 3) CHECK(same_bits(taken(r, c), x(chosen[r], c)));
    }
    for (int c = 0; c < 3; ++c) CHECK(same_bits(gathered(r, c), x(r, places(r, c))));
    CHECK(same_bits(taken_columns(r, 0), x(r, 6)));
    CHECK(same_bits(taken_columns(r, 1), x(r, 0)));
  }

  st::tensor<bool, batch, 7> mask(4);
  for (int i = 0; i < 28; ++i) mask.data()[i] = i * i % 3 == 1;
  std::vector<T> wanted;
  for (bool pass : {true, false})
    for (int i = 0; i < 28; ++i)
      if (mask.data()[i] == pass) wanted.push_back(x.data()[i]);
  const auto parts = partition(x, mask);
  CHECK(parts.count == std::count(mask.data(), mask.data() + 28, true));
  bool right = true;
  for (int i = 0; i < 28; ++i)
    right = right && same_bits<T>(parts.values(i), wanted[static_cast<std::size_t>(i)]);
  CHECK(right);
}

TEST_CASE("reverse, gather, partition: nothing, views, expressions") {
  CHECK(reverse(st::tensor<float, dyn>(0)).size() == 0);
  CHECK(gather(st::tensor<float, dyn>(0), st::tensor<int, dyn>(0)).size() == 0);
  const auto none = partition(st::tensor<float, dyn>(0), st::tensor<bool, dyn>(0));
  CHECK(none.count == 0);
  auto x = drawn(2, st::tensor<float, 6, 8>(), false);
  const auto part = x.slice(0, 1, 6, 2).slice(1, 0, 8, 3);
  const st::tensor copy = part;
  CHECK(same_elements(st::reverse<0>(part), st::reverse<0>(copy)));
  CHECK(same_elements(partition(part, part > 0.f).values, partition(copy, copy > 0.f).values));
  CHECK(same_elements(gather(part, argsort(part)), sort(part)));
  CHECK(same_elements(st::take<1>(part, st::tensor<int, 2>{1, 1}),
                      st::take<1>(copy, st::tensor<int, 2>{1, 1})));
  const st::tensor twice = x * 2.f;
  CHECK(same_elements(reverse(x * 2.f), reverse(twice)));
  const auto positive = partition(x * 2.f, x > 0.f);
  CHECK(std::all_of(positive.values.data(), positive.values.data() + positive.count,
                    [](float v) { return v > 0; }));
}

TEST_CASE("partition: many elements and threads") {
  st::tensor<std::int32_t, dyn> x(400001);
  std::iota(x.data(), x.data() + x.size(), 0);
  for (int threads : {1, 3}) {
    const with_threads some(threads);
    const auto small = partition(x, x < 100000);
    CHECK(small.count == 100000);
    CHECK(same_elements(small.values, x));
    const auto large = partition(x, x >= 100000);
    CHECK(large.values(0) == 100000);
    CHECK(large.values(400000) == 99999);
  }
}

TEST_CASE("gather, take, partition: what is refused") {
  const st::tensor<float, dyn, dyn> x(2, 3);
  CHECK_THROWS_WITH_AS(gather(x, (st::tensor<int, 2, 2>{0, 1, 2, 3})),
                       "gather: index 3 at position 3 is outside an axis of 3 elements",
                       st::value_error);
  CHECK_THROWS_AS(gather(x, (st::tensor<int, 2, 1>{0, -1})), st::value_error);
  CHECK_THROWS_WITH_AS(gather(x, st::tensor<int, dyn, dyn>(3, 1)),
                       "gather: the extents of [2, 3] and [3, 1] differ along axis 0",
                       st::shape_error);
  CHECK_THROWS_WITH_AS(take(x, st::tensor<std::uint64_t, 1>{2}),
                       "take: index 2 at position 0 is outside an axis of 2 elements",
                       st::value_error);
  CHECK_THROWS_WITH_AS(partition(x, st::tensor<bool, dyn, dyn>(2, 2)),
                       "partition: the extents of [2, 3] and [2, 2] differ along axis 1",
                       st::shape_error);
  CHECK_THROWS_AS(st::permutation(-1, 0), st::value_error);
}

TEST_CASE("permutation: each number once, the same for a seed and for any number of threads") {
  for (std::int64_t n : {0, 1, 2, 255, 256, 30011}) {
    const auto p = st::permutation(n, 7);
    const auto sorted = sort(p);
    bool right = p.size() == n;
    for (std::int64_t i = 0; i < n; ++i) right = right && sorted(i) == i;
    CHECK(right);
    const with_threads several(3);
    CHECK(same_elements(st::permutation(n, 7), p));
  }
  // What a seed gives is part of the interface.
  CHECK(holds<std::int64_t>(st::permutation(10, 1), {9, 8, 1, 0, 6, 3, 5, 2, 4, 7}));
  CHECK(!same_elements(st::permutation(100, 1), st::permutation(100, 2)));
}

TEST_CASE("permutation: each of the 24 orders of 4, within five standard errors") {
  std::vector<int> seen(256);
  constexpr int draws = 24000;
  for (int seed = 0; seed < draws; ++seed) {
    const auto p = st::permutation(4, static_cast<std::uint64_t>(seed));
    ++seen[static_cast<std::size_t>(p(0) * 64 + p(1) * 16 + p(2) * 4 + p(3))];
  }
  int orders = 0;
  for (int count : seen) {
    if (count == 0) continue;
    ++orders;
    CHECK(std::abs(count - draws / 24) < 5 * std::sqrt(draws / 24.0));
  }
  CHECK(orders == 24);
}

TEST_CASE("shuffle: rows, or columns, in the order of the permutation") {
  const auto x = drawn(3, st::tensor<float, 9, 5>());
  const auto p = st::permutation(9, 4), q = st::permutation(5, 4);
  const auto rows = shuffle(x, 4), columns = st::shuffle<1>(x, 4);
  static_assert(std::is_same_v<decltype(shuffle(x, 4)), st::tensor<float, 9, 5>>);
  for (int r = 0; r < 9; ++r)
    for (int c = 0; c < 5; ++c) {
      CHECK(same_bits(rows(r, c), x(p(r), c)));
      CHECK(same_bits(columns(r, c), x(r, q(c))));
    }
}
