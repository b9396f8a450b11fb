// SPDX-License-Identifier: Apache-2.0
#pragma once

// Peers whose functions run in one thread get as many as we use. What a part does is a function of
// its own with plain arguments: in a parallel region g++ reads captured pointers again and again.

#include "measure.hpp"

namespace bench {

/// body(first, count) for as many parts of [0, n) as there are threads, if it is worth them: there
/// are so many elements in each.
template <class Body> void in_parts(std::int64_t n, const Body& body, std::int64_t elements = 1) {
  const int parts = team(n * elements);
BENCH_PRAGMA(omp parallel for num_threads(parts) if(parts > 1))
  for (int p = 0; p < parts; ++p) body(n * p / parts, n * (p + 1) / parts - n * p / parts);
}

/// The same in pieces that stay in cache, for several passes.
template <class Body> void in_blocks(std::int64_t n, const Body& body) {
  constexpr std::int64_t block = 2048;
  in_parts(n, [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t i = 0; i < count; i += block)
      body(first + i, std::min(block, count - i));
  });
}

/// SGD with momentum.
template <class T>
[[gnu::noinline]] void sgd_loop(T* __restrict w, T* __restrict v, const T* __restrict g,
                                std::int64_t n, T rate, T momentum) {
BENCH_PRAGMA(omp simd)
  for (std::int64_t i = 0; i < n; ++i) {
    v[i] = momentum * v[i] + g[i];
    w[i] -= rate * v[i];
  }
}

}  // namespace bench
