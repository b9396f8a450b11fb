// SPDX-License-Identifier: Apache-2.0

// The blocked product's core against a double loop, for odd shapes, strides, blocks and types; the
// loop over threads.

#include <doctest/doctest.h>

#include <cstdint>
#include <numeric>
#include <vector>

#include "sinter/core/half.hpp"
#include "sinter/target/cpu/parallel.hpp"
#include "sinter/target/cpu/product.hpp"

using namespace sinter;

namespace {

/// Small integers, so that every sum is exact in every type.
template <class T>
std::vector<T> numbers(std::int64_t size, unsigned seed) {
  std::vector<T> values(static_cast<std::size_t>(size));
  for (T& value : values) {
    seed = seed * 1664525u + 1013904223u;
    value = static_cast<T>(static_cast<int>(seed >> 24) % 7 - 3);
  }
  return values;
}

struct layout {
  std::int64_t row, column;
};

/// C = A B by panels, in blocks of `block` along K, compared with the loop of the definition.
template <class T, class Storage>
void compare(std::int64_t m, std::int64_t n, std::int64_t k, layout a_layout, layout b_layout,
             std::int64_t block) {
  constexpr int width = product_tile<T>::columns;
  INFO("m ", m, ", n ", n, ", k ", k, ", block ", block);
  const auto a = numbers<T>(1 + m * a_layout.row + k * a_layout.column, 1);
  const auto b = numbers<Storage>(1 + k * b_layout.row + n * b_layout.column, 2);
  std::vector<T> panel(static_cast<std::size_t>(block * width), T(99));
  std::vector<T> c(static_cast<std::size_t>(m * (width + 3)), T(77));
  int wrong = 0;
  for (std::int64_t j = 0; j < n; j += width) {
    const int columns = static_cast<int>(n - j < width ? n - j : width);
    const Storage* from = b.data() + j * b_layout.column;
    for (std::int64_t p = 0; p < k; p += block) {
      const std::int64_t depth = k - p < block ? k - p : block;
      pack_panel<T>(panel.data(), from + p * b_layout.row, b_layout.row, b_layout.column, depth,
                    columns);
      multiply_panel(m, depth, a.data() + p * a_layout.column, a_layout.row, a_layout.column,
                     panel.data(), c.data(), width + 3, p > 0);
    }
    for (std::int64_t i = 0; i < m; ++i) {
      for (int column = 0; column < width + 3; ++column) {
        double want = column < width ? 0 : 77;  // beyond the columns of B zeros, then untouched
        for (std::int64_t p = 0; column < columns && p < k; ++p) {
          want += static_cast<double>(a[i * a_layout.row + p * a_layout.column]) *
                  static_cast<double>(b[p * b_layout.row + (j + column) * b_layout.column]);
        }
        wrong += static_cast<double>(c[i * (width + 3) + column]) != want;
      }
    }
  }
  CHECK(wrong == 0);
}

template <class T, class Storage>
void compare_shapes() {
  for (const std::int64_t m : {1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 31}) {
    for (const std::int64_t n : {1, 15, 16, 17, 63, 64, 65, 100}) {
      for (const std::int64_t k : {1, 2, 15, 16, 17, 50}) {
        compare<T, Storage>(m, n, k, {k, 1}, {n, 1}, 64);
      }
    }
  }
  for (const std::int64_t block : {1, 5, 16, 33}) {
    compare<T, Storage>(13, 70, 37, {1, 13}, {1, 37}, block);
    compare<T, Storage>(8, 70, 37, {42, 1}, {75, 1}, block);
    compare<T, Storage>(9, 40, 37, {80, 2}, {90, 2}, block);
    compare<T, Storage>(9, 40, 37, {0, 1}, {0, 1}, block);
  }
}

}  // namespace

TEST_CASE("product: panels of many shapes and strides, f32 f64 i32 i64 against the definition") {
  compare_shapes<float, float>();
  compare_shapes<double, double>();
  compare_shapes<std::int32_t, std::int32_t>();
  compare_shapes<std::int64_t, std::int64_t>();
}

TEST_CASE("product: panels packed from narrower storage") {
  compare_shapes<float, f16>();
  compare_shapes<float, bf16>();
  compare_shapes<std::int32_t, std::int8_t>();
}

TEST_CASE("product: a panel from a function, and one read in place") {
  constexpr int width = product_tile<float>::columns;
  const std::int64_t k = 9, m = 7;
  const auto a = numbers<float>(m * k, 3);
  const auto b = numbers<float>(k * (width + 5), 4);
  std::vector<float> panel(k * width), packed(m * width), in_place(m * width);
  pack_panel(panel.data(), k, width - 1,
             [&](std::int64_t p, int j) { return b[p * (width + 5) + j]; });
  multiply_panel(m, k, a.data(), k, 1, panel.data(), packed.data(), width, false);
  multiply_panel(m, k, a.data(), k, 1, b.data(), in_place.data(), width, false, width + 5);
  for (std::int64_t i = 0; i < m; ++i) {
    for (int j = 0; j < width; ++j) {
      CHECK(packed[i * width + j] == (j < width - 1 ? in_place[i * width + j] : 0.0f));
    }
  }
}

TEST_CASE("product: no rows, no terms") {
  constexpr int width = product_tile<float>::columns;
  std::vector<float> c(width, 5.0f);
  const float a = 1, panel = 1;
  multiply_panel<float>(0, 1, &a, 1, 1, &panel, c.data(), width, false);
  CHECK(c[0] == 5);
  multiply_panel<float>(1, 0, &a, 1, 1, &panel, c.data(), width, true);
  CHECK(c[width - 1] == 5);
  multiply_panel<float>(1, 0, &a, 1, 1, &panel, c.data(), width, false);
  CHECK(c[width - 1] == 0);
}

TEST_CASE("parallel_for: every index once, in contiguous runs, nested loops serial") {
  for (const int count : {1, 2, 3, 7}) {
    set_threads(count);
    for (const std::int64_t size : {0, 1, 2, 5, 100}) {
      std::vector<int> seen(size);
      int* out = seen.data();
      parallel_for(size, [=](std::int64_t i) {
        parallel_for(3, [=](std::int64_t) { ++out[i]; });
      });
      CHECK(std::accumulate(seen.begin(), seen.end(), 0) == 3 * size);
      for (const int times : seen) CHECK(times == 3);
    }
  }
  set_threads(0);
  CHECK(threads() >= 1);
}
