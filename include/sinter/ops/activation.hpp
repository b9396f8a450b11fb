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

/// 1 / (1 + exp(-x)).
template <operand X> constexpr auto sigmoid(X&& x) {
  return compose([](auto v) { return 1 / (1 + exp(-v)); }, std::forward<X>(x));
}

/// x sigmoid(x). @source Elfwing et al. 2017, arXiv:1702.03118
template <operand X> constexpr auto silu(X&& x) {
  return compose([](auto v) { return v / (1 + exp(-v)); }, std::forward<X>(x));
}

/// x Phi(x), exact. @source Hendrycks and Gimpel 2016, arXiv:1606.08415
template <operand X> constexpr auto gelu(X&& x) {
  return compose([](auto v) { return 0.5 * v * (1 + erf(v * 0.70710678118654752)); },
                 std::forward<X>(x));
}

/// log(1 + exp(x)), without overflow.
template <operand X> constexpr auto softplus(X&& x) {
  return compose([](auto v) { return maximum(v, 0) + log1p(exp(-abs(v))); }, std::forward<X>(x));
}

}  // namespace sinter
