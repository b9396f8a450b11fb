// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Losses, to be averaged or summed: one value for each row, or one for each element, as each says.

#include "sinter/ops/activation.hpp"
#include "sinter/ops/linear.hpp"
#include "sinter/ops/normalise.hpp"
#include "sinter/ops/statistics.hpp"

namespace sinter {

namespace detail {

/// The labels as a column beside their rows, to be checked against the number of classes.
struct label_rule {
  std::int64_t beside = 0;  ///< also a label: a class is no more than a number here
  constexpr symbol operator()(symbol scores, symbol labels) const {
    graph_builder& g = *scores.graph;
    if (!is_integer(labels.type()) || scores.rank() != labels.rank() + 1) {
      g.fail({rule::labels, pack_name("cross_entr"), scores.extents(), labels.extents()});
      return scores;
    }
    node checked = rules::make(indices_operation, labels.type(), labels.extents(), labels.index);
    checked.attribute[0] = scores.extents().last();
    checked.attribute[1] = beside;
    return unsqueeze<-1>(symbol{&g, add(g, checked)});
  }
};

/// Scores less their row's maximum, and the logarithm of the sum of their exponentials.
struct shifted_scores {
  symbol shifted;
  constexpr explicit shifted_scores(symbol scores)
      : shifted(scores - detach(max<keep, -1>(scores))) {}
  constexpr symbol normaliser() const { return log(sum<-1>(exp(shifted))); }
};

template <int... Ignored> struct cross_entropy_rule {
  constexpr symbol operator()(symbol raw, symbol labels) const {
    return with(raw, labels, [](shifted_scores s, symbol hit) {
      return s.normaliser() - sum<-1>(where(hit, s.shifted, 0));
    });
  }
  constexpr symbol operator()(symbol raw, symbol labels, symbol smoothing) const {
    return with(raw, labels, [&](shifted_scores s, symbol hit) {
      const symbol at_label = sum<-1>(where(hit, s.shifted, 0));
      return s.normaliser() - (1 - smoothing) * at_label - smoothing * mean<-1>(s.shifted);
    });
  }

 protected:
  template <class Value>
  static constexpr symbol with(symbol raw, symbol labels, Value value) {
    const symbol scores = as_floating(raw);
    const symbol column = label_rule{(std::int64_t{0} + ... + Ignored)}(scores, labels);
    if (scores.graph->first_mistake) return scores;
    const symbol hit = iota_like<-1>(scores) == cast<std::int32_t>(column);
    symbol row = value(shifted_scores(scores), hit);
    ((row = where(cast<std::int64_t>(labels) == Ignored, 0, row)), ...);
    return row;
  }
};

template <int... Ignored> struct weighted_cross_entropy_rule : cross_entropy_rule<Ignored...> {
  constexpr symbol operator()(symbol raw, symbol labels, symbol weights) const {
    return this->with(raw, labels, [&](shifted_scores s, symbol hit) {
      return at_label(s, hit, weights);
    });
  }
  constexpr symbol operator()(symbol raw, symbol labels, symbol weights, symbol smoothing) const {
    return this->with(raw, labels, [&](shifted_scores s, symbol hit) {
      const symbol all = mean<-1>(weights * (unsqueeze<-1>(s.normaliser()) - s.shifted));
      return (1 - smoothing) * at_label(s, hit, weights) + smoothing * all;
    });
  }

 private:
  static constexpr symbol at_label(const shifted_scores& s, symbol hit, symbol weights) {
    return sum<-1>(where(hit, weights, 0)) *
           (s.normaliser() - sum<-1>(where(hit, s.shifted, 0)));
  }
};

struct soft_cross_entropy_rule {
  constexpr symbol operator()(symbol raw, symbol p) const {
    const shifted_scores s(as_floating(raw));
    return s.normaliser() * sum<-1>(p) - sum<-1>(where(p == 0, 0, p * s.shifted));
  }
};

struct binary_cross_entropy_rule {
  constexpr symbol operator()(symbol score, symbol target) const {
    score = as_floating(score);
    return maximum(score, 0) - score * target + log1p(exp(-abs(score)));
  }
};

constexpr symbol difference(symbol a, symbol b) { return as_floating(a) - as_floating(b); }

struct mse_rule {
  constexpr symbol operator()(symbol a, symbol b) const { return mean(square(difference(a, b))); }
};
struct mae_rule {
  constexpr symbol operator()(symbol a, symbol b) const { return mean(abs(difference(a, b))); }
};
struct huber_rule {
  constexpr symbol operator()(symbol a, symbol b, symbol delta) const {
    const symbol d = difference(a, b), size = abs(d);
    return where(size <= delta, 0.5 * d * d, delta * (size - 0.5 * delta));
  }
  constexpr symbol operator()(symbol a, symbol b) const {
    return (*this)(a, b, literal(a.graph, 1.0));
  }
};
struct hinge_rule {
  constexpr symbol operator()(symbol score, symbol sign) const {
    return relu(1 - as_floating(score) * sign);
  }
};
struct kl_divergence_rule {
  constexpr symbol operator()(symbol log_q, symbol p) const {
    p = as_floating(p);
    const symbol some = p > 0;
    return sum<-1>(where(some, p * (log(where(some, p, 1)) - log_q), 0));
  }
};

template <int Axis> struct cosine_similarity_rule {
  constexpr symbol operator()(symbol a, symbol b) const {
    a = as_floating(a);
    b = as_floating(b);
    const auto size = [](symbol x) { return sqrt(maximum(sum<Axis>(x * x), 1e-16)); };
    return sum<Axis>(a * b) / (size(a) * size(b));
  }
};

struct triplet_margin_rule {
  constexpr symbol operator()(symbol anchor, symbol near, symbol far, symbol margin) const {
    const auto distance = [&](symbol x) { return norm<-1>(difference(anchor, x) + 1e-6); };
    return relu(distance(near) - distance(far) + margin);
  }
  constexpr symbol operator()(symbol anchor, symbol near, symbol far) const {
    return (*this)(anchor, near, far, literal(anchor.graph, 1.0));
  }
};

}  // namespace detail

/// -log(softmax(scores)) at each row's label. With a class to ignore, cross_entropy<-100>(...), the
/// value is 0 in its rows; it need not be in [0, N).
/// @shape  scores [..., N], labels [...] -> [...]
/// @dtype  scores floating, labels integers in [0, N)
/// @errors compile time: "labels must be integers, one for each row"; run time: value_error for a
///         label outside its classes, before anything is written
/// @cost   one row kernel, or the epilogue of a product
template <int... Ignored, operand S, operand L>
  requires(sizeof...(Ignored) <= 1)
constexpr applied<detail::cross_entropy_rule<Ignored...>, S, L> cross_entropy(S&& scores,
                                                                              L&& labels) {
  return apply(detail::cross_entropy_rule<Ignored...>{}, std::forward<S>(scores),
               std::forward<L>(labels));
}
/// The same with smoothed labels: a part `smoothing` of each label is spread over all classes.
/// @source Szegedy et al. 2015, arXiv:1512.00567
template <int... Ignored, operand S, operand L, operand_or_number E>
  requires(sizeof...(Ignored) <= 1)
constexpr applied<detail::cross_entropy_rule<Ignored...>, S, L, E> cross_entropy(S&& scores,
                                                                                 L&& labels,
                                                                                 E&& smoothing) {
  return apply(detail::cross_entropy_rule<Ignored...>{}, std::forward<S>(scores),
               std::forward<L>(labels), std::forward<E>(smoothing));
}
/// Cross entropy times the weight of the label's class; each class's share of smoothing is weighted
/// as well. For PyTorch's mean, divide the sum by that of the labels' weights.
/// @shape  scores [..., N], labels [...], weights [N] -> [...]
template <int... Ignored, operand S, operand L, operand W, operand_or_number... E>
  requires(sizeof...(Ignored) <= 1 && sizeof...(E) <= 1)
constexpr applied<detail::weighted_cross_entropy_rule<Ignored...>, S, L, W, E...>
weighted_cross_entropy(S&& scores, L&& labels, W&& weights, E&&... smoothing) {
  return apply(detail::weighted_cross_entropy_rule<Ignored...>{}, std::forward<S>(scores),
               std::forward<L>(labels), std::forward<W>(weights), std::forward<E>(smoothing)...);
}
/// -sum(p log(softmax(scores))) for each row, for probabilities p in place of a label; where p is 0
/// a score may be -inf.
/// @shape  scores [..., N], p [..., N] -> [...]
template <operand S, operand P>
constexpr applied<detail::soft_cross_entropy_rule, S, P> soft_cross_entropy(S&& scores, P&& p) {
  return apply(detail::soft_cross_entropy_rule{}, std::forward<S>(scores), std::forward<P>(p));
}

/// -t log(sigmoid(score)) - (1 - t) log(1 - sigmoid(score)) for each element, without overflow;
/// the target t is 0, 1 or between.
template <class S, class T>
  requires expression_operands<S, T>
constexpr applied<detail::binary_cross_entropy_rule, S, T> binary_cross_entropy(S&& score,
                                                                                T&& target) {
  return apply(detail::binary_cross_entropy_rule{}, std::forward<S>(score),
               std::forward<T>(target));
}

/// The mean of (a - b)^2, over everything.
template <class A, class B>
  requires expression_operands<A, B>
constexpr applied<detail::mse_rule, A, B> mse(A&& a, B&& b) {
  return apply(detail::mse_rule{}, std::forward<A>(a), std::forward<B>(b));
}
/// The mean of |a - b|, over everything.
template <class A, class B>
  requires expression_operands<A, B>
constexpr applied<detail::mae_rule, A, B> mae(A&& a, B&& b) {
  return apply(detail::mae_rule{}, std::forward<A>(a), std::forward<B>(b));
}
/// d^2 / 2 for each element, with d = a - b, and delta (|d| - delta / 2) where |d| is greater than
/// delta, which is 1 unless given.
template <class A, class B, class... D>
  requires expression_operands<A, B, D...> && (sizeof...(D) <= 1)
constexpr applied<detail::huber_rule, A, B, D...> huber(A&& a, B&& b, D&&... delta) {
  return apply(detail::huber_rule{}, std::forward<A>(a), std::forward<B>(b),
               std::forward<D>(delta)...);
}
/// max(0, 1 - score sign) for each element; the sign is that of the class, 1 or -1.
template <class S, class T>
  requires expression_operands<S, T>
constexpr applied<detail::hinge_rule, S, T> hinge(S&& score, T&& sign) {
  return apply(detail::hinge_rule{}, std::forward<S>(score), std::forward<T>(sign));
}

/// sum(p (log(p) - log_q)) for each row: how far q, given by its logarithm, is from p. Terms are 0
/// where p is. @shape [..., N], [..., N] -> [...]
template <operand Q, operand P>
constexpr applied<detail::kl_divergence_rule, Q, P> kl_divergence(Q&& log_q, P&& p) {
  return apply(detail::kl_divergence_rule{}, std::forward<Q>(log_q), std::forward<P>(p));
}
/// a . b / (|a| |b|) along an axis, lengths not below 1e-8.
template <int Axis = -1, operand A, operand B>
constexpr applied<detail::cosine_similarity_rule<Axis>, A, B> cosine_similarity(A&& a, B&& b) {
  return apply(detail::cosine_similarity_rule<Axis>{}, std::forward<A>(a), std::forward<B>(b));
}
/// max(0, |anchor - near| - |anchor - far| + margin) for each row; 1e-6 is added to differences, as
/// in PyTorch, and the margin is 1 unless given. @shape three of [..., N] -> [...]
template <operand A, operand N, operand F, operand_or_number... M>
  requires(sizeof...(M) <= 1)
constexpr applied<detail::triplet_margin_rule, A, N, F, M...> triplet_margin(A&& anchor, N&& near,
                                                                             F&& far,
                                                                             M&&... margin) {
  return apply(detail::triplet_margin_rule{}, std::forward<A>(anchor), std::forward<N>(near),
               std::forward<F>(far), std::forward<M>(margin)...);
}

}  // namespace sinter
