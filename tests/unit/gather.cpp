// SPDX-License-Identifier: Apache-2.0

// Elements by their indices: against NumPy and PyTorch, exactly, as the sums are of few terms that
// are multiples of 1/4. views_cases.py made the results.

#include <doctest/doctest.h>

#include <limits>

#include "views_cases.hpp"

namespace {

namespace st = sinter;
using st::dyn;

using operands = st::testing::view_operands;

template <class T> void check(const char* name, const T& got) {
  st::testing::check_view(name, got);
}

constexpr auto rows_back = st::fused([](auto table, auto which) {
  return st::gradient(sum(square(st::embedding(table, which))) * 0.5, table);
});
constexpr auto columns_back = st::fused([](auto x, auto which) {
  return st::gradient(sum(square(st::lookup<1>(x, which))) * 0.5, x);
});
constexpr auto along_back = st::fused([](auto x, auto which) {
  return st::gradient(sum(square(st::lookup_along<1>(x, which))) * 0.5, x);
});

}  // namespace

TEST_CASE_TEMPLATE("lookup: [5, 3] at [2, 3] and [4, 6] at [4, 2], f64 against NumPy and PyTorch",
                   I, std::uint8_t, std::int8_t, std::uint16_t, std::int32_t, std::uint64_t) {
  const operands o;
  const st::tensor<I, 2, 3> which{4, 0, 2, 2, 2, 1};
  const st::tensor<I, 4, 2> along{5, 0, 1, 1, 2, 4, 3, 3};
  check("lookup<0>", st::embedding(o.table, which));
  check("lookup<1>", st::lookup<-1>(o.x, which));
  check("lookup_along<1>", st::lookup_along<1>(o.x, along));
  check("d embedding", rows_back(o.table, which));
  check("d lookup<1>", columns_back(o.x, which));
  check("d lookup_along<1>", along_back(o.x, along));
}

TEST_CASE("lookup: one kernel with what follows; a number as index; nothing to look up") {
  const operands o;
  const st::tensor<int, 2, 3> which{4, 0, 2, 2, 2, 1};
  CHECK(st::kernels(relu(st::embedding(o.table, which)) + 1) == 1);
  CHECK(st::kernels(rows_back, o.table, which) == 1);
  const st::tensor<int> third = 2;
  const st::tensor row = st::lookup<0>(o.x, third);
  static_assert(std::is_same_v<decltype(row), const st::tensor<double, 6>>);
  CHECK(row(1) == o.x(2, 1));
  // Of a turned table, whose neighbours lie along another axis.
  st::tensor<double, 6, 5, 17> cube;
  for (int i = 0; i < cube.size(); ++i) cube.data()[i] = i;
  const st::tensor<int, 3> picked{4, 0, 2};
  const st::tensor turned = st::lookup<0>(st::permute<1, 2, 0>(cube), picked);
  for (int j = 0; j < 3; ++j)
    for (int a = 0; a < 17; ++a)
      for (int b = 0; b < 6; ++b) CHECK(turned(j, a, b) == cube(b, picked(j), a));
  const st::tensor<int, dyn> none(0);
  CHECK(st::tensor(st::embedding(o.table, none)).size() == 0);
  const st::tensor back = rows_back(o.table, none);
  for (int i = 0; i < 15; ++i) CHECK(back.data()[i] == 0);
}

TEST_CASE("lookup: an index outside is an error before anything is written") {
  const operands o;
  st::tensor<double, 2, 3> out;
  for (int i = 0; i < 6; ++i) out.data()[i] = 7;
  const st::tensor<std::int64_t, 2> high{1, 5}, low{-1, 0};
  CHECK_THROWS_WITH_AS(out = st::embedding(o.table, high),
                       "lookup: index 5 at position 1 is outside an axis of 5 elements",
                       st::value_error);
  CHECK_THROWS_WITH_AS(out = st::embedding(o.table, low),
                       "lookup: index -1 at position 0 is outside an axis of 5 elements",
                       st::value_error);
  CHECK(out(0, 0) == 7);
  const st::tensor<std::uint64_t, 1> huge{std::numeric_limits<std::uint64_t>::max()};
  CHECK_THROWS_AS(st::tensor(st::embedding(o.table, huge)), st::value_error);
  // Computed ones cannot be looked at beforehand: they give 0 where they are outside.
  const st::tensor<std::int64_t, 2> near{1, 4};
  const st::tensor computed = st::embedding(o.table, near + 1);
  CHECK(computed(0, 0) == o.table(2, 0));
  CHECK(computed(1, 2) == 0);
}

TEST_CASE("lookup: bf16 gradients are summed in f32 and rounded once") {
  st::tensor<st::bf16, 2, 1> table;
  table(0, 0) = st::bf16(1.f), table(1, 0) = st::bf16(1.f);
  st::tensor<int, 1000> which;
  for (int i = 0; i < 1000; ++i) which(i) = 1;
  constexpr auto counted = st::fused([](auto t, auto i) {
    return st::gradient(sum(st::cast<float>(st::embedding(t, i))), t);
  });
  const auto slope = counted(table, which);
  CHECK(static_cast<float>(slope(0, 0)) == 0);
  CHECK(static_cast<float>(slope(1, 0)) == 1000);  // adding 1 to a bf16 stops at 256
}
