// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Structures of tensors: a network is a plain struct of layers, a layer a plain struct of tensors.
/// `for_each_tensor` visits all tensors of any such structure, in the order of declaration, without
/// a word from the struct. A class with a constructor says what it holds by a member
/// `constexpr auto members()` that returns std::tie(...). A structure with a member
/// `static constexpr bool is_frozen = true` is no part of what training changes.

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include "sinter/core/placement.hpp"

namespace sinter {

template <class T> inline constexpr bool is_tensor = false;

namespace detail {

struct anything {
  template <class T> constexpr operator T&() const noexcept;
  template <class T> constexpr operator T&&() const noexcept;
};

/// Whether T accepts a list of so many initialisers, and whether one of them may be `{}`.
template <class T, std::size_t... I> constexpr bool braces(std::index_sequence<I...>) {
  return requires { T{((void)I, anything{})...}; };
}
template <class T, std::size_t... I, std::size_t... J>
constexpr bool braces(std::index_sequence<I...>, std::index_sequence<J...>) {
  return requires { T{((void)I, anything{})..., {}, ((void)J, anything{})...}; };
}
template <class T, std::size_t Count> constexpr bool accepts() {
  return braces<T>(std::make_index_sequence<Count>{});
}

/// The longest list of initialisers in [Low, High): the members of an aggregate, or more, since a
/// built-in array takes one for each element.
template <class T, std::size_t Low = 0, std::size_t High = 2>
constexpr std::size_t longest_list() {
  if constexpr (accepts<T, High>()) return longest_list<T, High, 2 * High>();
  else if constexpr (High - Low == 1) return Low;
  else if constexpr (constexpr std::size_t middle = (Low + High) / 2; accepts<T, middle>())
    return longest_list<T, middle, High>();
  else return longest_list<T, Low, middle>();
}

/// Of `Length` initialisers, those that the member at initialiser `At` takes: `{}` stands for it
/// whatever it is, and the fewer must follow, the more it takes.
template <class T, std::size_t Length, std::size_t At, std::size_t Width = 1>
constexpr std::size_t width_of_member() {
  if constexpr (braces<T>(std::make_index_sequence<At>{},
                          std::make_index_sequence<Length - At - Width>{}))
    return Width;
  else return width_of_member<T, Length, At, Width + 1>();
}

template <class T, std::size_t Length, std::size_t At = 0>
constexpr std::size_t members_from() {
  if constexpr (At == Length) return 0;
  else return 1 + members_from<T, Length, At + width_of_member<T, Length, At>()>();
}

/// The number of members of an aggregate.
template <class T> constexpr std::size_t member_count() {
  return members_from<T, longest_list<T>()>();
}

template <class T> concept frozen_structure = requires { requires T::is_frozen; };

template <class T> concept tuple_like = requires { std::tuple_size<std::remove_cv_t<T>>::value; };

/// The members of a structure as a tuple of references.
template <class T> constexpr auto members_of(T& x) {
  if constexpr (requires { x.members(); }) {
    return x.members();
  } else if constexpr (tuple_like<T>) {
    return std::apply([](auto&... m) { return std::tie(m...); }, x);
  } else if constexpr (!std::is_aggregate_v<std::remove_cv_t<T>>) {
    return std::tuple<>{};
  } else {
    constexpr std::size_t n = member_count<std::remove_cv_t<T>>();
    if constexpr (n == 0) return std::tuple<>{};
#define SINTER_MEMBERS(count, ...)           \
  else if constexpr (n == count) {           \
    auto& [__VA_ARGS__] = x;                 \
    return std::tie(__VA_ARGS__);            \
  }
    SINTER_MEMBERS(1, a)
    SINTER_MEMBERS(2, a, b)
    SINTER_MEMBERS(3, a, b, c)
    SINTER_MEMBERS(4, a, b, c, d)
    SINTER_MEMBERS(5, a, b, c, d, e)
    SINTER_MEMBERS(6, a, b, c, d, e, f)
    SINTER_MEMBERS(7, a, b, c, d, e, f, g)
    SINTER_MEMBERS(8, a, b, c, d, e, f, g, h)
    SINTER_MEMBERS(9, a, b, c, d, e, f, g, h, i)
    SINTER_MEMBERS(10, a, b, c, d, e, f, g, h, i, j)
    SINTER_MEMBERS(11, a, b, c, d, e, f, g, h, i, j, k)
    SINTER_MEMBERS(12, a, b, c, d, e, f, g, h, i, j, k, l)
    SINTER_MEMBERS(13, a, b, c, d, e, f, g, h, i, j, k, l, m)
    SINTER_MEMBERS(14, a, b, c, d, e, f, g, h, i, j, k, l, m, o)
    SINTER_MEMBERS(15, a, b, c, d, e, f, g, h, i, j, k, l, m, o, p)
    SINTER_MEMBERS(16, a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q)
#undef SINTER_MEMBERS
    else static_assert(n <= 16,
                       "sinter: a structure of tensors has at most 16 members; group them");
  }
}

}  // namespace detail

/// Calls `visit` with each tensor of a structure, or with the corresponding tensors of several
/// structures of one type.
template <bool Frozen = true, class F, class T, class... Same>
constexpr void for_each_tensor(F&& visit, T& x, Same&... same) {
  if constexpr (!Frozen && detail::frozen_structure<T>) {
    return;
  } else if constexpr (is_tensor<std::remove_cv_t<T>>) {
    visit(x, same...);
  } else if constexpr (std::is_class_v<T> || std::is_array_v<T>) {
    if constexpr (std::is_array_v<T>) {
      for (std::size_t i = 0; i < std::extent_v<T>; ++i)
        for_each_tensor<Frozen>(visit, x[i], same[i]...);
    } else {
      std::tuple<decltype(detail::members_of(x)), decltype(detail::members_of(same))...> all{
          detail::members_of(x), detail::members_of(same)...};
      constexpr std::size_t count = std::tuple_size_v<std::tuple_element_t<0, decltype(all)>>;
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        [[maybe_unused]] const auto at = [&]<std::size_t J>() {
          std::apply([&](auto&... m) { for_each_tensor<Frozen>(visit, std::get<J>(m)...); }, all);
        };
        (at.template operator()<I>(), ...);
      }(std::make_index_sequence<count>{});
    }
  }
}

/// The same without the tensors of frozen parts: what gradients are taken of and optimisers update.
template <class F, class T, class... Same>
constexpr void for_each_trainable(F&& visit, T& x, Same&... same) {
  for_each_tensor<false>(visit, x, same...);
}

/// Whether a type holds tensors, at any depth.
template <class T> constexpr bool holds_tensors() {
  if constexpr (is_tensor<T>) return true;
  else if constexpr (std::is_array_v<T>) return holds_tensors<std::remove_all_extents_t<T>>();
  else if constexpr (std::is_class_v<T>) {
    using members = decltype(detail::members_of(std::declval<T&>()));
    return []<class... M>(std::type_identity<std::tuple<M...>>) {
      return (holds_tensors<std::remove_cvref_t<M>>() || ... || false);
    }(std::type_identity<members>{});
  } else return false;
}

/// A structure whose tensors lie elsewhere: st::to(st::cuda, net).
/// @errors device_error without such a device, memory_error without room
template <class Structure> Structure to(placement target, const Structure& x) {
  Structure moved = x;
  for_each_tensor([&](auto& t) { t = t.to(target); }, moved);
  return moved;
}

}  // namespace sinter
