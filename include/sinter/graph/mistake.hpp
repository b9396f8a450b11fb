// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Mistakes in an expression. While a graph is built the first one is only written down; where the
/// graph becomes a constant, `report` turns it into one compile-time error that names the operation
/// and both shapes in a way that g++, clang and nvcc all print.

#include <cstddef>
#include <utility>

#include "sinter/graph/node.hpp"

namespace sinter {

/// What can be wrong, and what the rule asks for.
#define SINTER_RULES(X) \
  X(broadcast, "the shapes do not broadcast: extents must be equal, or one 1") \
  X(inner_extents, "the left operand's columns must match the right one's rows") \
  X(rank, "the operand has too few axes") \
  X(axis, "there is no such axis") \
  X(axis_twice, "an axis is named twice") \
  X(reshape, "the number of elements must stay the same") \
  X(permutation, "the order must name each axis once") \
  X(slice, "the slice lies outside the operand") \
  X(condition, "the condition must be boolean") \
  X(labels, "labels must be integers, one for each row") \
  X(boolean, "not defined for booleans") \
  X(empty, "an empty axis has no such value") \
  X(loss, "the loss must be a single floating value") \
  X(no_gradient, "this operation has no gradient") \
  X(too_many, "a tensor has at most six axes") \
  X(update, "a tensor keeps its shape when it is assigned") \
  X(size, "the number of elements does not fit 63 bits")

enum class rule {
  none,
#define SINTER_RULE(name, text) name,
  SINTER_RULES(SINTER_RULE)
#undef SINTER_RULE
};

struct mistake {
  rule broken = rule::none;
  name_code op = 0;
  shape left, right;
  constexpr explicit operator bool() const { return broken != rule::none; }
};

constexpr const char* wording(rule broken) {
  constexpr const char* texts[] = {"",
#define SINTER_RULE(name, text) text,
                                   SINTER_RULES(SINTER_RULE)
#undef SINTER_RULE
  };
  return texts[static_cast<int>(broken)];
}

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

template <const shown_shape& S, std::size_t... I>
auto spell_shape(std::index_sequence<I...>)
    -> operand_shape<decltype(spell_extent<S.extent[I].number, S.extent[I].name>())...>;
template <const shown_shape& S>
using spelled_shape = decltype(spell_shape<S>(std::make_index_sequence<S.rank>{}));

// One specialisation a rule, because the text of a static_assert is a literal.
template <rule Broken, class Operation, class... Shapes> struct valid {};

#define SINTER_RULE(name, text)                                     \
  template <class Operation, class... Shapes>                       \
  struct valid<rule::name, Operation, Shapes...> {                  \
    static_assert(sizeof(Operation) == 0, "sinter: " text);         \
  };
SINTER_RULES(SINTER_RULE)
#undef SINTER_RULE
#undef SINTER_RULES

}  // namespace detail

}  // namespace sinter
