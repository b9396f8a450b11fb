// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Reductions over any axes. `sum(x)` folds all, `sum<1>(x)` one, `sum<0, -1>(x)` several; the axes
/// vanish, or stay with extent 1 under `keep`: `sum<keep, 1>(x)`.

#include "sinter/ops/arithmetic.hpp"
#include "sinter/ops/compare.hpp"
#include "sinter/ops/structure.hpp"

namespace sinter {

/// Instead of an axis: the folded axes stay, with extent 1.
inline constexpr int keep = 1 << 20;

namespace detail {

struct reduced_axes {
  unsigned mask = 0;
  bool kept = false;
};

/// The axes as a mask; records a mistake for one that does not exist or occurs twice.
constexpr reduced_axes reduce_mask(symbol x, name_code name, const int* axes, int count) {
  reduced_axes result;
  const int rank = x.rank();
  int named = 0;
  for (int i = 0; i < count; ++i) {
    if (axes[i] == keep) {
      result.kept = true;
      continue;
    }
    ++named;
    const int axis = normal_axis(axes[i], rank);
    if (axis < 0) x.graph->fail({rule::axis, name, x.extents(), {}});
    else if (result.mask >> axis & 1) x.graph->fail({rule::axis_twice, name, x.extents(), {}});
    else result.mask |= 1u << axis;
  }
  if (named == 0) result.mask = (1u << rank) - 1;
  return result;
}

constexpr symbol reduce(symbol x, const operation& op, reduced_axes axes, bool empty = false) {
  graph_builder& g = *x.graph;
  const shape from = x.extents();
  const int folded = rules::reduce(g, op, x.index, axes.mask, empty);
  if (axes.kept || g.first_mistake) return {&g, folded};
  shape rest;
  for (int i = 0; i < from.rank; ++i)
    if (!(axes.mask >> i & 1)) rest.push(from[i]);
  return {&g, rules::reshape(g, folded, rest)};
}

template <const operation& Op, int... Axes> struct reduce_rule {
  constexpr symbol operator()(symbol x) const {
    constexpr int axes[] = {Axes..., 0};
    return reduce(x, Op, reduce_mask(x, Op.name, axes, sizeof...(Axes)));
  }
};

/// The number of elements folded into one, as a floating scalar.
constexpr symbol count_of(symbol x, unsigned mask, dtype type) {
  graph_builder& g = *x.graph;
  shape folded;
  for (int i = 0; i < x.rank(); ++i)
    if (mask >> i & 1) folded.push(x.extents()[i]);
  const extent_t count = g.elements(folded);
  if (is_static(count)) return {&g, rules::constant(g, type, static_cast<double>(count))};
  node n = rules::make(extent_operation, dtype::i64, {});
  n.attribute[0] = count;
  return {&g, rules::cast(g, g.store(n), type)};
}

template <int... Axes> struct mean_rule {
  constexpr symbol operator()(symbol x) const {
    constexpr int list[] = {Axes..., 0};
    if (!is_floating(x.type())) x.index = rules::cast(*x.graph, x.index, dtype::f32);
    const reduced_axes axes = reduce_mask(x, pack_name("mean"), list, sizeof...(Axes));
    const symbol total = reduce(x, sum_operation, axes);
    return total / count_of(x, axes.mask, total.type());
  }
};

/// Over the axes of what is not zero: the greatest is any, the least is all.
template <const operation& Op, int... Axes> struct truth_rule {
  constexpr symbol operator()(symbol x) const {
    constexpr int axes[] = {Axes..., 0};
    x.index = rules::cast(*x.graph, x.index, dtype::boolean);
    const name_code name = Op.name == pack_name("max") ? pack_name("any") : pack_name("all");
    return reduce(x, Op, reduce_mask(x, name, axes, sizeof...(Axes)), true);
  }
};

template <int... Axes> struct count_nonzero_rule {
  constexpr symbol operator()(symbol x) const {
    x.index = rules::cast(*x.graph, x.index, dtype::boolean);
    return reduce_rule<sum_operation, Axes...>{}(x);
  }
};

template <const operation& Op, int Axis> struct argument_rule {
  constexpr symbol operator()(symbol x) const {
    const symbol best = reduce_rule<Op, keep, Axis>{}(x);
    const symbol index = iota_rule<Axis>{}(x);
    if (x.graph->first_mistake) return x;
    // The first index of the best value; a NaN counts as best, as in NumPy.
    const symbol hit = x == best || x != x;
    return reduce_rule<min_operation, Axis>{}(where(hit, index, 2147483647));
  }
};

}  // namespace detail

/// The sum over axes; 0 over none. Integers are summed in 64 bits.
/// @accuracy f16, bf16 and f32 accumulate in f32, in partial sums of one fixed order: on the CPU
///           for each lane of one or four vectors, over parts of 16,384 elements where everything
///           is folded, of 131,072 down columns, of a whole line elsewhere. An error of 6e-8
///           at most for each addition that a term takes part in: 5e-6 for 10^7 equal floats.
template <int... Axes, operand X>
constexpr applied<detail::reduce_rule<sum_operation, Axes...>, X> sum(X&& x) {
  return apply(detail::reduce_rule<sum_operation, Axes...>{}, std::forward<X>(x));
}

/// The greatest value over axes; NaN if there is one. @errors an axis of extent 0 is an error
template <int... Axes, operand X>
constexpr applied<detail::reduce_rule<max_operation, Axes...>, X> max(X&& x) {
  return apply(detail::reduce_rule<max_operation, Axes...>{}, std::forward<X>(x));
}

/// The least value over axes; NaN if there is one. @errors an axis of extent 0 is an error
template <int... Axes, operand X>
constexpr applied<detail::reduce_rule<min_operation, Axes...>, X> min(X&& x) {
  return apply(detail::reduce_rule<min_operation, Axes...>{}, std::forward<X>(x));
}

/// The mean over axes; NaN over none. Integers become f32.
template <int... Axes, operand X> constexpr applied<detail::mean_rule<Axes...>, X> mean(X&& x) {
  return apply(detail::mean_rule<Axes...>{}, std::forward<X>(x));
}

/// The product over axes; 1 over none. Integers are multiplied in 64 bits, modulo 2^64. The first
/// and the second gradient are exact where elements are 0; later ones are not there.
template <int... Axes, operand X>
constexpr applied<detail::reduce_rule<prod_operation, Axes...>, X> prod(X&& x) {
  return apply(detail::reduce_rule<prod_operation, Axes...>{}, std::forward<X>(x));
}

/// The first index (i32) of the greatest value along an axis; of a NaN if there is one.
template <int Axis = -1, operand X>
constexpr applied<detail::argument_rule<max_operation, Axis>, X> argmax(X&& x) {
  return apply(detail::argument_rule<max_operation, Axis>{}, std::forward<X>(x));
}

/// The first index (i32) of the least value along an axis; of a NaN if there is one.
template <int Axis = -1, operand X>
constexpr applied<detail::argument_rule<min_operation, Axis>, X> argmin(X&& x) {
  return apply(detail::argument_rule<min_operation, Axis>{}, std::forward<X>(x));
}

/// Whether an element is other than 0, NaN included; false over none.
template <int... Axes, operand X>
constexpr applied<detail::truth_rule<max_operation, Axes...>, X> any(X&& x) {
  return apply(detail::truth_rule<max_operation, Axes...>{}, std::forward<X>(x));
}

/// Whether every element is other than 0; true over none.
template <int... Axes, operand X>
constexpr applied<detail::truth_rule<min_operation, Axes...>, X> all(X&& x) {
  return apply(detail::truth_rule<min_operation, Axes...>{}, std::forward<X>(x));
}

/// How many elements are other than 0, as i64.
template <int... Axes, operand X>
constexpr applied<detail::count_nonzero_rule<Axes...>, X> count_nonzero(X&& x) {
  return apply(detail::count_nonzero_rule<Axes...>{}, std::forward<X>(x));
}

}  // namespace sinter
