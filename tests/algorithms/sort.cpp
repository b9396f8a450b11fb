// SPDX-License-Identifier: Apache-2.0

// sort, argsort and top_k against std::stable_sort.

#include "algorithms/drawn.hpp"

namespace {

/// The indices that sort a line, stably.
template <class T, class Line>
std::vector<std::int64_t> sorted_indices(const Line& at, std::int64_t length, bool descending) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(length));
  std::iota(indices.begin(), indices.end(), 0);
  std::stable_sort(indices.begin(), indices.end(), [&](std::int64_t a, std::int64_t b) {
    return descending ? precedes<T>(at(b), at(a)) : precedes<T>(at(a), at(b));
  });
  return indices;
}

template <class T>
void check_sorted(const T* x, const T* values, const std::int64_t* indices, std::int64_t outer,
                  std::int64_t length, std::int64_t inner, bool descending) {
  bool right = true;
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t i = 0; i < inner; ++i) {
      const auto place = [&](std::int64_t j) { return (o * length + j) * inner + i; };
      const auto wanted = sorted_indices<T>([&](std::int64_t j) { return x[place(j)]; }, length,
                                            descending);
      for (std::int64_t j = 0; j < length; ++j) {
        const std::int64_t from = wanted[static_cast<std::size_t>(j)];
        right = right && same_bits(values[place(j)], x[place(from)]) && indices[place(j)] == from;
      }
    }
  CHECK(right);
}

inline constexpr st::axis batch{"batch"};

}  // namespace

TEST_CASE_TEMPLATE("sort and argsort: [3, 17, 5] along each axis", T, EVERY_TYPE) {
  const auto x = drawn(1, st::tensor<T, 3, dyn, 5>(17));
  const auto all = [&](auto axis, std::int64_t outer, std::int64_t length, std::int64_t inner) {
    constexpr int a = decltype(axis)::value;
    for (const st::order direction : {st::ascending, st::descending}) {
      const st::tensor<T, 3, dyn, 5> values = st::sort<a>(x, direction);
      const st::tensor<std::int64_t, 3, dyn, 5> indices = st::argsort<a>(x, direction);
      check_sorted(x.data(), values.data(), indices.data(), outer, length, inner,
                   direction == st::descending);
      CHECK(same_elements(st::gather<a>(x, indices), values));
    }
  };
  all(std::integral_constant<int, 0>{}, 1, 3, 85);
  all(std::integral_constant<int, 1>{}, 3, 17, 5);
  all(std::integral_constant<int, -1>{}, 51, 5, 1);
}

TEST_CASE("sort: NaN is last, and first where the order descends; zeros keep their order") {
  const st::tensor<float, 6> x{NAN, 0.0f, -0.0f, INFINITY, -1, -INFINITY};
  CHECK(holds<float>(sort(x), {-INFINITY, -1, 0.0f, -0.0f, INFINITY, NAN}));
  CHECK(holds<float>(sort(x, st::descending), {NAN, INFINITY, 0.0f, -0.0f, -1, -INFINITY}));
}

TEST_CASE("sort: empty lines, no lines, one element") {
  CHECK(sort(st::tensor<float, dyn>(0)).size() == 0);
  CHECK(st::sort<0>(st::tensor<int, 0, 3>()).extent(1) == 3);
  CHECK(argsort(st::tensor<bool, 3, 0>()).size() == 0);
  CHECK(st::sort<0>(st::tensor<float, 1, 3>{3, 2, 1})(0, 0) == 3);
}

TEST_CASE("sort: views with steps are read where they are, and stay as they were") {
  auto x = drawn(2, st::tensor<float, 9, 12>());
  const auto before = x;
  const auto part = x.slice(0, 1, 8, 2).slice(1, 0, 12, 3);
  const st::tensor copy = part;
  CHECK(same_elements(sort(part), sort(copy)));
  CHECK(same_elements(st::argsort<0>(part, st::descending), st::argsort<0>(copy, st::descending)));
  float memory[6] = {5, 1, 4, 2, 3, 0};
  const st::tensor_view<float, dyn, dyn> columns(memory, {3, 2}, {1, 3});
  CHECK(holds<float>(st::sort<0>(columns), {1, 0, 4, 2, 5, 3}));
  CHECK(same_elements(x, before));
}

TEST_CASE("sort: of an expression, whose value it is that is sorted") {
  const auto x = drawn(3, st::tensor<float, batch, 33>(4), false);
  const st::tensor<float, batch, 33> value = x * x - x;
  const st::tensor<float, batch, 33> sorted = sort(x * x - x);
  CHECK(same_elements(sorted, sort(value)));
  CHECK(same_elements(argsort(x * x - x), argsort(value)));
  CHECK(sort(softmax(x))(0, 32) > sort(softmax(x))(0, 0));
}

TEST_CASE("sort: one long line, for any number of threads, f32 and i32") {
  const auto check = [](const auto& x) {
    const with_threads one(1);
    const auto values = sort(x);
    const auto indices = argsort(x, st::descending);
    check_sorted(x.data(), values.data(), argsort(x).data(), 1, x.size(), 1, false);
    for (int threads : {2, 3, 7}) {
      const with_threads several(threads);
      CHECK(same_elements(sort(x), values));
      CHECK(same_elements(argsort(x, st::descending), indices));
    }
  };
  check(drawn(4, st::tensor<float, dyn>(30011)));
  check(drawn(5, st::tensor<std::int32_t, dyn>(30011)));
}

