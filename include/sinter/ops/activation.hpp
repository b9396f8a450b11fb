// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Activations.

#include "sinter/ops/compare.hpp"
#include "sinter/ops/exponential.hpp"
#include "sinter/ops/structure.hpp"

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

template <> struct primitive<id("sigmoid")> {
  static constexpr bool vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x) {
    return T(1) / (T(1) + math::exp(-x));
  }
  /// In terms of the result: where exp(-x) overflows, its own derivative is no number.
  static constexpr auto derivative(auto, auto y) { return y * (1 - y); }
  static constexpr sinter::cost cost{.flops = 18};
};

/// 1 / (1 + exp(-x)).
template <operand X> constexpr element_call<id("sigmoid"), X> sigmoid(X&& x) {
  return element<id("sigmoid")>(std::forward<X>(x));
}

namespace detail {

/// x within two constants, at which the gradient is 0 already.
constexpr symbol cut_off(symbol x, double low, double high) {
  return where(x <= low, low, where(x >= high, high, x));
}

struct silu_rule {
  constexpr symbol operator()(symbol x) const {
    x = as_floating(x);
    return x * sigmoid(x);
  }
};
struct gelu_rule {
  constexpr symbol operator()(symbol x) const {
    const symbol half = 0.5 * x;
    return half + half * erf(x * 0.70710678118654752);
  }
};
struct gelu_tanh_rule {
  constexpr symbol operator()(symbol x) const {
    x = as_floating(x);
    const symbol inner = x * (0.79788456080286536 + 0.035677408136300125 * (x * x));
    return 0.5 * x * (1 + tanh(inner));
  }
};
struct softplus_rule {
  constexpr symbol operator()(symbol x) const {
    x = as_floating(x);
    return maximum(x, 0) + log1p(exp(-abs(x)));
  }
};
struct log_sigmoid_rule {
  constexpr symbol operator()(symbol x) const {
    x = as_floating(x);
    return minimum(x, 0) - log1p(exp(-abs(x)));
  }
};
/// tanh(log(1 + e)) = w / (w + 2) with w = e (e + 2), e = exp(x): one function and no cancellation.
/// Beyond 20 it is 1 in every type.
struct mish_rule {
  constexpr symbol operator()(symbol x) const {
    x = as_floating(x);
    const symbol e = exp(where(x > 20, 20, x));
    const symbol w = e * (e + 2);
    return x * (w / (w + 2));
  }
};
struct leaky_relu_rule {
  constexpr symbol operator()(symbol x, symbol slope) const {
    x = as_floating(x);
    return where(x > 0, x, x * slope);
  }
  constexpr symbol operator()(symbol x) const { return (*this)(x, literal(x.graph, 0.01)); }
};
/// The exponential is of what is not positive: what is not chosen must have a finite derivative.
struct elu_rule {
  constexpr symbol operator()(symbol x, symbol alpha) const {
    x = as_floating(x);
    return where(x > 0, x, alpha * expm1(where(x > 0, 0, x)));
  }
  constexpr symbol operator()(symbol x) const { return (*this)(x, literal(x.graph, 1.0)); }
};
struct celu_rule {
  constexpr symbol operator()(symbol x, symbol alpha) const {
    x = as_floating(x);
    return where(x > 0, x, alpha * expm1(where(x > 0, 0, x) / alpha));
  }
  constexpr symbol operator()(symbol x) const { return (*this)(x, literal(x.graph, 1.0)); }
};
struct selu_rule {
  constexpr symbol operator()(symbol x) const {
    return elu_rule{}(x, literal(x.graph, 1.6732632423543772)) * 1.0507009873554805;
  }
};
struct relu6_rule {
  constexpr symbol operator()(symbol x) const { return cut_off(as_floating(x), 0, 6); }
};
struct hard_tanh_rule {
  constexpr symbol operator()(symbol x) const { return cut_off(as_floating(x), -1, 1); }
};
struct hard_sigmoid_rule {
  constexpr symbol operator()(symbol x) const {
    return cut_off(as_floating(x) + 3, 0, 6) * (1.0 / 6);
  }
};
struct hard_swish_rule {
  constexpr symbol operator()(symbol x) const { return as_floating(x) * hard_sigmoid_rule{}(x); }
};
struct softsign_rule {
  constexpr symbol operator()(symbol x) const {
    x = as_floating(x);
    return x / (1 + abs(x));
  }
};

/// The halves of the last axis.
struct two_halves {
  symbol first, second;
};
constexpr two_halves halves_of(symbol x, name_code name) {
  graph_builder& g = *x.graph;
  const extent_t all = x.rank() > 0 ? x.extents().last() : 0;
  if (x.rank() == 0 || !is_static(all) || all % 2 != 0) {
    g.fail({x.rank() == 0 ? rule::rank : rule::halves, name, x.extents(), {}});
    return {x, x};
  }
  return {{&g, rules::slice(g, x.index, -1, 0, all / 2)},
          {&g, rules::slice(g, x.index, -1, all / 2, all)}};
}
struct glu_rule {
  constexpr symbol operator()(symbol x) const {
    const two_halves part = halves_of(as_floating(x), pack_name("glu"));
    return part.first * sigmoid(part.second);
  }
};
struct swiglu_rule {
  constexpr symbol operator()(symbol x) const {
    const two_halves part = halves_of(as_floating(x), pack_name("swiglu"));
    return silu_rule{}(part.first) * part.second;
  }
};

}  // namespace detail

