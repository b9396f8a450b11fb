// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Bits of integers, and of bool, whose bits are its values: what & | ^ ~ << >> build.

#include <cstdint>
#include <type_traits>

#include "sinter/core/math_functions.hpp"
#include "sinter/ops/compare.hpp"

namespace sinter {

namespace detail {

/// The reference's doubles as the integers they stand for.
SINTER_HD constexpr std::int64_t whole(double x) {
  if (x < 0x1p63) return static_cast<std::int64_t>(x);
  return x < 0x1p64 ? static_cast<std::int64_t>(static_cast<std::uint64_t>(x)) : -1;
}

template <class T> inline constexpr bool is_double = std::is_same_v<T, double>;

/// A shift by all bits or more, or by a negative number, leaves nothing, as in NumPy.
template <class T> SINTER_HD constexpr T shift_left(T x, T n) {
  if constexpr (is_double<T>) {
    const auto bits = static_cast<std::uint64_t>(whole(x));
    return n >= 0 && n < 64 ? static_cast<T>(static_cast<std::int64_t>(bits << static_cast<int>(n)))
                            : T(0);
  } else {
    using E = typename math::detail::lane<T>::type;
    constexpr int last = 8 * static_cast<int>(sizeof(E)) - 1;
    const T by = n & T(static_cast<E>(last));
    const auto fits = (n & T(static_cast<E>(~last))) == T(0);
    if constexpr (std::is_integral_v<T>)
      return fits ? static_cast<T>(static_cast<std::uint64_t>(x) << by) : T(0);
    else return math::select(fits, x << by, T(0));
  }
}
/// Copies of the sign come in from the left.
template <class T> SINTER_HD constexpr T shift_right(T x, T n) {
  if constexpr (is_double<T>) {
    return static_cast<T>(whole(x) >> (n >= 0 && n < 64 ? static_cast<int>(n) : 63));
  } else {
    using E = typename math::detail::lane<T>::type;
    constexpr int last = 8 * static_cast<int>(sizeof(E)) - 1;
    const auto fits = (n & T(static_cast<E>(~last))) == T(0);
    const T by = n & T(static_cast<E>(last));
    const T none = std::is_signed_v<E> ? T(x >> T(static_cast<E>(last))) : T(0);
    return math::select(fits, T(x >> by), none);
  }
}

}  // namespace detail

template <> struct primitive<id("bit_and")> {
  static constexpr bool integers = true, vectors = true, commutes = true;
  template <class T> SINTER_HD static constexpr T value(T a, T b) {
    if constexpr (detail::is_double<T>)
      return static_cast<T>(detail::whole(a) & detail::whole(b));
    else return T(a & b);
  }
  static constexpr auto pullback(auto, auto, auto, auto) { return partials{none, none}; }
  static constexpr no_gradient none{};
};

template <> struct primitive<id("bit_or")> {
  static constexpr bool integers = true, vectors = true, commutes = true;
  template <class T> SINTER_HD static constexpr T value(T a, T b) {
    if constexpr (detail::is_double<T>)
      return static_cast<T>(detail::whole(a) | detail::whole(b));
    else return T(a | b);
  }
  static constexpr auto pullback(auto, auto, auto, auto) { return partials{none, none}; }
  static constexpr no_gradient none{};
};

template <> struct primitive<id("bit_xor")> {
  static constexpr bool integers = true, vectors = true, commutes = true;
  template <class T> SINTER_HD static constexpr T value(T a, T b) {
    if constexpr (detail::is_double<T>)
      return static_cast<T>(detail::whole(a) ^ detail::whole(b));
    else return T(a ^ b);
  }
  static constexpr auto pullback(auto, auto, auto, auto) { return partials{none, none}; }
  static constexpr no_gradient none{};
};

template <> struct primitive<id("lshift")> {
  static constexpr bool integers = true, vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x, T n) {
    return detail::shift_left(x, n);
  }
  static constexpr auto pullback(auto, auto, auto, auto) { return partials{none, none}; }
  static constexpr no_gradient none{};
  static constexpr sinter::cost cost{.flops = 3};
};

template <> struct primitive<id("rshift")> {
  static constexpr bool integers = true, vectors = true;
  template <class T> SINTER_HD static constexpr T value(T x, T n) {
    return detail::shift_right(x, n);
  }
  static constexpr auto pullback(auto, auto, auto, auto) { return partials{none, none}; }
  static constexpr no_gradient none{};
  static constexpr sinter::cost cost{.flops = 3};
};

namespace detail {

/// `Bool`: whether bool will do.
template <name_code Op, bool Bool> struct bits_rule {
  constexpr symbol operator()(symbol a, symbol b) const {
    const auto fits = [](symbol x) {
      return is_integer(x.type()) || (x.type() == dtype::boolean && (Bool || x.weak));
    };
    if (fits(a) && fits(b)) return add_element<Op>(a, b);
    a.graph->fail({rule::integers, Op, a.extents(), b.extents()});
    return a;
  }
};
struct bit_not_rule {
  constexpr symbol operator()(symbol x) const {
    return x.type() == dtype::boolean ? !x : bits_rule<id("bit_xor"), false>{}(x, ones(x));
  }
  static constexpr symbol ones(symbol x) { return literal(x.graph, -1); }
};

}  // namespace detail

/// Bitwise and, as NumPy's bitwise_and.
/// @errors compile time: "bits are those of integers"
template <class A, class B>
  requires expression_operands<A, B>
constexpr applied<detail::bits_rule<id("bit_and"), true>, A, B> operator&(A&& a, B&& b) {
  return apply(detail::bits_rule<id("bit_and"), true>{}, std::forward<A>(a), std::forward<B>(b));
}
/// Bitwise or.
/// @errors compile time: "bits are those of integers"
template <class A, class B>
  requires expression_operands<A, B>
constexpr applied<detail::bits_rule<id("bit_or"), true>, A, B> operator|(A&& a, B&& b) {
  return apply(detail::bits_rule<id("bit_or"), true>{}, std::forward<A>(a), std::forward<B>(b));
}
/// Bitwise exclusive or; of bool, whether they differ.
/// @errors compile time: "bits are those of integers"
template <class A, class B>
  requires expression_operands<A, B>
constexpr applied<detail::bits_rule<id("bit_xor"), true>, A, B> operator^(A&& a, B&& b) {
  return apply(detail::bits_rule<id("bit_xor"), true>{}, std::forward<A>(a), std::forward<B>(b));
}
/// x times 2^n, modulo the bits of the type; 0 if n is negative or has all the bits.
/// @errors compile time: "bits are those of integers"
template <class A, class B>
  requires expression_operands<A, B>
constexpr applied<detail::bits_rule<id("lshift"), false>, A, B> operator<<(A&& a, B&& b) {
  return apply(detail::bits_rule<id("lshift"), false>{}, std::forward<A>(a), std::forward<B>(b));
}
/// floor(x / 2^n); where n is negative or has all the bits, 0 or -1.
/// @errors compile time: "bits are those of integers"
template <class A, class B>
  requires expression_operands<A, B>
constexpr applied<detail::bits_rule<id("rshift"), false>, A, B> operator>>(A&& a, B&& b) {
  return apply(detail::bits_rule<id("rshift"), false>{}, std::forward<A>(a), std::forward<B>(b));
}
/// All bits turned; of bool, as !x.
template <operand X> constexpr applied<detail::bit_not_rule, X> operator~(X&& x) {
  return apply(detail::bit_not_rule{}, std::forward<X>(x));
}

}  // namespace sinter
