// SPDX-License-Identifier: Apache-2.0
#pragma once

// BLIS as a peer. Its header and OpenBLAS's declare the same names, so it is used from a source of
// its own, through its own interface.

#if defined(BENCH_BLIS)
#include "peers/product.hpp"

namespace bench {

struct blis : by_products {
  static constexpr const char* name = "BLIS";
  void multiply(const product& p, const float* a, const float* b, float* c);
};

}  // namespace bench
#endif
