// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The reference: evaluates a graph node by node in double, with no fusion and no cleverness. It is
/// the truth that every target is tested against, at run time and in constant evaluation alike.
///
/// Floating types are not rounded: f16 and f32 values have the digits of a double throughout.
/// Integers wrap modulo 2^bits after each operation, booleans are 0 or 1; 64-bit integers are exact
/// up to 2^53. Sums carry their rounding error along (Neumaier 1974), so that they are good to a
/// few ulp of the sum of magnitudes whatever their length.

#include <string>
#include <utility>
#include <vector>

#include "sinter/core/error.hpp"
#include "sinter/graph/describe.hpp"
#include "sinter/graph/graph.hpp"
#include "sinter/graph/simplify.hpp"
#include "sinter/target/reference/value.hpp"

namespace sinter::reference {

namespace detail {

/// Views and pads, which change the place of values only: from x, of shape `from`, to y, all zeros
/// of shape s.
constexpr void rearrange(const node& n, const shape& s, const shape& from,
                         const std::vector<double>& x, std::vector<double>& y) {
  const strides own = row_major(from);
  const auto gather = [&](extent_t i, extent_t at) { y[i] = x[at]; };
  const auto scatter = [&](extent_t i, extent_t at) { y[at] = x[i]; };
  strides by;
  extent_t offset = 0;
  switch (n.what()) {
    case kind::broadcast: {
      const int lead = s.rank - from.rank;
      for (int a = 0; a < from.rank; ++a) by.axis[lead + a] = from[a] == 1 ? 0 : own.axis[a];
      return walk(s, by, 0, gather);
    }
    case kind::permute:
      for (int a = 0; a < s.rank; ++a) by.axis[a] = own.axis[n.attribute[a]];
      return walk(s, by, 0, gather);
    case kind::slice:
      for (int a = 0; a < s.rank; ++a) offset += own.axis[a] * n.attribute[a];
      return walk(s, own, offset, gather);
    case kind::stride: {
      unsigned backwards = 0;
      for (int r = 0; r < s.rank; ++r) {
        const stride_step to = stride_step::unpack(n.attribute[r]);
        if (to.step < 0) backwards |= to.axes;
        for (int a = 0; a < from.rank; ++a)
          if (to.axes >> a & 1) by.axis[r] += to.step * own.axis[a];
      }
      for (int a = 0; a < from.rank; ++a)
        if (backwards >> a & 1) offset += own.axis[a] * (from[a] - 1);
      return walk(s, by, offset, gather);
    }
    case kind::pad:
      by = row_major(s);
      for (int a = 0; a < s.rank; ++a) offset += by.axis[a] * n.attribute[a];
      return walk(from, by, offset, scatter);
    default: y = x;
  }
}

/// What a fold of nothing gives: of integers the ends of their range.
constexpr double neutral(const operation& op, dtype type) {
  if (op.name == prod_operation.name || op.name == cumprod_operation.name) return 1;
  const bool greatest = op.name == max_operation.name || op.name == cummax_operation.name ||
                        op.name == logcumsumexp_operation.name;
  if (is_floating(type)) return greatest ? -__builtin_huge_val() : __builtin_huge_val();
  const int bits = properties(type).size * 8 - (is_signed_integer(type) ? 1 : 0);
  double range = 1;
  for (int i = 0; i < bits; ++i) range *= 2;
  return greatest ? (is_signed_integer(type) ? -range : 0) : range - 1;
}

/// Calls f(i, place) for each index i that is inside: of the wide side, whose shape is `wide`, and
/// the narrow one's element there.
template <class F>
constexpr void walk_indexed(const node& n, const shape& wide, const shape& narrow,
                            const std::vector<double>& indices, F f) {
  const strides own = row_major(narrow);
  const gather_axes axes(n);
  strides by;
  for (int k = 0; k < narrow.rank; ++k)
    if (k != axes.axis) by.axis[axes.wide(k)] = own.axis[k];
  walk(wide, by, 0, [&](extent_t i, extent_t at) {
    const double index = indices[i];
    if (index >= 0 && index < static_cast<double>(narrow[axes.axis]))
      f(i, at + static_cast<extent_t>(index) * own.axis[axes.axis]);
  });
}

/// Adds x, of shape `from`, where the indices say, to y, all zeros of shape s.
constexpr void scatter(const node& n, const shape& s, const shape& from,
                       const std::vector<double>& x, const std::vector<double>& indices,
                       std::vector<double>& y) {
  std::vector<exact_sum> sums(y.size(), exact_sum{});
  walk_indexed(n, from, s, indices, [&](extent_t i, extent_t at) { sums[at].add(x[i]); });
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = wrap(sums[i].result(), n.type);
}

/// Folds x, of shape `from`, to y, of shape s.
constexpr void reduce(const node& n, const shape& s, const shape& from,
                      const std::vector<double>& x, std::vector<double>& y) {
  strides by = row_major(s);
  for (int a = 0; a < s.rank; ++a)
    if (n.attribute[0] >> a & 1) by.axis[a] = 0;
  if (n.op->name == sum_operation.name) {
    std::vector<exact_sum> sums(y.size(), exact_sum{});
    walk(from, by, 0, [&](extent_t i, extent_t at) { sums[at].add(x[i]); });
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = wrap(sums[i].result(), n.type);
    return;
  }
  for (double& e : y) e = neutral(*n.op, n.type);
  walk(from, by, 0, [&](extent_t i, extent_t at) {
    const double both[] = {y[at], x[i]};
    y[at] = wrap(n.op->value(both), n.type);
  });
}

/// The running folds of x along an axis, to y of the same shape s.
constexpr void scan(const node& n, const shape& s, const std::vector<double>& x,
                    std::vector<double>& y) {
  const extent_t step = row_major(s).axis[n.attribute[0]], length = s[n.attribute[0]];
  const bool sums = n.op->name == cumsum_operation.name;
  for (extent_t first = 0; first < static_cast<extent_t>(y.size()); ++first) {
    if (first / step % length != 0) continue;
    exact_sum sum;
    double both[] = {sums ? 0 : neutral(*n.op, n.type), 0};
    for (extent_t k = 0; k < length; ++k) {
      const extent_t at = first + (n.attribute[1] ? length - 1 - k : k) * step;
      both[1] = x[at];
      if (sums) sum.add(x[at]);
      both[0] = sums ? wrap(sum.result(), n.type) : wrap(n.op->value(both), n.type);
      y[at] = both[0];
    }
  }
}

/// Batches of products of a, of shape `left`, and b, to y, of shape s.
constexpr void matmul(const node& n, const shape& s, const shape& left,
                      const std::vector<double>& a, const std::vector<double>& b,
                      std::vector<double>& y) {
  const extent_t rows = s[s.rank - 2], columns = s.last(), inner = left.last();
  for (extent_t i = 0; i < static_cast<extent_t>(y.size()); ++i) {
    const extent_t row = i / columns, column = i % columns, batch = row / rows;
    exact_sum sum;
    for (extent_t k = 0; k < inner; ++k)
      sum.add(a[row * inner + k] * b[(batch * inner + k) * columns + column]);
    y[i] = wrap(sum.result(), n.type);
  }
}

class evaluator {
 public:
  constexpr evaluator(graph_view g, const std::vector<std::vector<double>>& inputs,
                      const std::vector<shape>& extents)
      : g_(g), inputs_(inputs), extents_(extents),
        values_(static_cast<std::size_t>(g.size), value{}) {
    check_ranks();
    find_numbers();
    check_extents();
    check_indices();
  }

