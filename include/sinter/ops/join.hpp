// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Tensors put together and taken apart: concatenate, stack, split, pad, roll, tile, repeat. What
/// is put together is read where it lies, each element from the operand that it comes from, so all
/// of it and what follows elementwise is one kernel. Values are the operands' to the bit.

#include "sinter/core/math.hpp"
#include "sinter/ops/arithmetic.hpp"
#include "sinter/ops/compare.hpp"
#include "sinter/ops/views.hpp"

namespace sinter {

/// A selection between operands that are padded: the gradient of one need not be cleared where the
/// other was chosen, since there is its padding, which has none.
template <> struct primitive<id("join")> {
  static constexpr bool integers = true, vectors = true, selects = true;
  template <class Mask, class T> SINTER_HD static constexpr T value(Mask condition, T a, T b) {
    return math::select(condition, a, b);
  }
  static constexpr auto pullback(auto g, auto, auto, auto, auto) {
    return partials{no_gradient{}, g, g};
  }
};

/// A selection between a padded operand and what surrounds it.
template <> struct primitive<id("frame")> {
  static constexpr bool integers = true, vectors = true, selects = true;
  template <class Mask, class T> SINTER_HD static constexpr T value(Mask condition, T a, T b) {
    return math::select(condition, a, b);
  }
  static constexpr auto pullback(auto g, auto condition, auto, auto, auto) {
    return partials{no_gradient{}, g, where(condition, 0, g)};
  }
};

namespace detail {

/// x among zeros from `begin` on, along an axis that has `extent` elements then.
constexpr symbol padded(symbol x, int axis, extent_t begin, extent_t extent) {
  shape target = x.extents();
  target[axis] = extent;
  std::int64_t first[max_rank]{};
  first[axis] = begin;
  return {x.graph, rules::pad(*x.graph, x.index, target, first)};
}

/// The same where extents along the axis are open: each part is looked up, and gives 0 outside.
constexpr symbol join_open(const symbol* parts, int count, int axis) {
  graph_builder& g = *parts[0].graph;
  shape whole = parts[0].extents();
  whole[axis] = 0;
  for (int i = 0; i < count; ++i) whole[axis] = g.plus(whole[axis], parts[i].extents()[axis]);
  const symbol index{&g, rules::cast(g, index_along(g, whole, axis).index, dtype::i64)};
  extent_t begin = 0;
  symbol result;
  for (int i = 0; i < count; ++i) {
    const symbol own = index - extent_value(g, begin, dtype::i64);
    const symbol part{&g, rules::gather(g, parts[i].index, own.index, axis, 1)};
    result = i == 0 ? part : add_element<id("join")>(own < 0, result, part);
    begin = g.plus(begin, parts[i].extents()[axis]);
  }
  return result;
}

/// Operands in one type one behind the other along an axis.
constexpr symbol join(const symbol* parts, int count, int axis) {
  graph_builder& g = *parts[0].graph;
  shape whole = parts[0].extents();
  extent_t end = 0;
  for (int i = 0; i < count; ++i)
    if (!is_static(parts[i].extents()[axis])) return join_open(parts, count, axis);
  for (int i = 0; i < count; ++i) end += parts[i].extents()[axis];
  whole[axis] = end;
  symbol result;
  for (int i = count; i-- > 0;) {
    const extent_t own = parts[i].extents()[axis];
    end -= own;
    if (own == 0 && whole[axis] > 0) continue;
    const symbol part = padded(parts[i], axis, end, whole[axis]);
    result = result.graph == nullptr
                 ? part
                 : add_element<id("join")>(index_along(g, whole, axis) < end + own, part, result);
  }
  return result;
}

/// Operands of one type, whose extents agree but along `axis`; false if they do not.
constexpr bool alike(symbol* parts, int count, int axis, name_code op) {
  graph_builder& g = *parts[0].graph;
  dtype type = parts[0].type();
  for (int i = 1; i < count; ++i) type = promote(type, parts[i].type());
  const shape first = parts[0].extents();
  for (int i = 0; i < count; ++i) {
    const shape own = parts[i].extents();
    bool fits = own.rank == first.rank;
    for (int a = 0; fits && a < own.rank; ++a)
      if (a != axis) g.unify(first[a], own[a], {op, 0, 0, first, own}, fits);
    if (!fits) g.fail({rule::same_shape, op, first, own});
    if (g.first_mistake) return false;
    parts[i] = {&g, rules::cast(g, parts[i].index, type)};
  }
  return true;
}

template <int Axis> struct concatenate_rule {
  template <class... S> constexpr symbol operator()(S... operands) const {
    symbol parts[] = {operands...};
    const int axis = normal_axis(Axis, parts[0].rank());
    if (axis < 0) return failed(parts[0], rule::axis, pack_name("concat"));
    if (!alike(parts, sizeof...(S), axis, pack_name("concat"))) return parts[0];
    return join(parts, sizeof...(S), axis);
  }
};

template <int Axis> struct stack_rule {
  template <class... S> constexpr symbol operator()(S... operands) const {
    symbol parts[] = {operands...};
    const int rank = parts[0].rank(), axis = normal_axis(Axis, rank + 1);
    if (axis < 0) return failed(parts[0], rule::axis, pack_name("stack"));
    if (rank == max_rank) return failed(parts[0], rule::too_many, pack_name("stack"));
    if (!alike(parts, sizeof...(S), -1, pack_name("stack"))) return parts[0];
    for (symbol& part : parts) part = unsqueeze_rule<Axis>{}(part);
    return join(parts, sizeof...(S), axis);
  }
};

template <int Axis, int Part, int Parts> struct split_rule {
  constexpr symbol operator()(symbol x) const {
    const int axis = normal_axis(Axis, x.rank());
    if (axis < 0) return failed(x, rule::axis, pack_name("split"));
    const extent_t extent = x.extents()[axis];
    if (!is_static(extent) || Parts <= 0 || extent % Parts != 0)
      return failed(x, rule::parts, pack_name("split"));
    return cut_axis(x, axis, extent / Parts * Part, extent / Parts);
  }
};

template <int Axis, extent_t Before, extent_t After> struct pad_rule {
  constexpr symbol operator()(symbol x) const { return add_zeros(x).inside; }
  constexpr symbol operator()(symbol x, symbol value) const {
    graph_builder& g = *x.graph;
    const auto [inside, axis] = add_zeros(x);
    if (g.first_mistake) return x;
    if (value.rank() != 0) return failed(value, rule::scalar, pack_name("pad"));
    value.index = rules::cast(g, value.index, x.type());
    const symbol at = index_along(g, inside.extents(), axis);
    const symbol before = at < Before + x.extents()[axis];
    return add_element<id("frame")>(Before > 0 ? before && at >= Before : before, inside, value);
  }

 private:
  struct zeros_added {
    symbol inside;
    int axis;
  };
  constexpr zeros_added add_zeros(symbol x) const {
    const int axis = normal_axis(Axis, x.rank());
    if (axis < 0) return {failed(x, rule::axis, pack_name("pad")), 0};
    const extent_t extent = x.extents()[axis];
    if (!is_static(extent) || Before < 0 || After < 0)
      return {failed(x, rule::slice, pack_name("pad")), 0};
    return {padded(x, axis, Before, Before + extent + After), axis};
  }
};

template <int Axis, extent_t Shift> struct roll_rule {
  constexpr symbol operator()(symbol x) const {
    const int axis = normal_axis(Axis, x.rank());
    if (axis < 0) return failed(x, rule::axis, pack_name("roll"));
    const extent_t extent = x.extents()[axis];
    if (!is_static(extent)) return failed(x, rule::slice, pack_name("roll"));
    const extent_t shift = extent > 0 ? (Shift % extent + extent) % extent : 0;
    if (shift == 0) return x;
    const symbol parts[] = {cut_axis(x, axis, extent - shift, shift),
                            cut_axis(x, axis, 0, extent - shift)};
    return join(parts, 2, axis);
  }
};

/// x `Times` times along an axis: as a whole, or element by element.
template <int Axis, extent_t Times, bool Each> struct repeat_rule {
  constexpr symbol operator()(symbol x) const {
    constexpr name_code name = Each ? pack_name("repeat") : pack_name("tile");
    graph_builder& g = *x.graph;
    const shape from = x.extents();
    const int axis = normal_axis(Axis, from.rank);
    if (axis < 0) return failed(x, rule::axis, name);
    if (Times < 0) return failed(x, rule::step, name);
    if (from.rank == max_rank) return failed(x, rule::too_many, name);
    const int place = Each ? axis + 1 : axis;
    shape lone, wide, whole = from;
    for (int i = 0; i <= from.rank; ++i) {
      if (i == place) lone.push(1), wide.push(Times);
      if (i < from.rank) lone.push(from[i]), wide.push(from[i]);
    }
    whole[axis] = g.times(from[axis], Times);
    const int spread = rules::broadcast(g, rules::reshape(g, x.index, lone), wide);
    return {&g, rules::reshape(g, spread, whole)};
  }
};

}  // namespace detail

/// Operands one behind the other along an axis, in their common type. Their other extents agree.
/// @errors compile time: "the operands must have the same extents"; at run time shape_error
/// @cost   one kernel that reads each operand once; the gradient is a view of each part, and where
///         an extent along the axis is open, a kernel for each
template <int Axis, class... X>
  requires expression_operands<X...>
constexpr applied<detail::concatenate_rule<Axis>, X...> concatenate(X&&... x) {
  return apply(detail::concatenate_rule<Axis>{}, std::forward<X>(x)...);
}

/// Operands of one shape side by side along a new axis.
template <int Axis = 0, class... X>
  requires expression_operands<X...>
constexpr applied<detail::stack_rule<Axis>, X...> stack(X&&... x) {
  return apply(detail::stack_rule<Axis>{}, std::forward<X>(x)...);
}

namespace detail {
template <int Axis, int Part, int Parts, class X> struct part_of_split {
  using type = sinter::applied<split_rule<Axis, Part, Parts>, const X&>;
};
template <int Axis, class X, class Parts> struct split_parts;
template <int Axis, class X, int... Part>
struct split_parts<Axis, X, std::integer_sequence<int, Part...>> {
  static constexpr int count = sizeof...(Part);
  using first = typename part_of_split<Axis, 0, count, X>::type;
  using type = std::conditional_t<
      is_mistaken<first>, first, std::tuple<typename part_of_split<Axis, Part, count, X>::type...>>;

