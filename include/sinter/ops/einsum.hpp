// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Sums of products over axes that letters name: `einsum<"bij,bjk->bik">(a, b)`. The letters are
/// read by the compiler; what remains are views, one product of matrices or an elementwise one, and
/// sums.

#include "sinter/ops/linear.hpp"
#include "sinter/ops/reduction.hpp"
#include "sinter/ops/views.hpp"

namespace sinter {

/// The letters of an einsum, as a template argument.
template <std::size_t Size> struct subscripts {
  char text[Size]{};
  consteval explicit(false) subscripts(const char (&letters)[Size]) {
    for (std::size_t i = 0; i < Size; ++i) text[i] = letters[i];
  }
};

namespace detail {

/// The letters of one operand, or of several, or of the result; `count` is -1 for what is no list
/// of letters.
struct letter_list {
  static constexpr int most = 52;
  int count = 0;
  char letter[most]{};

  constexpr int find(char wanted) const {
    for (int i = 0; i < count; ++i)
      if (letter[i] == wanted) return i;
    return -1;
  }
  constexpr void push(char next) {
    const bool is_letter = (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z');
    if (count < 0 || count == most || !is_letter) count = -1;
    else letter[count++] = next;
  }
};

/// All lists of an einsum, the result's last.
template <int Operands> struct parsed_letters {
  letter_list list[Operands + 1];
  bool sound = true;

  constexpr explicit parsed_letters(const char* text) {
    int at = 0;
    bool named = false;
    for (; *text != '\0' && sound; ++text) {
      if (*text == ' ') continue;
      const bool arrow = text[0] == '-' && text[1] == '>';
      if (arrow || *text == ',') {
        sound = !named && (arrow ? at == Operands - 1 : at < Operands - 1);
        named = named || arrow;
        text += arrow;
        ++at;
      } else {
        list[at].push(*text);
      }
    }
    if (!named) {
      sound = sound && at == Operands - 1;
      if (sound) imply_result();
    }
    for (const letter_list& own : list) sound = sound && own.count >= 0;
    for (int i = 0; sound && i < list[Operands].count; ++i) check_result(list[Operands].letter[i]);
  }

 private:
  constexpr int occurrences(char letter) const {
    int count = 0;
    for (int o = 0; o < Operands; ++o)
      for (int i = 0; i < list[o].count; ++i) count += list[o].letter[i] == letter;
    return count;
  }
  constexpr void check_result(char letter) {
    int own = 0;
    for (int i = 0; i < list[Operands].count; ++i) own += list[Operands].letter[i] == letter;
    sound = sound && own == 1 && occurrences(letter) > 0;
  }
  /// As NumPy: the letters that occur once, in the order of the alphabet.
  constexpr void imply_result() {
    for (char letter = 'A'; letter <= 'z'; ++letter)
      if (occurrences(letter) == 1) list[Operands].push(letter);
  }
};

/// A value whose axes have letters.
struct lettered {
  symbol x;
  letter_list own;
};

inline constexpr name_code einsum_name = pack_name("einsum");

/// Repeated letters become diagonals.
constexpr lettered without_repeats(lettered v) {
  graph_builder& g = *v.x.graph;
  const shape from = v.x.extents();
  identity_steps steps;
  lettered result{v.x, {}};
  shape target;
  for (int i = 0; i < v.own.count; ++i) {
    const int known = result.own.find(v.own.letter[i]);
    if (known < 0) {
      steps.axis[result.own.count].axes = 1u << i;
      result.own.push(v.own.letter[i]);
      target.push(from[i]);
      continue;
    }
    steps.axis[known].axes |= 1u << i;
    bool fits = true;
    target[known] = g.unify(target[known], from[i], {einsum_name, 0, 0, from, from}, fits);
    if (!fits) g.fail({rule::broadcast, einsum_name, from, {}});
  }
  if (target.rank < from.rank && !g.first_mistake) result.x = as_view(v.x, target, steps);
  return result;
}

/// Sums over the letters that nobody needs any more.
constexpr lettered without(lettered v, const letter_list& needed) {
  reduced_axes axes;
  lettered result{v.x, {}};
  for (int i = 0; i < v.own.count; ++i)
    if (needed.find(v.own.letter[i]) < 0) axes.mask |= 1u << i;
    else result.own.push(v.own.letter[i]);
  if (axes.mask != 0) result.x = reduce(v.x, sum_operation, axes);
  return result;
}

/// The axes in the order of `wanted`, all of whose letters it has, or has as new axes of extent 1.
constexpr symbol ordered(const lettered& v, const letter_list& wanted) {
  graph_builder& g = *v.x.graph;
  int order[max_rank]{}, next = 0;
  shape target;
  for (int i = 0; i < wanted.count; ++i) {
    const int axis = v.own.find(wanted.letter[i]);
    if (axis >= 0) order[next++] = axis;
    target.push(axis >= 0 ? v.x.extents()[axis] : 1);
  }
  const int turned = rules::permute(g, v.x.index, order, next);
  return {&g, rules::reshape(g, turned, target)};
}

/// The product of the extents of axes [from, to).
constexpr extent_t joined_extent(graph_builder& g, const shape& s, int from, int to) {
  extent_t product = 1;
  for (int i = from; i < to; ++i) product = g.times(product, s[i]);
  return product;
}

/// How the letters of two operands meet.
struct meeting {
  letter_list batch, inner, left, right, result;

