// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Where values belong: among sorted values, and in the bins of a histogram.

#include "sinter/algorithms/lines.hpp"
#include "sinter/algorithms/order.hpp"
#include "sinter/algorithms/placed_search.hpp"

namespace sinter {

/// Of a place among equal values: before them, or behind.
enum class side { left, right };

/// How many values fall between neighbouring edges.
struct histogram_counts {
  tensor<std::int64_t, dyn> counts;  ///< [bins]
  tensor<double, dyn> edges;         ///< [bins + 1], evenly spaced
};

namespace detail {

struct search_rule {
  constexpr symbol operator()(symbol sorted, symbol values) const {
    if (sorted.rank() != 1)
      values.graph->fail({rule::list, pack_name("search"), sorted.extents(), values.extents()});
    return values;
  }
};

template <class Tensor> struct places_of {
  using type = with_element_t<Tensor, std::int64_t>;
};
template <class> struct histogram_of {
  using type = histogram_counts;
};

/// The bin of a value in [edges[0], edges[bins]]: the guess by division, put right by the edges, so
/// that a value on an edge is in the bin which begins there, whatever the rounding.
SINTER_HD inline std::int64_t bin_of(double value, const double* edges, std::int64_t bins,
                                     double scale) {
  auto bin = static_cast<std::int64_t>((value - edges[0]) * scale);
  if (bin >= bins) bin = bins - 1;
  if (bin > 0 && value < edges[bin]) --bin;
  else if (bin + 1 < bins && value >= edges[bin + 1]) ++bin;
  return bin;
}

struct find_bin {
  SINTER_HD std::int64_t operator()(double value, const double* edges, std::int64_t bins,
                                    double scale) const {
    return bin_of(value, edges, bins, scale);
  }
};

inline constexpr std::int64_t histogram_part = 65536;

inline tensor<double, dyn> histogram_edges(std::int64_t bins, double low, double high) {
  if (bins < 1 || !(high - low >= 0) || high - low > 1.7976931348623157e308)
    fail<value_error>({"histogram: ", bins, " bins between bounds that are not both finite and in "
                       "order; want at least one bin, and low <= high"});
  if (low == high) low -= 0.5, high += 0.5;
  if (!(static_cast<double>(bins) / (high - low) < 1e308))
    fail<value_error>(
        {"histogram: ", bins, " bins are too many between these bounds; want fewer"});
  tensor<double, dyn> edges(bins + 1);
  const double step = (high - low) / static_cast<double>(bins);
  for (std::int64_t i = 0; i < bins; ++i)
    edges.data()[i] = low + static_cast<double>(i) * step;
  edges.data()[bins] = high;
  return edges;
}

template <class T>
void count_values(const strided<const T>& x, histogram_counts& result) {
  const flat_elements<T> all(x);
  const T* const data = all.data();
  const std::int64_t n = all.size(), bins = result.counts.size();
  // Parts have counts of their own, which are added up afterwards: counts are exact in any order.
  const std::int64_t length = bins > histogram_part ? bins : histogram_part;
  const std::int64_t parts = (n + length - 1) / length;
  tensor<std::int64_t, dyn, dyn> part_counts(parts, bins);
  const double* const edges = result.edges.data();
  const double low = edges[0], high = edges[bins];
  const double scale = static_cast<double>(bins) / (high - low);
  run_lines(parts, 8 * n, [&](std::int64_t part) {
    std::int64_t* const counts = part_counts.data() + part * bins;
    const std::int64_t end = (part + 1) * length < n ? (part + 1) * length : n;
    for (std::int64_t i = part * length; i < end; ++i)
      if (const auto value = static_cast<double>(data[i]); value >= low && value <= high)
        ++counts[bin_of(value, edges, bins, scale)];
  });
  for (std::int64_t part = 0; part < parts; ++part)
    for (std::int64_t bin = 0; bin < bins; ++bin)
      result.counts.data()[bin] += part_counts.data()[part * bins + bin];
}

template <class Value, class Sorted, class X>
Value search(const Sorted& sorted, const X& x, side chosen) {
  const auto& sorted_source = in_memory(sorted);
  const auto& source = in_memory(x);
  if constexpr (on_devices)
    if (const placement where = place_of(pack_name("search"), sorted_source, source);
        !where.is_host())
      return placed_search<Value>(system_at(where),
                                  contiguous(sorted_source, pack_name("search")),
                                  contiguous(source, pack_name("search")), chosen == side::left);
  const flat_elements keys(elements_of(sorted_source, pack_name("search")));
  const flat_elements values(elements_of(source, pack_name("search")));
  Value places = make_tensor<Value>(source.extents());
  with_policy(16 * values.size(), [&](const auto& policy) {
    find_places(policy, keys.data(), keys.size(), values.data(), values.size(),
                chosen == side::left, places.data());
  });
  return places;
}

}  // namespace detail

/// Where each value would be inserted into a sorted list to keep it sorted: before its equals, or
/// behind them by side::right. That the list is sorted is not checked.
/// @shape   sorted: [N], values: S -> S
/// @dtype   any; the result is i64; where types differ, floats are compared as f64
/// @errors  compile time: "search: a list has one axis"; run time: memory_error
/// @cost    O(log N) for each value
/// @source  Thrust, lower_bound and upper_bound
template <operand Sorted, operand X>
constexpr algorithm_result<detail::search_rule, detail::places_of, Sorted, X> searchsorted(
    Sorted&& sorted, X&& values, side where = side::left) {
  using value = algorithm_result<detail::search_rule, detail::places_of, Sorted, X>;
  if constexpr (detail::lacks_elements<value>)
    return detail::no_elements<value, pack_name("search")>(sorted, values);
  else return detail::search<value>(sorted, values, where);
}

/// How many values fall into each of `bins` equal parts of [low, high]. A part holds its lower edge
/// and the last one its upper edge, too; values outside, and NaN, are dropped. As in NumPy, equal
/// bounds stand for one half to either side.
/// @shape   x: any -> counts: [bins], edges: [bins + 1]
/// @dtype   any, compared as f64; counts are i64, edges f64
/// @errors  run time: value_error (no bins; bounds that are not finite or not in order)
/// @cost    reads N once
template <operand X>
constexpr algorithm_result<detail::any_operand_rule, detail::histogram_of, X> histogram(
    X&& x, std::int64_t bins, double low, double high) {
  using value = algorithm_result<detail::any_operand_rule, detail::histogram_of, X>;
  if constexpr (detail::lacks_elements<value>) {
    return detail::no_elements<value, pack_name("histogram")>(x);
  } else {
    value result{{}, detail::histogram_edges(bins, low, high)};
    result.counts = tensor<std::int64_t, dyn>(bins);
    const auto& source = detail::in_memory(x);
    if constexpr (detail::on_devices)
      if (const placement where = source.where(); !where.is_host())
        return detail::placed_histogram<detail::find_bin>(
            detail::system_at(where), detail::contiguous(source, pack_name("histogram")), result);
    detail::count_values(detail::elements_of(source, pack_name("histogram")), result);
    return result;
  }
}

}  // namespace sinter
