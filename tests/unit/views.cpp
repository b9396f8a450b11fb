// SPDX-License-Identifier: Apache-2.0

// Views with steps, axes that move, ranges and masks: against NumPy, exactly, as no value changes.
// views_cases.py made the results.

#include <doctest/doctest.h>

#include "views_cases.hpp"

namespace {

namespace st = sinter;
using st::open_end;
using operands = st::testing::view_operands;

template <class T> void check(const char* name, const T& got) {
  st::testing::check_view(name, got);
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
