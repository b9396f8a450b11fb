// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Reductions made of others: variance, norms, the logarithm of a sum of exponentials. Axes and
/// `keep` as in ops/reduction.hpp. Integers become f32.

#include "sinter/ops/exponential.hpp"
#include "sinter/ops/reduction.hpp"

namespace sinter {

/// Instead of an axis: variance<biased, 1>(x) divides by n, not by n - 1.
inline constexpr int biased = keep + 1;

namespace detail {

/// The axes without `biased`, and whether it was there.
struct variance_axes {
  int axis[max_rank + 3]{};
  int count = 0;
  bool is_biased = false;
  constexpr variance_axes(const int* axes, int all) {
    for (int i = 0; i < all && count < max_rank + 2; ++i) {
      if (axes[i] == biased) is_biased = true;
      else axis[count++] = axes[i];
    }
  }
};

/// In two passes: the mean, then the squares of what lies beside it.
template <int... Axes> struct variance_rule {
  constexpr symbol operator()(symbol x) const {
    constexpr int list[] = {Axes..., 0};
    constexpr variance_axes chosen(list, sizeof...(Axes));
    x = as_floating(x);
    const reduced_axes axes = reduce_mask(x, pack_name("variance"), chosen.axis, chosen.count);
    const symbol count = count_of(x, axes.mask, x.type());
    const symbol centre = reduce(x, sum_operation, {axes.mask, true}) / count;
    const symbol apart = x - centre;
    const symbol squares = reduce(apart * apart, sum_operation, axes);
    return squares / (chosen.is_biased ? count : one_less(count));
  }
  /// Not below 0: the variance of nothing is NaN as well.
  static constexpr symbol one_less(symbol count) {
    const node* n = uniform(*count.graph, count.index);
    if (n == nullptr) return maximum(count - 1, 0);
    return literal(count.graph, constant_of(*n) < 1 ? 0.0 : constant_of(*n) - 1);
  }
};

/// The root of a sum of squares, whose gradient is 0 at 0, as in PyTorch.
constexpr symbol root_of_squares(symbol squares) {
  const symbol none = squares == 0;
  return where(none, 0, sqrt(where(none, 1, squares)));
}

template <int... Axes> struct standard_deviation_rule {
  constexpr symbol operator()(symbol x) const {
    return root_of_squares(variance_rule<Axes...>{}(x));
  }
};
template <int... Axes> struct norm_rule {
  constexpr symbol operator()(symbol x) const {
    x = as_floating(x);
    return root_of_squares(reduce_rule<sum_operation, Axes...>{}(x * x));
  }
};
template <int... Axes> struct l1_norm_rule {
  constexpr symbol operator()(symbol x) const {
    return reduce_rule<sum_operation, Axes...>{}(abs(as_floating(x)));
  }
};
template <int... Axes> struct max_norm_rule {
  constexpr symbol operator()(symbol x) const {
    return reduce_rule<max_operation, Axes...>{}(abs(as_floating(x)));
  }
};

template <int... Axes> struct logsumexp_rule {
  constexpr symbol operator()(symbol x) const {
    constexpr int list[] = {Axes..., 0};
    x = as_floating(x);
    const reduced_axes axes = reduce_mask(x, pack_name("logsumexp"), list, sizeof...(Axes));
    // An infinite maximum is no shift.
    symbol shift = detach_rule{}(reduce(x, max_operation, {axes.mask, true}));
    shift = where(abs(shift) == __builtin_huge_val(), 0, shift);
    const symbol total = log(reduce(exp(x - shift), sum_operation, {axes.mask, true})) + shift;
    shape rest;
    for (int i = 0; i < x.rank(); ++i)
      if (axes.kept || !(axes.mask >> i & 1)) rest.push(total.extents()[i]);
    if (x.graph->first_mistake) return x;
    return {x.graph, rules::reshape(*x.graph, total.index, rest)};
  }
};

}  // namespace detail

/// The variance over axes: squares of the distance from the mean, over n - 1 as PyTorch has it, or
/// over n with `biased` among the axes as NumPy has it. In two passes; NaN where it divides by 0.
template <int... Axes, operand X>
constexpr applied<detail::variance_rule<Axes...>, X> variance(X&& x) {
  return apply(detail::variance_rule<Axes...>{}, std::forward<X>(x));
}

/// The root of the variance; its gradient is 0 where that is 0.
template <int... Axes, operand X>
constexpr applied<detail::standard_deviation_rule<Axes...>, X> standard_deviation(X&& x) {
  return apply(detail::standard_deviation_rule<Axes...>{}, std::forward<X>(x));
}

/// The Euclidean norm over axes, the root of the sum of squares, which may overflow, as NumPy's.
/// Its gradient at 0 is 0.
template <int... Axes, operand X> constexpr applied<detail::norm_rule<Axes...>, X> norm(X&& x) {
  return apply(detail::norm_rule<Axes...>{}, std::forward<X>(x));
}

/// The sum of magnitudes over axes.
template <int... Axes, operand X>
constexpr applied<detail::l1_norm_rule<Axes...>, X> l1_norm(X&& x) {
  return apply(detail::l1_norm_rule<Axes...>{}, std::forward<X>(x));
}

/// The greatest magnitude over axes. @errors an axis of extent 0 is an error
template <int... Axes, operand X>
constexpr applied<detail::max_norm_rule<Axes...>, X> max_norm(X&& x) {
  return apply(detail::max_norm_rule<Axes...>{}, std::forward<X>(x));
}

/// log(sum(exp(x))) over axes, shifted by the maximum, so that nothing overflows; -inf of nothing
/// but -inf. @errors an axis of extent 0 is an error
template <int... Axes, operand X>
constexpr applied<detail::logsumexp_rule<Axes...>, X> logsumexp(X&& x) {
  return apply(detail::logsumexp_rule<Axes...>{}, std::forward<X>(x));
}

}  // namespace sinter
