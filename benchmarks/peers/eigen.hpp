// SPDX-License-Identifier: Apache-2.0
#pragma once

// Eigen as a peer: arrays and matrices that see our memory. Its arrays run in one thread; blocks of
// rows are given to as many threads as we use.

#if defined(BENCH_EIGEN)
#include <Eigen/Core>
#include <unsupported/Eigen/SpecialFunctions>

#include "peers/product.hpp"

namespace bench {

using eigen_array = Eigen::Map<Eigen::Array<float, Eigen::Dynamic, 1>>;
using eigen_rows =
    Eigen::Map<Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
using eigen_matrix =
    Eigen::Map<Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
using eigen_row = Eigen::Map<Eigen::Matrix<float, 1, Eigen::Dynamic>>;

struct eigen : by_products {
  static constexpr const char* name = "Eigen";
  void multiply(const product& p, const float* a, const float* b, float* c) {
    const auto at = [](const float* data, std::int64_t rows, std::int64_t columns) {
      return eigen_matrix(const_cast<float*>(data), rows, columns);
    };
    auto y = at(c, p.m, p.n);
    if (p.turned_a) y.noalias() = at(a, p.k, p.m).transpose() * at(b, p.k, p.n);
    else if (p.turned_b) y.noalias() = at(a, p.m, p.k) * at(b, p.n, p.k).transpose();
    else y.noalias() = at(a, p.m, p.k) * at(b, p.k, p.n);
  }
};

/// Softmax of a row, which may stay where it is.
inline void eigen_softmax(const float* x, float* y, std::int64_t columns) {
  const Eigen::Map<const Eigen::ArrayXf> from(x, columns);
  eigen_array to(y, columns);
  to = (from - from.maxCoeff()).exp();
  to *= 1 / to.sum();
}

}  // namespace bench
#endif
