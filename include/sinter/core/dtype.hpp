// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Element types as values, for the graph, and as C++ types, for kernels; and the rules between
/// them. Arithmetic on floating types of 8 and 16 bits happens in float: they are storage types.

#include <cstdint>
#include <type_traits>

#include "sinter/core/float8.hpp"
#include "sinter/core/half.hpp"

namespace sinter {

/// The order matters: within a kind, a later type holds every value of an earlier one of its sign,
/// but for e5m2, which holds some of those of e4m3, and bf16, which holds some of those of f16.
enum class dtype : std::uint8_t {
  boolean, u8, u16, u32, u64, i8, i16, i32, i64, e4m3, e5m2, f16, bf16, f32, f64
};

inline constexpr int dtype_count = 15;

struct dtype_properties {
  const char* name;
  int size;  ///< bytes
};

namespace detail {
/// Not inside the function below, which would copy it to the stack in each call.
inline constexpr dtype_properties dtype_table[dtype_count] = {
    {"bool", 1}, {"u8", 1},  {"u16", 2}, {"u32", 4},  {"u64", 8}, {"i8", 1}, {"i16", 2},
    {"i32", 4},  {"i64", 8}, {"e4m3", 1}, {"e5m2", 1}, {"f16", 2}, {"bf16", 2}, {"f32", 4},
    {"f64", 8}};
}  // namespace detail

constexpr dtype_properties properties(dtype type) {
  return detail::dtype_table[static_cast<int>(type)];
}

constexpr bool is_floating(dtype type) { return type >= dtype::e4m3; }
/// Whether values of a floating type are computed in float, and only stored in fewer bits.
constexpr bool is_small_float(dtype type) { return type >= dtype::e4m3 && type <= dtype::bf16; }
constexpr bool is_float8(dtype type) { return type == dtype::e4m3 || type == dtype::e5m2; }
constexpr bool is_signed_integer(dtype type) { return type >= dtype::i8 && type <= dtype::i64; }
constexpr bool is_unsigned_integer(dtype type) { return type >= dtype::u8 && type <= dtype::u64; }
constexpr bool is_integer(dtype type) { return !is_floating(type) && type != dtype::boolean; }

/// The type of an operation on two types, as in NumPy, with two choices taken from PyTorch, which
/// suit narrow networks: an integer never widens a floating type, and f16 with bf16 gives f32, as
/// e4m3 with e5m2 does.
constexpr dtype promote(dtype a, dtype b) {
  if (a == b) return a;
  if (a > b) {
    const dtype smaller = b;
    b = a;
    a = smaller;
  }
  if (is_floating(b)) {
    const bool apart = (a == dtype::f16 && b == dtype::bf16) ||
                       (a == dtype::e4m3 && b == dtype::e5m2);
    return apart ? dtype::f32 : b;
  }
  if (a == dtype::boolean || is_signed_integer(a) || is_unsigned_integer(b)) return b;
  // An unsigned with a signed type: the smallest signed type that holds both, and i64 at the most.
  const int bits = properties(a).size >= properties(b).size ? properties(a).size * 2
                                                            : properties(b).size;
  return bits == 2 ? dtype::i16 : bits == 4 ? dtype::i32 : dtype::i64;
}

/// The type in which sums and products of a type are accumulated.
constexpr dtype accumulator(dtype type) {
  if (is_small_float(type)) return dtype::f32;
  if (type == dtype::boolean || is_signed_integer(type)) return dtype::i64;
  if (is_unsigned_integer(type)) return dtype::u64;
  return type;
}

namespace detail {

template <dtype Type> struct element;
template <> struct element<dtype::boolean> { using type = bool; };
template <> struct element<dtype::u8> { using type = std::uint8_t; };
template <> struct element<dtype::u16> { using type = std::uint16_t; };
template <> struct element<dtype::u32> { using type = std::uint32_t; };
template <> struct element<dtype::u64> { using type = std::uint64_t; };
template <> struct element<dtype::i8> { using type = std::int8_t; };
template <> struct element<dtype::i16> { using type = std::int16_t; };
template <> struct element<dtype::i32> { using type = std::int32_t; };
template <> struct element<dtype::i64> { using type = std::int64_t; };
template <> struct element<dtype::e4m3> { using type = e4m3; };
template <> struct element<dtype::e5m2> { using type = e5m2; };
template <> struct element<dtype::f16> { using type = f16; };
template <> struct element<dtype::bf16> { using type = bf16; };
template <> struct element<dtype::f32> { using type = float; };
template <> struct element<dtype::f64> { using type = double; };

template <class T> constexpr int find_dtype() {
  if constexpr (std::is_same_v<T, bool>) return static_cast<int>(dtype::boolean);
  else if constexpr (std::is_same_v<T, e4m3>) return static_cast<int>(dtype::e4m3);
  else if constexpr (std::is_same_v<T, e5m2>) return static_cast<int>(dtype::e5m2);
  else if constexpr (std::is_same_v<T, f16>) return static_cast<int>(dtype::f16);
  else if constexpr (std::is_same_v<T, bf16>) return static_cast<int>(dtype::bf16);
  else if constexpr (std::is_same_v<T, float>) return static_cast<int>(dtype::f32);
  else if constexpr (std::is_same_v<T, double>) return static_cast<int>(dtype::f64);
  else if constexpr (std::is_integral_v<T>) {
    constexpr int width = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
    return static_cast<int>(std::is_signed_v<T> ? dtype::i8 : dtype::u8) + width;
  } else return -1;
}

}  // namespace detail

/// The C++ type of a dtype.
template <dtype Type> using element_t = typename detail::element<Type>::type;

/// A type that a tensor can hold.
template <class T> inline constexpr bool is_element_type = detail::find_dtype<T>() >= 0;
template <class T> concept element_type = is_element_type<T>;

template <element_type T>
inline constexpr dtype dtype_of = static_cast<dtype>(detail::find_dtype<T>());

/// The type of a value in a register: what arithmetic on the stored type happens in.
constexpr dtype register_dtype(dtype type) {
  return is_small_float(type) ? dtype::f32 : type;
}
template <dtype Type> using register_t = element_t<register_dtype(Type)>;

}  // namespace sinter
