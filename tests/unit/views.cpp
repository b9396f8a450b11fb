// SPDX-License-Identifier: Apache-2.0

// Views with steps, what is put together of parts, ranges and masks: against NumPy and PyTorch,
// exactly, as no value changes. views_cases.py made the results.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>

#include <bit>
#include <cmath>
#include <limits>

#include "expected_cases.hpp"

namespace {

namespace st = sinter;
using st::dyn, st::open_end;

const st::testing::expected_case cases[] = {
#include "views_cases.inc"
};

template <class T> void check(const char* name, const T& got) {
  st::testing::check_case(cases, name, st::tensor(got));
}

struct operands {
  st::tensor<double, 4, 6> x;
  st::tensor<double, 4, 3> y;
  operands() {
    for (int i = 0; i < 24; ++i) x.data()[i] = i * 0.5 - 3;
    for (int i = 0; i < 12; ++i) y.data()[i] = -i;
  }
};

/// Calls f(x, y) inside a fused function and differentiates sum(f^2) / 2 with respect to x.
template <class F> void check_gradient(const char* name, F) {
  constexpr auto slope = st::fused([](auto x, auto y) {
    return st::gradient(sum(square(F{}(x, y))) * 0.5, x);
  });
  const operands o;
  st::testing::check_case(cases, name, slope(o.x, o.y));
}

}  // namespace

TEST_CASE("views: steps, windows and diagonals, [4, 6] f64 against NumPy") {
  const operands o;
  const auto& x = o.x;
  check("flip<1>", st::flip<1>(x));
  check("flip", st::flip(x));
  check("slice 1:6:2", st::slice<1, 1, 6, 2>(x));
  check("slice -1:0:-2", st::slice<1, -1, 0, -2>(x));
  check("slice ::-1", st::slice<0, open_end, open_end, -1>(x));
  check("slice ::-3", st::slice<-1, open_end, open_end, -3>(x));
  check("slice 2:2:-1", st::slice<0, 2, 2, -1>(x));
  check("slice 3:4:100", st::slice<0, 3, 4, 100>(x));
  check("windows<1, 3>", st::windows<1, 3>(x));
  check("windows<0, 2, 2>", st::windows<0, 2, 2>(x));
  check("windows<1, 6>", st::windows<1, 6>(x));
  check("diagonal", st::diagonal(x));
  check("diagonal<2>", st::diagonal<2>(x));
  check("diagonal<-1>", st::diagonal<-1>(x));
  check("diagonal<6>", st::diagonal<6>(x));
  check("diagonal<0, 2, 0>", st::diagonal<0, 2, 0>(st::reshape<2, 2, 6>(x)));
}

TEST_CASE("views: axes removed, joined and moved, against NumPy") {
  const operands o;
  const auto lone = st::reshape<1, 4, 1, 6>(o.x);
  const auto cube = st::reshape<2, 2, 6>(o.x);
  check("squeeze", st::squeeze(lone));
  check("squeeze<2>", st::squeeze<2>(lone));
  check("flatten", st::flatten(o.x));
  check("flatten<1, 2>", st::flatten<1, 2>(cube));
  check("movedim<0, 2>", st::movedim<0, 2>(cube));
  check("movedim<2, 0>", st::movedim<2, 0>(cube));
  check("movedim<-1, 1>", st::movedim<-1, 1>(cube));
  check("swapaxes<0, 2>", st::swapaxes<0, 2>(cube));
  const st::tensor<float> number = 3.f;
  const st::tensor one = st::flatten(number);
  CHECK(one.extent(0) == 1);
}

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

TEST_CASE("grid: ranges, identities, masks and one-hot rows, against NumPy") {
  const operands o;
  check("tril", st::tril(o.x));
  check("tril<-2>", st::tril<-2>(o.x));
  check("triu<1>", st::triu<1>(o.x));
  check("eye", st::eye<3, 4, double>());
  check("linspace", st::linspace<9, double>(-1, 1));
  check("arange", st::arange<7>(0.5f, 0.25f));
  const st::tensor<std::int64_t, 2, 3> which{4, 0, 2, 2, 2, 1};
  check("one_hot", st::one_hot<5, double>(which));
  const st::tensor counted = o.y * 0 + st::arange<3>();
  CHECK(counted(3, 2) == 2);
  const st::tensor filled = st::full<2, 3>(std::uint8_t{7});
  CHECK(filled(1, 2) == 7);
  CHECK_THROWS_WITH_AS(st::tensor(st::one_hot<4>(which)),
                       "one_hot: index 4 at position 0 is outside an axis of 4 elements",
                       st::value_error);
}

TEST_CASE("views, join, grid: gradients against PyTorch") {
  check_gradient("d flip", [](auto x, auto) { return st::flip<1>(x) + x; });
  check_gradient("d slice 1:6:2", [](auto x, auto) { return st::slice<1, 1, 6, 2>(x); });
  check_gradient("d slice ::-3",
                 [](auto x, auto) { return st::slice<1, open_end, open_end, -3>(x); });
  check_gradient("d windows<1, 3>", [](auto x, auto) { return st::windows<1, 3>(x); });
  check_gradient("d windows<0, 2, 2>", [](auto x, auto) { return st::windows<0, 2, 2>(x); });
  check_gradient("d diagonal<-1>", [](auto x, auto) { return st::diagonal<-1>(x); });
  check_gradient("d concatenate", [](auto x, auto y) { return st::concatenate<1>(x, y, x * 2); });
  check_gradient("d stack", [](auto x, auto) { return st::stack(x, x * 3); });
  check_gradient("d pad", [](auto x, auto) { return st::pad<1, 2, 1>(x, -7); });
  check_gradient("d roll", [](auto x, auto) { return st::roll<1, 2>(x) + x; });
  check_gradient("d repeat", [](auto x, auto) { return st::repeat<0, 2>(x); });
  check_gradient("d tril", [](auto x, auto) { return st::tril(x); });
}