  constexpr meeting(const letter_list& a, const letter_list& b, const letter_list& needed) {
    for (int i = 0; i < a.count; ++i) {
      const char own = a.letter[i];
      (b.find(own) < 0 ? left : needed.find(own) < 0 ? inner : batch).push(own);
    }
    for (int i = 0; i < b.count; ++i)
      if (a.find(b.letter[i]) < 0) right.push(b.letter[i]);
    result = joined(joined(batch, left), right);
  }
  static constexpr letter_list joined(letter_list a, const letter_list& b) {
    for (int i = 0; i < b.count; ++i) a.push(b.letter[i]);
    return a;
  }
};

/// Sums of products over letters that both have and nobody needs, as a product of matrices.
constexpr lettered contract(const lettered& a, const lettered& b, const meeting& m) {
  graph_builder& g = *a.x.graph;
  const int batch = m.batch.count, inner = m.inner.count;
  symbol x = ordered(a, meeting::joined(meeting::joined(m.batch, m.left), m.inner));
  symbol y = ordered(b, meeting::joined(meeting::joined(m.batch, m.inner), m.right));
  shape left = x.extents(), right = y.extents();
  // The shared axes beside each other, for the rule of broadcasting.
  shape shared_left, shared_right;
  for (int i = 0; i < batch; ++i) shared_left.push(left[i]), shared_right.push(right[i]);
  for (int i = 0; i < inner; ++i) {
    shared_left.push(left[left.rank - inner + i]);
    shared_right.push(right[batch + i]);
  }
  const operation named{einsum_name, kind::matmul, 2, 2};
  const shape shared = rules::common_shape(g, named, shared_left, shared_right);
  if (g.first_mistake) return a;
  for (int i = 0; i < batch; ++i) left[i] = right[i] = shared[i];
  for (int i = 0; i < inner; ++i)
    left[left.rank - inner + i] = right[batch + i] = shared[batch + i];
  x.index = rules::broadcast(g, x.index, left);
  y.index = rules::broadcast(g, y.index, right);
  shape rows, columns, whole;
  const bool flat = batch + 2 > max_rank;
  for (int i = 0; i < batch; ++i) {
    whole.push(shared[i]);
    if (!flat) rows.push(shared[i]), columns.push(shared[i]);
  }
  if (flat) rows.push(joined_extent(g, shared, 0, batch)), columns.push(rows[0]);
  const extent_t terms = joined_extent(g, shared, batch, shared.rank);
  rows.push(joined_extent(g, left, batch, left.rank - inner)), rows.push(terms);
  columns.push(terms), columns.push(joined_extent(g, right, batch + inner, right.rank));
  for (int i = batch; i < left.rank - inner; ++i) whole.push(left[i]);
  for (int i = batch + inner; i < right.rank; ++i) whole.push(right[i]);
  const int product = rules::matmul(g, rules::reshape(g, x.index, rows),
                                    rules::reshape(g, y.index, columns));
  if (g.first_mistake) return a;
  return {{&g, rules::reshape(g, product, whole)}, m.result};
}

/// Two operands as one, with the letters that are needed.
constexpr lettered multiply(lettered a, lettered b, const letter_list& needed) {
  graph_builder& g = *a.x.graph;
  letter_list for_a = needed, for_b = needed;
  for (int i = 0; i < b.own.count; ++i)
    if (for_a.find(b.own.letter[i]) < 0) for_a.push(b.own.letter[i]);
  for (int i = 0; i < a.own.count; ++i)
    if (for_b.find(a.own.letter[i]) < 0) for_b.push(a.own.letter[i]);
  a = without(a, for_a);
  b = without(b, for_b);
  const meeting m(a.own, b.own, needed);
  if (m.result.count > max_rank) {
    g.fail({rule::too_many, einsum_name, a.x.extents(), b.x.extents()});
    return a;
  }
  const bool elementwise =
      m.inner.count == 0 || (m.left.count + m.right.count == 0 &&
                             is_floating(a.x.type()) && is_floating(b.x.type()));
  if (!elementwise) return contract(a, b, m);
  const letter_list all = meeting::joined(m.result, m.inner);
  if (all.count > max_rank) return contract(a, b, m);
  return without({ordered(a, all) * ordered(b, all), all}, needed);
}

template <subscripts Letters> struct einsum_rule {
  template <class... S> constexpr symbol operator()(S... operands) const {
    constexpr int count = sizeof...(S);
    constexpr parsed_letters<count> letters(Letters.text);
    const symbol list[] = {operands...};
    graph_builder& g = *list[0].graph;
    for (int o = 0; o < count; ++o)
      if (!letters.sound || letters.list[o].count != list[o].rank())
        return failed(list[o], rule::letters, einsum_name);
    lettered value = without_repeats({list[0], letters.list[0]});
    for (int o = 1; o < count && !g.first_mistake; ++o)
      value = multiply(value, without_repeats({list[o], letters.list[o]}), needed(letters, o));
    if (g.first_mistake) return list[0];
    return ordered(without(value, letters.list[count]), letters.list[count]);
  }

 private:
  /// The letters of the result and of the operands behind number `at`.
  template <int Count>
  static constexpr letter_list needed(const parsed_letters<Count>& letters, int at) {
    letter_list all = letters.list[Count];
    for (int o = at + 1; o < Count; ++o)
      for (int i = 0; i < letters.list[o].count; ++i)
        if (all.find(letters.list[o].letter[i]) < 0) all.push(letters.list[o].letter[i]);
    return all;
  }
};

}  // namespace detail

/// Sums of products, as NumPy's einsum: a letter for each axis of each operand; the result has
/// those behind the arrow, in their order, and all others are summed over. A letter that an operand
/// has twice is its diagonal. Without an arrow the result has what occurs once, by the alphabet.
/// Several operands are multiplied from left to right.
/// @errors compile time: "want a letter for each axis", and as matmul where extents differ
/// @cost   of two operands that share a summed letter: one product of matrices; else an elementwise
///         product and sums
/// @example auto scores = st::einsum<"bqhd,bkhd->bhqk">(q, k);
template <subscripts Letters, operand... X>
  requires(sizeof...(X) > 0)
constexpr applied<detail::einsum_rule<Letters>, X...> einsum(X&&... x) {
  return apply(detail::einsum_rule<Letters>{}, std::forward<X>(x)...);
}

/// All products of an element of one vector and one of another.
template <operand A, operand B>
constexpr applied<detail::einsum_rule<"i,j->ij">, A, B> outer(A&& a, B&& b) {
  return einsum<"i,j->ij">(std::forward<A>(a), std::forward<B>(b));
}

/// The sum of the products of two vectors' elements.
template <operand A, operand B>
constexpr applied<detail::einsum_rule<"i,i->">, A, B> dot(A&& a, B&& b) {
  return einsum<"i,i->">(std::forward<A>(a), std::forward<B>(b));
}

}  // namespace sinter
