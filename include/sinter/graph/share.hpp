// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Intermediates of one-line expressions that are computed once. In a line each mention of a tensor
/// is an input of its own, and so an intermediate that is mentioned twice would be computed twice.
/// `share` marks one: its mentions become one node if they are the same computation. That their
/// operands are the same memory is known at the call only, so each later mention's inputs say whose
/// memory they must be, and the call checks it.

#include "sinter/graph/trace.hpp"

namespace sinter {

namespace detail {

template <int Tag> struct share_rule {
  constexpr symbol operator()(symbol x) const { return x; }
};

/// Whether a later mention is the computation of an earlier one, input by input.
class mention_matcher {
 public:
  constexpr mention_matcher(const graph_builder& g, const shared_value& earlier,
                            const shared_value& later)
      : g_(g), earlier_(earlier), later_(later) {
    twin_.assign(g.nodes.size(), -1);
  }

  constexpr bool run() {
    return earlier_.tag == later_.tag && earlier_.count == later_.count &&
           equal(earlier_.node, later_.node);
  }

 private:
  constexpr bool equal(int a, int b) {
    if (a == b || twin_[b] == a) return true;
    const node &x = g_[a], &y = g_[b];
    if (!x.is(*y.op) || x.type != y.type || !equal(x.extents, y.extents)) return false;
    if (x.what() == kind::input) {
      if (!are_twins(x.attribute[0], y.attribute[0]) || x.attribute[1] != y.attribute[1])
        return false;
    } else if (x.what() == kind::extent) {
      if (!equal_extent(x.attribute[0], y.attribute[0])) return false;
    } else {
      for (int i = 0; i < max_rank; ++i)
        if (x.attribute[i] != y.attribute[i]) return false;
    }
    for (int j = 0; j < x.arity(); ++j)
      if (!equal(x.operand[j], y.operand[j])) return false;
    twin_[b] = a;
    return true;
  }

  constexpr bool equal(const shape& a, const shape& b) const {
    if (a.rank != b.rank) return false;
    for (int i = 0; i < a.rank; ++i)
      if (!equal_extent(a[i], b[i])) return false;
    return true;
  }

  constexpr bool equal_extent(extent_t a, extent_t b) const {
    if (a == b) return true;
    if (is_static(a) || is_static(b)) return false;
    const dimension &x = g_.dimensions[-1 - a], &y = g_.dimensions[-1 - b];
    if (x.from != y.from || x.name != y.name) return false;
    if (x.from == dimension::origin::extent || x.from == dimension::origin::stride)
      return are_twins(x.left, y.left) && x.right == y.right;
    return (equal_extent(x.left, y.left) && equal_extent(x.right, y.right)) ||
           (x.from != dimension::origin::difference && equal_extent(x.left, y.right) &&
            equal_extent(x.right, y.left));
  }

  constexpr bool are_twins(std::int64_t a, std::int64_t b) const {
    return a - earlier_.first_input == b - later_.first_input;
  }

  const graph_builder& g_;
  const shared_value& earlier_;
  const shared_value& later_;
  list<int> twin_;  ///< by node of the later mention: the equal one of the earlier
};

/// The node of a mention: the first one's, if there was one like it.
constexpr int merge_mention(graph_builder& g, const shared_value& later) {
  for (const shared_value& earlier : g.shared) {
    if (!mention_matcher(g, earlier, later).run()) continue;
    for (int i = 0; i < later.count; ++i)
      g.nodes[g.inputs[later.first_input + i]].attribute[2] = 1 + earlier.first_input + i;
    return earlier.node;
  }
  g.shared.push_back(later);
  return later.node;
}

}  // namespace detail

template <int Tag, class Operand> struct operand_traits<call<detail::share_rule<Tag>, Operand>> {
  static constexpr symbol declare(graph_builder& g) {
    const int first = static_cast<int>(g.inputs.size());
    symbol value = detail::trace_nested<detail::share_rule<Tag>, Operand>(g);
    const int count = static_cast<int>(g.inputs.size()) - first;
    value.index = detail::merge_mention(g, {Tag, value.index, first, count});
    return value;
  }
  static constexpr void updates(graph_builder&, const symbol&, int) {}
};

/// Names an intermediate of a one-line expression, so that it is computed once however often the
/// line mentions it. Inside a fused function, where that is so for any value, it does nothing.
/// Two that are alike but for their operands need tags: `share<1>(exp(x)) + share<2>(exp(y))`.
/// @example  auto h = st::share(exp(x)); st::tensor y = h / (h + 1);
/// @errors   run time: value_error if the mentions that became one do not have the same operands
template <int Tag = 0, operand X> constexpr applied<detail::share_rule<Tag>, X> share(X&& x) {
  return apply(detail::share_rule<Tag>{}, std::forward<X>(x));
}

}  // namespace sinter
