// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How far a correct target may be from the reference, element by element: a running error analysis
/// (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., SIAM 2002, section 3.3) along
/// the graph. So the tolerance follows from the types and operations of each graph and from its
/// values: cancellation widens it, nothing else does. The rules:
///
///   rounding   u |y| an operation, u the unit roundoff of the node's type; 8 u |y| for a function
///              of more than 4 flops (4 ulp); nothing where the result is an operand or its
///              negative. Plus the smallest normal number, as a target may flush what is below.
///   operands   op is evaluated at the corners of its operands' intervals; a comparison within its
///              operands' errors, and a quotient by an interval around 0, may be anything.
///   products   of operands that may be split, 2^-21 of the sum of magnitudes (ops/linear.hpp).
///   sums       errors of the terms, plus t u times the sum of magnitudes, for n terms: t = n in
///              any order; t = n / 16 + 64 in at least sixteen partial sums, as targets add long
///              rows; t = 8 sqrt(n) with overwhelming probability (Higham and Mary 2019,
///              doi:10.1137/18M1226312). The first, or the larger of the others if that is less.
///   overflow   beyond the largest number of the type, where an inexact integer may wrap, and where
///              C++ leaves a conversion or a signed overflow undefined, anything goes.
///
/// The sum is doubled, for terms of second order.

#include <limits>

#include "sinter/plan/access.hpp"
#include "sinter/target/reference/evaluate.hpp"

namespace sinter::testing {

namespace detail {

struct limits {
  double roundoff, smallest, largest;
};

inline limits limits_of(dtype type) {
  switch (type) {
    case dtype::e4m3: return {0x1p-4, 0x1p-6, 448.0};
    case dtype::e5m2: return {0x1p-3, 0x1p-14, 57344.0};
    case dtype::f16: return {0x1p-11, 0x1p-14, 65504.0};
    case dtype::bf16: return {0x1p-8, 0x1p-126, 0x1.fep127};
    case dtype::f32: return {0x1p-24, 0x1p-126, 0x1.fffffep127};
    case dtype::f64: return {0x1p-53, 0x1p-1022, std::numeric_limits<double>::max()};
    default: break;
  }
  return {0, 0, 0x1p53};
}

// An infinite error means that a value may be infinite; a NaN, that it may be anything, NaN
// included. So 1 / (1 + exp(x)) stays known where exp(x) overflows. Comparisons below are written
// so that NaN falls on the careful side.
inline constexpr double infinite = std::numeric_limits<double>::infinity();
inline constexpr double anything = std::numeric_limits<double>::quiet_NaN();

/// The distance of two results, in which equal infinities and two NaNs do not differ.
inline double distance(double a, double b) {
  if (a == b || (a != a && b != b)) return 0;
  return math::abs(a - b);
}

inline bool near_zero(double x, double e) { return e != 0 && !(math::abs(x) > e); }

/// The error of an integer that is y before it wraps. What is exact may wrap, if that is defined.
inline double of_integer(dtype type, double y, double error) {
  const int bits = properties(type).size * 8;
  const bool sign = is_signed_integer(type);
  const double end = bits == 64 ? 0x1p53 : static_cast<double>(std::int64_t{1} << (bits - sign));
  const bool fits = y + error < end && y - error >= (sign ? -end : 0);
  if (fits || (error == 0 && !sign && math::abs(y) <= 0x1p53)) return error;
  return anything;
}

/// An operation on intervals x +- e around its value y.
inline double spread(const operation& op, dtype type, const double* x, const double* e, double y) {
  if (e[0] == 0 && e[1] == 0 && e[2] == 0) return 0;
  if (op.gives_boolean) {
    const bool logic = op.arity == 1 || op.name == pack_name("and") || op.name == pack_name("or");
    const bool unsure = logic ? near_zero(x[0], e[0]) || near_zero(x[1], e[1])
                              : !(math::abs(x[0] - x[1]) > e[0] + e[1]);
    return unsure ? 1 : 0;
  }
  // A divisor that may be 0, unless its error is infinite because it overflowed.
  if (op.name == pack_name("div") && near_zero(x[1], e[1]) &&
      !(e[1] == infinite && math::abs(x[1]) > limits_of(type).largest))
    return anything;
  // Corners say nothing of what repeats, or jumps back, between them.
  const bool turns = op.name == pack_name("sin") || op.name == pack_name("cos");
  if (turns && !(e[0] < 0.5)) return 2;
  const bool jumps = op.name == pack_name("remainder") || op.name == pack_name("fmod");
  if (jumps && !(e[0] < 0.25 * math::abs(x[1]))) return anything;
  double widest = 0;
  for (int corner = 0; corner < 1 << op.arity; ++corner) {
    double at[max_operands]{};
    for (int j = 0; j < op.arity; ++j) at[j] = corner >> j & 1 ? x[j] + e[j] : x[j] - e[j];
    if (op.selects && e[0] != 0) at[0] = corner & 1;
    widest = math::max(widest, distance(op.value(at), y));
  }
  return widest;
}

class error_analysis {
 public:
  error_analysis(const graph_view& g, const std::vector<reference::value>& values)
      : g_(g), values_(values), errors_(values.size()) {
    for (int i = 0; i < g.size; ++i) analyse(i);
  }
  const std::vector<double>& operator[](int node) const { return errors_[node]; }

