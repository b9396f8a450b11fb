// SPDX-License-Identifier: Apache-2.0

// Views: memory of others, slices with steps, strided operands, and what is assigned to operands.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>

#include <cmath>
#include <numeric>
#include <type_traits>
#include <utility>
#include <vector>

namespace st = sinter;
using st::dyn;

namespace {

template <class T> std::vector<T> elements(const auto& x) {
  return std::vector<T>(x.data(), x.data() + x.size());
}

/// 0, 1, 2, ...
template <class Tensor> Tensor counted(Tensor x = {}) {
  std::iota(x.data(), x.data() + x.size(), 0);
  return x;
}

using numbers = std::vector<float>;

}  // namespace

TEST_CASE("view: memory of others, contiguous and strided") {
  float memory[6] = {0, 1, 2, 3, 4, 5};
  st::tensor_view<float, 2, 3> rows(memory);
  CHECK(rows(1, 2) == 5);
  CHECK(rows.stride(0) == 3);
  rows(0, 1) = 10;
  CHECK(memory[1] == 10);

  st::tensor_view<float, dyn, dyn> columns(memory, {3, 2}, {1, 3});
  CHECK(columns(2, 1) == 5);
  CHECK(elements<float>(st::tensor(columns + 0.5f)) == numbers{0.5, 3.5, 10.5, 4.5, 2.5, 5.5});

  const st::tensor_view<float, dyn, 3> open(memory, 2);
  CHECK(open.extent(0) == 2);
  CHECK_THROWS_WITH_AS((st::tensor_view<float, 2, dyn>(memory, {3, 2}, {2, 1})),
                       "view: axis 0 has extent 2 by its type, but 3 elements were given",
                       st::shape_error);
  CHECK_THROWS_AS((st::tensor_view<float, dyn>(memory, -1)), st::shape_error);
}

TEST_CASE("view: of constant memory is an operand, and nothing can be assigned to it") {
  const float memory[3] = {1, 2, 3};
  const st::tensor_view<const float, 3> x(memory);
  CHECK(elements<float>(st::tensor(x * x)) == numbers{1, 4, 9});
  static_assert(!std::is_assignable_v<const st::tensor_view<const float, 3>&, float>);
  const st::tensor<float, 3> y{4, 5, 6};
  CHECK(elements<float>(st::tensor(y.slice(0, 1, 3) + y.view().slice(0, 0, 2))) == numbers{9, 11});
}

TEST_CASE("view: a tensor made of a view has its elements") {
  auto x = counted<st::tensor<float, 3, 4>>();
  st::tensor y = x.slice(1, 0, 4, 3);
  CHECK(y.extent(0) == 3);
  CHECK(elements<float>(y) == numbers{0, 3, 4, 7, 8, 11});
  st::tensor<float, dyn, 2> z = x.slice(1, 1, 3);
  CHECK(elements<float>(z) == numbers{1, 2, 5, 6, 9, 10});
}

TEST_CASE("slice: starts, stops and steps, from either end") {
  auto x = counted<st::tensor<float, 10>>();
  CHECK(elements<float>(st::tensor(x.slice(0, 2, 5))) == numbers{2, 3, 4});
  CHECK(elements<float>(st::tensor(x.slice(0, 1, 10, 4))) == numbers{1, 5, 9});
  CHECK(elements<float>(st::tensor(x.slice(-1, -3, -1))) == numbers{7, 8});
  CHECK(st::tensor(x.slice(0, 4, 4)).size() == 0);
  CHECK(elements<float>(st::tensor(x.slice(0, 3, 10, INT64_MAX))) == numbers{3});
  CHECK(st::tensor(x.slice(0, 10, 10, INT64_MAX)).size() == 0);
  CHECK(elements<float>(st::tensor(x.slice(0, 0, 10, 3).slice(0, 1, 4, 2))) == numbers{3, 9});

  CHECK_THROWS_WITH_AS(x.slice(0, 2, 11), "slice: 2 to 11 by 1 is outside axis 0 of a tensor [10]",
                       st::shape_error);
  CHECK_THROWS_AS(x.slice(0, 5, 4), st::shape_error);
  CHECK_THROWS_AS(x.slice(0, 0, 5, 0), st::shape_error);
  CHECK_THROWS_AS(x.slice(0, 0, 5, -1), st::shape_error);
  CHECK_THROWS_WITH_AS(x.slice(1, 0, 1), "slice: no axis 1 in a tensor [10]", st::shape_error);
}

