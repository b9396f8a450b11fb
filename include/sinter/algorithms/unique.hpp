// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The different values of a tensor, in order.

#include "sinter/algorithms/placed_unique.hpp"
#include "sinter/algorithms/sort.hpp"

namespace sinter {

/// What `unique_all` tells; the lists belong together.
template <class T, class Inverse> struct unique_values {
  tensor<T, dyn> values;              ///< in ascending order
  tensor<std::int64_t, dyn> indices;  ///< where each stands first, counted in row-major order
  tensor<std::int64_t, dyn> counts;   ///< how often
  Inverse inverse;                    ///< the place in `values` of each of the operand's elements
};

namespace detail {

template <class Tensor> struct flat_values {
  using type = tensor<typename Tensor::element, dyn>;
};
template <class Tensor> struct all_unique_values {
  using type = unique_values<typename Tensor::element, with_element_t<Tensor, std::int64_t>>;
};

/// All elements, in a list of their own.
template <class T> tensor<T, dyn> flat_copy(const strided<const T>& x) {
  const flat_elements<T> all(x);
  tensor<T, dyn> copy(all.size());
  copy_elements(all.data(), copy.data(), all.size());
  return copy;
}

/// The first `count` elements.
template <class T> tensor<T, dyn> front(const tensor<T, dyn>& x, std::int64_t count) {
  tensor<T, dyn> part(count);
  copy_elements(x.data(), part.data(), count);
  return part;
}

template <class Value, class X> Value unique(const X& x) {
  const auto& source = in_memory(x);
  if constexpr (on_devices)
    if (!source.where().is_host()) {
      const auto system = system_at(source.where());
      const auto& values = contiguous(source, pack_name("unique"));
      return placed_runs(system, values).values();
    }
  Value sorted = flat_copy(elements_of(source, pack_name("unique")));
  sort_values(sorted.data(), sorted.size(), ascending);
  std::int64_t count = 0;
  with_policy(sorted.size(), [&](const auto& policy) {
    auto* const first = sorted.data();
    count = thrust::unique(policy, first, first + sorted.size(), same_place{}) - first;
  });
  return front(sorted, count);
}

template <class Value, class X> Value unique_all(const X& x) {
  const auto& source = in_memory(x);
  if constexpr (on_devices)
    if (!source.where().is_host())
      return placed_unique_all<Value>(system_at(source.where()),
                                      contiguous(source, pack_name("unique")));
  const flat_elements all(elements_of(source, pack_name("unique")));
  using element = std::remove_cvref_t<decltype(*all.data())>;
  const std::int64_t n = all.size();
  index_list sorted(n), starts(n);
  sort_indices(line<const element>{all.data(), 1}, sorted.data(), n, ascending);

  // The sort was stable, so a run begins with the element that stood first.
  std::int64_t count = 0;
  with_policy(n, [&](const auto& policy) {
    count = find_runs(policy, begins_run<element>{all.data(), sorted.data()}, n, starts.data());
  });

  Value value{tensor<element, dyn>(count), index_list(count), index_list(count),
              make_tensor<decltype(Value::inverse)>(source.extents())};
  for (std::int64_t run = 0; run < count; ++run) {
    const std::int64_t first = starts.data()[run];
    const std::int64_t last = run + 1 < count ? starts.data()[run + 1] : n;
    value.indices.data()[run] = sorted.data()[first];
    value.values.data()[run] = all.data()[sorted.data()[first]];
    value.counts.data()[run] = last - first;
    for (std::int64_t i = first; i < last; ++i) value.inverse.data()[sorted.data()[i]] = run;
  }
  return value;
}

}  // namespace detail

/// The different values of all elements, in ascending order; all NaN are one value.
/// @shape   x: any -> [dyn]
/// @dtype   any
/// @errors  run time: memory_error
/// @cost    a sort of all elements
/// @source  Thrust, stable_sort and unique
template <operand X>
constexpr algorithm_result<detail::any_operand_rule, detail::flat_values, X> unique(X&& x) {
  using value = algorithm_result<detail::any_operand_rule, detail::flat_values, X>;
  if constexpr (detail::lacks_elements<value>)
    return detail::no_elements<value, pack_name("unique")>(x);
  else return detail::unique<value>(x);
}

/// The same, with the places where they stand first, how often they stand, and the place among them
/// of each element: values(inverse(i)) is x(i).
/// @shape   x: S -> values, indices, counts: [dyn], inverse: S
/// @dtype   any; the others are i64
/// @errors  run time: memory_error
/// @cost    an argsort of all elements
template <operand X>
constexpr algorithm_result<detail::any_operand_rule, detail::all_unique_values, X> unique_all(
    X&& x) {
  using value = algorithm_result<detail::any_operand_rule, detail::all_unique_values, X>;
  if constexpr (detail::lacks_elements<value>)
    return detail::no_elements<value, pack_name("unique")>(x);
  else return detail::unique_all<value>(x);
}

}  // namespace sinter
