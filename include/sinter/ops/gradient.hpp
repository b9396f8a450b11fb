// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Reverse-mode differentiation as one pass from graph to graph: it appends the gradient's nodes to
/// the graph that it reads, so values of the forward part are shared, and a gradient can be
/// differentiated again.

#include "sinter/ops/arithmetic.hpp"
#include "sinter/ops/compare.hpp"
#include "sinter/ops/cumulative.hpp"
#include "sinter/ops/linear.hpp"

namespace sinter {

namespace detail {

/// Sums over the axes along which the broadcast repeated its operand.
constexpr symbol pull_broadcast(symbol g, const symbol& x) {
  const shape wide = g.extents();
  const shape narrow = x.extents();
  const int lead = wide.rank - narrow.rank;
  unsigned mask = 0;
  for (int i = 0; i < wide.rank; ++i)
    if (i < lead || (narrow[i - lead] == 1 && wide[i] != 1)) mask |= 1u << i;
  const int sum = rules::reduce(*g.graph, sum_operation, g.index, mask);
  return {g.graph, rules::reshape(*g.graph, sum, narrow)};
}

constexpr symbol pull_permute(symbol g, const node& n) {
  int inverse[max_rank]{};
  for (int i = 0; i < n.extents.rank; ++i) inverse[n.attribute[i]] = i;
  return {g.graph, rules::permute(*g.graph, g.index, inverse, n.extents.rank)};
}

/// The part of `g` that begins at `begin` and has the shape `extents`.
constexpr symbol cut(symbol g, const std::int64_t* begin, const shape& extents) {
  node n = rules::make(slice_operation, g.type(), extents, g.index);
  for (int i = 0; i < extents.rank; ++i) n.attribute[i] = begin[i];
  return {g.graph, add(*g.graph, n)};
}

/// g with its axis spread `step` apart among zeros, in one of `extent` elements from `begin` on.
constexpr symbol spread(symbol g, int axis, std::int64_t step, extent_t begin, extent_t extent) {
  graph_builder& graph = *g.graph;
  shape whole = g.extents(), lone{4, {1, whole[axis], 1, 1}};
  for (int i = 0; i < whole.rank; ++i)
    if (i != axis) lone[i < axis ? 0 : 3] = graph.times(lone[i < axis ? 0 : 3], whole[i]);
  if (step > 1) {
    const extent_t spaced = graph.times(whole[axis], step);
    symbol apart{&graph, rules::reshape(graph, g.index, lone)};
    lone[2] = step;
    const std::int64_t none[max_rank]{};
    apart.index = rules::pad(graph, apart.index, lone, none);
    whole[axis] = spaced;
    g = {&graph, rules::reshape(graph, apart.index, whole)};
    if (begin + spaced > extent) {  // the zeros behind the last element
      whole[axis] = extent - begin;
      g = cut(g, none, whole);
    }
  }
  whole[axis] = extent;
  std::int64_t first[max_rank]{};
  first[axis] = begin;
  return {&graph, rules::pad(graph, g.index, whole, first)};
}

/// The sum of what each window gives back.
constexpr symbol pull_windows(symbol g, int axis, std::int64_t step, const shape& to) {
  graph_builder& graph = *g.graph;
  shape one = g.extents(), kept = one;
  --kept.rank;
  const extent_t size = one.last();
  one[one.rank - 1] = 1;
  symbol sum;
  for (extent_t k = 0; k < size; ++k) {
    std::int64_t begin[max_rank]{};
    begin[one.rank - 1] = k;
    const symbol part{&graph, rules::reshape(graph, cut(g, begin, one).index, kept)};
    const symbol own = spread(part, axis, step, k, to[axis]);
    sum = k == 0 ? own : sum + own;
  }
  return sum;
}

/// The last axis as a diagonal of axes `rows` and `columns`, which are as long, among zeros.
constexpr symbol pull_diagonal(symbol g, int rows, int columns, const shape& to) {
  graph_builder& graph = *g.graph;
  shape column = to;
  column[columns] = 1;
  int order[max_rank]{};
  for (int i = 0, next = 0, other = 0; i < to.rank; ++i)
    if (i != columns) order[next++] = i == rows ? to.rank - 2 : other++;
  symbol along{&graph, rules::permute(graph, g.index, order, to.rank - 1)};
  along.index = rules::broadcast(graph, rules::reshape(graph, along.index, column), to);
  const auto index = [&](int axis) {
    node n = rules::make(iota_operation, dtype::i32, to);
    n.attribute[0] = axis;
    return symbol{&graph, graph.store(n)};
  };
  return where(index(rows) == index(columns), along, 0);
}

/// Each element's gradient at its place in the operand, zeros elsewhere.
constexpr symbol pull_stride(symbol g, const node& n, const shape to) {
  graph_builder& graph = *g.graph;
  int backwards[max_rank]{};
  bool turned = false;
  for (int r = 0; r < n.extents.rank; ++r) {
    const stride_step own = stride_step::unpack(n.attribute[r]);
    int axis = 0;
    while (!(own.axes >> axis & 1)) ++axis;
    if (n.extents.rank > to.rank && r + 1 < n.extents.rank &&
        own.axes == stride_step::unpack(n.attribute[n.extents.rank - 1]).axes)
      return pull_windows(g, axis, own.step, to);
    if (own.axes >> axis != 1) {
      int other = axis + 1;
      while (!(own.axes >> other & 1)) ++other;
      return pull_diagonal(g, axis, other, to);
    }
    backwards[axis] = own.step < 0;
    turned = turned || own.step < 0;
    const std::int64_t size = own.step < 0 ? -own.step : own.step;
    if (size > 1 || g.extents()[r] != to[r]) g = spread(g, r, size, 0, to[r]);
  }
  if (!turned) return g;
  stride_step steps[max_rank];
  for (int a = 0; a < to.rank; ++a) steps[a] = {backwards[a] ? -1 : 1, 1u << a};
  return {&graph, rules::stride(graph, g.index, to, steps)};
}

/// A maximum's gradient goes to where the maximum is, in equal parts if it is in several places.
constexpr symbol pull_extremum(symbol g, symbol x, symbol y, unsigned mask) {
  const symbol hit = {g.graph, rules::cast(*g.graph, (x == y).index, g.type())};
  const symbol count = {g.graph, rules::reduce(*g.graph, sum_operation, hit.index, mask)};
  return hit * (g / count);
}

/// A product's gradient is the product of the others: by a quotient, but not where x is 0. Where
/// one or two elements are, what is written with `zero_sum`, their sum, is 0, and its derivative is
/// not: so this is exact wherever x is 0, and so is its own gradient; the one after that is not.
constexpr symbol pull_product(symbol g, symbol x, symbol y, unsigned mask) {
  graph_builder& graph = *g.graph;
  const auto folded = [&](const operation& op, symbol z) {
    return symbol{&graph, rules::reduce(graph, op, z.index, mask)};
  };
  const symbol zero = x == 0, safe = where(zero, 1, x);
  const symbol zeros = folded(sum_operation, {&graph, rules::cast(graph, zero.index, g.type())});
  const symbol others = folded(prod_operation, safe);
  const symbol zero_sum = folded(sum_operation, where(zero, x, 0));
  // A product that overflows would make NaN of these zeros.
  const symbol rest = where(add_element<id("abs")>(others) < __builtin_huge_val(), others, 0);
  const symbol one = where(zero, others, zero_sum * (rest / safe));
  const symbol two = where(zero, (zero_sum - x) * rest, 0);
  return g * where(zeros == 0, y / safe, where(zeros == 1, one, where(zeros == 2, two, 0)));
}

constexpr symbol transposed(symbol x) {
  int order[max_rank]{};
  const int rank = x.rank();
  for (int i = 0; i < rank; ++i) order[i] = i < rank - 2 ? i : 2 * rank - 3 - i;
  return {x.graph, rules::permute(*x.graph, x.index, order, rank)};
}

/// Whether a value was rounded to tf32, or marked by tf32x3, wherever its axes went then.
constexpr bool is_made_by(symbol x, name_code name) {
  while (x.get().what() == kind::permute) x.index = x.get().operand[0];
  return x.get().op->name == name;
}

/// Whether a gradient passes from a node to its operands.
constexpr bool passes_gradient(const node& n) {
  return n.what() != kind::alias || n.is(tf32x3_operation);
}

constexpr void pull_back(symbol g, const symbol* x, symbol y, symbol* out) {
  graph_builder& graph = *g.graph;
  const node n = y.get();
  switch (n.what()) {
    case kind::element: return n.op->pullback(g, x, y, out);
    case kind::cast: out[0] = g; return;
    case kind::broadcast: out[0] = pull_broadcast(g, x[0]); return;
    case kind::reshape: out[0] = {&graph, rules::reshape(graph, g.index, x[0].extents())}; return;
    case kind::permute: out[0] = pull_permute(g, n); return;
    case kind::slice:
      out[0] = {&graph, rules::pad(graph, g.index, x[0].extents(), n.attribute)};
      return;
    case kind::stride: out[0] = pull_stride(g, n, x[0].extents()); return;
    case kind::pad: out[0] = cut(g, n.attribute, x[0].extents()); return;
    case kind::gather: {
      // Sums are in the accumulator's type; the caller gives them the operand's.
      const int wide = rules::cast(graph, g.index, accumulator(g.type()));
      const gather_axes axes(n);
      out[0] = {&graph, rules::scatter(graph, wide, n.operand[1], x[0].extents(), axes.axis,
                                       axes.count)};
      return;
    }
    case kind::scatter: {
      const gather_axes axes(n);
      out[0] = {&graph, rules::gather(graph, g.index, n.operand[1], axes.axis, axes.count)};
      return;
    }
    case kind::reduce:
      if (n.op->name == pack_name("sum"))
        out[0] = {&graph, rules::broadcast(graph, g.index, x[0].extents())};
      else if (n.op->name == pack_name("prod"))
        out[0] = pull_product(g, x[0], y, static_cast<unsigned>(n.attribute[0]));
      else out[0] = pull_extremum(g, x[0], y, static_cast<unsigned>(n.attribute[0]));
      return;
    case kind::scan: out[0] = pull_scan(g, x[0], y, n); return;
    case kind::matmul:
      if (is_made_by(x[0], id("tf32")) && is_made_by(x[1], id("tf32"))) g = tf32(g);
      if (is_made_by(x[0], id("tf32x3")) && is_made_by(x[1], id("tf32x3"))) g = tf32x3(g);
      out[0] = {&graph, rules::matmul(graph, g.index, transposed(x[1]).index)};
      out[1] = {&graph, rules::matmul(graph, transposed(x[0]).index, g.index)};
      return;
    case kind::alias:
      if (passes_gradient(n)) out[0] = g;
      return;
    default: return;  // inputs and constants pass nothing on
  }
}

}  // namespace detail

/// The gradients of a scalar with respect to some nodes, in their shapes and types. A node that the
/// loss does not depend on has a gradient of zeros.
/// @source Griewank and Walther, Evaluating Derivatives, 2nd ed., SIAM 2008, chapter 3
constexpr list<int> differentiate(graph_builder& g, int loss, const list<int>& wrt) {
  list<int> result;
  const int count = loss + 1;
  if (!is_floating(g[loss].type) || g.elements(g[loss].extents) != 1) {
    g.fail({rule::loss, pack_name("gradient"), g[loss].extents, {}});
    return wrt;
  }
  // Only floating nodes between `wrt` and the loss take part: integers change in steps.
  list<int> depends(g.nodes.size(), 0);
  for (int w : wrt) depends[w] = is_floating(g[w].type);
  for (int i = 0; i < count; ++i)
    for (int j = 0; j < g[i].arity() && is_floating(g[i].type); ++j)
      if (depends[g[i].operand[j]] && detail::passes_gradient(g[i])) depends[i] = 1;

  list<int> gradient(g.nodes.size(), -1);
  const int one = rules::constant(g, g[loss].type, 1);
  gradient[loss] = rules::broadcast(g, one, g[loss].extents);
  for (int i = count; i-- > 0 && !g.first_mistake;) {
    if (!depends[i] || gradient[i] < 0 || g[i].arity() == 0) continue;
    symbol x[max_operands], out[max_operands];
    for (int j = 0; j < g[i].arity(); ++j) x[j] = {&g, g[i].operand[j]};
    detail::pull_back({&g, gradient[i]}, x, {&g, i}, out);
    for (int j = 0; j < g[i].arity(); ++j) {
      const int to = x[j].index;
      if (out[j].graph == nullptr || depends[to] == 0) continue;
      const int own = rules::cast(g, out[j].index, g[to].type);
      const int both[] = {gradient[to], own};
      gradient[to] = both[0] < 0 ? own : rules::element(g, operation_of<pack_name("add")>, both);
    }
  }
  for (int w : wrt) {
    int d = gradient[w];
    if (d < 0) {
      const int zero = rules::constant(g, g[w].type, 0);  // first: adding a node moves the others
      d = rules::broadcast(g, zero, g[w].extents);
    }
    result.push_back(d);
  }
  return result;
}

}  // namespace sinter
