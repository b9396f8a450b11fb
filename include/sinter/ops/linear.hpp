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

/// Matrix product over the last two axes; leading axes are batches and broadcast, and an operand of
/// rank 1 is a row on the left, a column on the right, as in NumPy.
/// @shape  [..., M, K] x [..., K, N] -> [..., M, N]
/// @dtype  all but bool; f16 and bf16 accumulate in f32
/// @errors compile time: "the left operand's columns must match the right one's rows"; the same as
///         shape_error at run time where extents are dynamic
/// @cost   2 M K N flops; one kernel with what surrounds it
template <operand A, operand B> constexpr applied<detail::matmul_rule, A, B> matmul(A&& a, B&& b) {
  return apply(detail::matmul_rule{}, std::forward<A>(a), std::forward<B>(b));
}

}  // namespace sinter
