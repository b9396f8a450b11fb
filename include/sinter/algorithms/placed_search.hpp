// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Searches of all values at once.

#include "sinter/algorithms/order.hpp"
#include "sinter/algorithms/placed.hpp"

namespace sinter::detail {

/// Where n values belong in a sorted list: before their equals if `left`.
template <class Policy, class S, class T>
void find_places(const Policy& policy, const S* sorted, std::int64_t length, const T* values,
                 std::int64_t n, bool left, std::int64_t* to) {
  const S* const end = sorted + length;
  if (left) thrust::lower_bound(policy, sorted, end, values, values + n, to, before{});
  else thrust::upper_bound(policy, sorted, end, values, values + n, to, before{});
}

template <class Value, class System, class Sorted, class Tensor>
Value placed_search(const System& system, const Sorted& sorted, const Tensor& x, bool left) {
  Value places = make_tensor<Value>(x.extents(), system.where());
  system.run([&](const auto& policy) {
    find_places(policy, sorted.data(), sorted.size(), x.data(), x.size(), left, places.data());
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
