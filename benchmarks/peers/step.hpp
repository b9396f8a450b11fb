// SPDX-License-Identifier: Apache-2.0
#pragma once

// A training step on a library of products: the passes between them are loops, in which nothing is
// read twice that could be read once.

#include <algorithm>
#include <cmath>
#include <vector>

#include "peers/product.hpp"

namespace bench {

/// Three layers: weights [in, out] and biases.
template <class T = float> struct memory_of_network {
  T* weights[3];
  T* biases[3];
};

struct step_sizes {
  std::int64_t batch;
  const std::int64_t* widths;
  float rate, momentum;
};

/// SGD with momentum on the mean cross entropy.
template <class Library, class T = float> class step_by_products {
 public:
  step_by_products(const step_sizes& sizes, const memory_of_network<T>& net,
                   const memory_of_network<T>& velocity, const T* x, const std::int32_t* labels)
      : sizes_(sizes), net_(net), velocity_(velocity), x_(x), labels_(labels) {
    for (int i = 0; i < 3; ++i) {
      const auto count = [](std::int64_t n) { return static_cast<std::size_t>(n); };
      y_[i].resize(count(sizes.batch * width(i + 1)));
      dy_[i].resize(y_[i].size());
      dw_[i].resize(count(width(i) * width(i + 1)));
      db_[i].resize(count(width(i + 1)));
    }
  }

  void operator()() {
    const std::int64_t m = sizes_.batch;
    for (int i = 0; i < 3; ++i)
      Library::layer(library_, input(i), net_.weights[i], net_.biases[i], y_[i].data(), m, width(i),
                     width(i + 1), i < 2);
    loss_slope();
    for (int i = 2; i >= 0; --i) {
      library_.multiply({width(i), m, width(i + 1), true}, input(i), dy_[i].data(), dw_[i].data());
      if (i > 0)
        library_.multiply({m, width(i + 1), width(i), false, true}, dy_[i].data(), net_.weights[i],
                          dy_[i - 1].data());
      sum_columns(dy_[i].data(), db_[i].data(), m, width(i + 1));
      if (i > 0) mask(dy_[i - 1], y_[i - 1]);
      update(net_.weights[i], velocity_.weights[i], dw_[i]);
      update(net_.biases[i], velocity_.biases[i], db_[i]);
    }
  }

 private:
  using list = std::vector<T>;
  std::int64_t width(int i) const { return sizes_.widths[i]; }
  const T* input(int i) const { return i == 0 ? x_ : y_[i - 1].data(); }

  /// (softmax - hits) / batch.
  void loss_slope() {
    const std::int64_t n = width(3);
    const T share = T(1) / static_cast<T>(sizes_.batch);
    for (std::int64_t i = 0; i < sizes_.batch; ++i) {
      const T* from = y_[2].data() + i * n;
      T* to = dy_[2].data() + i * n;
      const T most = *std::max_element(from, from + n);
      T sum = 0;
      for (std::int64_t j = 0; j < n; ++j) sum += to[j] = std::exp(from[j] - most);
      for (std::int64_t j = 0; j < n; ++j) to[j] *= share / sum;
      to[labels_[i]] -= share;
    }
  }
  static void sum_columns(const T* from, T* __restrict to, std::int64_t m, std::int64_t n) {
    std::fill(to, to + n, T(0));
    for (std::int64_t i = 0; i < m; ++i)
BENCH_PRAGMA(omp simd)
      for (std::int64_t j = 0; j < n; ++j) to[j] += from[i * n + j];
  }
  static void mask(list& slope, const list& result) {
    T* __restrict to = slope.data();
    const T* y = result.data();
BENCH_PRAGMA(omp simd)
    for (std::size_t i = 0; i < slope.size(); ++i) to[i] = y[i] > 0 ? to[i] : 0;
  }
  void update(T* w, T* v, const list& slope) const {
    in_parts(static_cast<std::int64_t>(slope.size()), [&](std::int64_t i, std::int64_t count) {
      sgd_loop<T>(w + i, v + i, slope.data() + i, count, sizes_.rate, sizes_.momentum);
    });
  }

  step_sizes sizes_;
  memory_of_network<T> net_, velocity_;
  const T* x_;
  const std::int32_t* labels_;
  Library library_;
  list y_[3], dy_[3], dw_[3], db_[3];
};

/// Products in double, by which such a step says what is exact.
struct exact_products {
  void multiply(const product& p, const double* a, const double* b, double* c) {
    const std::int64_t row = p.turned_a ? 1 : p.k, inner = p.turned_a ? p.m : 1;
    std::fill(c, c + p.m * p.n, 0.);
    for (std::int64_t i = 0; i < p.m; ++i)
      for (std::int64_t k = 0; k < p.k; ++k)
        for (std::int64_t j = 0; j < p.n; ++j)
          c[i * p.n + j] += a[i * row + k * inner] * b[p.turned_b ? j * p.k + k : k * p.n + j];
  }
  static void layer(exact_products& own, const double* x, const double* w, const double* b,
                    double* y, std::int64_t m, std::int64_t k, std::int64_t n, bool relu) {
    own.multiply({m, k, n}, x, w, y);
    for (std::int64_t i = 0; i < m * n; ++i)
      y[i] = relu ? std::max(y[i] + b[i % n], 0.) : y[i] + b[i % n];
  }
};

}  // namespace bench
