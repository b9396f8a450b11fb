// SPDX-License-Identifier: Apache-2.0

// searchsorted against std::lower_bound and std::upper_bound; histogram against NumPy's definition.

#include "algorithms/drawn.hpp"

TEST_CASE_TEMPLATE("searchsorted: 40 values [5, 8] among 23", T, EVERY_TYPE) {
  const auto list = sort(drawn(1, st::tensor<T, dyn>(23)));
  const auto x = drawn(2, st::tensor<T, 5, 8>());
  const auto left = searchsorted(list, x), right = searchsorted(list, x, st::side::right);
  static_assert(std::is_same_v<decltype(searchsorted(list, x)), st::tensor<std::int64_t, 5, 8>>);
  const T *first = list.data(), *last = first + list.size();
  for (int i = 0; i < 40; ++i) {
    const T value = x.data()[i];
    CHECK(left.data()[i] == std::lower_bound(first, last, value, precedes<T>) - first);
    CHECK(right.data()[i] == std::upper_bound(first, last, value, precedes<T>) - first);
  }
}

TEST_CASE("searchsorted: types that differ, views, expressions, nothing") {
  const st::tensor<std::uint8_t, 3> bytes{1, 2, 200};
  const st::tensor<std::int32_t, 3> x{-1, 2, 201};
  CHECK(holds<std::int64_t>(searchsorted(bytes, x), {0, 1, 3}));
  const st::tensor<double, 3> y{0.5, 2.0, 2.5};
  CHECK(holds<std::int64_t>(searchsorted(bytes, y, st::side::right), {0, 2, 2}));
  const st::tensor<std::int64_t, 2> large{9007199254740992, 9007199254740993};
  CHECK(searchsorted(large, st::tensor<std::int64_t, 1>{9007199254740993})(0) == 1);

  float memory[8] = {0, 9, 1, 8, 2, 7, 3, 6};
  const st::tensor_view<float, dyn> odd(memory, {4}, {2});
  CHECK(holds<std::int64_t>(searchsorted(odd, odd), {0, 1, 2, 3}));
  CHECK(holds<std::int64_t>(searchsorted(odd, odd * 2.f), {0, 2, 4, 4}));
  CHECK(searchsorted(st::tensor<float, dyn>(0), odd)(3) == 0);
  CHECK(searchsorted(odd, st::tensor<float, dyn>(0)).size() == 0);
}

TEST_CASE_TEMPLATE("histogram: against a search among the edges", T, EVERY_TYPE) {
  const auto x = drawn(3, st::tensor<T, 7, dyn>(99));
  for (const auto& [bins, low, high] :
       {std::tuple(7, -3.0, 4.0), std::tuple(1, 0.0, 1.0), std::tuple(100, -0.1, 5.3)}) {
    const auto [counts, edges] = histogram(x, bins, low, high);
    CHECK(edges(0) == low);
    CHECK(edges(bins) == high);
    std::vector<std::int64_t> wanted(static_cast<std::size_t>(bins));
    for (std::int64_t i = 0; i < x.size(); ++i) {
      const auto value = static_cast<double>(x.data()[i]);
      for (int b = 0; b < bins; ++b)
        wanted[static_cast<std::size_t>(b)] +=
            value >= edges(b) && (value < edges(b + 1) || (b == bins - 1 && value == high));
    }
    CHECK(holds(counts, wanted));
  }
}

TEST_CASE("histogram: edges, equal bounds, nothing, many values and threads") {
  const st::tensor<float, 6> x{0, 1, 2, 3, NAN, 4};
  CHECK(holds<std::int64_t>(histogram(x, 3, 0, 3).counts, {1, 1, 2}));
  CHECK(holds<std::int64_t>(histogram(x, 2, 2, 2).counts, {0, 1}));
  CHECK(holds<double>(histogram(x, 2, 2, 2).edges, {1.5, 2, 2.5}));
  CHECK(holds<std::int64_t>(histogram(st::tensor<float, dyn>(0), 2, 0, 1).counts, {0, 0}));
  CHECK(holds<std::int64_t>(histogram(-x, 2, -4, 0).counts, {2, 3}));
  // 0.1 steps are where a division alone would put edges into the wrong bin.
  st::tensor<double, 11> steps;
  for (int i = 0; i < 11; ++i) steps(i) = histogram(x, 10, 0, 1).edges(i);
  CHECK(holds<std::int64_t>(histogram(steps, 10, 0, 1).counts, {1, 1, 1, 1, 1, 1, 1, 1, 1, 2}));

  st::tensor<float, dyn> many(300007);
  for (std::int64_t i = 0; i < many.size(); ++i) many(i) = static_cast<float>(i % 10);
  for (int threads : {1, 3}) {
    const with_threads some(threads);
    CHECK(histogram(many, 10, 0, 10).counts(6) == 30001);
    CHECK(histogram(many, 10, 0, 10).counts(7) == 30000);
  }
}

TEST_CASE("histogram: bounds and bins that make no sense") {
  const st::tensor<float, 3> x{0, 1, 2};
  CHECK_THROWS_WITH_AS(histogram(x, 0, 0, 1),
                       "histogram: 0 bins between bounds that are not both finite and in order; "
                       "want at least one bin, and low <= high",
                       st::value_error);
  CHECK_THROWS_AS(histogram(x, 3, 1, 0), st::value_error);
  CHECK_THROWS_AS(histogram(x, 3, 0, INFINITY), st::value_error);
  CHECK_THROWS_AS(histogram(x, 3, NAN, 0), st::value_error);
  CHECK_THROWS_AS(histogram(x, 3, 1e300, 1e300), st::value_error);
}