 private:
  using numbers = std::vector<double>;

  const numbers& x(const node& n, int j = 0) const { return values_[n.operand[j]].elements; }
  const numbers& e(const node& n, int j = 0) const { return errors_[n.operand[j]]; }

  /// What is added to the error `from_operands` of a value y of a type.
  static double rounded(dtype type, double y, double from_operands, double units) {
    const limits l = limits_of(type);
    if (from_operands != from_operands) return anything;
    if (from_operands == 0 && !(math::abs(y) < infinite)) return 0;
    if (!(math::abs(y) + from_operands <= l.largest)) return infinite;
    return units == 0 ? from_operands
                      : from_operands + units * l.roundoff * math::abs(y) + l.smallest;
  }

  void analyse(int index) {
    const node& n = g_[index];
    const shape& s = values_[index].extents;
    const numbers& y = values_[index].elements;
    numbers& error = errors_[index];
    error.assign(y.size(), 0.0);
    switch (n.what()) {
      case kind::input:
      case kind::extent:
      case kind::iota: return;
      case kind::constant:
        error[0] = rounded(n.type, y[0], 0, is_whole(n.type, y[0]) ? 0 : 1);
        return;
      case kind::element:
        for (std::size_t i = 0; i < y.size(); ++i) error[i] = of_element(n, i, y[i]);
        return;
      case kind::cast:
        for (std::size_t i = 0; i < y.size(); ++i) error[i] = of_cast(n, i, y[i]);
        return;
      case kind::gather: return of_gather(n, s, error);
      case kind::scatter: return of_scatter(n, s, y, error);
      case kind::reduce: return of_reduce(n, s, y, error);
      case kind::scan: return of_scan(n, s, y, error);
      case kind::matmul: return of_matmul(n, s, y, error);
      case kind::alias: error = e(n); return;
      default: reference::detail::rearrange(n, s, values_[n.operand[0]].extents, e(n), error);
    }
  }

  /// A whole number that a floating type holds: 8 is the most that e5m2 counts to.
  static bool is_whole(dtype type, double x) {
    const double most = type == dtype::e5m2 ? 8 : type == dtype::e4m3 ? 16 : 256;
    return x == math::floor(x) && math::abs(x) <= most;
  }

  double of_element(const node& n, std::size_t i, double y) const {
    double operand[max_operands]{}, error[max_operands]{};
    bool exact = n.op->gives_boolean || !is_floating(n.type);
    for (int j = 0; j < n.arity(); ++j) {
      operand[j] = x(n, j)[i];
      error[j] = e(n, j)[i];
      exact = exact || (n.op->flops <= 1 && math::abs(y) == math::abs(operand[j]));
    }
    const double before = spread(*n.op, n.type, operand, error, n.op->value(operand));
    if (is_integer(n.type)) return of_integer(n.type, n.op->value(operand), before);
    if (n.type == dtype::boolean) return before == 0 ? 0 : 1;
    return rounded(n.type, y, before, exact ? 0 : n.op->flops > 4 ? 8 : 1);
  }

  double of_cast(const node& n, std::size_t i, double y) const {
    const dtype from = g_[n.operand[0]].type;
    const double value = x(n)[i], error = e(n)[i];
    if (n.type == dtype::boolean) return near_zero(value, error) ? 1 : 0;
    if (is_floating(n.type)) {
      const bool exact = is_whole(n.type, value) ||
                         (promote(from, n.type) == n.type && is_floating(from));
      return rounded(n.type, y, error, exact ? 0 : 1);
    }
    if (!is_floating(from)) return error == 0 ? 0 : of_integer(n.type, value, error);
    const auto whole = [](double v) { return v < 0 ? -math::floor(-v) : math::floor(v); };
    const double widest = math::max(distance(whole(value - error), whole(value)),
                                    distance(whole(value + error), whole(value)));
    // Nothing may wrap here, not even what is exact.
    return of_integer(n.type, whole(value), widest + 1) >= 0 ? widest : anything;
  }

