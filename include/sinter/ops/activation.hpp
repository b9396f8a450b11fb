// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Activations.

#include "sinter/ops/compare.hpp"
#include "sinter/ops/exponential.hpp"

namespace sinter {

template <> struct primitive<id("relu")> {
  static constexpr bool integers = true, vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return math::select(x <= T(0), T(0), x);
  }
  /// In terms of the result, so that the backward pass needs nothing else.
  static constexpr auto pullback(auto g, auto, auto y) { return where(y <= 0, 0, g); }
};

/// max(x, 0); its gradient at 0 is 0, as in PyTorch; NaN stays NaN.
template <operand X> constexpr element_call<id("relu"), X> relu(X&& x) {
  return element<id("relu")>(std::forward<X>(x));
}

namespace detail {
struct sigmoid_rule {
  constexpr symbol operator()(symbol x) const { return 1 / (1 + exp(-as_floating(x))); }
};
struct silu_rule {
  constexpr symbol operator()(symbol x) const {
    x = as_floating(x);
    return x / (1 + exp(-x));
  }
};
struct gelu_rule {
  constexpr symbol operator()(symbol x) const {
    return 0.5 * x * (1 + erf(x * 0.70710678118654752));
  }
};
struct softplus_rule {
  constexpr symbol operator()(symbol x) const {
    x = as_floating(x);
    return maximum(x, 0) + log1p(exp(-abs(x)));
  }
};
}  // namespace detail

/// 1 / (1 + exp(-x)).
template <operand X> constexpr applied<detail::sigmoid_rule, X> sigmoid(X&& x) {
  return apply(detail::sigmoid_rule{}, std::forward<X>(x));
}

/// x sigmoid(x). @source Elfwing et al. 2017, arXiv:1702.03118
template <operand X> constexpr applied<detail::silu_rule, X> silu(X&& x) {
  return apply(detail::silu_rule{}, std::forward<X>(x));
}

/// x Phi(x), exact. @source Hendrycks and Gimpel 2016, arXiv:1606.08415
template <operand X> constexpr applied<detail::gelu_rule, X> gelu(X&& x) {
  return apply(detail::gelu_rule{}, std::forward<X>(x));
}

/// log(1 + exp(x)), without overflow.
template <operand X> constexpr applied<detail::softplus_rule, X> softplus(X&& x) {
  return apply(detail::softplus_rule{}, std::forward<X>(x));
}

}  // namespace sinter