  /// All values if `keep`, else those of the outputs; the others go after their last use.
  constexpr std::vector<value> run(bool keep) {
    std::vector<int> uses(values_.size(), 0);
    for (int i = 0; i < g_.size; ++i)
      for (int j = 0; j < g_[i].arity(); ++j) ++uses[g_[i].operand[j]];
    for (int o = 0; o < g_.output_count; ++o) ++uses[g_.outputs[o].node];
    for (int i = 0; i < g_.size; ++i) {
      evaluate(i);
      for (int j = 0; j < g_[i].arity(); ++j)
        if (--uses[g_[i].operand[j]] == 0 && !keep) values_[g_[i].operand[j]] = {};
    }
    return values_;
  }

 private:
  constexpr extent_t number(extent_t e) const { return is_static(e) ? e : numbers_[-1 - e]; }

  constexpr shape resolved(const shape& s) const {
    shape result;
    for (int i = 0; i < s.rank; ++i) result.push(number(s[i]));
    return result;
  }

  constexpr const node& input(int i) const { return g_[g_.inputs[i]]; }

  constexpr void check_ranks() const {
    const auto given = static_cast<int>(inputs_.size());
    if (given != g_.input_count || static_cast<int>(extents_.size()) != given)
      throw shape_error("want " + std::to_string(g_.input_count) + " operands, got " +
                        std::to_string(given));
    for (int i = 0; i < given; ++i)
      if (extents_[i].rank != input(i).extents.rank)
        throw shape_error("operand " + std::to_string(i) + ": want " +
                          std::to_string(input(i).extents.rank) + " axes, got " +
                          describe(extents_[i]));
  }

