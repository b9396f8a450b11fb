// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Products of matrices.

#include "sinter/core/math_kernels.hpp"
#include "sinter/graph/expression.hpp"

namespace sinter {

namespace detail {
struct matmul_rule {
  constexpr symbol operator()(symbol a, symbol b) const {
    return {a.graph, rules::matmul(*a.graph, a.index, b.index)};
  }
};
}  // namespace detail

template <> struct primitive<id("tf32")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::detail::tf32_kernel(x);
  }
  static constexpr auto derivative(auto, auto) { return 1; }
  static constexpr sinter::cost cost{.flops = 4};
};

/// x rounded to 10 bits of fraction, as the tensor cores of GPUs read an f32: products of two such
/// operands are multiplied by them there. The result is the same on every target, but for the order
/// of the sums. Gradients pass as through x itself, and through a product of two such operands in
/// the same precision.
/// @accuracy relative 2^-11
/// @example matmul(st::tf32(x), st::tf32(w))
template <operand X> constexpr element_call<id("tf32"), X> tf32(X&& x) {
  return element<id("tf32")>(std::forward<X>(x));
}

namespace detail {
struct tf32x3_rule {
  constexpr symbol operator()(symbol x) const {
    const node n = rules::make(tf32x3_operation, x.type(), x.extents(), x.index);
    return {x.graph, add(*x.graph, n)};
  }
};
}  // namespace detail

/// x itself, which a product may take for the sum of two numbers in tf32. Where both operands of a
/// product of f32 are so, a GPU makes it of three products in tf32 on its matrix units, which is
/// 3xTF32: small a large b + large a small b + large a large b. The CPU and the reference multiply
/// x as it stands. Gradients pass, and are made by such products, too.
/// @accuracy on a GPU, of the sum of magnitudes |a| |b| over K terms: 2^-21 at most, as the parts
///           lack 2^-23 of each operand and the product of small parts is left out, and
///           (96 + K / 16) 2^-24 for sums, if units cut off where others round. Multiply-adds in
///           f32 lose K 2^-24 at most; products in tf32 lose 2^-10 beside. Operands below 2^-103
///           lose bits, below 2^-137 they are 0; what is within 2^-21 of overflow may do so
/// @source  Ootomo and Yokota 2022, doi:10.1177/10943420221090256; CUTLASS, example 27. As in the
///          first, sums of 16 terms are added up outside of the units, which may cut off
/// @example matmul(st::tf32x3(x), st::tf32x3(w))
template <operand X> constexpr applied<detail::tf32x3_rule, X> tf32x3(X&& x) {
  return apply(detail::tf32x3_rule{}, std::forward<X>(x));
}

/// Matrix product over the last two axes; leading axes are batches and broadcast, and an operand of
/// rank 1 is a row on the left, a column on the right, as in NumPy.
/// @shape  [..., M, K] x [..., K, N] -> [..., M, N]
/// @dtype  all but bool. The result has the operands' type, of 8-bit floats it is f32. Sums have
///         the result's type, of f16 and bf16 f32; those of integers wrap, as in NumPy and PyTorch,
///         so sums of i8 in 32 bits are written matmul(cast<int>(x), cast<int>(w)), which is one
///         kernel that reads i8
/// @accuracy a rounding of f32 for each term; on sm_90a, sums of 8-bit floats keep 14 bits within
///         128 terms: 132 x 2^-13 = 1.6 % of the sum of magnitudes is lost there at most, see
///         kernel/matrix_element.hpp
/// @errors compile time: "the left operand's columns must match the right one's rows"; the same as
///         shape_error at run time where extents are dynamic
/// @cost   2 M K N flops; one kernel with what surrounds it
template <operand A, operand B> constexpr applied<detail::matmul_rule, A, B> matmul(A&& a, B&& b) {
  return apply(detail::matmul_rule{}, std::forward<A>(a), std::forward<B>(b));
}

}  // namespace sinter
