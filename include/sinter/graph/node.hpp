// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A node of the graph: one operation on earlier nodes. Nodes are plain values; what an operation
/// does stands beside them, in an `operation` that `primitive<id>` fills and nobody registers.

#include <cstdint>

#include "sinter/core/dtype.hpp"
#include "sinter/core/shape.hpp"

namespace sinter {

/// What an operation is to the passes. All arithmetic is `element`; the rest is structure.
enum class kind : std::uint8_t {
  input,      ///< a tensor of the caller; attribute: its number, whether it is strided, and 1 + the
              ///< number of the input whose memory it must be, or 0
  constant,   ///< rank 0; attribute: the bits of a double, or an integer
  extent,     ///< rank 0: the value of a dimension; attribute: its code
  iota,       ///< the index along an axis; attribute: the axis
  element,    ///< one value from the values at the same index
  cast,       ///< the value in another type
  broadcast,  ///< repeats along axes whose extent was 1 or missing
  reshape,    ///< same elements in row-major order, other extents
  permute,    ///< attribute[i]: the operand's axis that becomes axis i
  slice,      ///< attribute[i]: first index along axis i
  stride,     ///< steps through the operand: see `stride_step`
  pad,        ///< zeros around the operand; attribute[i]: where it begins along axis i
  reduce,     ///< folds axes to extent 1; attribute: mask of the axes
  gather,     ///< the operand's elements where an index tells: see `gather_axes`
  scatter,    ///< its transpose: zeros, to which each element is added where its index tells
  scan,       ///< running folds: attributes: the axis, and whether it begins at the axis' end
  matmul,     ///< [batch..., M, K] x [batch..., K, N], equal batch axes
  alias,      ///< the operand itself, with a meaning for one pass (see ops/structure.hpp)
};

struct symbol;

/// What one evaluation costs. A unit is one fused multiply-add slot of a vector unit, about.
struct cost {
  double flops = 1;
};

/// The behaviour of an operation.
struct operation {
  name_code name = 0;
  sinter::kind kind = kind::element;
  int arity = 0;
  double flops = 0;
  bool keeps_integers = false;    ///< integers stay integers; otherwise they become f32
  bool gives_boolean = false;     ///< comparisons
  bool selects = false;           ///< the first operand is a condition
  bool commutes = false;
  bool folds = false;             ///< the value is usable in constant expressions
  double (*value)(const double* operands) = nullptr;  ///< for the reference and for folding
  /// Given the gradient of the result, the gradients of the operands; an empty symbol means none.
  void (*pullback)(symbol gradient, const symbol* operands, symbol result, symbol* out) = nullptr;
};

inline constexpr int max_operands = 3;

struct node {
  const operation* op = nullptr;
  dtype type = dtype::f32;
  int operand[max_operands] = {-1, -1, -1};
  shape extents;
  std::int64_t attribute[max_rank]{};

  constexpr kind what() const { return op->kind; }
  constexpr int arity() const { return op->arity; }
  /// By name: whether two addresses differ is no constant where g++ looks for undefined behaviour.
  constexpr bool is(const operation& o) const { return op->name == o.name && op->kind == o.kind; }

  friend constexpr bool operator==(const node& a, const node& b) {
    return a.is(*b.op) && a.type == b.type && a.operand[0] == b.operand[0] &&
           a.operand[1] == b.operand[1] && a.operand[2] == b.operand[2] &&
           a.attribute[0] == b.attribute[0] && a.attribute[1] == b.attribute[1] &&
           a.attribute[2] == b.attribute[2] && a.attribute[3] == b.attribute[3] &&
           a.attribute[4] == b.attribute[4] && a.attribute[5] == b.attribute[5] &&
           a.extents == b.extents;
  }
};

/// What attribute[i] of a `stride` says of axis i of the result: its index moves `step` elements
/// along each of the operand's axes in `axes`. Several axes may move along one: windows that
/// overlap. Where a step is negative, its axis of the operand begins at the last element.
struct stride_step {
  std::int64_t step = 1;
  unsigned axes = 0;  ///< mask

  constexpr std::int64_t pack() const { return step * 64 + static_cast<std::int64_t>(axes); }
  static constexpr stride_step unpack(std::int64_t packed) {
    return {packed >> 6, static_cast<unsigned>(packed & 63)};
  }
};

/// The attributes of a `gather`: axis `axis` of the operand is replaced by `count` axes of the
/// result, along which the second operand, of the result's shape, says which element. Elsewhere the
/// axes correspond. An index outside the axis gives 0. Of a `scatter`, the same with result and
/// operand exchanged: what has such an index is added nowhere.
struct gather_axes {
  int axis = 0, count = 1;

  constexpr explicit gather_axes(const node& n)
      : axis(static_cast<int>(n.attribute[0])), count(static_cast<int>(n.attribute[1])) {}
  /// The axis of the wide side, that of the indices, which axis k of the narrow side is; -1 for the
  /// one that the indices replace.
  constexpr int wide(int k) const { return k < axis ? k : k == axis ? -1 : k - 1 + count; }
};

/// A number that is known at run time only: the extents that shapes refer to by negative codes,
/// and the strides of views. A stride that is negative is one, too, as codes are negative. Entries
/// refer to earlier entries, so one loop evaluates them all.
struct dimension {
  enum class origin : std::uint8_t { extent, stride, product, sum, difference };
  origin from = origin::extent;
  name_code name = 0;     ///< of a named axis, else 0
  std::int64_t left = 0;  ///< extent, stride: the input's number; otherwise a code or a number
  std::int64_t right = 0; ///< extent, stride: the axis

  friend constexpr bool operator==(const dimension& a, const dimension& b) {
    return a.from == b.from && a.name == b.name && a.left == b.left && a.right == b.right;
  }
};

/// Two extents that must be equal when the program runs, because `op` says so; or one, `left`, that
/// must not be 0.
struct constraint {
  name_code op = 0;
  extent_t left = 0, right = 0;
  shape left_shape, right_shape;
  bool nonzero = false;

  /// Whether it is kept by the values of `left` and `right`.
  constexpr bool holds(extent_t a, extent_t b) const { return nonzero ? a != 0 : a == b; }
};

/// A mention of a shared intermediate: its value, and the inputs that it declared.
struct shared_value {
  int tag = 0;
  int node = -1;
  int first_input = 0, count = 0;
};

/// A result: the node, and the input that it overwrites, or -1 if it is returned.
struct output {
  int node = -1;
  int input = -1;
};

}  // namespace sinter
