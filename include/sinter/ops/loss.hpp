// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Losses: one value for each row, to be averaged or summed.

#include "sinter/ops/linear.hpp"
#include "sinter/ops/normalise.hpp"

namespace sinter {

namespace detail {

/// The labels as a column beside their rows, to be checked against the number of classes.
struct label_rule {
  constexpr symbol operator()(symbol scores, symbol labels) const {
    graph_builder& g = *scores.graph;
    if (!is_integer(labels.type()) || scores.rank() != labels.rank() + 1) {
      g.fail({rule::labels, pack_name("cross_entr"), scores.extents(), labels.extents()});
      return scores;
    }
    node checked = rules::make(indices_operation, labels.type(), labels.extents(), labels.index);
    checked.attribute[0] = scores.extents().last();
    return unsqueeze<-1>(symbol{&g, add(g, checked)});
  }
};

struct cross_entropy_rule {
  constexpr symbol operator()(symbol raw, symbol labels) const {
    const symbol scores = as_floating(raw);
    const symbol column = label_rule{}(scores, labels);
    if (scores.graph->first_mistake) return scores;
    const symbol hit = iota_like<-1>(scores) == cast<std::int32_t>(column);
    const symbol shifted = scores - detach(max<keep, -1>(scores));
    return log(sum<-1>(exp(shifted))) - sum<-1>(where(hit, shifted, 0));
  }
};

}  // namespace detail

/// -log(softmax(scores)) at each row's label.
/// @shape  scores [..., N], labels [...] -> [...]
/// @dtype  scores floating, labels integers in [0, N)
/// @errors compile time: "labels must be integers, one for each row"; run time: value_error for a
///         label outside its classes, before anything is written
/// @cost   one row kernel, or the epilogue of a product
template <operand S, operand L>
constexpr applied<detail::cross_entropy_rule, S, L> cross_entropy(S&& scores, L&& labels) {
  return apply(detail::cross_entropy_rule{}, std::forward<S>(scores), std::forward<L>(labels));
}

}  // namespace sinter
