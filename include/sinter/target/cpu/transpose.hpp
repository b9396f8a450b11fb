// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Tiles of a matrix turned in registers: squares of lanes, log2(N) rounds of interleaving each row
/// with the one half a square below.

#include <cstdint>
#include <utility>

#include "sinter/core/config.hpp"
#include "sinter/core/dtype.hpp"
#include "sinter/target/cpu/simd_vector.hpp"

namespace sinter::cpu_target {

namespace detail {

// By element, as in simd_vector.hpp: compilers see the one shuffle.
template <int First, class V, int... I>
SINTER_INLINE V interleave(V a, V b, std::integer_sequence<int, I...>) {
  return V{((I & 1) != 0 ? b[First + I / 2] : a[First + I / 2])...};
}

/// One round: rows i and i + N / 2 give rows 2i and 2i + 1.
template <int N, class V, int... I>
SINTER_INLINE void interleave_rows(const V* in, V* out, std::integer_sequence<int, I...>) {
  constexpr auto lanes = std::make_integer_sequence<int, N>();
  ((out[2 * I] = interleave<0>(in[I], in[I + N / 2], lanes),
    out[2 * I + 1] = interleave<N / 2>(in[I], in[I + N / 2], lanes)), ...);
}

template <int N, int Round, class V> SINTER_INLINE void turn(const V* in, V* out) {
  constexpr auto half = std::make_integer_sequence<int, N / 2>();
  if constexpr (Round == 2) {
    interleave_rows<N>(in, out, half);
  } else {
    V next[N];
    interleave_rows<N>(in, next, half);
    turn<N, Round / 2>(next, out);
  }
}

template <class V, class U, int... I>
SINTER_INLINE void load_rows(V* to, const U* from, std::int64_t stride,
                             std::integer_sequence<int, I...>) {
  ((to[I] = sinter::detail::load_vector<V>(from + I * stride)), ...);
}
template <class V, class U, int... I>
SINTER_INLINE void store_rows(const V* from, U* to, std::int64_t stride,
                              std::integer_sequence<int, I...>) {
  (__builtin_memcpy(to + I * stride, from + I, sizeof(V)), ...);
}

}  // namespace detail

/// Lanes of a square: a register, but no more rows than there are registers for.
template <class U>
inline constexpr int turned_lanes = native_bytes / int{sizeof(U)} > 16 ? 16
                                                                       : native_bytes /
                                                                             int{sizeof(U)};

/// A type's elements as bits to be moved.
template <dtype Type, class Pointer> SINTER_INLINE auto lane_bits(Pointer p) {
  typedef sinter::detail::unsigned_of<properties(Type).size> bits __attribute__((may_alias));
  if constexpr (std::is_const_v<std::remove_pointer_t<Pointer>>) return static_cast<const bits*>(p);
  else return static_cast<bits*>(static_cast<void*>(p));
}

/// to[i, j] = from[j, i] for 0 <= i < rows, 0 <= j < columns; strides in elements. U is an unsigned
/// integer: bits are moved, from where they need not be aligned.
template <class U>
inline void turn_tile(const U* from, std::int64_t from_stride, std::int64_t rows,
                      std::int64_t columns, U* to, std::int64_t to_stride) {
  constexpr int n = turned_lanes<U>;
  using V = typename sinter::detail::vector_of<U, n>::type;
  constexpr auto all = std::make_integer_sequence<int, n>();
  for (std::int64_t j = 0; j < columns; j += n)
    for (std::int64_t i = 0; i < rows; i += n) {
      const U* const corner = from + j * from_stride + i;
      U* const into = to + i * to_stride + j;
      if (i + n <= rows && j + n <= columns) {
        V in[n], out[n];
        detail::load_rows(in, corner, from_stride, all);
        detail::turn<n, n>(in, out);
        detail::store_rows(out, into, to_stride, all);
        continue;
      }
      const int high = static_cast<int>(rows - i < n ? rows - i : n);
      const int wide = static_cast<int>(columns - j < n ? columns - j : n);
      V in[n]{}, out[n];
      for (int y = 0; y < wide; ++y)
        in[y] = sinter::detail::load_first_lanes<V, n>(corner + y * from_stride, high);
      detail::turn<n, n>(in, out);
      for (int x = 0; x < high; ++x)
        sinter::detail::store_first_lanes<n>(into + x * to_stride, out[x], wide);
    }
}

}  // namespace sinter::cpu_target
