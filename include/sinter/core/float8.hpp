// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The two 8-bit floating-point types, e4m3 and e5m2. Both are storage: arithmetic happens in
/// float, to which they convert implicitly and exactly; the way back is explicit, rounds once, to
/// nearest, ties to even, and saturates: what is beyond the largest value, infinities included,
/// becomes the largest value of its sign, as the conversions of GPUs do. NaN stays NaN. Every
/// conversion gives the same bits in constant evaluation, on the host and on a device (NaN payloads
/// excepted).
/// @source OCP 8-bit Floating Point Specification (OFP8), revision 1.0, 2023

#include <cstdint>
#include <type_traits>

#include "sinter/core/half.hpp"

namespace sinter {

namespace detail {

/// A format of 8 bits by its exponent bits E, a sign and 7 - E fraction bits. E4M3 has no infinity
/// and one magnitude that is NaN; E5M2 is the upper half of an f16.
template <int E> struct float8_format {
  static constexpr int fraction_bits = 7 - E;
  static constexpr int bias = (1 << (E - 1)) - 1;
  static constexpr std::uint32_t largest = E == 4 ? 0x7e : 0x7b;  ///< finite
  static constexpr std::uint32_t nan = E == 4 ? 0x7f : 0x7e;
  static constexpr int shift = 23 - fraction_bits;  ///< from a float's fraction
  /// 2^(127 - bias), which lifts exponents; the number whose last bit is the smallest subnormal
  /// value, and its bits; those of the smallest normal value. nvcc does not fold a cast of bits.
  static constexpr float lift = E == 4 ? 0x1p120f : 0x1p112f;
  static constexpr float aligned = E == 4 ? 0x1p14f : 0x1p7f;
  static constexpr std::uint32_t aligned_bits = E == 4 ? 0x46800000u : 0x43000000u;
  static constexpr std::uint32_t smallest_normal = static_cast<std::uint32_t>(128 - bias) << 23;
};

template <int E> SINTER_HD constexpr std::uint8_t float8_bits_portable(float x) {
  using format = float8_format<E>;
  const auto bits = __builtin_bit_cast(std::uint32_t, x);
  const std::uint32_t sign = bits >> 24 & 0x80u, magnitude = bits & 0x7fffffffu;
  std::uint32_t result = 0;
  if (magnitude > 0x7f800000u) {
    result = format::nan;
  } else if (magnitude >= format::smallest_normal) {  // a carry may reach the exponent
    constexpr std::uint32_t half = (1u << (format::shift - 1)) - 1;
    constexpr std::uint32_t rebias = static_cast<std::uint32_t>(127 - format::bias) << 23;
    const std::uint32_t odd = magnitude >> format::shift & 1u;
    result = (magnitude + half + odd - rebias) >> format::shift;
    if (result > format::largest) result = format::largest;
  } else {  // the addition does the rounding
    const float sum = __builtin_bit_cast(float, magnitude) + format::aligned;
    result = __builtin_bit_cast(std::uint32_t, sum) - format::aligned_bits;
  }
  return static_cast<std::uint8_t>(sign | result);
}

template <int E> SINTER_HD constexpr float float8_value_portable(std::uint8_t bits) {
  using format = float8_format<E>;
  const std::uint32_t sign = (bits & 0x80u) << 24, magnitude = bits & 0x7fu;
  // Exponent and fraction shifted into place are the value times a power of two: subnormals come
  // out right, and what is no number is set apart.
  const float value = __builtin_bit_cast(float, magnitude << format::shift) * format::lift;
  std::uint32_t wide = __builtin_bit_cast(std::uint32_t, value);
  if (magnitude > format::largest)
    wide = E == 5 && magnitude == 0x7c ? 0x7f800000u : 0x7fc00000u;
  return __builtin_bit_cast(float, wide | sign);
}

// The hardware's conversions, two at a time, where there are some.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 890
template <int E> __device__ std::uint8_t float8_bits_of_device(float x) {
  std::uint16_t two;
  if constexpr (E == 4)
    asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(two) : "f"(0.0f), "f"(x));
  else asm("cvt.rn.satfinite.e5m2x2.f32 %0, %1, %2;" : "=h"(two) : "f"(0.0f), "f"(x));
  return static_cast<std::uint8_t>(two);
}
template <int E> __device__ float float8_value_of_device(std::uint8_t bits) {
  std::uint32_t two;
  if constexpr (E == 4)
    asm("cvt.rn.f16x2.e4m3x2 %0, %1;" : "=r"(two) : "h"(static_cast<std::uint16_t>(bits)));
  else asm("cvt.rn.f16x2.e5m2x2 %0, %1;" : "=r"(two) : "h"(static_cast<std::uint16_t>(bits)));
  return f16_value(static_cast<std::uint16_t>(two));
}
#endif

template <int E> SINTER_HD constexpr std::uint8_t float8_bits(float x) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 890
  if (!__builtin_is_constant_evaluated()) return float8_bits_of_device<E>(x);
#endif
  return float8_bits_portable<E>(x);
}
template <int E> SINTER_HD constexpr float float8_value(std::uint8_t bits) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 890
  if (!__builtin_is_constant_evaluated()) return float8_value_of_device<E>(bits);
#endif
  return float8_value_portable<E>(bits);
}

/// The double that rounds to the same value as x, by way of a float.
template <class T> SINTER_HD constexpr float float8_source(T x) {
  if constexpr (std::is_arithmetic_v<T>) return to_odd(x);
  else return static_cast<float>(x);
}

template <class T>
concept float8_convertible =
    arithmetic<T> || std::is_same_v<T, f16> || std::is_same_v<T, bf16>;

}  // namespace detail

struct e5m2;

/// 1 sign, 4 exponent, 3 fraction bits; largest 448, smallest 2^-9, no infinity.
struct e4m3 {
  std::uint8_t bits;

  e4m3() = default;

  /// @accuracy correctly rounded from every arithmetic type, f16 and bf16; beyond 448 it is 448
  template <detail::float8_convertible T>
  SINTER_HD explicit constexpr e4m3(T x) : bits(detail::float8_bits<4>(detail::float8_source(x))) {}
  SINTER_HD explicit constexpr e4m3(e5m2 x);

  SINTER_HD constexpr operator float() const { return detail::float8_value<4>(bits); }

  SINTER_HD static constexpr e4m3 from_bits(std::uint8_t bits) {
    e4m3 result(0.0f);
    result.bits = bits;
    return result;
  }
};

/// 1 sign, 5 exponent, 2 fraction bits; largest 57344, smallest 2^-16, with infinity.
struct e5m2 {
  std::uint8_t bits;

  e5m2() = default;

  /// @accuracy correctly rounded from every arithmetic type, f16 and bf16; beyond 57344 it is 57344
  template <detail::float8_convertible T>
  SINTER_HD explicit constexpr e5m2(T x) : bits(detail::float8_bits<5>(detail::float8_source(x))) {}
  SINTER_HD explicit constexpr e5m2(e4m3 x) : e5m2(static_cast<float>(x)) {}

  SINTER_HD constexpr operator float() const { return detail::float8_value<5>(bits); }

  SINTER_HD static constexpr e5m2 from_bits(std::uint8_t bits) {
    e5m2 result(0.0f);
    result.bits = bits;
    return result;
  }
};

SINTER_HD constexpr e4m3::e4m3(e5m2 x) : e4m3(static_cast<float>(x)) {}

static_assert(sizeof(e4m3) == 1 && std::is_trivially_copyable_v<e4m3>);
static_assert(sizeof(e5m2) == 1 && std::is_trivially_copyable_v<e5m2>);

}  // namespace sinter