TEST_CASE("view: strided operands of a map, a row, a fold and a product, f32 against a loop") {
  auto x = counted<st::tensor<float, 6, 8>>();
  const auto part = x.slice(0, 1, 6, 2).slice(1, 0, 8, 3);  // [3,3]: rows 1 3 5, columns 0 3 6
  st::tensor twice = part * 2;
  st::tensor sums = st::sum<1>(part);
  st::tensor columns = st::sum<0>(part);
  st::tensor all = sum(part);
  st::tensor products = matmul(part, transpose(part));
  st::tensor turned = transpose(part) + 1;
  REQUIRE(twice.extent(0) == 3);
  REQUIRE(twice.extent(1) == 3);
  float total = 0;
  for (int i = 0; i < 3; ++i) {
    float row = 0, column = 0;
    for (int j = 0; j < 3; ++j) {
      CHECK(twice(i, j) == 2 * part(i, j));
      CHECK(turned(i, j) == part(j, i) + 1);
      row += part(i, j), column += part(j, i);
      float product = 0;
      for (int k = 0; k < 3; ++k) product += part(i, k) * part(j, k);
      CHECK(products(i, j) == product);
    }
    CHECK(sums(i) == row);
    CHECK(columns(i) == column);
    total += row;
  }
  CHECK(all.item() == total);
}

TEST_CASE("assign: an expression to a slice, and only there") {
  auto x = counted<st::tensor<float, 3, 4>>();
  const auto middle = x.slice(1, 1, 3);
  middle = middle * 10;
  CHECK(elements<float>(x) == numbers{0, 10, 20, 3, 4, 50, 60, 7, 8, 90, 100, 11});
  x.slice(0, 0, 1) = 1;
  CHECK(elements<float>(x) == numbers{1, 1, 1, 1, 4, 50, 60, 7, 8, 90, 100, 11});
  x.slice(0, 1, 3) = x.slice(0, 0, 2);  // overlapping: as if the right side was copied first
  CHECK(elements<float>(x) == numbers{1, 1, 1, 1, 1, 1, 1, 1, 4, 50, 60, 7});
  CHECK_THROWS_WITH_AS(x.slice(0, 0, 2) = x.slice(0, 0, 3) + 1,
                       "assign: [2, 4] cannot hold [3, 4]", st::shape_error);
}

TEST_CASE("assign: a view is written by the kernel that computes it, where that is safe") {
  constexpr auto scale = st::fused([](auto& v, auto x) { v = v * 2 + x; });
  constexpr auto layer = st::fused([](auto& v, auto x) { v = relu(matmul(x, x) + v); });
  constexpr auto norm = st::fused([](auto& v, auto x) { v = softmax(x); });
  constexpr auto mixed = st::fused([](auto& v, auto x) { v = v + transpose(v) + x; });
  constexpr auto both = st::fused([](auto& v, auto x) {
    auto old = v + x;
    v = softmax(x);
    return old;
  });
  auto x = counted<st::tensor<float, 4, 4>>();
  auto part = x.slice(0, 1, 3).slice(1, 0, 4, 2);  // rows 1 2, columns 0 2: 4 6, 8 10
  const st::tensor<float, 2, 2> y = {1, 2, 3, 4};
  static_assert(st::kernels(scale, part, y) == 1);
  static_assert(st::kernels(layer, part, y) == 1);
  static_assert(st::kernels(norm, part, y) == 1);
  static_assert(st::kernels(mixed, part, y) == 2, "old values at other places: by a detour");
  static_assert(st::kernels(both, part, y) >= 2, "old values in another kernel: by a detour");

  scale(part, y);
  CHECK(elements<float>(st::tensor(part)) == numbers{9, 14, 19, 24});
  mixed(part, y);
  CHECK(elements<float>(st::tensor(part)) == numbers{19, 35, 36, 52});
  layer(part, y);
  CHECK(elements<float>(st::tensor(part)) == numbers{26, 45, 51, 74});
  const st::tensor old = both(part, y);
  CHECK(elements<float>(old) == numbers{27, 47, 54, 78});
  CHECK(part(0, 0) == doctest::Approx(0.26894142));
  CHECK(x(0, 0) == 0);
  CHECK(x(1, 1) == 5);
  CHECK(x(3, 3) == 15);
}

TEST_CASE("assign: a reshape that no strides express, to a view") {
  const st::tensor<float, 2, 3> x = {1, 2, 3, 4, 5, 6};
  st::tensor<float, 6> whole;
  whole.view() = st::reshape<6>(transpose(x));
  CHECK(elements<float>(whole) == numbers{1, 4, 2, 5, 3, 6});
  st::tensor<float, 12> apart;
  apart.slice(0, 0, 12, 2) = st::reshape<6>(transpose(x));
  CHECK(elements<float>(apart) == numbers{1, 0, 4, 0, 2, 0, 5, 0, 3, 0, 6, 0});
}

