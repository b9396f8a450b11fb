// SPDX-License-Identifier: Apache-2.0
#pragma once

// What libraries that offer products alone are given: the passes between their products.

#include <cstdint>

#include "peers/parts.hpp"

namespace bench {

/// c = a b, row-major: a [m, k], or [k, m] if turned; b [k, n], or [n, k] if turned; c [m, n].
struct product {
  std::int64_t m, k, n;
  bool turned_a = false, turned_b = false;
};

namespace detail {
[[gnu::noinline]] inline void finish_rows(float* __restrict y, const float* __restrict b,
                                          std::int64_t m, std::int64_t n, float least) {
  for (std::int64_t i = 0; i < m; ++i)
BENCH_PRAGMA(omp simd)
    for (std::int64_t j = 0; j < n; ++j) {
      const float v = y[i * n + j] + b[j];
      y[i * n + j] = v > least ? v : least;
    }
}
}  // namespace detail

/// y = y + b, and relu of that where it is asked for: y [m, n], b [n].
inline void finish_layer(float* y, const float* b, std::int64_t m, std::int64_t n, bool relu) {
  const float least = relu ? 0 : -__builtin_huge_valf();
  in_parts(m, [=](std::int64_t first, std::int64_t count) {
    detail::finish_rows(y + first * n, b, count, n, least);
  }, n);
}

/// Of an attention's scores, [length, length], as many rows as stay in cache; they divide `length`.
constexpr std::int64_t rows_in_cache(std::int64_t length) {
  std::int64_t rows = length;
  while (rows % 2 == 0 && rows * length > 131072) rows /= 2;
  return rows;
}

/// A library derives from this, and has a name and `multiply(product, a, b, c)`.
struct by_products {
  /// y = x w + b, with or without relu.
  template <class Library>
  static void layer(Library& own, const float* x, const float* w, const float* b, float* y,
                    std::int64_t m, std::int64_t k, std::int64_t n, bool relu) {
    own.multiply({m, k, n}, x, w, y);
    finish_layer(y, b, m, n, relu);
  }
};

}  // namespace bench