  void of_reduce(const node& n, const shape& s, const numbers& y, numbers& error) const {
    const shape& from = values_[n.operand[0]].extents;
    const numbers& terms = x(n);
    if (n.op->name == prod_operation.name) return of_product(n, s, y, error);
    if (n.op->name != sum_operation.name) {
      numbers low = terms, high = terms, least(y.size()), greatest(y.size());
      for (std::size_t i = 0; i < terms.size(); ++i) low[i] -= e(n)[i], high[i] += e(n)[i];
      reference::detail::reduce(n, s, from, low, least);
      reference::detail::reduce(n, s, from, high, greatest);
      for (std::size_t i = 0; i < y.size(); ++i) {
        error[i] = math::max(distance(least[i], y[i]), distance(greatest[i], y[i]));
      }
      return;
    }
    node plain = n;  // of magnitudes, which do not wrap
    plain.type = dtype::f64;
    numbers magnitudes = terms, total(y.size()), own(y.size());
    for (double& m : magnitudes) m = math::abs(m);
    reference::detail::reduce(plain, s, from, magnitudes, total);
    reference::detail::reduce(plain, s, from, e(n), own);
    const double count = y.empty() ? 0 : static_cast<double>(terms.size() / y.size());
    for (std::size_t i = 0; i < y.size(); ++i)
      error[i] = of_sum(n.type, count, y[i], total[i], own[i]);
  }

  /// The product of |x| + e less that of |x|, and a rounding for each factor.
  void of_product(const node& n, const shape& s, const numbers& y, numbers& error) const {
    const shape& from = values_[n.operand[0]].extents;
    node plain = n;
    plain.type = dtype::f64;
    numbers narrow = x(n), wide = x(n), total(y.size()), with_errors(y.size());
    for (double& m : narrow) m = math::abs(m);
    for (std::size_t i = 0; i < wide.size(); ++i) wide[i] = narrow[i] + e(n)[i];
    reference::detail::reduce(plain, s, from, narrow, total);
    reference::detail::reduce(plain, s, from, wide, with_errors);
    const double count = y.empty() ? 0 : static_cast<double>(narrow.size() / y.size());
    for (std::size_t i = 0; i < y.size(); ++i) {
      const double own = with_errors[i] - total[i];
      if (!is_floating(n.type)) error[i] = of_integer(n.type, total[i], own);
      else error[i] = rounded(n.type, y[i], own + total[i] * count *
                                                limits_of(accumulator(n.type)).roundoff, 1);
    }
  }

  /// Each step is a logarithm of two terms, with 8 roundings of what is folded so far at the most,
  /// and hands on no more than the errors that it gets.
  void of_exponentials(const node& n, const shape& s, const numbers& y, numbers& error) const {
    node most = n;
    most.op = &cummax_operation;
    numbers sizes = x(n), greatest(y.size()), own(y.size());
    for (double& size : sizes) size = math::abs(size);
    reference::detail::scan(most, s, sizes, greatest);
    reference::detail::scan(most, s, e(n), own);
    const double unit = 8 * limits_of(accumulator(n.type)).roundoff;
    const auto length = static_cast<double>(s[static_cast<int>(n.attribute[0])]);
    for (std::size_t i = 0; i < y.size(); ++i)
      error[i] = rounded(n.type, y[i], own[i] + length * unit * (greatest[i] + 1), 1);
  }

  /// As a fold of what is up to each element.
  void of_scan(const node& n, const shape& s, const numbers& y, numbers& error) const {
    node plain = n;
    plain.type = dtype::f64;
    const auto scanned = [&](const numbers& terms) {
      numbers result(y.size());
      reference::detail::scan(plain, s, terms, result);
      return result;
    };
    numbers low = x(n), high = x(n), magnitudes = x(n), wide = x(n);
    for (std::size_t i = 0; i < y.size(); ++i) {
      low[i] -= e(n)[i], high[i] += e(n)[i];
      magnitudes[i] = math::abs(magnitudes[i]);
      wide[i] = magnitudes[i] + e(n)[i];
    }
    const bool sums = n.op->name == cumsum_operation.name;
    if (n.op->name == logcumsumexp_operation.name) return of_exponentials(n, s, y, error);
    if (!sums && n.op->name != cumprod_operation.name) {
      const numbers least = scanned(low), greatest = scanned(high);
      for (std::size_t i = 0; i < y.size(); ++i)
        error[i] = math::max(distance(least[i], y[i]), distance(greatest[i], y[i]));
      return;
    }
    const numbers total = scanned(magnitudes), with_errors = scanned(sums ? e(n) : wide);
    const auto step = static_cast<std::size_t>(
        reference::detail::row_major(s).axis[n.attribute[0]]);
    const auto length = static_cast<std::size_t>(s[static_cast<int>(n.attribute[0])]);
    for (std::size_t i = 0; i < y.size(); ++i) {
      const std::size_t at = i / step % length;
      const auto count = static_cast<double>(n.attribute[1] ? length - at : at + 1);
      if (sums) {
        // In order, where columns are walked down.
        const double added = count * limits_of(accumulator(n.type)).roundoff * total[i];
        error[i] = of_sum(n.type, count, y[i], total[i], with_errors[i]);
        if (is_floating(n.type) && step > 1) error[i] += added;
        continue;
      }
      const double own = with_errors[i] - total[i];
      if (!is_floating(n.type)) error[i] = of_integer(n.type, total[i], own);
      else error[i] = rounded(n.type, y[i], own + total[i] * count *
                                                limits_of(accumulator(n.type)).roundoff, 1);
    }
  }