/// x sigmoid(x). @source Elfwing et al. 2017, arXiv:1702.03118
template <operand X> constexpr applied<detail::silu_rule, X> silu(X&& x) {
  return apply(detail::silu_rule{}, std::forward<X>(x));
}

/// x Phi(x), exact. @source Hendrycks and Gimpel 2016, arXiv:1606.08415
template <operand X> constexpr applied<detail::gelu_rule, X> gelu(X&& x) {
  return apply(detail::gelu_rule{}, std::forward<X>(x));
}

/// x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), the approximation of gelu in the same paper.
template <operand X> constexpr applied<detail::gelu_tanh_rule, X> gelu_tanh(X&& x) {
  return apply(detail::gelu_tanh_rule{}, std::forward<X>(x));
}

/// log(1 + exp(x)), without overflow.
template <operand X> constexpr applied<detail::softplus_rule, X> softplus(X&& x) {
  return apply(detail::softplus_rule{}, std::forward<X>(x));
}

/// log(sigmoid(x)), exact where the sigmoid underflows.
template <operand X> constexpr applied<detail::log_sigmoid_rule, X> log_sigmoid(X&& x) {
  return apply(detail::log_sigmoid_rule{}, std::forward<X>(x));
}

/// x tanh(softplus(x)). @source Misra 2019, arXiv:1908.08681
template <operand X> constexpr applied<detail::mish_rule, X> mish(X&& x) {
  return apply(detail::mish_rule{}, std::forward<X>(x));
}

/// x, or x slope where x is not positive; slope 0.01 unless given.
template <operand X> constexpr applied<detail::leaky_relu_rule, X> leaky_relu(X&& x) {
  return apply(detail::leaky_relu_rule{}, std::forward<X>(x));
}
template <class X, class P>
  requires expression_operands<X, P>
constexpr applied<detail::leaky_relu_rule, X, P> leaky_relu(X&& x, P&& slope) {
  return apply(detail::leaky_relu_rule{}, std::forward<X>(x), std::forward<P>(slope));
}

/// x, or alpha (exp(x) - 1) where x is not positive; alpha 1 unless given.
/// @source Clevert et al. 2015, arXiv:1511.07289
template <operand X> constexpr applied<detail::elu_rule, X> elu(X&& x) {
  return apply(detail::elu_rule{}, std::forward<X>(x));
}
template <class X, class P>
  requires expression_operands<X, P>
constexpr applied<detail::elu_rule, X, P> elu(X&& x, P&& alpha) {
  return apply(detail::elu_rule{}, std::forward<X>(x), std::forward<P>(alpha));
}

/// x, or alpha (exp(x / alpha) - 1) where x is not positive; alpha 1 unless given.
/// @source Barron 2017, arXiv:1704.07483
template <operand X> constexpr applied<detail::celu_rule, X> celu(X&& x) {
  return apply(detail::celu_rule{}, std::forward<X>(x));
}
template <class X, class P>
  requires expression_operands<X, P>
constexpr applied<detail::celu_rule, X, P> celu(X&& x, P&& alpha) {
  return apply(detail::celu_rule{}, std::forward<X>(x), std::forward<P>(alpha));
}

/// 1.0507 elu(x, 1.6733), which keeps mean 0 and variance 1.
/// @source Klambauer et al. 2017, arXiv:1706.02515
template <operand X> constexpr applied<detail::selu_rule, X> selu(X&& x) {
  return apply(detail::selu_rule{}, std::forward<X>(x));
}

/// x within 0 and 6; at both its gradient is 0, as in PyTorch.
template <operand X> constexpr applied<detail::relu6_rule, X> relu6(X&& x) {
  return apply(detail::relu6_rule{}, std::forward<X>(x));
}

/// x within -1 and 1; at both its gradient is 0, as in PyTorch.
template <operand X> constexpr applied<detail::hard_tanh_rule, X> hard_tanh(X&& x) {
  return apply(detail::hard_tanh_rule{}, std::forward<X>(x));
}

/// relu6(x + 3) / 6.
template <operand X> constexpr applied<detail::hard_sigmoid_rule, X> hard_sigmoid(X&& x) {
  return apply(detail::hard_sigmoid_rule{}, std::forward<X>(x));
}

/// x hard_sigmoid(x). @source Howard et al. 2019, arXiv:1905.02244
template <operand X> constexpr applied<detail::hard_swish_rule, X> hard_swish(X&& x) {
  return apply(detail::hard_swish_rule{}, std::forward<X>(x));
}

/// x / (1 + |x|).
template <operand X> constexpr applied<detail::softsign_rule, X> softsign(X&& x) {
  return apply(detail::softsign_rule{}, std::forward<X>(x));
}

/// a sigmoid(b) of the halves a, b of the last axis. @shape [..., 2 N] -> [..., N]
/// @errors compile time: "the last axis must have halves: an even extent, known to the compiler"
/// @source Dauphin et al. 2016, arXiv:1612.08083
template <operand X> constexpr applied<detail::glu_rule, X> glu(X&& x) {
  return apply(detail::glu_rule{}, std::forward<X>(x));
}

/// silu(a) b of the halves a, b of the last axis; otherwise as glu.
/// @source Shazeer 2020, arXiv:2002.05202
template <operand X> constexpr applied<detail::swiglu_rule, X> swiglu(X&& x) {
  return apply(detail::swiglu_rule{}, std::forward<X>(x));
}

}  // namespace sinter
