// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Operations that compare a value with its row.

#include "sinter/ops/exponential.hpp"
#include "sinter/ops/reduction.hpp"

namespace sinter {

namespace detail {

template <int Axis> struct softmax_rule {
  constexpr symbol operator()(symbol x) const {
    x = as_floating(x);
    const symbol e = exp(x - detach(max<keep, Axis>(x)));
    return e * (1 / sum<keep, Axis>(e));
  }
};

template <int Axis> struct log_softmax_rule {
  constexpr symbol operator()(symbol x) const {
    x = as_floating(x);
    const symbol shifted = x - detach(max<keep, Axis>(x));
    return shifted - log(sum<keep, Axis>(exp(shifted)));
  }
};

struct layer_norm_rule {
  constexpr symbol operator()(symbol x) const {
    const symbol centred = x - mean<keep, -1>(x);
    return centred * (1 / sqrt(mean<keep, -1>(centred * centred) + 1e-5));
  }
  constexpr symbol operator()(symbol x, symbol scale, symbol shift) const {
    return (*this)(x) * scale + shift;
  }
};

struct rms_norm_rule {
  constexpr symbol operator()(symbol x) const {
    x = as_floating(x);
    return x * (1 / sqrt(mean<keep, -1>(x * x) + 1e-5));
  }
  constexpr symbol operator()(symbol x, symbol scale) const { return (*this)(x) * scale; }
};

}  // namespace detail

/// exp(x) over its sum along an axis, shifted by the row's maximum, which changes nothing but the
/// range: a row may hold +-1e30.
/// @shape  [..., N, ...] -> same, N >= 1
/// @dtype  floating; integers become f32
/// @cost   one row kernel, or the epilogue of a product
template <int Axis = -1, operand X>
constexpr applied<detail::softmax_rule<Axis>, X> softmax(X&& x) {
  return apply(detail::softmax_rule<Axis>{}, std::forward<X>(x));
}

/// log(softmax(x)), exact where the softmax underflows.
template <int Axis = -1, operand X>
constexpr applied<detail::log_softmax_rule<Axis>, X> log_softmax(X&& x) {
  return apply(detail::log_softmax_rule<Axis>{}, std::forward<X>(x));
}

/// (x - mean) / sqrt(variance + epsilon) along the last axis, in two passes over the row.
/// @source Ba, Kiros and Hinton 2016, arXiv:1607.06450
template <operand X> constexpr applied<detail::layer_norm_rule, X> layer_norm(X&& x) {
  return apply(detail::layer_norm_rule{}, std::forward<X>(x));
}

/// Layer norm, scaled and shifted by a value for each column.
template <class X, class S, class B>
  requires expression_operands<X, S, B>
constexpr applied<detail::layer_norm_rule, X, S, B> layer_norm(X&& x, S&& scale, B&& shift) {
  return apply(detail::layer_norm_rule{}, std::forward<X>(x), std::forward<S>(scale),
               std::forward<B>(shift));
}

/// x / sqrt(mean(x^2) + 1e-5) along the last axis: a layer norm without the mean.
/// @source Zhang and Sennrich 2019, arXiv:1910.07467
template <operand X> constexpr applied<detail::rms_norm_rule, X> rms_norm(X&& x) {
  return apply(detail::rms_norm_rule{}, std::forward<X>(x));
}

/// RMS norm, scaled by a value for each column.
template <class X, class S>
  requires expression_operands<X, S>
constexpr applied<detail::rms_norm_rule, X, S> rms_norm(X&& x, S&& scale) {
  return apply(detail::rms_norm_rule{}, std::forward<X>(x), std::forward<S>(scale));
}

}  // namespace sinter
