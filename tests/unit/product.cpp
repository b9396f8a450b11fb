// SPDX-License-Identifier: Apache-2.0

// The blocked product's core against a double loop, for odd shapes, strides, blocks and types; the
// loop over threads.

#include <doctest/doctest.h>

#include <cstdint>
#include <numeric>
#include <vector>

#include "sinter/core/error.hpp"
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

/// How B comes to the tile; `vectors`: packed, and the matrix unit is passed over.
enum class way { packed, vectors, kept, in_place };

/// What the bytes of a multiplier's operands mean.
template <class M> struct meaning {
  using left = typename M::source;
  using right = typename M::source;
};
template <class A, class B> struct meaning<by_quads<A, B>> {
  using left = A;
  using right = B;
};

/// C = A B by panels, in blocks of `block` along K, compared with the loop of the definition.
template <class M>
void compare(std::int64_t m, std::int64_t n, std::int64_t k, layout a_layout, layout b_layout,
             std::int64_t block, way by = way::packed) {
  using T = typename M::sum;
  using source = typename M::source;
  constexpr int width = tile_of<M>::columns;
  INFO("m ", m, ", n ", n, ", k ", k, ", block ", block, ", way ", static_cast<int>(by));
  auto a = numbers<source>(2 + m * a_layout.row + k * a_layout.column, 1);
  const auto b = numbers<source>(1 + k * b_layout.row + n * b_layout.column, 2);
  // A row is read to the end of its last element.
  for (std::int64_t i = 0; M::depth > 1 && i < m; ++i)
    for (std::int64_t p = k; p % M::depth != 0; ++p) a[i * a_layout.row + p] = source(0);
  std::vector<typename M::element> panel(panel_rows<M>(block) * width, typename M::element(99));
  std::vector<T> c(static_cast<std::size_t>(m * (width + 3)), T(77));
  int wrong = 0;
  for (std::int64_t j = 0; j < n; j += width) {
    const int columns = static_cast<int>(n - j < width ? n - j : width);
    for (std::int64_t p = 0; p < k; p += block) {
      const std::int64_t depth = k - p < block ? k - p : block;
      const matrix_at<source> left{a.data() + p * a_layout.column, a_layout.row, a_layout.column};
      const matrix_at<source> right{b.data() + p * b_layout.row + j * b_layout.column,
                                    b_layout.row, b_layout.column};
      const bool whole = columns == width && depth % M::depth == 0;
      if (by == way::kept && whole && m >= tile_of<M>::rows) {
        pack_and_multiply<M>(m, depth, left, right, panel.data(), c.data(), width + 3, p > 0);
      } else if (by == way::in_place && whole && block >= k) {
        multiply_in_place<M>(m, depth, left, right, width, c.data(), width + 3);
      } else if (pack_panel<M>(panel.data(), right, depth, columns); by == way::vectors) {
        sinter::detail::multiply_panel_in_vectors<M>(m, depth, left, panel.data(), c.data(),
                                                     width + 3, p > 0);
      } else {
        multiply_panel<M>(m, depth, left, panel.data(), c.data(), width + 3, p > 0,
                          sinter::detail::unit_multiplies<M>(m));
      }
    }
    for (std::int64_t i = 0; i < m; ++i) {
      for (int column = 0; column < width + 3; ++column) {
        double want = column < width ? 0 : 77;  // beyond the columns of B zeros, then untouched
        for (std::int64_t p = 0; column < columns && p < k; ++p) {
          const source x = a[i * a_layout.row + p * a_layout.column],
                       y = b[p * b_layout.row + (j + column) * b_layout.column];
          want += static_cast<double>(static_cast<typename meaning<M>::left>(x)) *
                  static_cast<double>(static_cast<typename meaning<M>::right>(y));
        }
        wrong += static_cast<double>(c[i * (width + 3) + column]) != want;
      }
    }
  }
  CHECK(wrong == 0);
}

template <class M>
void compare_shapes() {
  for (const std::int64_t m : {1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 31, 32, 50}) {
    for (const std::int64_t n : {1, 15, 16, 17, 63, 64, 65, 100, 140}) {
      for (const std::int64_t k : {1, 2, 15, 16, 17, 50, 64, 65, 150}) {
        const layout rows{k + M::depth - (M::depth > 1), 1};
        compare<M>(m, n, k, rows, {n, 1}, 64);
        compare<M>(m, n, k, rows, {n, 1}, 64, way::vectors);
        compare<M>(m, n, k, rows, {n, 1}, 64, m > 6 ? way::kept : way::in_place);
      }
    }
  }
  for (const std::int64_t block : {1, 5, 16, 33}) {
    const std::int64_t whole = (block + M::depth - 1) / M::depth * M::depth;
    compare<M>(8, 70, 37, {42, 1}, {75, 1}, whole);
    compare<M>(8, 70, 37, {42, 1}, {75, 1}, whole, way::kept);
    compare<M>(13, 70, 37, {38, 1}, {1, 37}, whole);
    if constexpr (M::depth > 1) continue;  // pairs of A lie side by side
    compare<M>(13, 70, 37, {1, 13}, {1, 37}, block);
    compare<M>(9, 40, 37, {80, 2}, {90, 2}, block);
    compare<M>(9, 40, 37, {0, 1}, {0, 1}, block);
  }
}

}  // namespace

TEST_CASE("product: panels of many shapes and strides, f32 f64 i32 i64 against the definition") {
  compare_shapes<by_elements<float>>();
  compare_shapes<by_elements<double>>();
  compare_shapes<by_elements<std::int32_t>>();
  compare_shapes<by_elements<std::int64_t>>();
}

TEST_CASE("product: pairs of bf16, by the machine's instruction or by what it stands for") {
  compare_shapes<by_pairs<bf16>>();
}

TEST_CASE("product: fours of bytes of either sign, by the matrix unit or by what it stands for") {
  compare_shapes<by_quads<std::int8_t, std::int8_t>>();
  compare_shapes<by_quads<std::int8_t, std::uint8_t>>();
  compare_shapes<by_quads<std::uint8_t, std::int8_t>>();
  compare_shapes<by_quads<std::uint8_t, std::uint8_t>>();
}

TEST_CASE("product: no rows, no terms") {
  constexpr int width = product_tile<float>::columns;
  std::vector<float> c(width, 5.0f);
  const float a = 1, panel = 1;
  const matrix_at<float> left{&a, 1, 1};
  using M = by_elements<float>;
  multiply_panel<M>(0, 1, left, &panel, c.data(), width, false);
  CHECK(c[0] == 5);
  multiply_panel<M>(1, 0, left, &panel, c.data(), width, true);
  CHECK(c[width - 1] == 5);
  multiply_panel<M>(1, 0, left, &panel, c.data(), width, false);
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

TEST_CASE("parallel_for: what a body throws reaches the caller, and loops go on") {
  for (const int count : {1, 3}) {
    set_threads(count);
    for (const std::int64_t bad : {0, 40, 99}) {
      CHECK_THROWS_AS(parallel_for(100, [=](std::int64_t i) {
                        if (i == bad) throw memory_error("none left");
                      }),
                      memory_error);
      int seen[100] = {};
      int* const out = seen;
      parallel_for(100, [=](std::int64_t i) { ++out[i]; });
      CHECK(std::accumulate(seen, seen + 100, 0) == 100);
    }
  }
  set_threads(0);
}
