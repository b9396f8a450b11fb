// SPDX-License-Identifier: Apache-2.0
#pragma once

// xtensor as a peer: expressions over our memory, with xsimd.

#if defined(BENCH_XTENSOR)
#define XTENSOR_USE_XSIMD 1
#include <xtensor/xadapt.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xnoalias.hpp>

namespace bench {

inline auto seen(float* data, std::int64_t count) {
  const auto n = static_cast<std::size_t>(count);
  return xt::adapt(data, n, xt::no_ownership(), std::array<std::size_t, 1>{n});
}

}  // namespace bench
#endif
