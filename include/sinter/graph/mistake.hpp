// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Mistakes in an expression. While a graph is built the first one is only written down; where the
/// graph becomes a constant, `report` turns it into one compile-time error that names the operation
/// and both shapes in a way that g++, clang and nvcc all print.

#include <cstddef>
#include <utility>

#include "sinter/graph/node.hpp"

namespace sinter {

/// What can be wrong. The words for it stand at the end of this file.
enum class rule {
  none,
  broadcast,
  inner_extents,
  rank,
  axis,
  axis_twice,
  reshape,
  open_axis,
  permutation,
  slice,
  condition,
  labels,
  boolean,
  empty,
  loss,
  no_gradient,
  too_many,
  update,
  size,
  too_few,
  same_shape,
  indices,
  list,
  traced,
  integers,
  halves,
  step,
  parts,
  scalar,
  letters,
  probability,
  state,
};

struct mistake {
  rule broken = rule::none;
  name_code op = 0;
  shape left, right;
  constexpr explicit operator bool() const { return broken != rule::none; }
};

// What the compilers print. Names are spelled as characters, because that is what all three show.
template <char... Name> struct operation_name {};
template <char... Name> struct named {};
template <extent_t Extent> struct extent_of {};
struct dynamic {};
template <class... Extents> struct operand_shape {};

namespace detail {

template <name_code Code, std::size_t... I>
auto spell_operation(std::index_sequence<I...>) -> operation_name<name_text(Code).characters[I]...>;
template <name_code Code>
using spelled_operation =
    decltype(spell_operation<Code>(std::make_index_sequence<name_text(Code).length>{}));

template <name_code Code, std::size_t... I>
auto spell_axis(std::index_sequence<I...>) -> named<name_text(Code).characters[I]...>;

/// An extent as it is shown: a number, the name of its axis, or `dynamic`.
struct shown_extent {
  extent_t number = 0;
  name_code name = 0;
};
struct shown_shape {
  int rank = 0;
  shown_extent extent[max_rank]{};
};

template <extent_t Number, name_code Name> constexpr auto spell_extent() {
  if constexpr (Name != 0)
    return decltype(spell_axis<Name>(std::make_index_sequence<name_text(Name).length>{})){};
  else if constexpr (Number < 0) return dynamic{};
  else return extent_of<Number>{};
}

template <class Source, std::size_t... I>
auto spell_shape(std::index_sequence<I...>)
    -> operand_shape<decltype(spell_extent<Source::value.extent[I].number,
                                           Source::value.extent[I].name>())...>;
/// `Source::value` is a shown_shape.
template <class Source>
using spelled_shape =
    decltype(spell_shape<Source>(std::make_index_sequence<Source::value.rank>{}));

}  // namespace detail

/// What an expression with a mistake is: an operand that makes every expression it enters the same
/// type, so nothing follows from the mistake. The error appears where the type must be complete,
/// that is in the line that wrote the expression. One specialisation a rule, because the text of a
/// static_assert is a literal; and no macro, because compilers print what they expand.
template <rule Broken, class... What> struct mistaken {};

template <class T> inline constexpr bool is_mistaken = false;
template <rule Broken, class... What>
inline constexpr bool is_mistaken<mistaken<Broken, What...>> = true;

template <class... What> struct mistaken<rule::broadcast, What...> {
  static_assert(sizeof...(What) == 0,
                "sinter: the shapes do not broadcast: extents must be equal, or one 1");
};
template <class... What> struct mistaken<rule::inner_extents, What...> {
  static_assert(sizeof...(What) == 0,
                "sinter: the left operand's columns must match the right one's rows");
};
template <class... What> struct mistaken<rule::rank, What...> {
  static_assert(sizeof...(What) == 0, "sinter: the operand has too few axes");
};
template <class... What> struct mistaken<rule::axis, What...> {
  static_assert(sizeof...(What) == 0, "sinter: there is no such axis");
};
template <class... What> struct mistaken<rule::axis_twice, What...> {
  static_assert(sizeof...(What) == 0, "sinter: an axis is named twice");
};
template <class... What> struct mistaken<rule::reshape, What...> {
  static_assert(sizeof...(What) == 0, "sinter: the number of elements must stay the same");
};
template <class... What> struct mistaken<rule::open_axis, What...> {
  static_assert(sizeof...(What) == 0,
                "sinter: one axis at most may be dyn, and a named one must occur in an operand");
};
template <class... What> struct mistaken<rule::permutation, What...> {
  static_assert(sizeof...(What) == 0, "sinter: the order must name each axis once");
};
template <class... What> struct mistaken<rule::slice, What...> {
  static_assert(sizeof...(What) == 0, "sinter: the slice lies outside the operand");
};
template <class... What> struct mistaken<rule::condition, What...> {
  static_assert(sizeof...(What) == 0, "sinter: the condition must be boolean");
};
template <class... What> struct mistaken<rule::labels, What...> {
  static_assert(sizeof...(What) == 0, "sinter: labels must be integers, one for each row");
};
template <class... What> struct mistaken<rule::boolean, What...> {
  static_assert(sizeof...(What) == 0, "sinter: not defined for booleans");
};
template <class... What> struct mistaken<rule::empty, What...> {
  static_assert(sizeof...(What) == 0, "sinter: an empty axis has no such value");
};
template <class... What> struct mistaken<rule::loss, What...> {
  static_assert(sizeof...(What) == 0, "sinter: the loss must be a single floating value");
};
template <class... What> struct mistaken<rule::no_gradient, What...> {
  static_assert(sizeof...(What) == 0, "sinter: this operation has no gradient");
};
template <class... What> struct mistaken<rule::too_many, What...> {
  static_assert(sizeof...(What) == 0, "sinter: a tensor has at most six axes");
};
template <class... What> struct mistaken<rule::update, What...> {
  static_assert(sizeof...(What) == 0, "sinter: a tensor keeps its shape when it is assigned");
};
template <class... What> struct mistaken<rule::size, What...> {
  static_assert(sizeof...(What) == 0, "sinter: the number of elements does not fit 63 bits");
};
template <class... What> struct mistaken<rule::too_few, What...> {
  static_assert(sizeof...(What) == 0,
                "sinter: the axis has fewer elements than are asked for");
};
template <class... What> struct mistaken<rule::same_shape, What...> {
  static_assert(sizeof...(What) == 0, "sinter: the operands must have the same extents");
};
template <class... What> struct mistaken<rule::indices, What...> {
  static_assert(sizeof...(What) == 0, "sinter: indices must be integers");
};
template <class... What> struct mistaken<rule::list, What...> {
  static_assert(sizeof...(What) == 0, "sinter: a list has one axis");
};
template <class... What> struct mistaken<rule::traced, What...> {
  static_assert(sizeof...(What) == 0,
                "sinter: not inside a fused function, which has no elements yet");
};
template <class... What> struct mistaken<rule::integers, What...> {
  static_assert(sizeof...(What) == 0, "sinter: bits are those of integers");
};
template <class... What> struct mistaken<rule::halves, What...> {
  static_assert(sizeof...(What) == 0,
                "sinter: the last axis must have halves: an even extent, known to the compiler");
};

template <class... What> struct mistaken<rule::step, What...> {
  static_assert(sizeof...(What) == 0, "sinter: steps, lengths and counts must not be 0");
};
template <class... What> struct mistaken<rule::parts, What...> {
  static_assert(sizeof...(What) == 0,
                "sinter: the parts must be equal, of an axis whose extent is a number");
};
template <class... What> struct mistaken<rule::scalar, What...> {
  static_assert(sizeof...(What) == 0, "sinter: want a single value");
};
template <class... What> struct mistaken<rule::letters, What...> {
  static_assert(sizeof...(What) == 0,
                "sinter: want a letter for each axis, and those of the result once, in an operand");
};
template <class... What> struct mistaken<rule::probability, What...> {
  static_assert(sizeof...(What) == 0, "sinter: a probability lies between 0 and 1");
};
template <class... What> struct mistaken<rule::state, What...> {
  static_assert(sizeof...(What) == 0, "sinter: the seed and the stream must be single integers");
};

}  // namespace sinter
