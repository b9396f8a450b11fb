// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Searches of all values at once.

#include "sinter/algorithms/order.hpp"
#include "sinter/algorithms/placed.hpp"

namespace sinter::detail {

template <class Value, class System, class Sorted, class Tensor>
Value placed_search(const System& system, const Sorted& sorted, const Tensor& x, bool left) {
  Value places = placed_tensor<Value>(x.extents(), system.where());
  const auto *first = sorted.data(), *last = first + sorted.size();
  const auto *begin = x.data(), *end = begin + x.size();
  system.run([&](const auto& policy) {
    if (left) thrust::lower_bound(policy, first, last, begin, end, places.data(), before{});
    else thrust::upper_bound(policy, first, last, begin, end, places.data(), before{});
  });
  return places;
}

SINTER_HD inline void add_one(std::int64_t* count) {
#if defined(__CUDA_ARCH__)
  atomicAdd(reinterpret_cast<unsigned long long*>(count), 1ull);
#else
  ++*count;
#endif
}

/// Adds to counts[bin]: exact in any order. `Bin` finds the bin of a value within the bounds.
template <class T, class Bin> struct count_value {
  const T* from;
  const double* edges;
  std::int64_t bins;
  double scale;
  std::int64_t* counts;
  SINTER_HD void operator()(std::int64_t i) const {
    const auto value = static_cast<double>(from[i]);
    if (value >= edges[0] && value <= edges[bins])
      add_one(counts + Bin{}(value, edges, bins, scale));
  }
};

/// `counted`: no counts yet, and the edges, on the host.
template <class Bin, class System, class Tensor, class Counts>
Counts placed_histogram(const System& system, const Tensor& x, const Counts& counted) {
  const std::int64_t bins = counted.counts.size();
  const double* const edges = counted.edges.data();
  const double scale = static_cast<double>(bins) / (edges[bins] - edges[0]);
  Counts there{counted.counts.to(system.where()), counted.edges.to(system.where())};
  placed_each(system, x.size(),
              count_value<typename Tensor::element, Bin>{x.data(), there.edges.data(), bins, scale,
                                                         there.counts.data()});
  return there;
}

}  // namespace sinter::detail
