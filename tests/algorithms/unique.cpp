// SPDX-License-Identifier: Apache-2.0

// unique and unique_all against a search for each value.

#include "algorithms/drawn.hpp"

namespace {

template <class T> bool alike(T a, T b) { return !precedes(a, b) && !precedes(b, a); }

}  // namespace

TEST_CASE_TEMPLATE("unique: [9, 31], against the definition", T, EVERY_TYPE) {
  const auto x = drawn(1, st::tensor<T, 9, dyn>(31));
  const auto all = unique_all(x);
  static_assert(std::is_same_v<decltype(all.inverse), st::tensor<std::int64_t, 9, dyn>>);
  CHECK(same_elements(unique(x), all.values));
  bool right = true;
  std::int64_t total = 0;
  for (std::int64_t v = 0; v < all.values.size(); ++v) {
    right = right && (v == 0 || precedes(all.values(v - 1), all.values(v)));
    std::int64_t count = 0, first = -1;
    for (std::int64_t i = 0; i < x.size(); ++i) {
      if (!alike(x.data()[i], all.values(v))) continue;
      if (count++ == 0) first = i;
      right = right && all.inverse.data()[i] == v;
    }
    right = right && count == all.counts(v) && first == all.indices(v) &&
            same_bits(all.values(v), x.data()[first]);
    total += count;
  }
  CHECK(right);
  CHECK(total == x.size());
}

TEST_CASE("unique: of nothing, of one value, of NaN and zeros") {
  CHECK(unique(st::tensor<float, dyn>(0)).size() == 0);
  CHECK(unique_all(st::tensor<float, 0, 3>()).inverse.extent(1) == 3);
  CHECK(unique_all(st::tensor<int, dyn>(5)).counts(0) == 5);
  CHECK(holds<float>(unique(st::tensor<float, 5>{NAN, -0.0f, NAN, 0.0f, 3}), {-0.0f, 3, NAN}));
  CHECK(unique(st::tensor<float>(7.f)).size() == 1);
}

TEST_CASE("unique: of a view, of an expression, of many with several threads") {
  auto x = drawn(2, st::tensor<float, 8, 9>());
  const auto part = x.slice(0, 0, 8, 3).slice(1, 1, 9, 2);
  const st::tensor copy = part;
  CHECK(same_elements(unique(part), unique(copy)));
  CHECK(same_elements(unique_all(part).inverse, unique_all(copy).inverse));
  CHECK(holds<float>(unique(cast<float>(x > 0.f)), {0, 1}));
  st::tensor<std::int32_t, dyn> many(200000);
  for (std::int64_t i = 0; i < many.size(); ++i)
    many(i) = static_cast<std::int32_t>(i * 7919 % 1000 - 500);
  for (int threads : {1, 3}) {
    const with_threads some(threads);
    const auto all = unique_all(many);
    CHECK(all.values.size() == 1000);
    CHECK(all.values(0) == -500);
    CHECK(all.counts(999) == 200);
    CHECK(same_elements(unique(many), all.values));
    CHECK(same_elements(gather(all.values, all.inverse), many));
  }
}
