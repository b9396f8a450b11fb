// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Sorting along an axis: values, the indices that sort them, and the greatest few.

#include <algorithm>
#include <tuple>
#include <vector>

#include "sinter/algorithms/lines.hpp"
#include "sinter/algorithms/order.hpp"
#include "sinter/algorithms/placed_sort.hpp"

namespace sinter {

/// Values and the indices along the axis where they stand.
template <class Values, class Indices> struct values_and_indices {
  Values values;
  Indices indices;
};

namespace detail {

/// A sort's work per element, in multiply-adds: about what twenty levels of merging cost.
inline constexpr std::int64_t sort_work = 20;

/// Shorter lists are merged: sorting by digits counts the 256 values of each digit first.
inline constexpr std::int64_t digits_pay = 256;

/// For Thrust a comparison that it does not know, and so merges by.
struct less_by_merging {
  template <class Key> SINTER_HD bool operator()(Key a, Key b) const { return a < b; }
};

/// In how many parts a list is sorted: one for each thread, rounded up to a power of two; one where
/// threads do not pay, or are busy with other lines.
inline std::int64_t sort_parts(std::int64_t n) {
  (void)n;
  std::int64_t parts = 1;
#if defined(_OPENMP)
  if (sort_work * n >= least_parallel_work && !omp_in_parallel())
    while (parts < threads()) parts *= 2;
#endif
  return parts;
}

/// Sorts parts of n keys, and what belongs to them alike, each in one thread, and merges neighbours
/// until one is left. Thrust's own sort by OpenMP allocates inside its parallel region, where a
/// failure ends the program; here the region's failures are collected, and the memory for merging
/// is had before.
template <class Key, class... T> void sort_in_parts(std::int64_t n, Key* keys, T*... values) {
  static_assert(sizeof...(T) <= 1);
  const std::int64_t parts = sort_parts(n);
  run_lines(parts, sort_work * n, [=](std::int64_t part) {
    const std::int64_t first = n * part / parts, last = n * (part + 1) / parts;
    if constexpr (sizeof...(T) == 0)
      thrust::stable_sort(thrust::cpp::par, keys + first, keys + last, thrust::less<Key>{});
    else
      thrust::stable_sort_by_key(thrust::cpp::par, keys + first, keys + last,
                                 (values + first)..., thrust::less<Key>{});
  });
  if (parts == 1) return;
  tensor<Key, dyn> more_keys(n);
  std::tuple<tensor<T, dyn>...> more_values{tensor<T, dyn>(n)...};
  Key *from = keys, *to = more_keys.data();
  std::apply(
      [&](auto&... more) {
        const auto merge = [&](std::int64_t width, T*... in, T*... out) {
          run_lines(parts / (2 * width), sort_work * n, [=](std::int64_t pair) {
            const std::int64_t first = n * (2 * pair * width) / parts;
            const std::int64_t middle = n * ((2 * pair + 1) * width) / parts;
            const std::int64_t last = n * ((2 * pair + 2) * width) / parts;
            if constexpr (sizeof...(T) == 0)
              thrust::merge(thrust::cpp::par, from + first, from + middle, from + middle,
                            from + last, to + first);
            else
              thrust::merge_by_key(thrust::cpp::par, from + first, from + middle, from + middle,
                                   from + last, (in + first)..., (in + middle)..., to + first,
                                   (out + first)...);
          });
        };
        for (std::int64_t width = 1; width < parts; width *= 2) {
          if (from == keys) merge(width, values..., more.data()...);
          else merge(width, more.data()..., values...);
          std::swap(from, to);
        }
        if (from == keys) return;
        copy_elements(from, keys, n);
        (copy_elements(more.data(), values, n), ...);
      },
      more_values);
}

/// Sorts n keys. One long list is shared among threads; of several lines each has one thread, in
/// which this runs serially.
template <class Key> void sort_keys(Key* keys, std::int64_t n) {
  if (n < digits_pay) thrust::stable_sort(thrust::cpp::par, keys, keys + n, less_by_merging{});
  else sort_in_parts(n, keys);
}
/// Sorts n keys, and what belongs to them alike.
template <class Key, class T> void sort_with_keys(Key* keys, T* values, std::int64_t n) {
  if (n < digits_pay)
    thrust::stable_sort_by_key(thrust::cpp::par, keys, keys + n, values, less_by_merging{});
  else sort_in_parts(n, keys, values);
}

/// Sorts n neighbouring elements. Integers are exchanged for their keys in place. The keys of
/// floats do not tell -0 from 0 or NaN from NaN, so values go with them.
template <class T> void sort_values(T* values, std::int64_t n, order direction) {
  if constexpr (is_floating_element<T>) {
    tensor<key_t<T>, dyn> keys(n);
    key_t<T>* const key = keys.data();
    for (std::int64_t i = 0; i < n; ++i) key[i] = key_of(values[i], direction);
    sort_with_keys(key, values, n);
  } else {
    // The unsigned type of an integer may alias it, as a byte may a bool.
    auto* const keys = reinterpret_cast<key_t<T>*>(values);
    const key_t<T> flipped = ascending_key(T{0}) ^ reversal<T>(direction);
    for (std::int64_t i = 0; i < n; ++i) keys[i] ^= flipped;
    sort_keys(keys, n);
    for (std::int64_t i = 0; i < n; ++i) keys[i] ^= flipped;
  }
}

template <int Axis, class Tensor> void sort_lines(Tensor& values, order direction) {
  using element = typename Tensor::element;
  const auto all = elements_of(values, pack_name("sort"));
  const line_space space(all, Axis);
  run_lines(space.count, sort_work * all.size(), [&](std::int64_t i) {
    const line<element> own = line_of(all, space, i);
    if (own.step == 1) {
      sort_values(own.first, space.length, direction);
      return;
    }
    // Sorting touches an element many times: it does so side by side.
    tensor<element, dyn> beside(space.length);
    copy_line(own, line<element>{beside.data(), 1}, space.length);
    sort_values(beside.data(), space.length, direction);
    copy_line(line<element>{beside.data(), 1}, own, space.length);
  });
}

template <int Axis, class Value, class X> Value sort(const X& x, order direction) {
  if constexpr (on_devices && !is_call<X>)
    if (!x.where().is_host())
      return placed_sort<Axis>(system_at(x.where()), contiguous(x, pack_name("sort")), direction);
  Value values = own_tensor<pack_name("sort")>(x);
  if constexpr (on_devices)
    if (!values.where().is_host())
      return placed_sort<Axis>(system_at(values.where()), values, direction);
  sort_lines<Axis>(values, direction);
  return values;
}

/// The indices that sort a line.
template <class T>
void sort_indices(const line<const T>& values, std::int64_t* indices, std::int64_t n,
                  order direction) {
  tensor<key_t<T>, dyn> keys(n);
  key_t<T>* const key = keys.data();
  for (std::int64_t i = 0; i < n; ++i) {
    key[i] = key_of(values[i], direction);
    indices[i] = i;
  }
  sort_with_keys(key, indices, n);
}

/// The indices of the `count` greatest values of a longer line, greatest first, equal ones by
/// index. A heap holds the best so far, with the worst of them on top: most values are compared
/// with that one only, a few at a time.
template <class T>
void greatest_indices(const line<const T>& values, std::int64_t* best, std::int64_t n,
                      std::int64_t count) {
  if (count == 0) return;
  const auto key = [&](std::int64_t i) { return key_of(values[i], order::descending); };
  struct entry {
    decltype(key(0)) value;
    std::int64_t index;
    bool operator<(const entry& other) const {
      return value < other.value || (value == other.value && index < other.index);
    }
  };
  std::vector<entry> heap(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) heap[i] = {key(i), i};
  std::make_heap(heap.begin(), heap.end());
  const auto try_one = [&](std::int64_t i) {
    const entry fresh{key(i), i};
    if (!(fresh.value < heap[0].value)) return;  // of equal values the earlier one stays
    std::int64_t hole = 0;
    for (std::int64_t below = 1; below < count; below = 2 * hole + 1) {
      if (below + 1 < count && heap[below] < heap[below + 1]) ++below;
      if (!(fresh < heap[below])) break;
      heap[hole] = heap[below];
      hole = below;
    }
    heap[hole] = fresh;
  };
  constexpr std::int64_t few = 16;
  std::int64_t i = count;
  // Compared as values, which takes vectors; what a NaN may change is left to the keys.
  const auto try_all = [&](auto at) {
    const auto may_pass = [&](std::int64_t k, auto worst) { return !(comparable(at[k]) <= worst); };
    for (; i + few <= n; i += few) {
      const auto worst = comparable(at[heap[0].index]);
      int better = 0;
      for (std::int64_t j = 0; j < few; ++j) better |= may_pass(i + j, worst);
      for (std::int64_t j = 0; better != 0 && j < few; ++j)
        if (may_pass(i + j, worst)) try_one(i + j);
    }
  };
  if (values.step == 1) try_all(values.first);
  else try_all(values);
  for (; i < n; ++i) try_one(i);
  std::sort_heap(heap.begin(), heap.end());
  for (std::int64_t k = 0; k < count; ++k) best[k] = heap[k].index;
}

template <class Tensor> struct indices_of {
  using type = with_element_t<Tensor, std::int64_t>;
};

template <int Axis, class Result, class X> Result argsort(const X& x, order direction) {
  const auto& values = in_memory(x);
  if constexpr (on_devices)
    if (!values.where().is_host())
      return placed_argsort<Axis, Result>(system_at(values.where()),
                                          contiguous(values, pack_name("argsort")), direction);
  const auto from = elements_of(values, pack_name("argsort"));
  Result result = make_tensor<Result>(values.extents());
  const auto to = elements_of(result, pack_name("argsort"));
  const line_space space(to, Axis);
  run_lines(space.count, sort_work * from.size(), [&](std::int64_t i) {
    const line<std::int64_t> own = line_of(to, space, i);
    index_list beside(own.step == 1 ? 0 : space.length);
    std::int64_t* const indices = own.step == 1 ? own.first : beside.data();
    sort_indices(line_of(from, space, i), indices, space.length, direction);
    if (own.step != 1) copy_line(line<std::int64_t>{indices, 1}, own, space.length);
  });
  return result;
}

template <int Axis, extent_t K> struct top_k_rule {
  constexpr symbol operator()(symbol x) const {
    const int axis = normal_axis(Axis, x.rank());
    if (axis < 0) x.graph->fail({rule::axis, pack_name("top_k"), x.extents(), {}});
    else if (K < 0 || (is_static(x.extents()[axis]) && x.extents()[axis] < K))
      x.graph->fail({rule::too_few, pack_name("top_k"), x.extents(), {}});
    return x;
  }
};

template <int Axis, extent_t K> struct top_k_value {
  template <class Tensor> struct of {
    using values = with_extent_t<Tensor, Axis, K>;
    using type = values_and_indices<values, with_element_t<values, std::int64_t>>;
  };
};

template <extent_t K, int Axis, class X>
using top_k_result =
    algorithm_result<top_k_rule<Axis, K>, top_k_value<Axis, K>::template of, X>;

template <int Axis, extent_t K, class Result, class X> Result top_k(const X& x) {
  const auto& all = in_memory(x);
  constexpr int rank = std::remove_cvref_t<decltype(all)>::rank, axis = normal_axis(Axis, rank);
  std::int64_t extents[max_rank + 1]{};
  copy_elements(all.extents(), extents, rank);
  if (extents[axis] < K)
    fail<shape_error>({"top_k: axis ", axis, " of a tensor ", extents_text(extents, rank),
                       " has fewer than ", K, " elements; ask for no more than it has"});
  extents[axis] = K;
  if constexpr (on_devices)
    if (!all.where().is_host())
      return placed_top_k<Axis, Result>(system_at(all.where()),
                                        contiguous(all, pack_name("top_k")), extents);
  const auto from = elements_of(all, pack_name("top_k"));
  const line_space lines(from, Axis);
  Result result{make_tensor<decltype(Result::values)>(extents),
                make_tensor<decltype(Result::indices)>(extents)};
  const auto values = elements_of(result.values, pack_name("top_k"));
  const auto indices = elements_of(result.indices, pack_name("top_k"));
  const line_space space(values, Axis);
  run_lines(lines.count, sort_work * from.size(), [&](std::int64_t i) {
    const auto in = line_of(from, lines, i);
    const auto best = line_of(values, space, i);
    const auto at = line_of(indices, space, i);
    const bool few = K <= lines.length / 8;
    index_list chosen(few ? K : lines.length);
    if (few) greatest_indices(in, chosen.data(), lines.length, K);
    else sort_indices(in, chosen.data(), lines.length, order::descending);
    for (std::int64_t k = 0; k < K; ++k) {
      at[k] = chosen.data()[k];
      best[k] = in[at[k]];
    }
  });
  return result;
}

}  // namespace detail

/// The values in order along an axis, stably: NaN after all numbers, or before them if descending.
/// @shape   x: [..., N, ...] -> the same
/// @dtype   any
/// @errors  compile time: "sort: there is no such axis"; run time: memory_error
/// @cost    lines of 256 and more by digits, in as many passes as an element has bytes
/// @source  Thrust, stable_sort
/// @example examples/12_algorithms.cpp
template <int Axis = -1, operand X>
constexpr detail::axis_result<pack_name("sort"), Axis, detail::same_tensor, X> sort(
    X&& x, order direction = ascending) {
  using value = detail::axis_result<pack_name("sort"), Axis, detail::same_tensor, X>;
  if constexpr (detail::lacks_elements<value>) {
    return detail::no_elements<value, pack_name("sort")>(x);
  } else {
    return detail::sort<Axis, value>(x, direction);
  }
}

/// The indices that sort along an axis: gather<Axis>(x, argsort<Axis>(x)) is sort<Axis>(x).
/// @shape   x: [..., N, ...] -> the same
/// @dtype   any; indices are i64
/// @errors  compile time: "argsort: there is no such axis"; run time: memory_error
/// @cost    as sort, with a copy of each line
/// @source  Thrust, stable_sort_by_key
template <int Axis = -1, operand X>
constexpr detail::axis_result<pack_name("argsort"), Axis, detail::indices_of, X> argsort(
    X&& x, order direction = ascending) {
  using value = detail::axis_result<pack_name("argsort"), Axis, detail::indices_of, X>;
  if constexpr (detail::lacks_elements<value>)
    return detail::no_elements<value, pack_name("argsort")>(x);
  else return detail::argsort<Axis, value>(x, direction);
}

/// The K greatest values along an axis, greatest first, and their indices; of equal values those
/// of lower index, and NaN counts as greatest.
/// @shape   x: [..., N, ...] -> values, indices: [..., K, ...], N >= K
/// @dtype   any; indices are i64
/// @errors  compile time: "the axis has fewer elements than are asked for"; run time: shape_error
/// @cost    reads N, and O(log K) for each value that is among the greatest so far; where K exceeds
///          N / 8, that of argsort
template <extent_t K, int Axis = -1, operand X>
constexpr detail::top_k_result<K, Axis, X> top_k(X&& x) {
  using value = detail::top_k_result<K, Axis, X>;
  if constexpr (detail::lacks_elements<value>)
    return detail::no_elements<value, pack_name("top_k")>(x);
  else return detail::top_k<Axis, K, value>(x);
}

}  // namespace sinter