  static constexpr type of(const X& x) {
    if constexpr (is_mistaken<first>) return {};
    else return type{apply(split_rule<Axis, Part, count>{}, x)...};
  }
};
template <int Axis, int Parts, class X>
using split_of = split_parts<Axis, X, std::make_integer_sequence<int, Parts>>;
}  // namespace detail

/// A tuple of equal parts of an axis, views all. @errors compile time: "the parts must be equal"
/// @example auto [q, k, v] = st::split<-1, 3>(qkv);
template <int Axis, int Parts, operand X>
constexpr typename detail::split_of<Axis, Parts, X>::type split(const X& x) {
  return detail::split_of<Axis, Parts, X>::of(x);
}

/// Zeros before and behind, along an axis of static extent; or another number, `value`.
template <int Axis, extent_t Before, extent_t After, operand X>
constexpr applied<detail::pad_rule<Axis, Before, After>, X> pad(X&& x) {
  return apply(detail::pad_rule<Axis, Before, After>{}, std::forward<X>(x));
}
template <int Axis, extent_t Before, extent_t After, operand X, operand_or_number V>
constexpr applied<detail::pad_rule<Axis, Before, After>, X, V> pad(X&& x, V&& value) {
  return apply(detail::pad_rule<Axis, Before, After>{}, std::forward<X>(x),
               std::forward<V>(value));
}

/// Shifts the elements along an axis of static extent; what leaves one end enters at the other.
template <int Axis, extent_t Shift, operand X>
constexpr applied<detail::roll_rule<Axis, Shift>, X> roll(X&& x) {
  return apply(detail::roll_rule<Axis, Shift>{}, std::forward<X>(x));
}

/// The axis Times times one behind the other, as NumPy's tile.
template <int Axis, extent_t Times, operand X>
constexpr applied<detail::repeat_rule<Axis, Times, false>, X> tile(X&& x) {
  return apply(detail::repeat_rule<Axis, Times, false>{}, std::forward<X>(x));
}

/// Each element of the axis Times times in a row, as NumPy's repeat.
template <int Axis, extent_t Times, operand X>
constexpr applied<detail::repeat_rule<Axis, Times, true>, X> repeat(X&& x) {
  return apply(detail::repeat_rule<Axis, Times, true>{}, std::forward<X>(x));
}

}  // namespace sinter
