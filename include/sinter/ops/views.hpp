// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Views beyond those of structure.hpp: axes removed, joined and moved, steps through an axis, also
/// backwards, windows that overlap, diagonals. A kernel reads all of them through strides, where
/// their operand lies in memory; one that is computed is stored first.

#include "sinter/ops/structure.hpp"

namespace sinter {

/// Instead of a bound of a slice: as far as the axis goes.
inline constexpr extent_t open_end = INT64_MAX;

namespace detail {

constexpr symbol failed(symbol x, rule what, name_code op) {
  x.graph->fail({what, op, x.extents(), {}});
  return x;
}

/// The index along an axis, in a shape.
constexpr symbol index_along(graph_builder& g, const shape& s, int axis) {
  node n = rules::make(iota_operation, dtype::i32, s);
  n.attribute[0] = axis;
  return {&g, g.store(n)};
}

/// An extent, known or not, as a value.
constexpr symbol extent_value(graph_builder& g, extent_t e, dtype type) {
  if (is_static(e)) return {&g, rules::constant(g, type, static_cast<double>(e))};
  node n = rules::make(extent_operation, dtype::i64, {});
  n.attribute[0] = e;
  return {&g, rules::cast(g, g.store(n), type)};
}

/// The steps that change nothing.
struct identity_steps {
  stride_step axis[max_rank + 1];
  constexpr identity_steps() {
    for (int i = 0; i < max_rank; ++i) axis[i].axes = 1u << i;
  }
};

constexpr symbol as_view(symbol x, const shape& target, const identity_steps& steps) {
  return {x.graph, rules::stride(*x.graph, x.index, target, steps.axis)};
}

/// `count` elements of an axis, `step` apart: the first one first, or the last one if `step` is
/// negative.
constexpr symbol stepped(symbol x, int axis, extent_t count, std::int64_t step) {
  identity_steps steps;
  steps.axis[axis].step = step;
  shape target = x.extents();
  target[axis] = count;
  return as_view(x, target, steps);
}

/// Elements begin ... begin + count - 1 along an axis.
constexpr symbol cut_axis(symbol x, int axis, extent_t begin, extent_t count) {
  node n = rules::make(slice_operation, x.type(), x.extents(), x.index);
  n.attribute[axis] = begin;
  n.extents[axis] = count;
  return {x.graph, add(*x.graph, n)};
}

/// Elements start, start + step, ... up to, but not including, stop.
constexpr symbol steps_of_axis(symbol x, int axis, extent_t start, extent_t stop,
                               std::int64_t step) {
  const shape from = x.extents();
  axis = normal_axis(axis, from.rank);
  if (axis < 0) return failed(x, rule::axis, slice_operation.name);
  if (step == 0) return failed(x, rule::step, slice_operation.name);
  const extent_t extent = from[axis];
  if (start == open_end && stop == open_end && (step == 1 || step == -1))
    return step == 1 ? x : stepped(x, axis, extent, -1);  // of any extent
  const bool back = step < 0;
  if (is_static(extent)) {
    if (start == open_end) start = back ? extent - 1 : 0;
    else if (start < 0) start += extent;
    if (stop == open_end) stop = back ? -1 : extent;
    else if (stop < 0) stop += extent;
  }
  const bool inside = back ? start < extent && stop >= -1 && stop <= start
                           : start >= 0 && start <= stop && stop <= extent;
  if (!is_static(extent) || !inside) {
    x.graph->fail({rule::slice, slice_operation.name, from, {2, {start, stop}}});
    return x;
  }
  const std::int64_t size = back ? -step : step;
  const extent_t covered = back ? start - stop : stop - start;
  const symbol part = cut_axis(x, axis, back ? stop + 1 : start, covered);
  const extent_t count = ceil_div(covered, size);
  return step == 1 ? part : stepped(part, axis, count, count > 1 ? step : back ? -1 : 1);
}

template <int Axis, extent_t Start, extent_t Stop, extent_t Step> struct step_rule {
  constexpr symbol operator()(symbol x) const {
    return steps_of_axis(x, Axis, Start, Stop, Step);
  }
};

template <int... Axes> struct flip_rule {
  constexpr symbol operator()(symbol x) const {
    identity_steps steps;
    constexpr int axes[] = {Axes..., 0};
    for (int i = 0; i < static_cast<int>(sizeof...(Axes)); ++i) {
      const int axis = normal_axis(axes[i], x.rank());
      if (axis < 0) return failed(x, rule::axis, pack_name("flip"));
      if (steps.axis[axis].step < 0) return failed(x, rule::axis_twice, pack_name("flip"));
      steps.axis[axis].step = -1;
    }
    for (int i = 0; sizeof...(Axes) == 0 && i < x.rank(); ++i) steps.axis[i].step = -1;
    return as_view(x, x.extents(), steps);
  }
};

template <int Axis, extent_t Size, extent_t Step> struct windows_rule {
  constexpr symbol operator()(symbol x) const {
    constexpr name_code name = pack_name("windows");
    const shape from = x.extents();
    const int axis = normal_axis(Axis, from.rank);
    if (axis < 0) return failed(x, rule::axis, name);
    if (from.rank == max_rank) return failed(x, rule::too_many, name);
    if (Size <= 0 || Step <= 0) return failed(x, rule::step, name);
    if (!is_static(from[axis]) || from[axis] < Size) return failed(x, rule::too_few, name);
    identity_steps steps;
    steps.axis[axis].step = Step;
    steps.axis[from.rank].axes = 1u << axis;
    shape target = from;
    target[axis] = (from[axis] - Size) / Step + 1;
    target.push(Size);
    return as_view(x, target, steps);
  }
};

template <extent_t Offset, int Rows, int Columns> struct diagonal_rule {
  constexpr symbol operator()(symbol x) const {
    constexpr name_code name = pack_name("diagonal");
    const shape from = x.extents();
    if (from.rank < 2) return failed(x, rule::rank, name);
    const int rows = normal_axis(Rows, from.rank), columns = normal_axis(Columns, from.rank);
    if (rows < 0 || columns < 0) return failed(x, rule::axis, name);
    if (rows == columns) return failed(x, rule::axis_twice, name);
    extent_t count = from[rows];
    if (Offset != 0 || from[rows] != from[columns]) {
      if (!is_static(from[rows]) || !is_static(from[columns]))
        return failed(x, rule::slice, name);
      const extent_t down = Offset < 0 ? -Offset : 0, right = Offset > 0 ? Offset : 0;
      if (down > from[rows] || right > from[columns]) return failed(x, rule::slice, name);
      const extent_t high = from[rows] - down, wide = from[columns] - right;
      count = high < wide ? high : wide;
      x = cut_axis(cut_axis(x, rows, down, count), columns, right, count);
    }
    identity_steps steps;
    shape target;
    for (int i = 0; i < from.rank; ++i) {
      if (i == rows || i == columns) continue;
      steps.axis[target.rank].axes = 1u << i;
      target.push(from[i]);
    }
    steps.axis[target.rank].axes = 1u << rows | 1u << columns;
    target.push(count);
    return as_view(x, target, steps);
  }
};

template <int... Axes> struct squeeze_rule {
  constexpr symbol operator()(symbol x) const {
    constexpr name_code name = pack_name("squeeze");
    constexpr int axes[] = {Axes..., 0};
    const shape from = x.extents();
    unsigned gone = 0;
    for (int i = 0; i < static_cast<int>(sizeof...(Axes)); ++i) {
      const int axis = normal_axis(axes[i], from.rank);
      if (axis < 0) return failed(x, rule::axis, name);
      if (gone >> axis & 1) return failed(x, rule::axis_twice, name);
      if (from[axis] != 1) return failed(x, rule::reshape, name);
      gone |= 1u << axis;
    }
    shape target;
    for (int i = 0; i < from.rank; ++i)
      if (sizeof...(Axes) == 0 ? from[i] != 1 : !(gone >> i & 1)) target.push(from[i]);
    return {x.graph, rules::reshape(*x.graph, x.index, target)};
  }
};

template <int First, int Last> struct flatten_rule {
  constexpr symbol operator()(symbol x) const {
    graph_builder& g = *x.graph;
    const shape from = x.extents();
    if (from.rank == 0) return {&g, rules::reshape(g, x.index, {1, {1}})};
    const int first = normal_axis(First, from.rank), last = normal_axis(Last, from.rank);
    if (first < 0 || last < first) return failed(x, rule::axis, pack_name("flatten"));
    shape target;
    for (int i = 0; i < from.rank; ++i)
      if (i > first && i <= last) target[first] = g.times(target[first], from[i]);
      else target.push(from[i]);
    return {&g, rules::reshape(g, x.index, target)};
  }
};

/// Takes the axis `from` out and puts it back at place `to`.
template <int From, int To> struct movedim_rule {
  constexpr symbol operator()(symbol x) const {
    const int rank = x.rank(), from = normal_axis(From, rank), to = normal_axis(To, rank);
    if (from < 0 || to < 0) return failed(x, rule::axis, pack_name("movedim"));
    int order[max_rank]{};
    for (int i = 0, next = 0; i < rank; ++i) {
      if (next == from) ++next;
      order[i] = i == to ? from : next++;
    }
    return {x.graph, rules::permute(*x.graph, x.index, order, rank)};
  }
};

template <int A, int B> struct swapaxes_rule {
  constexpr symbol operator()(symbol x) const {
    const int rank = x.rank(), a = normal_axis(A, rank), b = normal_axis(B, rank);
    if (a < 0 || b < 0) return failed(x, rule::axis, pack_name("swapaxes"));
    int order[max_rank] = {0, 1, 2, 3, 4, 5};
    order[a] = b;
    order[b] = a;
    return {x.graph, rules::permute(*x.graph, x.index, order, rank)};
  }
};

}  // namespace detail

/// Elements Start, Start + Step, ... before Stop, along an axis of static extent, as Python's
/// x[Start:Stop:Step]: negative bounds count from the end, `open_end` is no bound. A negative Step
/// goes down from Start. `slice<0, open_end, open_end, -1>`, backwards, takes any extent.
/// @errors compile time: "the slice lies outside the operand" (nothing is cut short silently)
/// @cost   none where x lies in memory; its gradient stores one more intermediate
template <int Axis, extent_t Start, extent_t Stop, extent_t Step, operand X>
constexpr applied<detail::step_rule<Axis, Start, Stop, Step>, X> slice(X&& x) {
  return apply(detail::step_rule<Axis, Start, Stop, Step>{}, std::forward<X>(x));
}

/// The elements in reverse order along axes, or along all of them.
template <int... Axes, operand X> constexpr applied<detail::flip_rule<Axes...>, X> flip(X&& x) {
  return apply(detail::flip_rule<Axes...>{}, std::forward<X>(x));
}

/// Windows of Size neighbours along an axis of static extent, each Step after the one before:
/// their number takes the axis' place, and their elements are a new last axis, as PyTorch's unfold.
/// @shape  [..., N, ...] -> [..., (N - Size) / Step + 1, ..., Size]
/// @cost   none where x lies in memory; the gradient is a sum of Size padded slices
template <int Axis, extent_t Size, extent_t Step = 1, operand X>
constexpr applied<detail::windows_rule<Axis, Size, Step>, X> windows(X&& x) {
  return apply(detail::windows_rule<Axis, Size, Step>{}, std::forward<X>(x));
}

/// The elements at [i, i + Offset] of two axes, along a new last axis, as NumPy's diagonal. A
/// run-time extent has a diagonal where it is both axes'.
template <extent_t Offset = 0, int Rows = -2, int Columns = -1, operand X>
constexpr applied<detail::diagonal_rule<Offset, Rows, Columns>, X> diagonal(X&& x) {
  return apply(detail::diagonal_rule<Offset, Rows, Columns>{}, std::forward<X>(x));
}

/// Without the named axes, which have extent 1; without names, all that are 1 in the type.
template <int... Axes, operand X>
constexpr applied<detail::squeeze_rule<Axes...>, X> squeeze(X&& x) {
  return apply(detail::squeeze_rule<Axes...>{}, std::forward<X>(x));
}

/// Axes First to Last as one.
template <int First = 0, int Last = -1, operand X>
constexpr applied<detail::flatten_rule<First, Last>, X> flatten(X&& x) {
  return apply(detail::flatten_rule<First, Last>{}, std::forward<X>(x));
}

/// Axis From at place To; the others keep their order.
template <int From, int To, operand X>
constexpr applied<detail::movedim_rule<From, To>, X> movedim(X&& x) {
  return apply(detail::movedim_rule<From, To>{}, std::forward<X>(x));
}

/// Exchanges two axes.
template <int A, int B, operand X>
constexpr applied<detail::swapaxes_rule<A, B>, X> swapaxes(X&& x) {
  return apply(detail::swapaxes_rule<A, B>{}, std::forward<X>(x));
}

}  // namespace sinter
