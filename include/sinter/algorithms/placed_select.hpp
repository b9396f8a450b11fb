// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Selections and permutations of all lines at once.

#include <thrust/find.h>

#include "sinter/algorithms/order.hpp"
#include "sinter/algorithms/placed.hpp"

namespace sinter::detail {

struct is_set {
  SINTER_HD bool operator()(bool flag) const { return flag; }
};

/// The values for which a mask holds, then the others, both in their order; how often it holds.
template <class Policy, class T>
std::int64_t split_by_mask(const Policy& policy, const T* values, const bool* mask, std::int64_t n,
                           T* to) {
  const std::int64_t count = thrust::count(policy, mask, mask + n, true);
  thrust::stable_partition_copy(policy, values, values + n, mask, to, to + count, is_set{});
  return count;
}

template <class T> struct is_outside {
  std::int64_t length;
  SINTER_HD bool operator()(T index) const {
    return integer_less(index, 0) || !integer_less(index, length);
  }
};

/// The position of the first index that is outside 0 ... length - 1, or -1.
template <class System, class T>
std::int64_t placed_misfit(const System& system, const T* indices, std::int64_t n,
                           std::int64_t length) {
  std::int64_t at = n;
  system.run([&](const auto& policy) {
    at = thrust::find_if(policy, indices, indices + n, is_outside<T>{length}) - indices;
  });
  return at < n ? at : -1;
}

template <class T, class Index> struct gather_element {
  const T* from;
  const Index* indices;
  T* to;
  axis_places source, target;
  bool shared;  ///< one list of indices for all lines
  SINTER_HD void operator()(std::int64_t p) const {
    const std::int64_t line = p / target.length, j = p % target.length;
    const std::int64_t place = target.at(line, j);
    to[place] = from[source.at(line, static_cast<std::int64_t>(indices[shared ? j : place]))];
  }
};
template <class T> struct reverse_element {
  const T* from;
  T* to;
  axis_places places;
  SINTER_HD void operator()(std::int64_t p) const {
    const std::int64_t line = p / places.length, j = p % places.length;
    to[places.at(line, places.length - 1 - j)] = from[places.at(line, j)];
  }
};

template <class System, class Tensor, class Indices, class Value>
void placed_gather(const System& system, const Tensor& x, const Indices& indices, int axis,
                   bool shared, Value& to) {
  placed_each(system, to.size(),
              gather_element<typename Tensor::element, typename Indices::element>{
                  x.data(), indices.data(), to.data(), axis_places(x, axis),
                  axis_places(to, axis), shared});
}

template <int Axis, class System, class Tensor>
Tensor placed_reverse(const System& system, const Tensor& x) {
  Tensor result = make_tensor<Tensor>(x.extents(), system.where());
  placed_each(system, x.size(),
              reverse_element<typename Tensor::element>{x.data(), result.data(),
                                                        axis_places(x, Axis)});
  return result;
}

template <class Value, class System, class Tensor, class Mask>
Value placed_partition(const System& system, const Tensor& x, const Mask& mask) {
  const std::int64_t n = x.size();
  using element = typename Tensor::element;
  Value value{placed_list<element>(n, system.where()), 0};
  system.run([&](const auto& policy) {
    value.count = split_by_mask(policy, x.data(), mask.data(), n, value.values.data());
  });
  return value;
}

}  // namespace sinter::detail
