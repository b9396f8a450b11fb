// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Elements by their indices, inside expressions: rows of a table, one element of each row. An
/// index that is an operand is checked before anything runs; one that is computed, or that is on a
/// device, gives 0 where it is outside. Gradients are added up in the order of the indices, so they
/// have the same bits each time.

#include "sinter/ops/structure.hpp"

namespace sinter {

namespace detail {

/// Indices as integers below an extent, to be checked.
constexpr symbol checked_indices(symbol indices, extent_t below, name_code op) {
  graph_builder& g = *indices.graph;
  if (!is_integer(indices.type())) {
    g.fail({rule::indices, op, indices.extents(), {}});
    return indices;
  }
  node checked = rules::make(indices_operation, indices.type(), indices.extents(), indices.index);
  checked.attribute[0] = below;
  checked.attribute[2] = op;
  return {&g, add(g, checked)};
}

template <int Axis> struct lookup_rule {
  constexpr symbol operator()(symbol x, symbol indices) const {
    constexpr name_code name = pack_name("lookup");
    graph_builder& g = *x.graph;
    const shape from = x.extents();
    const int axis = normal_axis(Axis, from.rank), count = indices.rank();
    if (axis < 0) g.fail({rule::axis, name, from, {}});
    else if (from.rank - 1 + count > max_rank)
      g.fail({rule::too_many, name, from, indices.extents()});
    if (g.first_mistake) return x;
    indices = checked_indices(indices, from[axis], name);
    if (g.first_mistake) return x;
    shape wide, lone;
    for (int i = 0; i < from.rank; ++i) {
      for (int k = 0; i == axis && k < count; ++k) {
        wide.push(indices.extents()[k]);
        lone.push(indices.extents()[k]);
      }
      if (i != axis) wide.push(from[i]), lone.push(1);
    }
    const int apart = rules::broadcast(g, rules::reshape(g, indices.index, lone), wide);
    return {&g, rules::gather(g, x.index, apart, axis, count)};
  }
};

template <int Axis> struct lookup_along_rule {
  constexpr symbol operator()(symbol x, symbol indices) const {
    constexpr name_code name = pack_name("lookup");
    graph_builder& g = *x.graph;
    const shape from = x.extents(), own = indices.extents();
    const int axis = normal_axis(Axis, from.rank);
    if (axis < 0) g.fail({rule::axis, name, from, {}});
    else if (own.rank != from.rank) g.fail({rule::same_shape, name, from, own});
    if (g.first_mistake) return x;
    indices = checked_indices(indices, from[axis], name);
    if (g.first_mistake) return x;
    shape wide = own, narrow = from;
    narrow[axis] = wide[axis] = 1;
    wide = rules::common_shape(g, gather_operation, narrow, wide);
    narrow = wide;
    narrow[axis] = from[axis];
    wide[axis] = own[axis];
    if (g.first_mistake) return x;
    const int table = rules::broadcast(g, x.index, narrow, gather_operation);
    const int apart = rules::broadcast(g, indices.index, wide, gather_operation);
    return {&g, rules::gather(g, table, apart, axis, 1)};
  }
};

}  // namespace detail

/// x at the indices along an axis, as NumPy's take: the axes of the indices take its place.
/// @shape  x [..., V, ...], indices [J...] -> [..., J..., ...]
/// @dtype  indices: any integers, in [0, V)
/// @errors compile time: "indices must be integers"; run time: value_error for an index outside,
///         before anything is written
/// @cost   reads what it gives; fuses with what follows. The gradient is one kernel that writes all
///         of x's extents and adds in the order of the indices, in parallel over the other axes
/// @example auto rows = st::lookup<0>(table, tokens);
template <int Axis, operand X, operand I>
constexpr applied<detail::lookup_rule<Axis>, X, I> lookup(X&& x, I&& indices) {
  return apply(detail::lookup_rule<Axis>{}, std::forward<X>(x), std::forward<I>(indices));
}

/// Rows of a table: lookup<0>.
template <operand X, operand I>
constexpr applied<detail::lookup_rule<0>, X, I> embedding(X&& table, I&& indices) {
  return apply(detail::lookup_rule<0>{}, std::forward<X>(table), std::forward<I>(indices));
}

/// For each place of the indices the element of x there, but for its index along the axis: as
/// NumPy's take_along_axis, or PyTorch's gather. The other axes broadcast.
/// @shape  x [..., V, ...], indices [..., J, ...] -> [..., J, ...]
/// @errors as lookup
template <int Axis, operand X, operand I>
constexpr applied<detail::lookup_along_rule<Axis>, X, I> lookup_along(X&& x, I&& indices) {
  return apply(detail::lookup_along_rule<Axis>{}, std::forward<X>(x), std::forward<I>(indices));
}

}  // namespace sinter
