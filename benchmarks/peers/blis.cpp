// SPDX-License-Identifier: Apache-2.0

#include "peers/blis.hpp"

#include <blis.h>

#include <cstdlib>

namespace bench {

namespace {
/// Its choice of kernels knows no processor of AMD with AVX-512, and takes the user's word.
[[maybe_unused]] const bool told = [] {
#if defined(__AVX512F__)
  setenv("BLIS_ARCH_TYPE", "skx", 0);
#endif
  return true;
}();
}  // namespace

void blis_product(const float* x, const float* w, float* y, std::int64_t m, std::int64_t k,
                  std::int64_t n, int threads) {
  float one = 1, zero = 0;
  bli_thread_set_num_threads(threads);
  bli_sgemm(BLIS_NO_TRANSPOSE, BLIS_NO_TRANSPOSE, m, n, k, &one, const_cast<float*>(x), k, 1,
            const_cast<float*>(w), n, 1, &zero, y, n, 1);
}

}  // namespace bench
