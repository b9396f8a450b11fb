// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What changes the place of values but no value: views, casts, indices along an axis. On inputs
/// and on stored intermediates views cost nothing: a kernel reads through other strides.

#include "sinter/graph/expression.hpp"

namespace sinter {

namespace detail {

template <dtype Type> struct cast_rule {
  constexpr symbol operator()(symbol x) const {
    return {x.graph, rules::cast(*x.graph, x.index, Type)};
  }
};

/// The extents of a type's spelling as a shape of this graph: names are looked up, and `dyn` is
/// what remains of the operand's elements, for at most `most_open` axes.
constexpr shape resolve(graph_builder& g, const operation& op, const shape& from,
                        const extent_t* wanted, int rank, int most_open) {
  shape result;
  int open = -1, open_count = 0;
  for (int i = 0; i < rank; ++i) {
    extent_t e = wanted[i];
    if (e == dyn) open = i, ++open_count;
    for (int d = 0; is_named(e) && d < static_cast<int>(g.dimensions.size()); ++d)
      if (g.dimensions[d].name == axis_name(wanted[i])) {
        result.push(-1 - d);
        e = 0;
      }
    if (is_named(e) || open_count > most_open) {
      g.fail({rule::open_axis, op.name, from, {}});
      return from;
    }
    if (!is_named(wanted[i])) result.push(e);
  }
  if (open < 0) return result;
  // The open axis takes the operand's run-time axes that are not named, times what is left.
  extent_t rest = 1, fixed = 1, divisor = 1;
  for (int i = 0; i < from.rank; ++i) {
    bool used = false;
    for (int j = 0; j < rank; ++j) used = used || (j != open && result[j] == from[i]);
    if (is_static(from[i])) fixed = g.times(fixed, from[i]);
    else if (!used) rest = g.times(rest, from[i]);
  }
  for (int j = 0; j < rank; ++j)
    if (j != open && is_static(result[j])) divisor = g.times(divisor, result[j]);
  result[open] = g.times(rest, divisor > 0 && fixed % divisor == 0 ? fixed / divisor : 1);
  return result;
}

template <extent_t... E> struct reshape_rule {
  constexpr symbol operator()(symbol x) const {
    constexpr extent_t wanted[] = {E..., 0};
    const shape target =
        resolve(*x.graph, reshape_operation, x.extents(), wanted, sizeof...(E), 1);
    return {x.graph, rules::reshape(*x.graph, x.index, target)};
  }
};

template <extent_t... E> struct broadcast_rule {
  constexpr symbol operator()(symbol x) const {
    constexpr extent_t wanted[] = {E..., 0};
    const shape target =
        resolve(*x.graph, broadcast_operation, x.extents(), wanted, sizeof...(E), 0);
    return {x.graph, rules::broadcast(*x.graph, x.index, target)};
  }
};

template <int... Axes> struct permute_rule {
  constexpr symbol operator()(symbol x) const {
    constexpr int order[] = {Axes..., 0};
    return {x.graph, rules::permute(*x.graph, x.index, order, sizeof...(Axes))};
  }
};

struct transpose_rule {
  constexpr symbol operator()(symbol x) const {
    const int rank = x.rank();
    if (rank < 2) {
      x.graph->fail({rule::rank, pack_name("transpose"), x.extents(), {}});
      return x;
    }
    int order[max_rank]{};
    for (int i = 0; i < rank; ++i) order[i] = i < rank - 2 ? i : 2 * rank - 3 - i;
    return {x.graph, rules::permute(*x.graph, x.index, order, rank)};
  }
};

template <int Axis, extent_t Start, extent_t Stop> struct slice_rule {
  constexpr symbol operator()(symbol x) const {
    return {x.graph, rules::slice(*x.graph, x.index, Axis, Start, Stop)};
  }
};

template <int Axis> struct unsqueeze_rule {
  constexpr symbol operator()(symbol x) const {
    const shape from = x.extents();
    const int axis = normal_axis(Axis, from.rank + 1);
    if (axis < 0 || from.rank == max_rank) {
      x.graph->fail({axis < 0 ? rule::axis : rule::too_many, pack_name("unsqueeze"), from, {}});
      return x;
    }
    shape target;
    for (int i = 0; i <= from.rank; ++i)
      target.push(i < axis ? from[i] : i == axis ? 1 : from[i - 1]);
    return {x.graph, rules::reshape(*x.graph, x.index, target)};
  }
};

struct detach_rule {
  constexpr symbol operator()(symbol x) const {
    return {x.graph, add(*x.graph, rules::make(detach_operation, x.type(), x.extents(), x.index))};
  }
};

template <int Axis> struct iota_rule {
  constexpr symbol operator()(symbol like) const {
    const int axis = normal_axis(Axis, like.rank());
    if (axis < 0) {
      like.graph->fail({rule::axis, pack_name("iota"), like.extents(), {}});
      return like;
    }
    node n = rules::make(iota_operation, dtype::i32, like.extents());
    n.attribute[0] = axis;
    return {like.graph, like.graph->store(n)};
  }
};

}  // namespace detail

/// The values in another type, as static_cast would; to bool: whether they differ from 0.
template <element_type T, operand X>
constexpr applied<detail::cast_rule<dtype_of<T>>, X> cast(X&& x) {
  return apply(detail::cast_rule<dtype_of<T>>{}, std::forward<X>(x));
}

/// The same elements in row-major order under other extents; one of them may be `dyn`.
/// @errors compile time: "the number of elements must stay the same"; run time: shape_error
template <extent_t... E, operand X>
constexpr applied<detail::reshape_rule<E...>, X> reshape(X&& x) {
  return apply(detail::reshape_rule<E...>{}, std::forward<X>(x));
}

/// Repeats x along axes of extent 1 and along new leading axes.
template <extent_t... E, operand X>
constexpr applied<detail::broadcast_rule<E...>, X> broadcast(X&& x) {
  return apply(detail::broadcast_rule<E...>{}, std::forward<X>(x));
}

/// Axis i of the result is axis `Axes[i]` of x.
template <int... Axes, operand X>
constexpr applied<detail::permute_rule<Axes...>, X> permute(X&& x) {
  return apply(detail::permute_rule<Axes...>{}, std::forward<X>(x));
}

/// Exchanges the last two axes.
template <operand X> constexpr applied<detail::transpose_rule, X> transpose(X&& x) {
  return apply(detail::transpose_rule{}, std::forward<X>(x));
}

/// Elements Start, ..., Stop - 1 along an axis of static extent; negative ones count from its end.
template <int Axis, extent_t Start, extent_t Stop, operand X>
constexpr applied<detail::slice_rule<Axis, Start, Stop>, X> slice(X&& x) {
  return apply(detail::slice_rule<Axis, Start, Stop>{}, std::forward<X>(x));
}

/// A new axis of extent 1.
template <int Axis, operand X> constexpr applied<detail::unsqueeze_rule<Axis>, X> unsqueeze(X&& x) {
  return apply(detail::unsqueeze_rule<Axis>{}, std::forward<X>(x));
}

/// The value, through which no gradient passes.
template <operand X> constexpr applied<detail::detach_rule, X> detach(X&& x) {
  return apply(detail::detach_rule{}, std::forward<X>(x));
}

/// The index along an axis (i32) in the shape of `like`, whose values are not read.
template <int Axis, operand X> constexpr applied<detail::iota_rule<Axis>, X> iota_like(X&& like) {
  return apply(detail::iota_rule<Axis>{}, std::forward<X>(like));
}

}  // namespace sinter
