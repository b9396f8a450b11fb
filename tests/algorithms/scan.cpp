// SPDX-License-Identifier: Apache-2.0

// cumulative_sum, cumulative_product and cumulative_max against plain loops.

#include "algorithms/drawn.hpp"

namespace {

/// What a type is accumulated in: 64 bits for integers, float for what is narrower.
template <class T> auto widened(T x) {
  if constexpr (std::is_same_v<T, double>) return x;
  else if constexpr (is_real<T>) return static_cast<float>(x);
  else return static_cast<std::uint64_t>(x);  // wraps, whatever the sign
}

/// f(before, element) along the lines of [outer, length, inner]; `first` comes before them.
template <class Out, class T, class First, class F>
std::vector<Out> scanned(const T* x, std::int64_t outer, std::int64_t length, std::int64_t inner,
                         First first, bool exclusive, F f) {
  std::vector<Out> result(static_cast<std::size_t>(outer * length * inner));
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t i = 0; i < inner; ++i) {
      First running = first;
      bool begun = false;
      for (std::int64_t j = 0; j < length; ++j) {
        const std::int64_t at = (o * length + j) * inner + i;
        const First before = running;
        // The first element is itself, not 0 plus it, which would turn -0 into 0.
        running = !begun && !exclusive ? static_cast<First>(widened(x[at]))
                                       : static_cast<First>(f(running, widened(x[at])));
        begun = true;
        result[static_cast<std::size_t>(at)] = static_cast<Out>(exclusive ? before : running);
      }
    }
  return result;
}

template <class A, class T> bool matches(const A& a, const std::vector<T>& wanted) {
  if (a.size() != static_cast<std::int64_t>(wanted.size())) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const T got = a.data()[i];
    if (is_real<T> && std::isnan(static_cast<double>(wanted[i]))) {
      if (!std::isnan(static_cast<double>(got))) return false;
    } else if (!same_bits(got, wanted[i])) {
      return false;
    }
  }
  return true;
}

}  // namespace

TEST_CASE_TEMPLATE("sums and products: [3, 17, 5], along axes 1 and 2", T, EVERY_TYPE) {
  using wide = decltype(widened(T()));
  using out = std::conditional_t<is_real<T>, T,
                                 std::conditional_t<std::is_signed_v<T> || std::is_same_v<T, bool>,
                                                    std::int64_t, std::uint64_t>>;
  const auto x = drawn(1, st::tensor<T, 3, dyn, 5>(17), !is_real<T>);
  const auto plus = [](wide a, wide b) { return a + b; };
  const auto times = [](wide a, wide b) { return a * b; };
  static_assert(std::is_same_v<decltype(cumulative_sum(x)), st::tensor<out, 3, dyn, 5>>);
  for (const st::scan kind : {st::inclusive, st::exclusive}) {
    const bool late = kind == st::exclusive;
    CHECK(matches(st::cumulative_sum<1>(x, kind),
                  scanned<out>(x.data(), 3, 17, 5, wide(0), late, plus)));
    CHECK(matches(cumulative_sum(x, kind),
                  scanned<out>(x.data(), 51, 5, 1, wide(0), late, plus)));
    CHECK(matches(st::cumulative_product<1>(x, kind),
                  scanned<out>(x.data(), 3, 17, 5, wide(1), late, times)));
  }
}

TEST_CASE_TEMPLATE("maxima: [3, 17, 5], with NaN and infinities", T, EVERY_TYPE) {
  const auto x = drawn(2, st::tensor<T, 3, 17, 5>());
  const auto y = st::cumulative_max<1>(x);
  const auto late = st::cumulative_max<1>(x, st::exclusive);
  static_assert(std::is_same_v<decltype(cumulative_max(x)), st::tensor<T, 3, 17, 5>>);
  bool right = true;
  for (int o = 0; o < 3; ++o)
    for (int i = 0; i < 5; ++i) {
      T best = is_real<T> ? static_cast<T>(-INFINITY) : std::numeric_limits<T>::lowest();
      for (int j = 0; j < 17; ++j) {
        const auto equal = [](T a, T b) { return !precedes(a, b) && !precedes(b, a); };
        right = right && equal(late(o, j, i), best);
        if (precedes(best, x(o, j, i))) best = x(o, j, i);
        right = right && equal(y(o, j, i), best);
      }
    }
  CHECK(right);
}

TEST_CASE("scans: special values") {
  const st::tensor<float, 4> x{1, -INFINITY, INFINITY, 2};
  CHECK(cumulative_sum(x)(1) == -INFINITY);
  CHECK(std::isnan(cumulative_sum(x)(3)));
  CHECK(cumulative_max(x)(3) == INFINITY);
  CHECK(st::tensor<float, 2>(cumulative_max(st::tensor<float, 2>{NAN, 7}))(1) != 7);
  // 2048 is where f16 stops telling odd numbers apart: the sum goes on in f32.
  const st::tensor<st::f16, 3> narrow{st::f16(2048.f), st::f16(1.f), st::f16(1.f)};
  CHECK(static_cast<float>(cumulative_sum(narrow)(2)) == 2050);
  CHECK(holds<std::int64_t>(cumulative_sum(st::tensor<std::int8_t, 3>{127, 127, 1}),
                            {127, 254, 255}));
}

TEST_CASE("scans: empty lines, no lines; views and expressions") {
  CHECK(cumulative_sum(st::tensor<float, dyn>(0)).size() == 0);
  CHECK(st::cumulative_max<0>(st::tensor<int, 0, 3>(), st::exclusive).size() == 0);
  auto x = drawn(3, st::tensor<float, 8, 9>(), false);
  const auto part = x.slice(0, 1, 8, 3).slice(1, 0, 9, 2);
  const st::tensor copy = part;
  CHECK(same_elements(st::cumulative_sum<0>(part), st::cumulative_sum<0>(copy)));
  CHECK(same_elements(cumulative_product(part, st::exclusive),
                      cumulative_product(copy, st::exclusive)));
  const st::tensor twice = x * 2.f;
  CHECK(same_elements(cumulative_sum(x * 2.f), cumulative_sum(twice)));
}

TEST_CASE("scans: the same bits for any number of threads, f32") {
  st::tensor<float, dyn, dyn> x(7, 30011);
  for (std::int64_t i = 0; i < x.size(); ++i)
    x.data()[i] = 1 / static_cast<float>(i % 1013 + 3);
  const with_threads one(1);
  const auto rows = cumulative_sum(x), columns = st::cumulative_sum<0>(x);
  for (int threads : {2, 5}) {
    const with_threads several(threads);
    CHECK(same_elements(cumulative_sum(x), rows));
    CHECK(same_elements(st::cumulative_sum<0>(x), columns));
  }
}
