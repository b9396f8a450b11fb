// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Vectors between memory and registers where the two types differ: floats of 8 and 16 bits are
/// computed in float, others may be converted on the way. The roundings are those of core/half.hpp
/// and core/float8.hpp, bit for bit.

#include <cstdint>
#include <type_traits>

#include "sinter/core/config.hpp"
#include "sinter/core/float8.hpp"
#include "sinter/core/half.hpp"
#include "sinter/core/math_kernels.hpp"
#include "sinter/target/cpu/simd.hpp"

namespace sinter {
namespace detail {

/// Whether vectors of more lanes than N are halved to reach a conversion that the machine has.
template <int N>
inline constexpr bool halves_convert = [] {
  if constexpr (N <= 1) return false;
  else return halves_convert<N / 2>;
}();
template <int N>
  requires requires(typename vector_of<float, N>::type x) {
    instructions<typename vector_of<float, N>::type>::narrow_f16(x);
  }
inline constexpr bool halves_convert<N> = true;

template <int N>
SINTER_INLINE simd<float, N> widen_f16(simd<std::uint16_t, N> half) {
  using machine = instructions<typename simd<float, N>::vector>;
  if constexpr (requires { machine::widen_f16(half.v); }) {
    return simd<float, N>(machine::widen_f16(half.v));
  } else if constexpr (halves_convert<N>) {
    const auto part = split_lanes(half);
    return join_lanes(widen_f16(part.low), widen_f16(part.high));
  }
  // Exponent and fraction shifted into place are the value times 2^-112: subnormals come out
  // right, infinities and NaN are lifted the rest of the way.
  using word = simd<std::uint32_t, N>;
  const word wide = convert<std::uint32_t>(half);
  const word shifted = (wide & word(0x7fffu)) << 13;
  const simd<float, N> value = from_bits(shifted) * simd<float, N>(0x1p112f);
  const word special = shifted | word(0x7f800000u) |
                       math::select(shifted > word(0x0f800000u), word(0x400000u), word(0u));
  const word bits = math::select(shifted >= word(0x0f800000u), special, to_bits(value));
  return from_bits(bits | ((wide & word(0x8000u)) << 16));
}

template <int N>
SINTER_INLINE simd<std::uint16_t, N> narrow_f16(simd<float, N> x) {
  using word = simd<std::uint32_t, N>;
  using machine = instructions<typename simd<float, N>::vector>;
  if constexpr (requires { machine::narrow_f16(x.v); }) {
    return simd<std::uint16_t, N>(machine::narrow_f16(x.v));
  } else if constexpr (halves_convert<N>) {
    const auto part = split_lanes(x);
    return join_lanes(narrow_f16(part.low), narrow_f16(part.high));
  }
  // As f16_bits_portable, each case for all lanes.
  const word bits = to_bits(x);
  const word magnitude = bits & word(0x7fffffffu);
  const word normal = (magnitude + word(0xfffu) + ((magnitude >> 13) & word(1u)) -
                       word(0x38000000u)) >> 13;
  const word small = to_bits(from_bits(magnitude) + simd<float, N>(0.5f)) - word(0x3f000000u);
  const word nan = word(0x7e00u) | ((magnitude >> 13) & word(0x3ffu));
  word half = math::select(magnitude < word(0x38800000u), small, normal);
  half = math::select(magnitude >= word(0x47800000u), word(0x7c00u), half);
  half = math::select(magnitude > word(0x7f800000u), nan, half);
  return convert<std::uint16_t>(half | ((bits >> 16) & word(0x8000u)));
}

template <int N>
SINTER_INLINE simd<float, N> widen_bf16(simd<std::uint16_t, N> half) {
  return from_bits(convert<std::uint32_t>(half) << 16);
}

template <int N>
SINTER_INLINE simd<std::uint16_t, N> narrow_bf16(simd<float, N> x) {
  using word = simd<std::uint32_t, N>;
  const word bits = to_bits(x);
  const word rounded = bits + word(0x7fffu) + ((bits >> 16) & word(1u));
  return convert<std::uint16_t>(math::select(x != x, bits | word(0x400000u), rounded) >> 16);
}

/// As float8_value and float8_bits, each case for all lanes.
template <int E, int N> SINTER_INLINE simd<float, N> widen_float8(simd<std::uint8_t, N> x) {
  using format = float8_format<E>;
  using word = simd<std::uint32_t, N>;
  const word wide = convert<std::uint32_t>(x), magnitude = wide & word(0x7fu);
  const word value = to_bits(from_bits(magnitude << format::shift) *
                             simd<float, N>(format::lift));
  word special = word(0x7fc00000u);
  if constexpr (E == 5)
    special = math::select(magnitude == word(0x7cu), word(0x7f800000u), special);
  const word bits = math::select(magnitude > word(format::largest), special, value);
  return from_bits(bits | ((wide & word(0x80u)) << 24));
}

template <int E, int N> SINTER_INLINE simd<std::uint8_t, N> narrow_float8(simd<float, N> x) {
  using format = float8_format<E>;
  using word = simd<std::uint32_t, N>;
  constexpr std::uint32_t half = (1u << (format::shift - 1)) - 1;
  constexpr std::uint32_t rebias = static_cast<std::uint32_t>(127 - format::bias) << 23;
  const word bits = to_bits(x), magnitude = bits & word(0x7fffffffu);
  const word odd = (magnitude >> format::shift) & word(1u);
  word normal = (magnitude + word(half) + odd - word(rebias)) >> format::shift;
  normal = math::select(normal > word(format::largest), word(format::largest), normal);
  const word small = to_bits(from_bits(magnitude) + simd<float, N>(format::aligned)) -
                     word(format::aligned_bits);
  word result = math::select(magnitude < word(format::smallest_normal), small, normal);
  result = math::select(magnitude > word(0x7f800000u), word(format::nan), result);
  return convert<std::uint8_t>(result | ((bits >> 24) & word(0x80u)));
}

/// The integers a small float is moved as; the type itself otherwise.
template <class Storage> struct moved_type {
  using type = Storage;
};
template <> struct moved_type<f16> { using type = std::uint16_t; };
template <> struct moved_type<bf16> { using type = std::uint16_t; };
template <> struct moved_type<e4m3> { using type = std::uint8_t; };
template <> struct moved_type<e5m2> { using type = std::uint8_t; };
template <class Storage> using moved_as = typename moved_type<Storage>::type;

template <class Register, class Storage, int N>
SINTER_INLINE simd<Register, N> from_storage(simd<moved_as<Storage>, N> x) {
  if constexpr (std::is_same_v<Storage, f16>) {
    return convert<Register>(widen_f16(x));
  } else if constexpr (std::is_same_v<Storage, bf16>) {
    return convert<Register>(widen_bf16(x));
  } else if constexpr (std::is_same_v<Storage, e4m3>) {
    return convert<Register>(widen_float8<4>(x));
  } else if constexpr (std::is_same_v<Storage, e5m2>) {
    return convert<Register>(widen_float8<5>(x));
  } else {
    return convert<Register>(x);
  }
}

template <class Storage, class Register, int N>
SINTER_INLINE simd<moved_as<Storage>, N> to_storage(simd<Register, N> x) {
  if constexpr (std::is_same_v<Storage, f16>) {
    return narrow_f16(convert<float>(x));
  } else if constexpr (std::is_same_v<Storage, bf16>) {
    return narrow_bf16(convert<float>(x));
  } else if constexpr (std::is_same_v<Storage, e4m3>) {
    return narrow_float8<4>(convert<float>(x));
  } else if constexpr (std::is_same_v<Storage, e5m2>) {
    return narrow_float8<5>(convert<float>(x));
  } else {
    return convert<Storage>(x);
  }
}

}  // namespace detail

/// N elements from memory as Register: load_as<float, 16>(pointer to f16).
template <class Register, int N, class Storage>
SINTER_INLINE simd<Register, N> load_as(const Storage* from) {
  using moved = detail::moved_as<Storage>;
  typedef moved source __attribute__((may_alias));
  return detail::from_storage<Register, Storage>(simd<moved, N>(
      detail::load_vector<typename simd<moved, N>::vector>(reinterpret_cast<const source*>(from))));
}

/// The first n < N elements, zeros behind them; nothing beyond is read.
template <class Register, int N, class Storage>
SINTER_INLINE simd<Register, N> load_as_first(const Storage* from, int n) {
  using moved = detail::moved_as<Storage>;
  return detail::from_storage<Register, Storage>(simd<moved, N>::load_first(
      reinterpret_cast<const moved*>(from), n));
}

template <class Storage, class Register, int N>
SINTER_INLINE void store_as(Storage* to, simd<Register, N> x) {
  const auto moved = detail::to_storage<Storage>(x);
  __builtin_memcpy(to, &moved.v, sizeof(moved.v));
}

template <class Storage, class Register, int N>
SINTER_INLINE void store_as_first(Storage* to, simd<Register, N> x, int n) {
  const auto moved = detail::to_storage<Storage>(x);
  moved.store_first(reinterpret_cast<detail::moved_as<Storage>*>(to), n);
}

/// A store past the caches; `to` aligned to N * sizeof(Storage), that at least 16.
template <class Storage, class Register, int N>
SINTER_INLINE void stream_as(Storage* to, simd<Register, N> x) {
  detail::stream_vector(to, detail::to_storage<Storage>(x).v);
}

/// Masks are stored as bool.
template <class Storage, int Bytes, int N>
SINTER_INLINE void store_as(Storage* to, mask<Bytes, N> x) {
  store_as(to, simd<bool, N>(x));
}
template <class Storage, int Bytes, int N>
SINTER_INLINE void store_as_first(Storage* to, mask<Bytes, N> x, int n) {
  store_as_first(to, simd<bool, N>(x), n);
}

}  // namespace sinter
