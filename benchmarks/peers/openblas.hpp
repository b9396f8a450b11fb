// SPDX-License-Identifier: Apache-2.0
#pragma once

// OpenBLAS as a peer, with as many threads as we use.

#if defined(BENCH_OPENBLAS)
#include <cblas.h>

namespace bench {

/// y = x w, [m, k] x [k, n], row-major.
inline void blas_product(const float* x, const float* w, float* y, std::int64_t m, std::int64_t k,
                         std::int64_t n) {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, static_cast<int>(m), static_cast<int>(n),
              static_cast<int>(k), 1, x, static_cast<int>(k), w, static_cast<int>(n), 0, y,
              static_cast<int>(n));
}

}  // namespace bench
#endif
