// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Simplification, applied to each node as it enters the graph. Every rewrite gives the same values
/// for all inputs, NaN and infinities included; the sign of a zero is the one exception (x + 0).

#include <bit>

#include "sinter/core/math.hpp"
#include "sinter/graph/builder.hpp"
#include "sinter/graph/primitive.hpp"

namespace sinter {

// The structural operations. Each kind has one, but for the folds.
inline constexpr operation input_operation{pack_name("input"), kind::input, 0};
inline constexpr operation constant_operation{pack_name("constant"), kind::constant, 0};
inline constexpr operation extent_operation{pack_name("extent"), kind::extent, 0};
inline constexpr operation iota_operation{pack_name("iota"), kind::iota, 0};
inline constexpr operation cast_operation{pack_name("cast"), kind::cast, 1, 1};
inline constexpr operation broadcast_operation{pack_name("broadcast"), kind::broadcast, 1};
inline constexpr operation reshape_operation{pack_name("reshape"), kind::reshape, 1};
inline constexpr operation permute_operation{pack_name("permute"), kind::permute, 1};
inline constexpr operation slice_operation{pack_name("slice"), kind::slice, 1};
inline constexpr operation stride_operation{pack_name("stride"), kind::stride, 1};
inline constexpr operation pad_operation{pack_name("pad"), kind::pad, 1};
inline constexpr operation gather_operation{pack_name("lookup"), kind::gather, 2, 2};
inline constexpr operation scatter_operation{pack_name("scatter"), kind::scatter, 2, 1};
inline constexpr operation matmul_operation{pack_name("matmul"), kind::matmul, 2, 2};
// The folds. `value` combines two partial results.
namespace detail {
constexpr double fold_sum(const double* x) { return x[0] + x[1]; }
constexpr double fold_prod(const double* x) { return x[0] * x[1]; }
constexpr double fold_max(const double* x) { return x[0] > x[1] || x[0] != x[0] ? x[0] : x[1]; }
constexpr double fold_min(const double* x) { return x[0] < x[1] || x[0] != x[0] ? x[0] : x[1]; }
constexpr operation make_fold(name_code name, double (*value)(const double*)) {
  operation o{name, kind::reduce, 1, 1};
  o.value = value;
  return o;
}
}  // namespace detail
inline constexpr operation sum_operation = detail::make_fold(pack_name("sum"), detail::fold_sum);
inline constexpr operation prod_operation =
    detail::make_fold(pack_name("prod"), detail::fold_prod);
inline constexpr operation max_operation = detail::make_fold(pack_name("max"), detail::fold_max);
inline constexpr operation min_operation = detail::make_fold(pack_name("min"), detail::fold_min);
// The running folds, whose element i folds what is up to i. `value` combines likewise.
namespace detail {
constexpr operation make_scan(name_code name, double (*value)(const double*), double flops = 1) {
  operation o{name, kind::scan, 1, flops};
  o.value = value;
  return o;
}
/// log(e^x + e^y)
constexpr double fold_exponentials(const double* x) {
  const double most = fold_max(x), apart = x[0] - x[1];
  if (x[0] == x[1]) return most + 0.69314718055994531;
  return most + math::log1p(math::exp(apart < 0 ? apart : -apart));
}
}  // namespace detail
inline constexpr operation cumsum_operation =
    detail::make_scan(pack_name("cumsum"), detail::fold_sum);
inline constexpr operation cumprod_operation =
    detail::make_scan(pack_name("cumprod"), detail::fold_prod);
inline constexpr operation cummax_operation =
    detail::make_scan(pack_name("cummax"), detail::fold_max);
inline constexpr operation cummin_operation =
    detail::make_scan(pack_name("cummin"), detail::fold_min);
inline constexpr operation logcumsumexp_operation =
    detail::make_scan(pack_name("logcumsume"), detail::fold_exponentials, 40);
/// No gradient passes.
inline constexpr operation detach_operation{pack_name("detach"), kind::alias, 1};
/// Values must be indices below the extent `attribute[0]`, or `attribute[1]`; checked before
/// anything runs. The name of the operation is `attribute[2]`, or 0 for labels of classes.
inline constexpr operation indices_operation{pack_name("indices"), kind::alias, 1};

/// Products of two such f32 may be made of three in tf32 (ops/linear.hpp).
inline constexpr operation tf32x3_operation{pack_name("tf32x3"), kind::alias, 1};

/// Values must be probabilities, in [0, 1]; checked likewise.
inline constexpr operation probability_operation{pack_name("probabilit"), kind::alias, 1};

namespace detail {

constexpr double constant_of(const node& n) {
  return is_floating(n.type) ? std::bit_cast<double>(n.attribute[0])
                             : static_cast<double>(n.attribute[0]);
}

/// The constant that a node holds in every element, if it does.
constexpr const node* uniform(const graph_builder& g, int index) {
  if (g[index].what() == kind::broadcast) index = g[index].operand[0];
  return g[index].what() == kind::constant ? &g[index] : nullptr;
}

constexpr bool is_uniform(const graph_builder& g, int index, double value) {
  const node* n = uniform(g, index);
  return n != nullptr && constant_of(*n) == value;
}

/// An integer as a type holds it: modulo 2^bits.
constexpr std::int64_t wrapped(dtype type, std::int64_t value) {
  if (type == dtype::boolean) return value != 0;
  const int bits = 8 * properties(type).size;
  if (bits == 64) return value;
  const std::int64_t range = std::int64_t{1} << bits;
  const std::int64_t low = value & (range - 1);
  return is_signed_integer(type) && (low >> (bits - 1)) != 0 ? low - range : low;
}

constexpr node make_constant(dtype type, double value) {
  node n;
  n.op = &constant_operation;
  n.type = type;
  n.attribute[0] = is_floating(type) ? std::bit_cast<std::int64_t>(value)
                                     : wrapped(type, static_cast<std::int64_t>(value));
  return n;
}

constexpr int add(graph_builder& g, node n);

/// Arithmetic on constants only; -1 if that is not what `n` is.
constexpr int fold_constants(graph_builder& g, const node& n) {
  if (!n.op->folds || !is_floating(n.type)) return -1;
  double values[max_operands]{};
  for (int i = 0; i < n.arity(); ++i) {
    const node* operand = uniform(g, n.operand[i]);
    if (operand == nullptr || !is_floating(operand->type)) return -1;
    values[i] = constant_of(*operand);
  }
  if (n.op->name == pack_name("div") && values[1] == 0) return -1;  // not a constant expression
  const int scalar = g.store(make_constant(n.type, n.op->value(values)));
  if (n.extents.rank == 0) return scalar;
  node spread;
  spread.op = &broadcast_operation;
  spread.type = n.type;
  spread.operand[0] = scalar;
  spread.extents = n.extents;
  return g.store(spread);
}

/// The operand that equals an elementwise node, or -1.
constexpr int neutral(const graph_builder& g, const node& n) {
  const int a = n.operand[0];
  const int b = n.operand[1];
  if (g[a].type != n.type) return -1;
  switch (n.op->name) {
    case pack_name("add"): return is_uniform(g, b, 0) ? a : is_uniform(g, a, 0) ? b : -1;
    case pack_name("sub"): return is_uniform(g, b, 0) ? a : -1;
    case pack_name("mul"): return is_uniform(g, b, 1) ? a : is_uniform(g, a, 1) ? b : -1;
    case pack_name("div"): return is_uniform(g, b, 1) ? a : -1;
    case pack_name("neg"): return g[a].is(*n.op) ? g[a].operand[0] : -1;
    default: return -1;
  }
}

constexpr bool is_identity(const graph_builder& g, const node& n) {
  const shape& before = g[n.operand[0]].extents;
  for (int i = 0; i < n.extents.rank; ++i) {
    if (n.what() == kind::permute && n.attribute[i] != i) return false;
    if (n.what() == kind::stride && n.attribute[i] != stride_step{1, 1u << i}.pack()) return false;
    if (n.what() == kind::reduce && (n.attribute[0] >> i & 1) && before[i] != 1) return false;
  }
  if (n.type != g[n.operand[0]].type) return false;
  return n.what() == kind::permute || n.extents == before;
}

/// A view of a view as one view of the first operand.
constexpr void compose(const graph_builder& g, node& n) {
  const node& inner = g[n.operand[0]];
  const int base = inner.what() == kind::broadcast ? inner.operand[0] : n.operand[0];
  if (g[base].what() == kind::constant) {  // any view of a repeated number is that, repeated
    node spread;
    spread.op = &broadcast_operation;
    spread.type = n.type;
    spread.operand[0] = base;
    spread.extents = n.extents;
    n = spread;
    return;
  }
  if (!inner.is(*n.op)) return;
  if (n.what() == kind::permute) {
    for (int i = 0; i < n.extents.rank; ++i) n.attribute[i] = inner.attribute[n.attribute[i]];
  } else if (n.what() == kind::slice) {
    for (int i = 0; i < n.extents.rank; ++i) n.attribute[i] += inner.attribute[i];
  } else if (n.what() == kind::broadcast) {
    // Composes as it stands: alignment is from the last axis.
  } else if (n.what() != kind::reshape) {
    return;
  }
  n.operand[0] = inner.operand[0];
}

/// Stores a node, or what it simplifies to.
constexpr int add(graph_builder& g, node n) {
  switch (n.what()) {
    case kind::element: {
      if (const int folded = fold_constants(g, n); folded >= 0) return folded;
      if (const int same = neutral(g, n); same >= 0) return same;
      if (n.op->commutes && n.operand[0] > n.operand[1]) std::swap(n.operand[0], n.operand[1]);
      break;
    }
    case kind::broadcast:
    case kind::reshape:
    case kind::permute:
    case kind::slice:
    case kind::stride: compose(g, n); [[fallthrough]];
    case kind::cast:
    case kind::reduce:
    case kind::pad:
      if (is_identity(g, n)) return n.operand[0];
      break;
    default: break;
  }
  return g.store(n);
}

}  // namespace detail
}  // namespace sinter
