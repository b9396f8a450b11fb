// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The order in which values are sorted and searched. It is total: a NaN counts as greater than
/// every number and equal to every NaN, as in NumPy and PyTorch; -0 equals +0.

#include "sinter/algorithms/thrust.hpp"
#include "sinter/core/dtype.hpp"

namespace sinter {

/// Descending is the mirror image of the order, NaN first; equal values keep their order in both.
enum class order { ascending, descending };
inline constexpr order ascending = order::ascending;
inline constexpr order descending = order::descending;

namespace detail {

template <class T>
inline constexpr bool is_floating_element = is_floating(dtype_of<std::remove_cv_t<T>>);

/// How a value is compared: small floats as floats, bool as an integer.
template <element_type T> SINTER_HD auto comparable(T x) {
  if constexpr (is_floating_element<T>) return static_cast<register_t<dtype_of<T>>>(x);
  else if constexpr (std::is_same_v<T, bool>) return static_cast<int>(x);
  else return x;
}

/// As std::cmp_less, which device code may not call.
template <class A, class B> SINTER_HD bool integer_less(A a, B b) {
  if constexpr (std::is_signed_v<A> == std::is_signed_v<B>) return a < b;
  else if constexpr (std::is_signed_v<A>) return a < 0 || static_cast<std::uint64_t>(a) < b;
  else return b >= 0 && a < static_cast<std::uint64_t>(b);
}

/// Whether a comes before b. Integers of different types compare as numbers; where a floating type
/// meets another type, both are doubles.
struct before {
  template <element_type A, element_type B> SINTER_HD bool operator()(A a, B b) const {
    using common = std::conditional_t<std::is_same_v<A, B>, decltype(comparable(a)), double>;
    if constexpr (!is_floating_element<A> && !is_floating_element<B>) {
      return integer_less(comparable(a), comparable(b));
    } else {
      const auto x = static_cast<common>(comparable(a)), y = static_cast<common>(comparable(b));
      return x < y || (y != y && x == x);
    }
  }
};
/// Neither before the other: NaN with NaN, too.
struct same_place {
  template <element_type T> SINTER_HD bool operator()(T a, T b) const {
    return !before{}(a, b) && !before{}(b, a);
  }
};

/// Values as unsigned integers that have the same order, and are equal where values are: what
/// sorts work on, so that Thrust sorts by digits, and a few types serve all. Its own encoding is
/// not used: it tells NaN from NaN, and in the C++ system of Thrust 3.0 that of int puts negative
/// numbers behind the others.
template <class T> struct key_of_type : std::make_unsigned<T> {};
template <> struct key_of_type<bool> { using type = std::uint8_t; };
template <> struct key_of_type<e4m3> { using type = std::uint8_t; };
template <> struct key_of_type<e5m2> { using type = std::uint8_t; };
template <> struct key_of_type<f16> { using type = std::uint16_t; };
template <> struct key_of_type<bf16> { using type = std::uint16_t; };
template <> struct key_of_type<float> { using type = std::uint32_t; };
template <> struct key_of_type<double> { using type = std::uint64_t; };
template <class T> using key_t = typename key_of_type<T>::type;

template <class T> inline constexpr key_t<T> top_bit = key_t<T>{1} << (8 * sizeof(T) - 1);

/// Of infinity, or of the largest value where there is none.
template <class T> inline constexpr key_t<T> infinite_bits = 0;
template <> inline constexpr std::uint8_t infinite_bits<e4m3> = 0x7e;
template <> inline constexpr std::uint8_t infinite_bits<e5m2> = 0x7c;
template <> inline constexpr std::uint16_t infinite_bits<f16> = 0x7c00;
template <> inline constexpr std::uint16_t infinite_bits<bf16> = 0x7f80;
template <> inline constexpr std::uint32_t infinite_bits<float> = 0x7f800000;
template <> inline constexpr std::uint64_t infinite_bits<double> = 0x7ff0000000000000;

template <class T> SINTER_HD constexpr key_t<T> ascending_key(T x) {
  const auto bits = __builtin_bit_cast(key_t<T>, x);
  if constexpr (is_floating_element<T>) {
    const auto magnitude = static_cast<key_t<T>>(bits & (top_bit<T> - 1));
    if (magnitude > infinite_bits<T>) return static_cast<key_t<T>>(~key_t<T>{0});
    if (magnitude == 0) return top_bit<T>;
    return static_cast<key_t<T>>(bits & top_bit<T> ? ~bits : bits | top_bit<T>);
  } else if constexpr (std::is_signed_v<T>) {
    return bits ^ top_bit<T>;
  } else {
    return bits;
  }
}

/// What turns the order around, added bit by bit.
template <class T> SINTER_HD constexpr key_t<T> reversal(order direction) {
  return direction == order::descending ? static_cast<key_t<T>>(~key_t<T>{0}) : key_t<T>{0};
}
template <class T> SINTER_HD constexpr key_t<T> key_of(T x, order direction) {
  return ascending_key(x) ^ reversal<T>(direction);
}

}  // namespace detail
}  // namespace sinter
