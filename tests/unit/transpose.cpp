// SPDX-License-Identifier: Apache-2.0

// Tiles turned in registers, and kernels that read turned operands through them: exact copies.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>

#include <cstdint>
#include <vector>

#include "sinter/target/cpu/transpose.hpp"

namespace st = sinter;
using st::dyn;

namespace {

template <class T> T value_of(std::int64_t i) { return static_cast<T>(static_cast<int>(i % 113)); }
template <> bool value_of<bool>(std::int64_t i) { return i % 3 == 0 || i % 7 == 0; }

template <class Tensor> void count(Tensor& x) {
  for (std::int64_t i = 0; i < x.size(); ++i)
    x.data()[i] = value_of<typename Tensor::element>(i);
}

}  // namespace

TEST_CASE_TEMPLATE("transpose: tiles of every extent, nothing beyond them", U, std::uint8_t,
                   std::uint16_t, std::uint32_t, std::uint64_t) {
  constexpr std::int64_t stride = 53, to_stride = 41;
  std::vector<U> from(stride * 40), to(to_stride * 50);
  for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<U>(i * 2654435761u);
  int wrong = 0;
  for (const std::int64_t rows : {0, 1, 3, 8, 15, 16, 17, 33, 48})
    for (const std::int64_t columns : {0, 1, 2, 4, 15, 16, 17, 31, 40}) {
      to.assign(to.size(), U(7));
      st::cpu_target::turn_tile(from.data(), stride, rows, columns, to.data(), to_stride);
      for (std::int64_t i = 0; i < 50; ++i)
        for (std::int64_t j = 0; j < to_stride; ++j) {
          const bool inside = i < rows && j < columns;
          wrong += to[i * to_stride + j] != (inside ? from[j * stride + i] : U(7));
        }
    }
  CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("transpose: turned operands beside others, of any rank, type and extent", T,
                   bool, std::int8_t, st::f16, st::bf16, float, std::int32_t, double) {
  for (const auto& [rows, columns] : {std::pair{1, 1}, {5, 300}, {300, 5}, {70, 270},
                                      {16, 256}, {32, 256}, {33, 257}}) {
    st::tensor<T, dyn, dyn> x(columns, rows), y(rows, columns), u(rows, columns);
    count(x), count(y);
    u = where(y == transpose(x), y, transpose(x));
    int wrong = 0;
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < columns; ++j) wrong += u(i, j) != x(j, i);
    CHECK(wrong == 0);
  }
  for (const std::int64_t step : {2, 3}) {
    st::tensor<T, dyn, dyn> x(3, 201);
    count(x);
    const st::tensor<T, dyn, dyn> y = x.slice(1, 1, 201, step);
    int wrong = 0;
    for (std::int64_t i = 0; i < 3; ++i)
      for (std::int64_t j = 0; j < y.extent(1); ++j) wrong += y(i, j) != x(i, 1 + j * step);
    CHECK(y.extent(1) == (200 + step - 1) / step);
    CHECK(wrong == 0);
  }
  // Tiles end where an axis does.
  st::tensor<T, 3, dyn, 37> x(21);
  count(x);
  const st::tensor<T, 3, 37, dyn> turned = transpose(x);
  const st::tensor<T, 37, dyn, 3> reversed = st::permute<2, 1, 0>(x);
  int wrong = 0;
  for (std::int64_t b = 0; b < 3; ++b)
    for (std::int64_t i = 0; i < 37; ++i)
      for (std::int64_t j = 0; j < 21; ++j)
        wrong += turned(b, i, j) != x(b, j, i) || reversed(i, j, b) != x(b, j, i);
  CHECK(wrong == 0);
}

TEST_CASE("transpose: static extents, views with steps") {
  st::tensor<float, 40, 60> x;
  count(x);
  const st::tensor<float, 60, 40> y = transpose(x) * 2;
  const st::tensor<float, dyn, dyn> half = transpose(x.slice(1, 0, 60, 2)) + 0;
  int wrong = 0;
  for (std::int64_t i = 0; i < 60; ++i)
    for (std::int64_t j = 0; j < 40; ++j)
      wrong += y(i, j) != x(j, i) * 2 || (i < 30 && half(i, j) != x(j, 2 * i));
  CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("transpose: operands in steps of one kind and of several, ragged", T, st::bf16,
                   float, double) {
  for (const std::int64_t n : {1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 100}) {
    st::tensor<T, dyn, dyn> x(3, 2 * n), y(3, 2 * n), w(3, 3 * n), r(3, n);
    count(x), count(y), count(w), count(r);
    const auto a = x.slice(1, 0, 2 * n, 2), b = y.slice(1, 1, 2 * n, 2);
    const auto c = w.slice(1, 0, 3 * n, 3);
    const st::tensor<T, dyn, dyn> pair = where(a == b, a, b), mixed = where(a == c, a, c);
    const st::tensor<T, dyn, dyn> back = where(st::flip<1>(r) == a, a, st::flip<1>(r));
    const st::tensor<T, dyn> greatest = st::max<1>(a);
    int wrong = 0;
    for (std::int64_t i = 0; i < 3; ++i) {
      double most = -1;
      for (std::int64_t j = 0; j < n; ++j) {
        wrong += pair(i, j) != y(i, 2 * j + 1) || mixed(i, j) != w(i, 3 * j);
        wrong += back(i, j) != r(i, n - 1 - j);
        const auto value = static_cast<double>(x(i, 2 * j));
        most = value > most ? value : most;
      }
      wrong += static_cast<double>(greatest(i)) != most;
    }
    CHECK(wrong == 0);
  }
}
