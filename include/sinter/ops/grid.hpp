// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Values that follow from their place alone: ranges, the identity, constants, one-hot rows; and
/// what keeps one side of a diagonal. They are computed where they are used and lie in no memory.

#include "sinter/ops/arithmetic.hpp"
#include "sinter/ops/compare.hpp"
#include "sinter/ops/gather.hpp"
#include "sinter/ops/views.hpp"

namespace sinter {

namespace detail {

/// A number in a type.
constexpr symbol in_type(symbol x, dtype type) {
  return {x.graph, rules::cast(*x.graph, x.index, type)};
}

/// Whether one number was given.
constexpr bool is_scalar(symbol x, name_code op) {
  if (x.rank() != 0) failed(x, rule::scalar, op);
  return x.rank() == 0;
}

template <extent_t Count> struct arange_rule {
  constexpr symbol operator()(symbol none) const {
    return index_along(*none.graph, {1, {Count}}, 0);
  }
  constexpr symbol operator()(symbol none, symbol start, symbol step) const {
    if (!is_scalar(start, pack_name("arange")) || !is_scalar(step, pack_name("arange")))
      return none;
    return start + (*this)(none) * step;
  }
};

template <extent_t Count, dtype Type> struct linspace_rule {
  constexpr symbol operator()(symbol none, symbol low, symbol high) const {
    constexpr name_code name = pack_name("linspace");
    if (!is_scalar(low, name) || !is_scalar(high, name)) return none;
    low = in_type(low, Type), high = in_type(high, Type);
    const symbol index = index_along(*none.graph, {1, {Count}}, 0);
    if (Count < 2) return low + in_type(index, Type);
    const symbol step = (high - low) / static_cast<double>(Count - 1);
    return where(index == Count - 1, high, low + in_type(index, Type) * step);
  }
};

template <extent_t... E> struct full_rule {
  constexpr symbol operator()(symbol, symbol value) const {
    shape target;
    (target.push(E), ...);
    return {value.graph, rules::broadcast(*value.graph, value.index, target)};
  }
};

template <extent_t Rows, extent_t Columns, dtype Type> struct eye_rule {
  constexpr symbol operator()(symbol none) const {
    graph_builder& g = *none.graph;
    const shape s{2, {Rows, Columns}};
    return in_type(index_along(g, s, 0) == index_along(g, s, 1), Type);
  }
};

/// Where column - row is at most, or at least, `Diagonal`.
template <extent_t Diagonal, bool Lower> struct triangle_rule {
  constexpr symbol operator()(symbol x) const {
    const shape s = x.extents();
    if (s.rank < 2) return failed(x, rule::rank, Lower ? pack_name("tril") : pack_name("triu"));
    const symbol row = index_along(*x.graph, s, s.rank - 2);
    const symbol column = index_along(*x.graph, s, s.rank - 1);
    return where(Lower ? column <= row + Diagonal : row + Diagonal <= column, x, 0);
  }
};

template <extent_t Classes, dtype Type> struct one_hot_rule {
  constexpr symbol operator()(symbol labels) const {
    graph_builder& g = *labels.graph;
    const shape own = labels.extents();
    if (own.rank == max_rank) return failed(labels, rule::too_many, pack_name("one_hot"));
    labels = checked_indices(labels, Classes, pack_name("one_hot"));
    if (g.first_mistake) return labels;
    shape wide = own;
    wide.push(Classes);
    const symbol column = cast_rule<dtype::i32>{}(unsqueeze_rule<-1>{}(labels));
    return in_type(column == index_along(g, wide, own.rank), Type);
  }
};

}  // namespace detail

/// 0, 1, ..., Count - 1 (i32); or from a start on, by a step, in their type.
template <extent_t Count> constexpr auto arange() {
  return apply(detail::arange_rule<Count>{}, no_operand{});
}
template <extent_t Count, operand_or_number Start, operand_or_number Step>
constexpr applied<detail::arange_rule<Count>, no_operand, Start, Step> arange(Start&& start,
                                                                              Step&& step) {
  return apply(detail::arange_rule<Count>{}, no_operand{}, std::forward<Start>(start),
               std::forward<Step>(step));
}

/// Count numbers from `low` to `high`, both included, equally far apart.
template <extent_t Count, element_type T = float, operand_or_number L, operand_or_number H>
constexpr applied<detail::linspace_rule<Count, dtype_of<T>>, no_operand, L, H> linspace(L&& low,
                                                                                       H&& high) {
  return apply(detail::linspace_rule<Count, dtype_of<T>>{}, no_operand{}, std::forward<L>(low),
               std::forward<H>(high));
}

/// A number in every element. @example st::full<3, 4>(1.f)
template <extent_t... E, operand_or_number V>
constexpr applied<detail::full_rule<E...>, no_operand, V> full(V&& value) {
  return apply(detail::full_rule<E...>{}, no_operand{}, std::forward<V>(value));
}

/// 1 on the diagonal, 0 elsewhere.
template <extent_t Rows, extent_t Columns = Rows, element_type T = float> constexpr auto eye() {
  return apply(detail::eye_rule<Rows, Columns, dtype_of<T>>{}, no_operand{});
}

/// x on the last two axes' diagonal and below, 0 above; `Diagonal` shifts it to the right.
template <extent_t Diagonal = 0, operand X>
constexpr applied<detail::triangle_rule<Diagonal, true>, X> tril(X&& x) {
  return apply(detail::triangle_rule<Diagonal, true>{}, std::forward<X>(x));
}
/// x on the diagonal and above, 0 below.
template <extent_t Diagonal = 0, operand X>
constexpr applied<detail::triangle_rule<Diagonal, false>, X> triu(X&& x) {
  return apply(detail::triangle_rule<Diagonal, false>{}, std::forward<X>(x));
}

/// 1 at each label along a new last axis, 0 elsewhere.
/// @errors compile time: "indices must be integers"; run time: value_error for one outside
template <extent_t Classes, element_type T = float, operand L>
constexpr applied<detail::one_hot_rule<Classes, dtype_of<T>>, L> one_hot(L&& labels) {
  return apply(detail::one_hot_rule<Classes, dtype_of<T>>{}, std::forward<L>(labels));
}

}  // namespace sinter
