// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The rules of shape and type: each function adds one operation to a graph and returns its node.
/// A broken rule is written down as the graph's mistake, and a well-formed placeholder returned, so
/// that one mistake gives one message. Broadcasting is NumPy's, except that a run-time extent never
/// broadcasts; it is always made explicit, so elementwise operands have equal shapes.

#include "sinter/graph/simplify.hpp"

namespace sinter::rules {

constexpr node make(const operation& op, dtype type, const shape& extents, int operand = -1) {
  node n;
  n.op = &op;
  n.type = type;
  n.operand[0] = operand;
  n.extents = extents;
  return n;
}

/// Records a broken rule about `op`; returns `placeholder`.
constexpr int broken(graph_builder& g, rule what, const operation& op, int placeholder,
                     int other = -1) {
  g.fail({what, op.name, g[placeholder].extents, other < 0 ? shape{} : g[other].extents});
  return placeholder;
}

/// A new input whose extents are spelled as in a tensor's type.
constexpr int input(graph_builder& g, dtype type, const extent_t* declared, int rank,
                    bool strided) {
  const int number = static_cast<int>(g.inputs.size());
  node n = make(input_operation, type, {});
  for (int i = 0; i < rank; ++i) {
    if (is_static(declared[i])) {
      n.extents.push(declared[i]);
      continue;
    }
    const dimension own{dimension::origin::extent, 0, number, i};
    if (!is_named(declared[i])) {
      n.extents.push(g.code(own));
      continue;
    }
    dimension named = own;
    named.name = axis_name(declared[i]);
    const extent_t first = g.code(named);
    n.extents.push(first);
    // The name is known already: the extent of this input must equal the first one's.
    if (const dimension& d = g.dimensions[-1 - first]; d.left != number || d.right != i)
      g.constraints.push_back({input_operation.name, first, g.code(own), {}, {}});
  }
  n.attribute[0] = number;
  n.attribute[1] = strided;
  g.inputs.push_back(g.store(n));
  return g.inputs.back();
}

constexpr int constant(graph_builder& g, dtype type, double value) {
  return g.store(detail::make_constant(type, value));
}

constexpr int broadcast(graph_builder& g, int x, const shape& target,
                        const operation& op = broadcast_operation) {
  const shape from = g[x].extents;
  if (from == target) return x;
  const int lead = target.rank - from.rank;
  bool fits = lead >= 0;
  shape result = target;
  for (int i = 0; fits && i < from.rank; ++i)
    if (from[i] != 1) {
      const constraint context{op.name, 0, 0, from, target};
      result[lead + i] = g.unify(from[i], target[lead + i], context, fits);
    }
  if (!fits) {
    g.fail({rule::broadcast, op.name, from, target});
    return x;
  }
  return detail::add(g, make(broadcast_operation, g[x].type, result, x));
}

/// The shape that both operands broadcast to.
constexpr shape common_shape(graph_builder& g, const operation& op, const shape& a,
                             const shape& b) {
  if (a == b) return a;
  const shape& longer = a.rank >= b.rank ? a : b;
  const shape& shorter = a.rank >= b.rank ? b : a;
  const int lead = longer.rank - shorter.rank;
  shape result = longer;
  bool fits = true;
  for (int i = 0; i < shorter.rank; ++i) {
    extent_t& e = result[lead + i];
    if (e == 1) e = shorter[i];
    else if (shorter[i] != 1) e = g.unify(e, shorter[i], {op.name, 0, 0, a, b}, fits);
  }
  if (!fits) g.fail({rule::broadcast, op.name, a, b});
  return result;
}

constexpr int cast(graph_builder& g, int x, dtype type) {
  if (g[x].type == type) return x;
  if (const node* n = detail::uniform(g, x); n != nullptr) {
    const double value = detail::constant_of(*n);
    const int scalar = constant(g, type, type == dtype::boolean ? value != 0 : value);
    return broadcast(g, scalar, g[x].extents);
  }
  return detail::add(g, make(cast_operation, type, g[x].extents, x));
}

/// An elementwise operation: operands are promoted to one type and broadcast to one shape.
constexpr int element(graph_builder& g, const operation& op, const int* operands) {
  if (g.first_mistake) return operands[0];
  const int first = op.selects ? 1 : 0;
  if (op.selects && g[operands[0]].type != dtype::boolean)
    return broken(g, rule::condition, op, operands[0]);
  dtype type = g[operands[first]].type;
  shape extents = g[operands[0]].extents;
  for (int i = 1; i < op.arity; ++i) {
    if (i > first) type = promote(type, g[operands[i]].type);
    extents = common_shape(g, op, extents, g[operands[i]].extents);
  }
  if (g.first_mistake) return operands[0];
  if (!op.keeps_integers && !is_floating(type)) type = dtype::f32;
  node n = make(op, op.gives_boolean ? dtype::boolean : type, extents);
  for (int i = 0; i < op.arity; ++i) {
    const int typed = i < first ? operands[i] : cast(g, operands[i], type);
    n.operand[i] = broadcast(g, typed, extents, op);
  }
  return detail::add(g, n);
}

constexpr int reshape(graph_builder& g, int x, const shape& target) {
  const shape from = g[x].extents;
  const extent_t before = g.elements(from), after = g.elements(target);
  if (g.overflow) {
    g.fail({rule::size, reshape_operation.name, from, target});
    return x;
  }
  if (before != after) {
    bool matches = true;
    g.unify(before, after, {reshape_operation.name, 0, 0, from, target}, matches);
    if (!matches) {
      g.fail({rule::reshape, reshape_operation.name, from, target});
      return x;
    }
  }
  return detail::add(g, make(reshape_operation, g[x].type, target, x));
}

/// `order[i]`: the axis of x that becomes axis i.
constexpr int permute(graph_builder& g, int x, const int* order, int count) {
  const shape from = g[x].extents;
  node n = make(permute_operation, g[x].type, {}, x);
  int seen = 0;
  for (int i = 0; i < count; ++i) {
    const int axis = normal_axis(order[i], from.rank);
    if (axis < 0) return broken(g, rule::axis, permute_operation, x);
    if (seen >> axis & 1) return broken(g, rule::axis_twice, permute_operation, x);
    seen |= 1 << axis;
    n.attribute[i] = axis;
    n.extents.push(from[axis]);
  }
  if (count != from.rank) return broken(g, rule::permutation, permute_operation, x);
  return detail::add(g, n);
}

/// Elements start, ..., stop - 1 along an axis; negative numbers count from the end of an axis
/// whose extent is static.
constexpr int slice(graph_builder& g, int x, int axis, extent_t start, extent_t stop) {
  node n = make(slice_operation, g[x].type, g[x].extents, x);
  axis = normal_axis(axis, n.extents.rank);
  if (axis < 0) return broken(g, rule::axis, slice_operation, x);
  const extent_t extent = n.extents[axis];
  if (is_static(extent)) {
    start = start < 0 ? start + extent : start;
    stop = stop < 0 ? stop + extent : stop;
  }
  if (!is_static(extent) || start < 0 || stop < start || stop > extent) {
    g.fail({rule::slice, slice_operation.name, g[x].extents, {2, {start, stop}}});
    return x;
  }
  n.attribute[axis] = start;
  n.extents[axis] = stop - start;
  return detail::add(g, n);
}

/// Steps through x, see `stride_step`; the caller answers for indices that stay inside.
constexpr int stride(graph_builder& g, int x, const shape& target, const stride_step* steps) {
  node n = make(stride_operation, g[x].type, target, x);
  for (int i = 0; i < target.rank; ++i) n.attribute[i] = steps[i].pack();
  return detail::add(g, n);
}

/// x surrounded by zeros: x begins at `begin` in a tensor of the target shape.
constexpr int pad(graph_builder& g, int x, const shape& target, const std::int64_t* begin) {
  node n = make(pad_operation, g[x].type, target, x);
  for (int i = 0; i < target.rank; ++i) n.attribute[i] = begin[i];
  return detail::add(g, n);
}

/// x along `axis` where `indices`, of the result's shape, says; `count` axes of it stand for one.
constexpr int gather(graph_builder& g, int x, int indices, int axis, int count) {
  node n = make(gather_operation, g[x].type, g[indices].extents, x);
  n.operand[1] = indices;
  n.attribute[0] = axis;
  n.attribute[1] = count;
  return detail::add(g, n);
}

/// The transpose of a gather from a tensor of the target shape.
constexpr int scatter(graph_builder& g, int x, int indices, const shape& target, int axis,
                      int count) {
  node n = make(scatter_operation, g[x].type, target, x);
  n.operand[1] = indices;
  n.attribute[0] = axis;
  n.attribute[1] = count;
  return detail::add(g, n);
}

/// Folds the axes of a mask to extent 1. Sums and products of integers are 64 bits wide, as in
/// NumPy, those of 8-bit floats f32. An extreme value needs elements, unless `empty`, which any and
/// all say: the least or the
/// greatest value of the type is theirs.
constexpr int reduce(graph_builder& g, const operation& op, int x, unsigned mask,
                     bool empty = false) {
  const bool sums = op.name == pack_name("sum") || op.name == pack_name("prod");
  const dtype from = g[x].type;
  if (!sums && from == dtype::boolean)  // any and all, on bytes
    return cast(g, reduce(g, op, cast(g, x, dtype::u8), mask, empty), dtype::boolean);
  const bool widens = sums && (!is_floating(from) || is_float8(from));
  node n = make(op, widens ? accumulator(from) : from, g[x].extents, x);
  for (int i = 0; i < n.extents.rank; ++i)
    if (mask >> i & 1) {
      if (!sums && !empty && n.extents[i] == 0) return broken(g, rule::empty, op, x);
      if (!sums && !empty && !is_static(n.extents[i]))
        g.require({op.name, n.extents[i], 0, g[x].extents, {}, true});
      n.extents[i] = 1;
    }
  n.attribute[0] = mask;
  if (n.type != from) n.operand[0] = cast(g, x, n.type);
  return detail::add(g, n);
}

/// Element i of an axis becomes the fold of elements 0 ... i, or of those from i on if `backwards`.
/// Types as in `reduce`; sums of exponentials of integers are f32.
constexpr int scan(graph_builder& g, const operation& op, int x, int axis, bool backwards) {
  axis = normal_axis(axis, g[x].extents.rank);
  if (axis < 0) return broken(g, rule::axis, op, x);
  const bool sums = op.name == pack_name("cumsum") || op.name == pack_name("cumprod");
  const dtype from = g[x].type;
  if (!sums && from == dtype::boolean && op.name != pack_name("logcumsume"))
    return cast(g, scan(g, op, cast(g, x, dtype::u8), axis, backwards), dtype::boolean);
  const bool whole = !is_floating(from) && op.name == pack_name("logcumsume");
  const bool widens = sums && (!is_floating(from) || is_float8(from));
  const int typed = cast(g, x, widens ? accumulator(from) : whole ? dtype::f32 : from);
  if (g[typed].extents[axis] == 1) return typed;
  node n = make(op, g[typed].type, g[typed].extents, typed);
  n.attribute[0] = axis;
  n.attribute[1] = backwards;
  return detail::add(g, n);
}

/// Matrix product over the last two axes; leading axes are batches and broadcast. An operand of
/// rank 1 is a row on the left, a column on the right, as in NumPy. Of 8-bit floats it is f32.
constexpr int matmul(graph_builder& g, int a, int b) {
  const shape left = g[a].extents;
  const shape right = g[b].extents;
  if (g.first_mistake) return a;
  if (left.rank == 0 || right.rank == 0) return broken(g, rule::rank, matmul_operation, a, b);
  dtype type = promote(g[a].type, g[b].type);
  if (type == dtype::boolean) return broken(g, rule::boolean, matmul_operation, a, b);
  const auto promoted = [&](int x) { return cast(g, x, type); };
  if (left.rank == 1) a = reshape(g, a, {2, {1, left[0]}});
  if (right.rank == 1) b = reshape(g, b, {2, {right[0], 1}});

  shape row = g[a].extents, column = g[b].extents;
  bool fits = true;
  const extent_t inner = g.unify(row.last(), column[column.rank - 2],
                                 {matmul_operation.name, 0, 0, left, right}, fits);
  if (!fits) {
    g.fail({rule::inner_extents, matmul_operation.name, left, right});
    return a;
  }
  const extent_t m = row[row.rank - 2], n = column.last();
  row.rank -= 2;
  column.rank -= 2;
  shape batch = common_shape(g, matmul_operation, row, column);
  if (g.first_mistake) return a;
  shape full_a = batch, full_b = batch, result = batch;
  full_a.push(m), full_a.push(inner);
  full_b.push(inner), full_b.push(n);
  result.push(m), result.push(n);
  node product = make(matmul_operation, is_float8(type) ? dtype::f32 : type, result,
                      broadcast(g, promoted(a), full_a));
  product.operand[1] = broadcast(g, promoted(b), full_b);
  int value = detail::add(g, product);

  if (left.rank > 1 && right.rank > 1) return value;
  shape dropped = batch;
  if (left.rank > 1) dropped.push(m);
  if (right.rank > 1) dropped.push(n);
  return reshape(g, value, dropped);
}

}  // namespace sinter::rules