TEST_CASE("assign: to operands, elementwise and where elements change places") {
  auto x = counted<st::tensor<float, 3, 3>>();
  x = x * 2 + 1;
  CHECK(elements<float>(x) == numbers{1, 3, 5, 7, 9, 11, 13, 15, 17});
  x = transpose(x);
  CHECK(elements<float>(x) == numbers{1, 7, 13, 3, 9, 15, 5, 11, 17});
  x = x + transpose(x);
  CHECK(elements<float>(x) == numbers{2, 10, 18, 10, 18, 26, 18, 26, 34});
  x = x - st::max<st::keep, 1>(x);
  CHECK(elements<float>(x) == numbers{-16, -8, 0, -16, -8, 0, -16, -8, 0});
  x = matmul(x, x) / 64;
  CHECK(elements<float>(x) == numbers{6, 3, 0, 6, 3, 0, 6, 3, 0});

  auto shifted = counted<st::tensor<float, 1000>>();
  shifted.slice(0, 1, 1000) = shifted.slice(0, 0, 999);
  CHECK(shifted(0) == 0);
  for (int i = 1; i < 1000; ++i) REQUIRE(shifted(i) == i - 1);

  auto reversed = counted<st::tensor<float, 4>>();
  reversed = st::tensor_view<float, dyn>(reversed.data() + 3, {4}, {-1}) + 0;
  CHECK(elements<float>(reversed) == numbers{3, 2, 1, 0});
}

TEST_CASE("assign: a tensor with open extents takes those of the expression") {
  st::tensor<float, dyn> x{1, 2, 3};
  const st::tensor<float, dyn> y{4, 5};
  x = y + 1;
  CHECK(elements<float>(x) == numbers{5, 6});
  x = 7;
  CHECK(elements<float>(x) == numbers{7, 7});
  st::tensor<float, 2, dyn> rows(2);
  rows = y;
  CHECK(elements<float>(rows) == numbers{4, 5, 4, 5});
  st::tensor<double, 3> wide = st::tensor<float, 1>{2};
  CHECK(elements<double>(wide) == std::vector<double>{2, 2, 2});
}

TEST_CASE("expression: keeps temporary operands alive") {
  const auto make = [] { return st::tensor<float, 3>{1, 2, 3}; };
  const auto lazy = exp(make()) + make() * make();
  st::tensor y = lazy;
  CHECK(y(2) == doctest::Approx(std::exp(3.0) + 9));
  const auto nested = [&] {
    st::tensor<float, 3> local{4, 5, 6};
    return relu(std::move(local) - make());
  }();
  CHECK(elements<float>(st::tensor(nested)) == numbers{3, 3, 3});
}

TEST_CASE("scalars: tensors of rank 0 and numbers in expressions") {
  st::tensor<float> a = 3.f;
  const st::tensor<float, 2> x{1, 2};
  CHECK(elements<float>(st::tensor(a * x - 1)) == numbers{2, 5});
  a = a * 2;
  CHECK(a.item() == 6);
  a = sum(x);
  CHECK(a.item() == 3);
  const st::tensor<std::int32_t, 2> n{5, 7};
  CHECK(elements<std::int32_t>(st::tensor(n * 2 + 1)) == std::vector<std::int32_t>{11, 15});
  CHECK(elements<float>(st::tensor(n / 2)) == numbers{2.5, 3.5});
  CHECK(elements<float>(st::tensor(1 - x)) == numbers{0, -1});
}

TEST_CASE("empty extents: maps do nothing, sums are 0, means NaN, the greatest is an error") {
  const st::tensor<float, dyn, 3> x(0);
  st::tensor y = x * 2 + 1;
  CHECK(y.size() == 0);
  CHECK(y.extent(1) == 3);
  st::tensor total = sum(x);
  CHECK(total.item() == 0);
  CHECK(elements<float>(st::tensor(st::sum<0>(x))) == numbers{0, 0, 0});
  CHECK(st::tensor(st::sum<1>(x)).size() == 0);
  CHECK(std::isnan(st::tensor(mean(x)).item()));
  CHECK(st::tensor(softmax(x)).size() == 0);
  CHECK_THROWS_AS(st::tensor(st::max<0>(x)), st::shape_error);
  CHECK(st::tensor(st::max<1>(x)).size() == 0);

  const st::tensor<float, 2, dyn> left(0);
  const st::tensor<float, dyn, 2> right(0);
  CHECK(elements<float>(st::tensor(matmul(left, right) + 1)) == numbers{1, 1, 1, 1});
}
