// SPDX-License-Identifier: Apache-2.0

// What is put together of parts, and taken apart: against NumPy, exactly, as no value changes.
// views_cases.py made the results.

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "views_cases.hpp"

namespace {

namespace st = sinter;
using st::dyn;
using operands = st::testing::view_operands;

template <class T> void check(const char* name, const T& got) {
  st::testing::check_view(name, got);
}

}  // namespace

TEST_CASE("join: parts put together and taken apart, against NumPy") {
  const operands o;
  const auto& x = o.x;
  const auto& y = o.y;
  check("concatenate<1>", st::concatenate<1>(x, y, x));
  check("concatenate<0>", st::concatenate<0>(st::slice<1, 0, 3>(x), y));
  check("stack<0>", st::stack(x, x * 2));
  check("stack<1>", st::stack<1>(x, x * 2, x * 3));
  check("stack<-1>", st::stack<-1>(x, x * 2));
  const auto [first, second, third] = st::split<1, 3>(x);
  check("split", second);
  check("pad", st::pad<1, 2, 1>(x));
  check("pad -7", st::pad<0, 1, 0>(x, -7));
  check("roll<1, 2>", st::roll<1, 2>(x));
  check("roll<0, -1>", st::roll<0, -1>(x));
  check("roll<1, 13>", st::roll<1, 13>(x));
  check("tile<1, 2>", st::tile<1, 2>(x));
  check("tile<0, 3>", st::tile<0, 3>(x));
  check("repeat<1, 2>", st::repeat<1, 2>(x));
  check("repeat<0, 3>", st::repeat<0, 3>(x));
  CHECK(st::kernels(st::concatenate<1>(x, y, x)) == 1);
  CHECK(st::kernels(relu(st::concatenate<1>(x, y, x)) * 2) == 1);
  CHECK(st::kernels(st::flip(x) + st::roll<0, 1>(x)) == 1);
}

TEST_CASE("join: the values of the operands, to the bit; types as they promote; nothing at all") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinite = HUGE_VALF;
  const st::tensor<float, 4> special{-0.f, nan, -infinite, 1e-42f};
  const st::tensor y = st::concatenate<0>(special, st::flip(special));
  for (int i = 0; i < 4; ++i) {
    CHECK(std::bit_cast<std::uint32_t>(y(i)) == std::bit_cast<std::uint32_t>(special(i)));
    CHECK(std::bit_cast<std::uint32_t>(y(7 - i)) == std::bit_cast<std::uint32_t>(special(i)));
  }
  const st::tensor<std::uint8_t, 2> bytes{200, 1};
  const st::tensor<std::int16_t, 1> shorts{-3};
  const st::tensor mixed = st::concatenate<0>(bytes, shorts);
  static_assert(std::is_same_v<decltype(mixed), const st::tensor<std::int16_t, 3>>);
  CHECK(mixed(0) == 200);
  CHECK(mixed(2) == -3);
  const st::tensor<bool, 2> yes{true, false};
  const st::tensor both = st::concatenate<0>(yes, yes);
  CHECK((both(0) && !both(1) && both(2) && !both(3)));
  const st::tensor<float, 0> none;
  const st::tensor same = st::concatenate<0>(none, special, none);
  CHECK(same.size() == 4);
  CHECK(st::tensor(st::concatenate<0>(none, none)).size() == 0);
  CHECK(st::tensor(st::flip(none)).size() == 0);
  // Open extents agree at run time, or the call fails before it writes.
  const st::tensor<float, dyn, 2> two(2), three(3);
  CHECK_THROWS_AS(st::tensor(st::concatenate<1>(two, three)), st::shape_error);
  CHECK(st::tensor(st::concatenate<1>(two, two)).extent(1) == 4);
}

TEST_CASE("join: along an axis whose extents are open, with the gradient") {
  constexpr auto joined = st::fused([](auto a, auto b, auto c) {
    const auto y = st::concatenate<0>(a, b, c);
    return std::tuple(y, st::gradient(sum(y * y) * 0.5, a), st::gradient(sum(y * y), b),
                      st::concatenate<1>(transpose(a), transpose(b)));
  });
  for (const std::int64_t n : {0, 1, 5}) {
    st::tensor<float, dyn, 3> a(n), c(2);
    st::tensor<float, 4, 3> b;
    for (int i = 0; i < a.size(); ++i) a.data()[i] = static_cast<float>(i);
    for (int i = 0; i < 12; ++i) b.data()[i] = static_cast<float>(100 + i);
    for (int i = 0; i < 6; ++i) c.data()[i] = static_cast<float>(-i);
    const auto [y, da, db, across] = joined(a, b, c);
    CAPTURE(n);
    REQUIRE(y.extent(0) == n + 6);
    REQUIRE(across.extent(1) == n + 4);
    for (std::int64_t i = 0; i < y.size(); ++i) {
      const float want = i < a.size()        ? a.data()[i]
                         : i < a.size() + 12 ? b.data()[i - a.size()]
                                             : c.data()[i - a.size() - 12];
      CHECK(y.data()[i] == want);
      if (i < a.size() + 12) CHECK(across(i % 3, i / 3) == want);
    }
    for (std::int64_t i = 0; i < a.size(); ++i) CHECK(da.data()[i] == a.data()[i]);
    for (int i = 0; i < 12; ++i) CHECK(db.data()[i] == 2 * b.data()[i]);
  }
}
