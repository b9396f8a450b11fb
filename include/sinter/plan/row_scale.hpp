// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Norms before products. A root mean square norm multiplies each row by one number, r, and perhaps
/// each column by another, g, so (x r g) w = (x (g w)) r: the product can read x where it lies, and
/// r comes behind it. Then the norm's kernel writes r alone, and nothing of the size of x.
///
/// A layer norm also subtracts the mean m, and (x - m) w = x w - m (1 w) cancels where |m| is large
/// against x - m: what is left of x w has the rounding errors of m (1 w). That is not done.

#include "sinter/plan/access.hpp"

namespace sinter {

/// A left operand x * row * column; nodes, -1 where there is none.
struct row_scale {
  int x = -1;
  int row = -1;     ///< [..., M, 1]
  int column = -1;  ///< [K], or the same with axes of extent 1 before it
};

/// Fewer rows with a column scale are not worth it: g w is computed as often as w is read.
inline constexpr extent_t fewest_scaled_rows = 32;
/// Rows up to this length may begin a chain of products (chain.hpp), which writes nothing of them.
inline constexpr extent_t longest_chained_row = 256;

namespace detail {

constexpr bool is_element(const node& n, name_code op) {
  return n.what() == kind::element && n.op->name == op;
}

/// The constant that a node holds in each element, or NaN.
constexpr double uniform_value(const planning_graph& g, int i) {
  while (g[i].what() == kind::broadcast) i = g[i].operand[0];
  if (g[i].what() != kind::constant) return __builtin_nan("");
  return constant_of(g[i]);
}

/// Whether a value is a positive constant or a number of elements.
constexpr bool is_count(const planning_graph& g, int i) {
  if (uniform_value(g, i) > 0) return true;
  while (g[i].what() == kind::broadcast || g[i].what() == kind::cast) i = g[i].operand[0];
  return g[i].what() == kind::extent;
}

/// The x of whose squares a value is the sum along the last axis, or that over a number; else -1.
constexpr int operand_of_squares(const planning_graph& g, int i) {
  while (is_element(g[i], pack_name("div")) || is_element(g[i], pack_name("mul"))) {
    const bool first = is_element(g[i], pack_name("mul")) && is_count(g, g[i].operand[0]);
    if (!first && !is_count(g, g[i].operand[1])) return -1;
    i = g[i].operand[first];
  }
  if (g[i].what() != kind::reduce || g[i].op->name != pack_name("sum")) return -1;
  const node& squares = g[g[i].operand[0]];
  const bool last = g[i].attribute[0] == std::int64_t{1} << (squares.extents.rank - 1);
  const bool squared = is_element(squares, pack_name("mul")) &&
                       squares.operand[0] == squares.operand[1];
  return last && squared ? squares.operand[0] : -1;
}

/// The x of which a value is the inverse root mean square, 1 / sqrt(mean(x * x) + c) with c > 0, so
/// that x times the value is at most the root of K; else -1.
constexpr int operand_of_inverse_root(const planning_graph& g, int i) {
  if (!is_element(g[i], pack_name("div")) || uniform_value(g, g[i].operand[0]) != 1) return -1;
  const node& root = g[g[i].operand[1]];
  if (!is_element(root, pack_name("sqrt"))) return -1;
  const node& sum = g[root.operand[0]];
  if (!is_element(sum, pack_name("add"))) return -1;
  for (int j = 0; j < 2; ++j)
    if (uniform_value(g, sum.operand[j]) > 0) return operand_of_squares(g, sum.operand[1 - j]);
  return -1;
}

/// How a factor is broadcast to a shape: 1 along the rows, 2 along the columns, else 0.
constexpr int way_of_scale(const shape& from, const shape& to) {
  if (from.rank == 0) return 0;
  bool row = from.rank == to.rank && from.last() == 1, column = from.last() == to.last();
  for (int i = 0; i + 1 < from.rank; ++i) {
    row = row && from[i] == to[i];
    column = column && from[i] == 1;
  }
  return row ? 1 : column ? 2 : 0;
}

}  // namespace detail

/// The scales of a left operand, of f32 or f64: numbers in 16 bits would be rounded when they are
/// stored, and g w is nothing that matrix units read from memory. `x` is -1 where there are none.
constexpr row_scale row_scale_of(const planning_graph& g, int left) {
  while (g[left].what() == kind::alias) left = g[left].operand[0];
  const shape& s = g[left].extents;
  row_scale found;
  if (g[left].type != dtype::f32 && g[left].type != dtype::f64) return found;
  if (s.rank < 2 || (is_static(s.last()) && s.last() <= longest_chained_row)) return found;
  int x = left;
  while (detail::is_element(g[x], pack_name("mul"))) {
    int rest = -1;
    for (int j = 0; j < 2 && rest < 0; ++j) {
      const node& spread = g[g[x].operand[j]];
      if (spread.what() != kind::broadcast) continue;
      const int factor = spread.operand[0];
      const int way = detail::way_of_scale(g[factor].extents, s);
      if (way == 1 && found.row < 0) found.row = factor;
      else if (way == 2 && found.column < 0) found.column = factor;
      else continue;
      rest = g[x].operand[1 - j];
    }
    if (rest < 0) break;
    x = rest;
  }
  if (found.column >= 0) {
    extent_t rows = 1;
    for (int i = 0; i + 1 < s.rank; ++i) rows = is_static(s[i]) ? rows * s[i] : 0;
    if (rows < fewest_scaled_rows) return {};
  }
  if (found.row >= 0 && detail::operand_of_inverse_root(g, found.row) == x) found.x = x;
  return found;
}

/// The scales of a left operand that no kernel computes: the product takes them behind it.
constexpr row_scale scale_behind(const planning_graph& g, int left, const int* group_of) {
  while (g[left].what() == kind::alias) left = g[left].operand[0];
  return group_of[left] < 0 ? row_scale_of(g, left) : row_scale{};
}

}  // namespace sinter
