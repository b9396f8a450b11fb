// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Sorts of all lines at once.

#include "sinter/algorithms/order.hpp"
#include "sinter/algorithms/placed.hpp"

namespace sinter::detail {

template <class T> struct make_key {
  const T* from;
  key_t<T>* to;
  axis_places places;
  order direction;
  SINTER_HD void operator()(std::int64_t p) const { to[p] = key_of(from[places(p)], direction); }
};
struct make_line {
  const std::int64_t* from;
  std::int64_t* to;
  std::int64_t length;
  SINTER_HD void operator()(std::int64_t p) const { to[p] = from[p] / length; }
};

/// The elements of all lines in order, each by its number: by key first, then, stably, by line.
template <class System, class Tensor>
index_list placed_order(const System& system, const Tensor& x, const axis_places& places,
                        order direction) {
  using element = typename Tensor::element;
  const std::int64_t n = x.size();
  index_list numbers = placed_list<std::int64_t>(n, system.where());
  auto keys = placed_list<key_t<element>>(n, system.where());
  if (n == 0) return numbers;
  placed_each(system, n, make_key<element>{x.data(), keys.data(), places, direction});
  system.run([&](const auto& policy) {
    thrust::sequence(policy, numbers.data(), numbers.data() + n);
    thrust::stable_sort_by_key(policy, keys.data(), keys.data() + n, numbers.data());
  });
  if (n == places.length) return numbers;
  index_list lines = placed_list<std::int64_t>(n, system.where());
  placed_each(system, n, make_line{numbers.data(), lines.data(), places.length});
  system.run([&](const auto& policy) {
    thrust::stable_sort_by_key(policy, lines.data(), lines.data() + n, numbers.data());
  });
  return numbers;
}

/// Writes the first `to.length` of each line: values, and where they stood.
template <class T> struct spread_order {
  const std::int64_t* numbers;
  axis_places from, to;
  const T* source;
  T* values;              ///< or null
  std::int64_t* indices;  ///< or null
  SINTER_HD void operator()(std::int64_t p) const {
    const std::int64_t line = p / to.length, j = p % to.length;
    const std::int64_t number = numbers[line * from.length + j], place = to.at(line, j);
    if (values != nullptr) values[place] = source[from(number)];
    if (indices != nullptr) indices[place] = number % from.length;
  }
};

/// Sorts, and writes what is asked for: `extents` are those of the results.
template <int Axis, class System, class Tensor>
void spread_sorted(const System& system, const Tensor& x, order direction,
                   const std::int64_t* extents, std::int64_t count,
                   typename Tensor::element* values, std::int64_t* indices) {
  const axis_places from(x, Axis), to(extents, Tensor::rank, Axis);
  const index_list numbers = placed_order(system, x, from, direction);
  placed_each(system, count,
              spread_order<typename Tensor::element>{numbers.data(), from, to, x.data(), values,
                                                     indices});
}

template <int Axis, class System, class Tensor>
Tensor placed_sort(const System& system, const Tensor& x, order direction) {
  Tensor sorted = make_tensor<Tensor>(x.extents(), system.where());
  spread_sorted<Axis>(system, x, direction, x.extents(), x.size(), sorted.data(), nullptr);
  return sorted;
}

template <int Axis, class Result, class System, class Tensor>
Result placed_argsort(const System& system, const Tensor& x, order direction) {
  Result indices = make_tensor<Result>(x.extents(), system.where());
  spread_sorted<Axis>(system, x, direction, x.extents(), x.size(), nullptr, indices.data());
  return indices;
}

/// `extents`: of the result.
template <int Axis, class Result, class System, class Tensor>
Result placed_top_k(const System& system, const Tensor& x, const std::int64_t* extents) {
  Result best{make_tensor<decltype(Result::values)>(extents, system.where()),
              make_tensor<decltype(Result::indices)>(extents, system.where())};
  spread_sorted<Axis>(system, x, order::descending, extents, best.values.size(),
                      best.values.data(), best.indices.data());
  return best;
}

}  // namespace sinter::detail
