// SPDX-License-Identifier: Apache-2.0
#pragma once

/// From a nest over the axes of a graph's shape to the program that a kernel runs: the axes are put
/// in the order of the loops and merged where memory allows, values are divided into full and
/// folded ones, and full ones into passes.

#include "sinter/plan/group.hpp"
#include "sinter/plan/program.hpp"

namespace sinter {

/// A program over the axes of `space`, with codes of the graph as its numbers.
struct nest {
  shape space;
  unsigned folded = 0;
  bool scatter = false;
  bool product = false;        ///< keeps its last two axes apart: tiles of rows and columns
  program code;
};

namespace detail {

/// The loops' order: positions of the space's axes, outer ones first.
struct loop_order {
  int axis[max_rank + 1]{};
  int rank = 0, middle = 0;
  fold folds = fold::none;
  constexpr void push(int a) { axis[rank++] = a; }
};

constexpr loop_order order_axes(const nest& n) {
  loop_order order;
  const shape& s = n.space;
  const auto dropped = [&](int a) { return s[a] == 1 && !(n.product && a >= s.rank - 2); };
  if (n.folded == 0) {
    for (int a = 0; a < s.rank; ++a)
      if (!dropped(a)) order.push(a);
    return order;
  }
  int last = s.rank - 1;
  while (last > 0 && s[last] == 1) --last;
  const bool rows = n.product || (n.folded >> last & 1);
  order.folds = rows ? fold::row : fold::column;
  for (int a = 0; a < s.rank; ++a)
    if (!(n.folded >> a & 1) && !dropped(a) && (rows || a != last)) order.push(a);
  const int outer = order.rank;
  for (int a = 0; a < s.rank; ++a)
    if ((n.folded >> a & 1) && !dropped(a)) order.push(a);
  order.middle = order.rank - outer - (rows ? 1 : 0);
  if (!rows) order.push(last);
  else if (order.middle < 0) order.middle = 0;
  return order;
}

/// The axes of a nest in the order of its loops, merged where every stride allows it.
constexpr void arrange(planning_graph& g, nest& n) {
  loop_order order = order_axes(n);
  program& p = n.code;
  p.folds = order.folds;
  std::int64_t place[max_rank + 1]{};  // axis of the space -> axis of the program
  for (auto& x : place) x = -1;

  struct loop {
    std::int64_t axis = 0;
    extent_t extent = 1;
  };
  if (order.rank == 0) {  // a scalar: one line of one element
    p.rank = 1;
    p.extent[0] = 1;
    for (leaf& l : p.leaf_list)
      for (auto& s : l.stride) s = 0;
    for (result& r : p.result_list)
      for (auto& s : r.stride) s = 0;
    return;
  }

  bool has_iota[max_rank]{};
  for (const instruction& i : p.instruction_list)
    if (i.what == code::iota) has_iota[i.attribute] = true;
  const int line = order.rank - 1;
  const int outer = order.rank - 1 - order.middle;
  // Whether loop k runs within the same role as loop k + 1.
  const auto same_role = [&](int k) {
    if (n.product) return false;
    if (order.folds == fold::none) return true;
    if (order.folds == fold::row) return k >= outer || k + 1 < outer;
    return (k + 1 < outer) || (k >= outer && k + 1 < line);
  };
  const auto mergeable = [&](int k) {
    const int a = order.axis[k], b = order.axis[k + 1];
    if (!same_role(k) || has_iota[a] || has_iota[b]) return false;
    const extent_t e = n.space[b];
    for (const leaf& l : p.leaf_list)
      if (l.guarded || l.stride[a] != g.times(l.stride[b], e)) return false;
    for (const result& r : p.result_list)
      if (r.stride[a] != g.times(r.stride[b], e)) return false;
    return true;
  };

  loop loops[max_rank + 1]{};
  bool merges[max_rank + 1]{};
  for (int k = 0; k + 1 < order.rank; ++k) merges[k] = mergeable(k);
  int count = 0;
  extent_t extent = 1;
  int middle = 0;
  for (int k = 0; k < order.rank; ++k) {
    extent = g.times(extent, n.space[order.axis[k]]);
    place[order.axis[k]] = count;
    if (k + 1 < order.rank && merges[k]) continue;
    loops[count].axis = order.axis[k];  // the innermost of the merged axes holds the stride
    loops[count].extent = extent;
    if (k >= outer && k < line) ++middle;
    ++count;
    extent = 1;
  }
  p.rank = count;
  p.middle = middle;
  for (int k = 0; k < count; ++k) p.extent[k] = loops[k].extent;
  const auto reorder = [&](std::int64_t* numbers) {
    std::int64_t old[max_rank]{};
    for (int a = 0; a < max_rank; ++a) old[a] = numbers[a];
    for (int k = 0; k < max_rank; ++k) numbers[k] = k < count ? old[loops[k].axis] : 0;
  };
  for (leaf& l : p.leaf_list) {
    reorder(l.stride);
    reorder(l.begin);
    reorder(l.end);
  }
  for (result& r : p.result_list) reorder(r.stride);
  for (instruction& i : p.instruction_list)
    if (i.what == code::iota) i.attribute = place[i.attribute];
}

/// Which values vary along what a fold removes (without one: along the line), and in which passes
/// over a row they are computed.
constexpr void divide(nest& n) {
  program& p = n.code;
  auto& list = p.instruction_list;
  const int first = p.folds == fold::none ? p.line() : p.outer();
  const int last = p.folds == fold::column ? p.line() : p.rank;
  const auto varies = [&](int axis) { return axis >= first && axis < last; };
  int passes = 1;
  for (instruction& i : list) {
    i.full = i.what == code::product || i.what == code::scan || n.scatter ||
             (i.what == code::iota && varies(static_cast<int>(i.attribute)));
    if (i.what == code::load || i.what == code::gather)
      for (int a = first; a < last; ++a) {
        const leaf& l = p.leaf_list[i.attribute];
        if (l.stride[a] != 0 || (l.guarded && (l.begin[a] != 0 || l.end[a] != INT64_MAX)))
          i.full = true;
      }
    for (int j = 0; j < max_operands && i.operand[j] >= 0; ++j) {
      const instruction& x = list[i.operand[j]];
      if (x.full && i.what != code::fold) i.full = true;
      const int stage = x.stage + (x.what == code::fold ? 1 : 0);
      if (stage > i.stage) i.stage = static_cast<std::uint8_t>(stage);
    }
    if (i.full || i.what == code::fold)
      if (i.stage + 1 > passes) passes = i.stage + 1;
  }
  for (const result& r : p.result_list) {
    instruction& i = list[r.instruction];
    const int stage = i.stage + (i.what == code::fold ? 1 : 0);
    if (r.full && stage + 1 > passes) passes = stage + 1;
    if (r.full && i.full) i.passes = 1u << i.stage;
    if (r.index >= 0) list[r.index].passes = 1u << i.stage;
  }
  p.passes = passes;
  p.row_buffers = 0;
  for (std::size_t k = list.size(); k-- > 0;) {
    instruction& i = list[k];
    if (i.full && (i.passes >> (i.stage + 1)) != 0 &&
        (i.flops > 2 || i.what == code::scan)) {
      i.saved = p.row_buffers++;
      i.passes |= 1u << i.stage;
    }
    const std::uint32_t needed = i.what == code::fold ? 1u << i.stage
                                 : i.saved >= 0       ? 1u << i.stage
                                                      : i.passes;
    for (int j = 0; j < max_operands && i.operand[j] >= 0; ++j)
      if (instruction& x = list[i.operand[j]]; x.full) x.passes |= needed;
  }
}

}  // namespace detail

}  // namespace sinter
