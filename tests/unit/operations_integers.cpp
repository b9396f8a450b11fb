// SPDX-License-Identifier: Apache-2.0

// What tests/operations/integers.hpp says: all pairs of 8-bit numbers, and drawn pairs of others.

#include "operations/integers.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

#include "operations/check.hpp"

using namespace sinter;
using sinter::testing::integer_facts;

namespace {

template <class T> struct check_integers {
  std::vector<T> x, y;

  check_integers() {
    if (sizeof(T) == 1) {
      for (int i = 0; i < 65536; ++i)
        x.push_back(static_cast<T>(i >> 8)), y.push_back(static_cast<T>(i & 255));
      return;
    }
    testing::sequence next(3);
    for (int i = 0; i < 1001; ++i) {
      x.push_back(draw(next, i % 3 == 0 ? 100 : 1'000'000'000));
      y.push_back(draw(next, i % 2 == 0 ? 70 : 1'000'000));
    }
    using limits = std::numeric_limits<T>;
    for (const T b : {T(0), T(1), T(-1), T(2), T(8 * sizeof(T)), T(8 * sizeof(T) - 1)}) {
      if (!std::is_signed_v<T> && b == T(-1)) continue;  // no number of 64 bits with a sign
      x.push_back(limits::min()), y.push_back(b);
      if (std::is_signed_v<T>) x.push_back(limits::max()), y.push_back(b);
    }
  }
  static T draw(testing::sequence& next, int range) {
    return static_cast<T>(next.between(std::is_signed_v<T> ? -range : 0, range));
  }

  template <class F, class Truth>
  void operator()(const integer_facts& facts, F f, Truth truth) const {
    const auto size = static_cast<extent_t>(x.size());
    tensor<T, dyn> a(size), b(size);
    for (extent_t i = 0; i < size; ++i) a(i) = x[i], b(i) = y[i];
    const tensor got = f(a, b);
    static_assert(std::is_same_v<decltype(got), const tensor<T, dyn>>);
    int wrong = 0;
    extent_t at = 0;
    for (extent_t i = 0; i < size; ++i) {
      const auto want = static_cast<T>(truth(static_cast<std::int64_t>(x[i]),
                                             static_cast<std::int64_t>(y[i]), 8 * sizeof(T)));
      if (got(i) != want) ++wrong, at = i;
    }
    INFO(std::string(facts.spelling), " of ", std::to_string(x[at]), " and ",
         std::to_string(y[at]), ": ", std::to_string(got(at)));
    CHECK(wrong == 0);
    check_reference(facts, f, got);
  }

  /// The reference computes in double, with the same wrapping.
  template <class F, class Y>
  void check_reference(const integer_facts& facts, F f, const Y& want) const {
    const auto size = static_cast<extent_t>(x.size());
    graph_builder g;
    const extent_t declared[] = {size};
    const symbol a{&g, rules::input(g, dtype_of<T>, declared, 1, false)};
    const symbol b{&g, rules::input(g, dtype_of<T>, declared, 1, false)};
    g.outputs.push_back({f(a, b).index, -1});
    const std::vector<std::vector<double>> inputs = {{x.begin(), x.end()}, {y.begin(), y.end()}};
    const auto got = reference::evaluate(g, inputs, {{1, {size}}, {1, {size}}})[0].elements;
    int wrong = 0;
    // Numbers beyond 2^53 are not exact in double.
    for (extent_t i = 0; i < size; ++i)
      wrong += std::fabs(static_cast<double>(x[i])) < 0x1p53 &&
               std::fabs(static_cast<double>(want(i))) < 0x1p53 &&
               got[i] != static_cast<double>(want(i));
    INFO(std::string(facts.spelling));
    CHECK(wrong == 0);
  }
};

struct check_booleans {
  template <class F, class Truth>
  void operator()(const integer_facts& facts, F f, Truth truth) const {
    if (!facts.takes_bool) return;
    if constexpr (requires(symbol s) { f(s, s); }) {
      graph_builder g;
      const extent_t declared[] = {4};
      const symbol a{&g, rules::input(g, dtype::boolean, declared, 1, false)};
      const symbol b{&g, rules::input(g, dtype::boolean, declared, 1, false)};
      const symbol y = f(a, b);
      REQUIRE(!g.first_mistake);
      CHECK(y.type() == dtype::boolean);
      g.outputs.push_back({y.index, -1});
      const auto got = reference::evaluate(g, {{0, 0, 1, 1}, {0, 1, 0, 1}},
                                           {{1, {4}}, {1, {4}}})[0].elements;
      for (int i = 0; i < 4; ++i) CHECK(got[i] == static_cast<double>(truth(i / 2, i % 2, 1) & 1));
    }
  }
};

}  // namespace

TEST_CASE_TEMPLATE("operations: integers, every pair of 8 bits, drawn ones of others", T,
                   std::int8_t, std::uint8_t, std::int32_t, std::uint16_t, std::int64_t) {
  testing::integer_operations(check_integers<T>{});
}

TEST_CASE("operations: bits of bool are its values") {
  testing::integer_operations(check_booleans{});
  const tensor<bool, 4> a{false, false, true, true}, b{false, true, false, true};
  const tensor both = a & b, either = a | b, one = a ^ b, none = ~(a | b);
  for (int i = 0; i < 4; ++i) {
    CHECK(both(i) == (a(i) && b(i)));
    CHECK(either(i) == (a(i) || b(i)));
    CHECK(one(i) == (a(i) != b(i)));
    CHECK(none(i) == !(a(i) || b(i)));
  }
}