  constexpr void find_numbers() {
    for (int i = 0; i < g_.dimension_count; ++i) {
      const dimension& d = g_.dimensions[i];
      using enum dimension::origin;
      numbers_.push_back(d.from == extent    ? extents_[d.left][static_cast<int>(d.right)]
                         : d.from == stride  ? row_major(extents_[d.left]).axis[d.right]
                         : d.from == product ? number(d.left) * number(d.right)
                         : d.from == sum     ? number(d.left) + number(d.right)
                                             : number(d.left) - number(d.right));
    }
  }

  constexpr void check_extents() const {
    const extent_t* numbers = numbers_.data();
    for (int i = 0; i < g_.constraint_count; ++i) {
      const constraint& c = g_.constraints[i];
      if (!c.holds(number(c.left), number(c.right)))
        throw shape_error(describe(c, g_.dimensions, numbers));
    }
    for (int i = 0; i < g_.input_count; ++i) {
      if (resolved(input(i).extents) != extents_[i])
        throw shape_error("operand " + std::to_string(i) + ": want " +
                          describe(input(i).extents, g_.dimensions, numbers) + ", got " +
                          describe(extents_[i]));
      if (static_cast<extent_t>(inputs_[i].size()) != count(extents_[i]))
        throw shape_error("operand " + std::to_string(i) + ": " + describe(extents_[i]) +
                          " wants " + std::to_string(count(extents_[i])) + " elements, got " +
                          std::to_string(inputs_[i].size()));
    }
  }

  /// Indices that are operands are checked before anything is computed; what an expression
  /// computes, as soon as it is known.
  constexpr void check_indices() const {
    for (int i = 0; i < g_.size; ++i)
      if (is_check(g_[i]) && g_[g_[i].operand[0]].what() == kind::input)
        check_values(g_[i], inputs_[g_[g_[i].operand[0]].attribute[0]]);
  }

  static constexpr bool is_check(const node& n) {
    return n.is(indices_operation) || n.is(probability_operation);
  }
  constexpr void check_values(const node& n, const std::vector<double>& values) const {
    if (n.is(indices_operation)) return check_indices(n, values);
    for (const double p : values)
      if (!(p >= 0 && p <= 1))
        throw value_error(std::to_string(p) + " is no probability, which lies between 0 and 1");
  }
  constexpr void check_indices(const node& n, const std::vector<double>& indices) const {
    const extent_t end = number(n.attribute[0]);
    for (std::size_t i = 0; i < indices.size(); ++i)
      if (!(indices[i] >= 0 && indices[i] < static_cast<double>(end)) &&
          indices[i] != static_cast<double>(n.attribute[1]))
        throw value_error("index " + std::to_string(static_cast<std::int64_t>(indices[i])) +
                          " at position " + std::to_string(i) + ": want 0 to " +
                          std::to_string(end - 1));
  }

