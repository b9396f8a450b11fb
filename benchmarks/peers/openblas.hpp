// SPDX-License-Identifier: Apache-2.0
#pragma once

// OpenBLAS as a peer, with as many threads as we use.

#if defined(BENCH_OPENBLAS)
#include <cblas.h>

#include "peers/product.hpp"

namespace bench {

struct openblas : by_products {
  static constexpr const char* name = "OpenBLAS";
  void multiply(const product& p, const float* a, const float* b, float* c) {
    const auto is = [](std::int64_t n) { return static_cast<int>(n); };
    cblas_sgemm(CblasRowMajor, p.turned_a ? CblasTrans : CblasNoTrans,
                p.turned_b ? CblasTrans : CblasNoTrans, is(p.m), is(p.n), is(p.k), 1, a,
                is(p.turned_a ? p.m : p.k), b, is(p.turned_b ? p.k : p.n), 0, c, is(p.n));
  }
};

}  // namespace bench
#endif
