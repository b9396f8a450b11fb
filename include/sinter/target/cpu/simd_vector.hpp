// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What lies under simd: the compilers' vector types and what they lack, moves of part of a vector,
/// casts by steps, stores past the caches. Nothing here knows of simd.

#include <cstdint>
#include <type_traits>
#include <utility>

#include "sinter/core/config.hpp"
#include "sinter/target/cpu/instructions.hpp"

namespace sinter {

/// Lanes of T in one register.
template <class T>
inline constexpr int native_lanes = native_bytes / static_cast<int>(sizeof(T));

namespace detail {

template <int Bytes>
using signed_of = std::conditional_t<
    Bytes == 1, std::int8_t,
    std::conditional_t<Bytes == 2, std::int16_t,
                       std::conditional_t<Bytes == 4, std::int32_t, std::int64_t>>>;
template <int Bytes>
using unsigned_of = std::make_unsigned_t<signed_of<Bytes>>;

/// What wraps where T overflows.
template <class T, bool Signed = std::is_integral_v<T> && std::is_signed_v<T>>
struct modular {
  using type = T;
};
template <class T>
struct modular<T, true> {
  using type = unsigned_of<sizeof(T)>;
};
template <class T>
using modular_of = typename modular<T>::type;

template <class V>
using element_of = std::remove_reference_t<decltype(V{}[0])>;

/// Lane by lane static_cast between vectors. In steps that double or halve an integer's width:
/// g++ 12 takes a longer step lane by lane through scalar registers.
template <class To, int N, class V>
SINTER_HD SINTER_INLINE typename vector_of<To, N>::type cast_lanes(V x) {
  using from = element_of<V>;
  constexpr int a = sizeof(from), b = sizeof(To);
  if constexpr (std::is_same_v<from, To>) {
    return x;
  } else if constexpr (std::is_integral_v<from> &&
                       (b > 2 * a || (a < 4 && std::is_floating_point_v<To>))) {
    using next = std::conditional_t<std::is_signed_v<from>, signed_of<2 * a>, unsigned_of<2 * a>>;
    return cast_lanes<To, N>(__builtin_convertvector(x, typename vector_of<next, N>::type));
  } else if constexpr (std::is_integral_v<from> && a > 2 * b && native_bytes < 64) {
    return cast_lanes<To, N>(
        __builtin_convertvector(x, typename vector_of<signed_of<a / 2>, N>::type));
  } else if constexpr (std::is_floating_point_v<from> && b < 4) {
    return cast_lanes<To, N>(
        __builtin_convertvector(x, typename vector_of<std::int32_t, N>::type));
  } else {
    return __builtin_convertvector(x, typename vector_of<To, N>::type);
  }
}

// Element by element: compilers see the shuffle, while nvcc's front end loses the pack of
// __builtin_shufflevector's arguments.
template <class T, int N, int First, class V, int... I>
SINTER_HD SINTER_INLINE typename vector_of<T, N>::type take_lanes(
    V x, std::integer_sequence<int, I...>) {
  return typename vector_of<T, N>::type{x[First + I]...};
}
template <class T, int N, class V, int... I>
SINTER_HD SINTER_INLINE typename vector_of<T, N>::type append_lanes(
    V x, V y, std::integer_sequence<int, I...>) {
  return typename vector_of<T, N>::type{x[I]..., y[I]...};
}

template <class V, class T>
SINTER_INLINE V load_vector(const T* from) {
  V v;
  __builtin_memcpy(&v, from, sizeof(V));
  return v;
}

/// Copies n < Count elements in pieces of 1, 2, 4 ...: no call, no loop, nothing touched beyond.
template <int Count, class T>
SINTER_INLINE void copy_first(T* to, const T* from, int n) {
  if constexpr (Count > 1) {
    constexpr int half = Count / 2;
    if (n & half) {
      __builtin_memcpy(to, from, half * sizeof(T));
      to += half;
      from += half;
    }
    copy_first<half>(to, from, n);
  }
}

/// A vector's bits as floats or doubles, for what moves lanes of 4 or 8 bytes whatever they are.
template <class V, int N, int Bytes>
using moved_vector =
    std::conditional_t<Bytes == 4, typename vector_of<float, N>::type,
                       std::conditional_t<Bytes == 8, typename vector_of<double, N>::type, V>>;
template <int Bytes> using moved_lane = std::conditional_t<Bytes == 4, float, double>;

/// The first n <= N elements, zeros behind them.
template <class V, int N, class T>
SINTER_INLINE V load_first_lanes(const T* from, int n) {
  using moved = instructions<moved_vector<V, N, sizeof(T)>>;
  using lane = moved_lane<sizeof(T)>;
  if constexpr (requires { moved::load_first((const lane*)from, n); }) {
    return (V)moved::load_first((const lane*)from, n);
  } else {
    if (n == N) return load_vector<V>(from);
    T lanes[N] = {};
    copy_first<N>(lanes, from, n);
    return load_vector<V>(lanes);
  }
}
template <int N, class T, class V>
SINTER_INLINE void store_first_lanes(T* to, V v, int n) {
  using vector = moved_vector<V, N, sizeof(T)>;
  using lane = moved_lane<sizeof(T)>;
  if constexpr (requires { instructions<vector>::store_first((lane*)to, (vector)v, n); }) {
    instructions<vector>::store_first((lane*)to, (vector)v, n);
  } else {
    T lanes[N];
    __builtin_memcpy(lanes, &v, sizeof(V));
    if (n == N) __builtin_memcpy(to, lanes, sizeof(V));
    else copy_first<N>(to, lanes, n);
  }
}

/// Past the caches, for results far larger than they are. `to` aligned to the vector.
template <class T, class V>
SINTER_INLINE void stream_vector(T* to, V v) {
#if defined(__clang__)
  __builtin_nontemporal_store(v, reinterpret_cast<V*>(to));
#else
  // Bits are bits: whole registers go as floats.
  constexpr int lanes = sizeof(V) >= 4 ? sizeof(V) / 4 : 1;
  using vector = typename vector_of<float, lanes>::type;
  if constexpr (requires { instructions<vector>::stream((float*)to, (vector)v); })
    instructions<vector>::stream((float*)to, (vector)v);
  else __builtin_memcpy(to, &v, sizeof(V));
#endif
}

/// Folds by halves down to one word.
template <class V>
SINTER_HD SINTER_INLINE bool any_bit(V v) {
  std::uint64_t words[sizeof(V) < 8 ? 1 : sizeof(V) / 8] = {};
  __builtin_memcpy(words, &v, sizeof(V));
  std::uint64_t all = 0;
  for (const std::uint64_t word : words) all |= word;
  return all != 0;
}

template <class T, int N>
struct counted_lanes {
  T lane[N];
  constexpr counted_lanes() : lane() {
    for (int i = 0; i < N; ++i) lane[i] = static_cast<T>(i);
  }
};
template <class T, int N>
inline constexpr counted_lanes<T, N> lane_numbers;

}  // namespace detail

}  // namespace sinter