  /// operand(j, i): element i of operand j.
  constexpr double operand(const node& n, int j, extent_t i) const {
    return values_[n.operand[j]].elements[i];
  }

  constexpr void evaluate(int index) {
    const node& n = g_[index];
    const shape s = resolved(n.extents);
    const shape from = n.arity() > 0 ? values_[n.operand[0]].extents : shape{};
    const std::vector<double>* x = n.arity() > 0 ? &values_[n.operand[0]].elements : nullptr;
    std::vector<double> y(static_cast<std::size_t>(count(s)), 0.0);
    switch (n.what()) {
      case kind::input: y = inputs_[n.attribute[0]]; break;
      case kind::constant: y[0] = wrap(sinter::detail::constant_of(n), n.type); break;
      case kind::extent: y[0] = static_cast<double>(number(n.attribute[0])); break;
      case kind::iota: {
        strides by;
        by.axis[n.attribute[0]] = 1;
        walk(s, by, 0, [&](extent_t i, extent_t at) { y[i] = static_cast<double>(at); });
        break;
      }
      case kind::element:
        for (std::size_t i = 0; i < y.size(); ++i) {
          double operands[max_operands]{};
          for (int j = 0; j < n.arity(); ++j) operands[j] = operand(n, j, i);
          y[i] = wrap(n.op->value(operands), n.type);
        }
        break;
      case kind::cast:
        for (std::size_t i = 0; i < y.size(); ++i)
          y[i] = convert((*x)[i], g_[n.operand[0]].type, n.type);
        break;
      case kind::alias:
        if (is_check(n)) check_values(n, *x);
        y = *x;
        break;
      case kind::broadcast:
      case kind::reshape:
      case kind::permute:
      case kind::slice:
      case kind::stride:
      case kind::pad: rearrange(n, s, from, *x, y); break;
      case kind::gather:
        walk_indexed(n, s, from, values_[n.operand[1]].elements,
                     [&](extent_t i, extent_t at) { y[i] = (*x)[at]; });
        break;
      case kind::scatter: scatter(n, s, from, *x, values_[n.operand[1]].elements, y); break;
      case kind::reduce: reduce(n, s, from, *x, y); break;
      case kind::scan: scan(n, s, *x, y); break;
      case kind::matmul: matmul(n, s, from, *x, values_[n.operand[1]].elements, y); break;
    }
    values_[index] = {s, std::move(y)};
  }

  graph_view g_;
  const std::vector<std::vector<double>>& inputs_;
  const std::vector<shape>& extents_;
  std::vector<extent_t> numbers_;
  std::vector<value> values_;
};

}  // namespace detail

/// The value of every node.
/// @errors shape_error, value_error; all that does not depend on computed values is checked first
constexpr std::vector<value> evaluate_nodes(graph_view g,
                                            const std::vector<std::vector<double>>& inputs,
                                            const std::vector<shape>& extents) {
  return detail::evaluator(g, inputs, extents).run(true);
}

/// The outputs for inputs of the given extents, each in row-major order. An output that updates an
/// input is a result like any other here; no input changes.
/// @errors as evaluate_nodes
constexpr std::vector<value> evaluate(graph_view g, const std::vector<std::vector<double>>& inputs,
                                      const std::vector<shape>& extents) {
  std::vector<value> values = detail::evaluator(g, inputs, extents).run(false);
  std::vector<value> outputs;
  for (int o = 0; o < g.output_count; ++o) outputs.push_back(values[g.outputs[o].node]);
  return outputs;
}

}  // namespace sinter::reference
