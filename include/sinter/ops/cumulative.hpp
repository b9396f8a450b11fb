// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Running folds along an axis: element i is the fold of elements 0 ... i. `cumsum<1>(x)` runs
/// along axis 1, `cumsum<backwards, 1>(x)` from its end: the fold of elements i ... n - 1. They are
/// nodes of the graph, with gradients, and fuse; those of algorithms/scan.hpp take tensors alone,
/// and may be exclusive.

#include "sinter/ops/exponential.hpp"
#include "sinter/ops/reduction.hpp"

namespace sinter {

/// Instead of an axis: the last element comes first.
inline constexpr int backwards = 1 << 21;

namespace detail {

template <const operation& Op, int... Axes> struct running_rule {
  constexpr symbol operator()(symbol x) const {
    constexpr int given[] = {Axes..., 0};
    bool reversed = false;
    int axis = -1;
    for (int i = 0; i < static_cast<int>(sizeof...(Axes)); ++i)
      if (given[i] == sinter::backwards) reversed = true;
      else axis = given[i];
    return {x.graph, rules::scan(*x.graph, Op, x.index, axis, reversed)};
  }
};

/// At most an axis and `backwards`.
template <int... Axes>
concept one_axis = (0 + ... + (Axes != backwards)) <= 1;

constexpr symbol running(const operation& op, symbol x, int axis, bool reversed) {
  return {x.graph, rules::scan(*x.graph, op, x.index, axis, reversed)};
}

/// The index along an axis.
constexpr symbol index_along(symbol like, int axis) {
  node n = rules::make(iota_operation, dtype::i32, like.extents());
  n.attribute[0] = axis;
  return {like.graph, like.graph->store(n)};
}

/// A running product up to i has, before the first zero, the derivative y[i] / x[k]. At the first
/// zero that is the product of the others, and behind it nothing is left.
constexpr symbol pull_running_product(symbol g, symbol x, symbol y, int axis, bool reversed) {
  graph_builder& graph = *g.graph;
  const symbol zero = x == 0, index = index_along(x, axis);
  const symbol none = reversed ? where(zero, index, -1) : where(zero, index, 2147483647);
  const symbol place{&graph, rules::reduce(graph, reversed ? max_operation : min_operation,
                                           none.index, 1u << axis, true)};
  const symbol before = reversed ? index > place : index < place;
  const symbol first = zero && index == place;
  const symbol others = running(cumprod_operation, where(first, 1, x), axis, reversed);
  const symbol up_to = running(cumsum_operation, g * y, axis, !reversed);
  const symbol behind = running(cumsum_operation, g * others, axis, !reversed);
  return where(first, behind, where(before, up_to / where(before, x, 1), 0));
}

/// A running extreme's gradient goes to where it is: of equal ones to the latest.
constexpr symbol pull_running_extreme(symbol g, symbol x, symbol y, int axis, bool reversed) {
  graph_builder& graph = *g.graph;
  const symbol hit = x == y || x != x, index = index_along(x, axis);
  const symbol place =
      reversed ? running(cummin_operation, where(hit, index, 2147483647), axis, true)
               : running(cummax_operation, where(hit, index, 0), axis, false);
  const int wide = rules::cast(graph, g.index, accumulator(g.type()));
  return {&graph, rules::scatter(graph, wide, place.index, x.extents(), axis, 1)};
}

/// The gradients' logarithms, of positive and of negative ones apart, fold from the other end: at k
/// the sum over i of g[i] e^(x[k] - y[i]), whose terms neither overflow nor vanish by themselves.
constexpr symbol pull_running_exponentials(symbol g, symbol x, symbol y, int axis, bool reversed) {
  constexpr double none = -__builtin_huge_val();
  const auto part = [&](symbol own) {
    const symbol some = own > 0, size = log(where(some, own, 1));
    const symbol relative = where(some && y > none, size - y, none);
    return symbol(exp(x + running(logcumsumexp_operation, relative, axis, !reversed)));
  };
  return part(g) - part(-g);
}

constexpr symbol pull_scan(symbol g, symbol x, symbol y, const node& n) {
  const int axis = static_cast<int>(n.attribute[0]);
  const bool reversed = n.attribute[1] != 0;
  if (n.op->name == pack_name("cumsum"))
    return running(cumsum_operation, g, axis, !reversed);
  if (n.op->name == pack_name("cumprod")) return pull_running_product(g, x, y, axis, reversed);
  if (n.op->name == pack_name("logcumsume"))
    return pull_running_exponentials(g, x, y, axis, reversed);
  return pull_running_extreme(g, x, y, axis, reversed);
}

}  // namespace detail

/// The running sum along an axis, the last one if none is named.
/// @shape    x: [..., N, ...] -> the same
/// @dtype    integers and bool give 64 bits and wrap; f16, bf16 and f32 accumulate in f32
/// @errors   compile time: "cumsum: there is no such axis"
/// @cost     reads N, writes N. Along the innermost axis a row is one thread's, or one block's on a
///           device; along another a column is one thread's, and its neighbours' go with it
/// @accuracy An error of 6e-8 at most, in f32, for each addition that a term takes part in. Along
///           the innermost axis these are about 70, and one more for each 64 vectors of a row on
///           the CPU (1,024 floats), or for each chunk that a block takes on a device; along
///           others they are i. The bits are the same for any number of threads.
template <int... Axes, operand X>
  requires detail::one_axis<Axes...>
constexpr applied<detail::running_rule<cumsum_operation, Axes...>, X> cumsum(X&& x) {
  return apply(detail::running_rule<cumsum_operation, Axes...>{}, std::forward<X>(x));
}

/// The running product along an axis; otherwise as cumsum. Integers are multiplied in 64 bits,
/// modulo 2^64. The first gradient is exact where elements are 0; second ones are not, where an
/// element is.
template <int... Axes, operand X>
  requires detail::one_axis<Axes...>
constexpr applied<detail::running_rule<cumprod_operation, Axes...>, X> cumprod(X&& x) {
  return apply(detail::running_rule<cumprod_operation, Axes...>{}, std::forward<X>(x));
}

/// The greatest value so far along an axis, NaN from the first NaN on. Types stay. A gradient goes
/// to the latest of equal values.
template <int... Axes, operand X>
  requires detail::one_axis<Axes...>
constexpr applied<detail::running_rule<cummax_operation, Axes...>, X> cummax(X&& x) {
  return apply(detail::running_rule<cummax_operation, Axes...>{}, std::forward<X>(x));
}

/// The least value so far along an axis; otherwise as cummax.
template <int... Axes, operand X>
  requires detail::one_axis<Axes...>
constexpr applied<detail::running_rule<cummin_operation, Axes...>, X> cummin(X&& x) {
  return apply(detail::running_rule<cummin_operation, Axes...>{}, std::forward<X>(x));
}

/// The logarithm of the running sum of e^x along an axis, which neither overflows nor loses what is
/// small: logsumexp of what is up to each element. Integers become f32.
template <int... Axes, operand X>
  requires detail::one_axis<Axes...>
constexpr applied<detail::running_rule<logcumsumexp_operation, Axes...>, X> logcumsumexp(X&& x) {
  return apply(detail::running_rule<logcumsumexp_operation, Axes...>{}, std::forward<X>(x));
}

}  // namespace sinter