  /// An index that is not known exactly may be any.
  static bool any_error(const numbers& errors) {
    for (const double own : errors)
      if (own != 0) return true;
    return false;
  }

  void of_gather(const node& n, const shape& s, numbers& error) const {
    reference::detail::walk_indexed(n, s, values_[n.operand[0]].extents, x(n, 1),
                                    [&](auto i, auto at) { error[i] = e(n)[at]; });
    if (any_error(e(n, 1))) error.assign(error.size(), anything);
  }

  /// Sums of as many terms as meet in a place.
  void of_scatter(const node& n, const shape& s, const numbers& y, numbers& error) const {
    const shape& from = values_[n.operand[0]].extents;
    node plain = n;
    plain.type = dtype::f64;
    numbers ones(x(n).size(), 1), magnitudes = x(n), count(y.size()), total = count, own = count;
    for (double& m : magnitudes) m = math::abs(m);
    reference::detail::scatter(plain, s, from, ones, x(n, 1), count);
    reference::detail::scatter(plain, s, from, magnitudes, x(n, 1), total);
    reference::detail::scatter(plain, s, from, e(n), x(n, 1), own);
    for (std::size_t i = 0; i < y.size(); ++i)
      error[i] = of_sum(n.type, count[i], y[i], total[i], own[i]);
    if (any_error(e(n, 1))) error.assign(error.size(), anything);
  }

  static double of_sum(dtype type, double count, double y, double magnitudes, double own) {
    if (!is_floating(type)) {
      if (own != 0 || is_signed_integer(type)) return of_integer(type, magnitudes, own);
      return magnitudes > 0x1p53 ? anything : 0;
    }
    if (own == infinite && count > 1) return anything;  // infinities may meet
    const double often = math::sqrt(count) * 8, blocked = count / 16 + 64;
    const double long_sum = often > blocked ? often : blocked;
    const double terms = long_sum < count ? long_sum : count;
    const double added = terms * limits_of(accumulator(type)).roundoff * magnitudes;
    return rounded(type, y, count > 1 ? own + added : own, count > 1 ? 1 : 0);
  }

  void of_matmul(const node& n, const shape& s, const numbers& y, numbers& error) const {
    const shape& left = values_[n.operand[0]].extents;
    node plain = n;
    plain.type = dtype::f64;
    const auto magnitudes = [](numbers list) {
      for (double& m : list) m = math::abs(m);
      return list;
    };
    const numbers a = magnitudes(x(n, 0)), b = magnitudes(x(n, 1));
    numbers wide_a = a, wide_b = b, total(y.size()), with_errors(y.size());
    for (std::size_t i = 0; i < a.size(); ++i) wide_a[i] += e(n, 0)[i];
    for (std::size_t i = 0; i < b.size(); ++i) wide_b[i] += e(n, 1)[i];
    reference::detail::matmul(plain, s, left, a, b, total);
    reference::detail::matmul(plain, s, left, wide_a, wide_b, with_errors);
    // (|a| + ea)(|b| + eb) - |a| |b|: what the operands' errors can do, to full order.
    const double parts = is_split(n.operand[0]) && is_split(n.operand[1]) ? 0x1p-21 : 0;
    for (std::size_t i = 0; i < y.size(); ++i)
      error[i] = of_sum(n.type, static_cast<double>(left.last()) + 1, y[i], total[i],
                        with_errors[i] - total[i] + parts * total[i]);
  }

  /// Whether it may be taken for two parts, see tf32x3.
  bool is_split(int i) const {
    while (is_view(g_[i]) && !g_[i].is(tf32x3_operation)) i = g_[i].operand[0];
    return g_[i].type == dtype::f32 && g_[i].is(tf32x3_operation);
  }

  graph_view g_;
  const std::vector<reference::value>& values_;
  std::vector<numbers> errors_;
};

}  // namespace detail

/// Twice the error bound of every node, given the values of all.
inline std::vector<std::vector<double>> error_bounds(const graph_view& g,
                                                     const std::vector<reference::value>& values) {
  const detail::error_analysis analysis(g, values);
  std::vector<std::vector<double>> bounds;
  for (int i = 0; i < g.size; ++i) {
    bounds.push_back(analysis[i]);
    for (double& b : bounds.back()) b *= 2;
  }
  return bounds;
}

}  // namespace sinter::testing