TEST_CASE_TEMPLATE("top_k: the first of a descending argsort", T, EVERY_TYPE) {
  const auto x = drawn(6, st::tensor<T, batch, 19>(7));
  const auto indices = argsort(x, st::descending);
  const auto best = st::top_k<5>(x);
  static_assert(std::is_same_v<decltype(best.values), st::tensor<T, batch, 5>>);
  static_assert(std::is_same_v<decltype(best.indices), st::tensor<std::int64_t, batch, 5>>);
  for (int r = 0; r < 7; ++r)
    for (int k = 0; k < 5; ++k) {
      CHECK(best.indices(r, k) == indices(r, k));
      CHECK(same_bits(best.values(r, k), x(r, indices(r, k))));
    }
}

TEST_CASE_TEMPLATE("top_k: few of many, [400] and [400, 3] along its first axis, ties and NaN", T,
                   EVERY_TYPE) {
  const auto compare = [](const auto& x) {
    const auto indices = argsort<0>(x, st::descending);
    const auto best = st::top_k<16, 0>(x);
    const std::int64_t beside = x.size() / 400;
    int wrong = 0;
    for (std::int64_t k = 0; k < 16 * beside; ++k) {
      const std::int64_t at = indices.data()[k];
      wrong += best.indices.data()[k] != at ||
               !same_bits(best.values.data()[k], x.data()[at * beside + k % beside]);
    }
    CHECK(wrong == 0);
  };
  auto line = drawn(7, st::tensor<T, dyn>(400));
  auto lines = drawn(8, st::tensor<T, dyn, 3>(400));
  compare(line);
  compare(lines);
  if constexpr (std::numeric_limits<T>::has_quiet_NaN) {
    // None, few, and more NaN than are asked for.
    for (const std::int64_t step : {100, 7}) {
      for (std::int64_t i = 5; i < 400; i += step) line(i) = std::numeric_limits<T>::quiet_NaN();
      compare(line);
    }
  }
}

TEST_CASE("top_k: along a first axis, of an expression, all and none") {
  const st::tensor<float, 4, 2> x{1, 8, NAN, 6, 3, 7, 3, 5};
  const auto [values, indices] = st::top_k<3, 0>(x);
  CHECK(holds<float>(values, {NAN, 8, 3, 7, 3, 6}));
  CHECK(holds<std::int64_t>(indices, {1, 0, 2, 2, 3, 1}));
  CHECK(holds<float>(st::top_k<1, 0>(-x).values, {-x(1, 0), -5}));
  CHECK(st::top_k<2>(x).values.size() == 8);
  CHECK(st::top_k<0>(x).values.size() == 0);
}

TEST_CASE("top_k: more than there are") {
  const st::tensor<float, dyn, dyn> x(2, 3);
  CHECK_THROWS_WITH_AS((st::top_k<4>(x)),
                       "top_k: axis 1 of a tensor [2, 3] has fewer than 4 elements; ask for no "
                       "more than it has",
                       st::shape_error);
}

TEST_CASE("sort: an operand that was moved from is refused") {
  st::tensor<float, 3> x{3, 1, 2};
  const st::tensor<float, 3> taken = std::move(x);
  CHECK_THROWS_AS(sort(x), st::value_error);
  CHECK(sort(taken)(0) == 1);
}

TEST_CASE("algorithms: an operand on a device is a placement_error that names the operation") {
  float values[] = {3, 1, 2};
  const std::int64_t extents[st::max_rank] = {3}, strides[st::max_rank] = {1};
  const st::tensor_view<float, 3> there(values, extents, strides, st::cuda);
  std::string text;
  try {
    (void)st::argsort(there);
  } catch (const st::placement_error& e) {
    text = e.what();
  }
  CHECK(text == "argsort: the operand is on cuda:0, and algorithms run on the host; bring it here "
                "by to(st::cpu)");
  CHECK_THROWS_AS((void)st::sort(there), st::placement_error);
  CHECK_THROWS_AS((void)st::top_k<2>(there), st::placement_error);
  CHECK_THROWS_AS((void)st::cumulative_sum(there), st::placement_error);
  CHECK_THROWS_AS((void)st::unique(there), st::placement_error);
  CHECK_THROWS_AS((void)st::shuffle(there, 1), st::placement_error);
}

TEST_CASE("top_k: few of many, against argsort, for ties, NaN, both zeros and K on either side") {
  const auto check = [](const auto& x) {
    const auto all = st::argsort(x, st::descending);
    const auto few = st::top_k<7>(x);
    for (std::int64_t i = 0; i < 3; ++i)
      for (std::int64_t k = 0; k < 7; ++k) {
        REQUIRE(few.indices(i, k) == all(i, k));
        REQUIRE(same_bits(few.values(i, k), x(i, all(i, k))));
      }
  };
  check(drawn(5, st::tensor<float, 3, 55>{}));  // sorted whole
  check(drawn(6, st::tensor<float, 3, 56>{}));  // the first that is selected
  check(drawn(7, st::tensor<st::bf16, 3, 1000>{}));
  check(drawn(8, st::tensor<std::int8_t, 3, 1000>{}));
  check(st::tensor<float, 3, 100>{});  // all equal
}

TEST_CASE("argsort: a long list in 1, 2, 3 and 8 threads, the same bits") {
  const auto x = drawn(9, st::tensor<float, dyn>(100003));
  std::vector<std::int64_t> wanted(100003);
  std::iota(wanted.begin(), wanted.end(), 0);
  std::stable_sort(wanted.begin(), wanted.end(), [&](std::int64_t a, std::int64_t b) {
    return precedes(x.data()[a], x.data()[b]);
  });
  for (int count : {1, 2, 3, 8}) {
    const with_threads team(count);
    CHECK(holds(st::argsort(x), wanted));
    const auto integers = drawn(10, st::tensor<std::int32_t, dyn>(100003));
    std::vector<std::int32_t> sorted(integers.data(), integers.data() + 100003);
    std::sort(sorted.begin(), sorted.end());
    CHECK(holds(st::sort(integers), sorted));
  }
}
