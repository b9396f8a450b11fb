// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Products of matrices.

#include "sinter/graph/expression.hpp"

namespace sinter {

namespace detail {
struct matmul_rule {
  constexpr symbol operator()(symbol a, symbol b) const {
    return {a.graph, rules::matmul(*a.graph, a.index, b.index)};
  }
};
}  // namespace detail

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
