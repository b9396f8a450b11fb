// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Operations that compare a value with its row.

#include "sinter/ops/exponential.hpp"
#include "sinter/ops/reduction.hpp"

namespace sinter {

/// exp(x) over its sum along an axis, shifted by the row's maximum, which changes nothing but the
/// range: a row may hold +-1e30.
/// @shape  [..., N, ...] -> same, N >= 1
/// @dtype  floating; integers become f32
/// @cost   one row kernel, or the epilogue of a product
template <int Axis = -1, operand X> constexpr auto softmax(X&& x) {
  return compose(
      [](auto v) {
        auto e = exp(v - detach(max<keep, Axis>(v)));
        return e / sum<keep, Axis>(e);
      },
      std::forward<X>(x));
}

/// log(softmax(x)), exact where the softmax underflows.
template <int Axis = -1, operand X> constexpr auto log_softmax(X&& x) {
  return compose(
      [](auto v) {
        auto shifted = v - detach(max<keep, Axis>(v));
        return shifted - log(sum<keep, Axis>(exp(shifted)));
      },
      std::forward<X>(x));
}

/// (x - mean) / sqrt(variance + epsilon) along the last axis, in two passes over the row.
/// @source Ba, Kiros and Hinton 2016, arXiv:1607.06450
template <operand X> constexpr auto layer_norm(X&& x) {
  return compose(
      [](auto v) {
        auto centred = v - mean<keep, -1>(v);
        return centred / sqrt(mean<keep, -1>(centred * centred) + 1e-5);
      },
      std::forward<X>(x));
}

/// Layer norm, scaled and shifted by a value for each column.
template <class X, class S, class B>
  requires expression_operands<X, S, B>
constexpr auto layer_norm(X&& x, S&& scale, B&& shift) {
  return compose([](auto v, auto s, auto b) { return layer_norm(v) * s + b; }, std::forward<X>(x),
                 std::forward<S>(scale), std::forward<B>(shift));
}

}  // namespace sinter
