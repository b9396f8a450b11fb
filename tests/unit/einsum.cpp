// SPDX-License-Identifier: Apache-2.0

// einsum against NumPy's: every way in which the letters of two operands can meet, several
// operands, gradients. Values are small whole numbers, so sums are exact. einsum_cases.py made the
// results.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>

#include "expected_cases.hpp"

namespace {

namespace st = sinter;
using st::dyn;

const st::testing::expected_case cases[] = {
#include "einsum_cases.inc"
};

template <class T> void fill(T& to) {
  for (int i = 0; i < to.size(); ++i) to.data()[i] = static_cast<float>(i * 7 % 11 - 5);
}
template <std::int64_t... E> st::tensor<float, E...> filled() {
  st::tensor<float, E...> x;
  fill(x);
  return x;
}

template <st::subscripts Letters, class... X> void check(const X&... x) {
  st::testing::check_case(cases, Letters.text, st::tensor(st::einsum<Letters>(x...)));
}

}  // namespace

TEST_CASE("einsum: one operand, f32 against NumPy") {
  check<"i->">(filled<4>());
  check<"ij->ji">(filled<3, 4>());
  check<"ij->i">(filled<3, 4>());
  check<"ii->i">(filled<3, 3>());
  check<"ii">(filled<3, 3>());
  check<"iij->j">(filled<3, 3, 2>());
  check<"ijij->ij">(filled<2, 3, 2, 3>());
  check<"ba">(filled<2, 3>());
}

TEST_CASE("einsum: two operands, without a matrix product, f32 against NumPy") {
  check<"i,i->">(filled<5>(), filled<5>());
  check<"i,i->i">(filled<5>(), filled<5>());
  check<"i,j->ij">(filled<3>(), filled<4>());
  check<"i,j->ji">(filled<3>(), filled<4>());
  check<"ij,ij->">(filled<3, 4>(), filled<3, 4>());
  check<"ij,ij->j">(filled<3, 4>(), filled<3, 4>());
  check<"ij,kl->ik">(filled<3, 4>(), filled<2, 5>());
  check<"abcdx,abcdx->abcd">(filled<2, 1, 2, 2, 3>(), filled<2, 1, 2, 2, 3>());
  const auto x = filled<3>();
  const auto y = filled<5>();
  CHECK(st::tensor(st::outer(x, y))(2, 4) == x(2) * y(4));
  CHECK(st::tensor(st::dot(y, y))() == st::tensor(st::einsum<"i,i->">(y, y))());
  CHECK(st::kernels(st::einsum<"ij,ij->j">(filled<3, 4>(), filled<3, 4>())) == 1);
}

TEST_CASE("einsum: two operands, as a matrix product, f32 against NumPy") {
  check<"ij,jk->ik">(filled<3, 4>(), filled<4, 5>());
  check<"ij,jk">(filled<3, 4>(), filled<4, 5>());
  check<"ij,kj->ki">(filled<3, 4>(), filled<5, 4>());
  check<"ij,j->i">(filled<3, 4>(), filled<4>());
  check<"j,ij->i">(filled<4>(), filled<3, 4>());
  check<"ii,ij->j">(filled<3, 3>(), filled<3, 2>());
  check<"bij,bjk->bik">(filled<2, 3, 4>(), filled<2, 4, 5>());
  check<"bqhd,bkhd->bhqk">(filled<2, 3, 2, 4>(), filled<2, 5, 2, 4>());
  check<"abij,kji->bka">(filled<2, 3, 2, 4>(), filled<5, 4, 2>());
  check<"bij,bjk->bk">(filled<2, 3, 4>(), filled<2, 4, 5>());
  check<"abcdex,abcdxf->abcdef">(filled<1, 2, 1, 2, 3, 2>(), filled<1, 2, 1, 2, 2, 4>());
  CHECK(st::kernels(st::einsum<"bqhd,bkhd->bhqk">(filled<2, 3, 2, 4>(), filled<2, 5, 2, 4>())) ==
        1);
}

TEST_CASE("einsum: extents of 1 are repeated; open ones agree; integers") {
  st::testing::check_case(cases, "bij,bjk->bik one",
                          st::tensor(st::einsum<"bij,bjk->bik">(filled<1, 3, 4>(),
                                                                filled<2, 4, 5>())));
  st::testing::check_case(cases, "ij,jk one",
                          st::tensor(st::einsum<"ij, jk">(filled<3, 1>(), filled<4, 5>())));
  st::tensor<float, dyn, dyn> a(3, 4), b(4, 5), c(3, 5);
  fill(a), fill(b), fill(c);
  st::testing::check_case(cases, "ij,jk->ik", st::tensor(st::einsum<"ij,jk->ik">(a, b)));
  CHECK_THROWS_AS(st::tensor(st::einsum<"ij,jk->ik">(a, c)), st::shape_error);
  const st::tensor<int, 3> n{1, -2, 3};
  const st::tensor whole = st::einsum<"i,i->">(n, n);
  static_assert(std::is_same_v<decltype(whole), const st::tensor<int>>);
  CHECK(whole() == 14);
}

TEST_CASE("einsum: three operands, from left to right, against NumPy") {
  check<"ij,jk,kl->il">(filled<2, 3>(), filled<3, 4>(), filled<4, 2>());
  check<"i,j,k->kij">(filled<2>(), filled<3>(), filled<2>());
  check<"bi,ij,bj->b">(filled<2, 3>(), filled<3, 4>(), filled<2, 4>());
  check<"ij,kl,mn->">(filled<2, 2>(), filled<2, 2>(), filled<2, 2>());
}

TEST_CASE("einsum: the gradient of x^T A y") {
  constexpr auto slopes = st::fused([](auto x, auto a, auto y) {
    const auto value = st::einsum<"i,ij,j->">(x, a, y);
    return std::tuple(st::gradient(value, x), st::gradient(value, a));
  });
  const auto x = filled<3>();
  const auto a = filled<3, 4>();
  const auto y = filled<4>();
  const auto [dx, da] = slopes(x, a, y);
  for (int i = 0; i < 3; ++i) {
    float row = 0;
    for (int j = 0; j < 4; ++j) row += a(i, j) * y(j);
    CHECK(dx(i) == row);
    for (int j = 0; j < 4; ++j) CHECK(da(i, j) == x(i) * y(j));
  }
}
