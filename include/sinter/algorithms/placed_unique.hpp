// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Different values, by runs of a sorted list.

#include "sinter/algorithms/placed_sort.hpp"

namespace sinter::detail {

/// Whether a run of equal values begins at a place of a sorted list.
template <class T> struct begins_run {
  const T* values;
  const std::int64_t* sorted;  ///< where they stand, in order
  SINTER_HD bool operator()(std::int64_t i) const {
    return i == 0 || !same_place{}(values[sorted[i - 1]], values[sorted[i]]);
  }
};

/// Where the runs of n sorted values begin, into `starts`; how many there are.
template <class Policy, class T>
std::int64_t find_runs(const Policy& policy, const begins_run<T>& begins, std::int64_t n,
                       std::int64_t* starts) {
  const thrust::counting_iterator<std::int64_t> places(0);
  return thrust::copy_if(policy, places, places + n, starts, begins) - starts;
}

/// What is told of run r of a sorted list, whose runs begin at starts[0] ... starts[runs - 1].
template <class T> struct describe_run {
  const T* from;
  const std::int64_t *numbers, *starts;
  std::int64_t runs, n;
  T* values;
  std::int64_t *indices, *counts;  ///< or null
  SINTER_HD void operator()(std::int64_t r) const {
    const std::int64_t first = starts[r], last = r + 1 < runs ? starts[r + 1] : n;
    values[r] = from[numbers[first]];
    if (indices != nullptr) indices[r] = numbers[first];
    if (counts != nullptr) counts[r] = last - first;
  }
};
/// The run of the i-th element of a sorted list, by bisection.
struct find_run {
  const std::int64_t *numbers, *starts;
  std::int64_t runs;
  std::int64_t* inverse;
  SINTER_HD void operator()(std::int64_t i) const {
    std::int64_t low = 0, high = runs;
    while (high - low > 1) {
      const std::int64_t middle = (low + high) / 2;
      (starts[middle] <= i ? low : high) = middle;
    }
    inverse[numbers[i]] = low;
  }
};

template <class System, class Tensor> struct placed_runs {
  using element = typename Tensor::element;
  const System& system;
  const Tensor& x;
  std::int64_t n = x.size(), count = 0;
  index_list numbers, starts;

  placed_runs(const System& s, const Tensor& values) : system(s), x(values) {
    numbers = placed_order(system, x, axis_places(n), ascending);
    starts = placed_list<std::int64_t>(n, system.where());
    const begins_run<element> begins{x.data(), numbers.data()};
    system.run([&](const auto& policy) { count = find_runs(policy, begins, n, starts.data()); });
  }
  tensor<element, dyn> values(std::int64_t* indices = nullptr, std::int64_t* counts = nullptr) {
    auto result = placed_list<element>(count, system.where());
    placed_each(system, count,
                describe_run<element>{x.data(), numbers.data(), starts.data(), count, n,
                                      result.data(), indices, counts});
    return result;
  }
};
template <class System, class Tensor>
placed_runs(const System&, const Tensor&) -> placed_runs<System, Tensor>;

template <class Value, class System, class Tensor>
Value placed_unique_all(const System& system, const Tensor& x) {
  placed_runs runs(system, x);
  auto indices = placed_list<std::int64_t>(runs.count, system.where());
  auto counts = placed_list<std::int64_t>(runs.count, system.where());
  auto values = runs.values(indices.data(), counts.data());
  auto inverse = make_tensor<decltype(Value::inverse)>(x.extents(), system.where());
  placed_each(system, runs.n,
              find_run{runs.numbers.data(), runs.starts.data(), runs.count, inverse.data()});
  return {std::move(values), std::move(indices), std::move(counts), std::move(inverse)};
}

}  // namespace sinter::detail
