// SPDX-License-Identifier: Apache-2.0
#pragma once

// How exact the contestants of a workload are: some elements of each result against the same in
// double, from the same operands.

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <vector>

#include "measure.hpp"

namespace bench {

/// Elements of a result in double. They are computed when first asked for.
class exact_part {
 public:
  /// `element(i)` gives one of n; at most `most` of them are asked for, spread evenly.
  exact_part(std::int64_t n, std::function<double(std::int64_t)> element, std::int64_t most = 257)
      : n_(n), count_(std::min(n, most)), element_(std::move(element)) {}

  /// The largest error, relative to the largest element.
  template <class T> double error(const T* result) {
    if (exact_.empty())
      for (std::int64_t k = 0; k < count_; ++k) exact_.push_back(element_(place(k)));
    double most = 0, size = 1e-300;
    for (std::int64_t k = 0; k < count_; ++k) {
      const double want = exact_[static_cast<std::size_t>(k)];
      const double error = std::abs(static_cast<double>(result[place(k)]) - want);
      most = error <= most ? most : error;  // NaN counts
      size = std::max(size, std::abs(want));
    }
    return most / size;
  }

 private:
  std::int64_t place(std::int64_t k) const { return count_ < 2 ? 0 : k * (n_ - 1) / (count_ - 1); }

  std::int64_t n_, count_;
  std::function<double(std::int64_t)> element_;
  std::vector<double> exact_;
};

/// Every contestant tells its error. `own()` and `others()` give the tensors that the first one and
/// the rest have written; an assignment may change a tensor's memory, so they are asked each time.
template <class Own, class Others>
void tell_errors(workload& w, const Own& own, const Others& others, const exact_part& part) {
  const auto exact = std::make_shared<exact_part>(part);
  for (contestant& c : w.contestants)
    if (&c == w.contestants.data()) c.error = [=] { return exact->error(own().data()); };
    else c.error = [=] { return exact->error(others().data()); };
}

/// Sums of products in double: of n terms from `a` and `b`, so many elements apart.
template <class A, class B>
double exact_dot(const A* a, std::int64_t a_step, const B* b, std::int64_t b_step, std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i)
    sum += static_cast<double>(a[i * a_step]) * static_cast<double>(b[i * b_step]);
  return sum;
}

/// The largest of n, and the sum of exp(x - largest), in double.
struct exact_exponentials {
  double most = -1e300, sum = 0;
  template <class T> exact_exponentials(const T* x, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) most = std::max(most, static_cast<double>(x[i]));
    for (std::int64_t i = 0; i < n; ++i) sum += std::exp(static_cast<double>(x[i]) - most);
  }
};

}  // namespace bench
