// SPDX-License-Identifier: Apache-2.0
#pragma once

// Eigen as a peer: arrays and matrices that see our memory. Its arrays run in one thread; blocks of
// rows are given to as many threads as we use.

#if defined(BENCH_EIGEN)
#include <Eigen/Core>
#include <unsupported/Eigen/SpecialFunctions>

#include "measure.hpp"

namespace bench {

using eigen_array = Eigen::Map<Eigen::Array<float, Eigen::Dynamic, 1>>;
using eigen_rows =
    Eigen::Map<Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
using eigen_matrix =
    Eigen::Map<Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
using eigen_row = Eigen::Map<Eigen::Matrix<float, 1, Eigen::Dynamic>>;

/// body(first, count) for as many parts of [0, n) as there are threads.
template <class Body> void in_parts(std::int64_t n, const Body& body) {
  const int parts = team(n);
BENCH_PRAGMA(omp parallel for num_threads(parts))
  for (int p = 0; p < parts; ++p) body(n * p / parts, n * (p + 1) / parts - n * p / parts);
}

}  // namespace bench
#endif
