// SPDX-License-Identifier: Apache-2.0
#pragma once

// BLIS as a peer. Its header and OpenBLAS's declare the same names, so it is used from a source of
// its own, through its own interface.

#if defined(BENCH_BLIS)
#include <cstdint>

namespace bench {

/// y = x w, [m, k] x [k, n], row-major, in so many threads.
void blis_product(const float* x, const float* w, float* y, std::int64_t m, std::int64_t k,
                  std::int64_t n, int threads);

}  // namespace bench
#endif
