// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The two 16-bit floating-point types, f16 (IEEE binary16) and bf16 (the upper half of a float).
/// Both are storage: arithmetic happens in float, to which they convert implicitly and exactly;
/// the way back is explicit and rounds once, to nearest, ties to even. Every conversion gives the
/// same bits in constant evaluation, on the host and on a device (NaN payloads excepted).

#include <cstdint>
#include <type_traits>

#include "sinter/core/config.hpp"

namespace sinter {

namespace detail {

template <class T>
concept arithmetic = std::is_arithmetic_v<T>;

/// The float that rounds to the same 16-bit value as `x`: rounded to odd, so that the second
/// rounding cannot meet a tie which the first one made (Boldo and Melquiond 2008).
SINTER_HD constexpr float round_to_odd(double x) {
  constexpr double largest = 3.4028234663852886e38;
  // By its bits: nvcc does not compare NaNs in constant evaluation.
  const std::uint64_t wide = __builtin_bit_cast(std::uint64_t, x) & 0x7fffffffffffffffu;
  if (wide > 0x7ff0000000000000u) return static_cast<float>(x);
  if (x > largest) return __builtin_huge_valf();
  if (x < -largest) return -__builtin_huge_valf();
  const float nearest = static_cast<float>(x);
  const double back = static_cast<double>(nearest);
  if (back == x) return nearest;
  auto bits = __builtin_bit_cast(std::uint32_t, nearest);
  // Magnitudes order as their bits do: step back to the truncated value. A zero result has no
  // value below it; it was truncated already.
  if ((x > 0) ? back > x : back < x) --bits;
  return __builtin_bit_cast(float, bits | 1u);
}

/// As above, for integers: a double holds 53 bits, so what lies below is folded into one bit that
/// still tells a tie from its neighbours.
template <class Integer>
SINTER_HD constexpr float integer_to_odd(Integer x) {
  bool negative = false;
  if constexpr (std::is_signed_v<Integer>) negative = x < 0;
  auto magnitude = static_cast<std::uint64_t>(x);
  if (negative) magnitude = 0 - magnitude;
  if (magnitude >> 53) magnitude = (magnitude >> 11 | ((magnitude & 2047u) != 0)) << 11;
  const float result = round_to_odd(static_cast<double>(magnitude));
  return negative ? -result : result;
}

template <class T>
SINTER_HD constexpr float to_odd(T x) {
  if constexpr (std::is_same_v<T, float>) {
    return x;
  } else if constexpr (std::is_floating_point_v<T>) {
    return round_to_odd(static_cast<double>(x));
  } else {
    return integer_to_odd(x);
  }
}

SINTER_HD constexpr std::uint16_t f16_bits_portable(float x) {
  const auto bits = __builtin_bit_cast(std::uint32_t, x);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  std::uint32_t half = 0;
  if (magnitude > 0x7f800000u) {
    half = 0x7e00u | (magnitude >> 13 & 0x3ffu);
  } else if (magnitude >= 0x47800000u) {  // 65536 and more
    half = 0x7c00u;
  } else if (magnitude >= 0x38800000u) {  // normal; a carry may reach the exponent, even infinity
    half = (magnitude + 0xfffu + (magnitude >> 13 & 1u) - 0x38000000u) >> 13;
  } else {  // one unit of 0.5f is the smallest subnormal: the addition does the rounding
    const float aligned = __builtin_bit_cast(float, magnitude) + 0.5f;
    half = __builtin_bit_cast(std::uint32_t, aligned) - 0x3f000000u;
  }
  return static_cast<std::uint16_t>(sign | half);
}

SINTER_HD constexpr float f16_value_portable(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000u) << 16;
  const std::uint32_t magnitude = half & 0x7fffu;
  if (magnitude < 0x400u) {
    const float value = static_cast<float>(magnitude) * 0x1p-24f;
    return __builtin_bit_cast(float, __builtin_bit_cast(std::uint32_t, value) | sign);
  }
  std::uint32_t bits = (magnitude << 13) + 0x38000000u;
  if (magnitude >= 0x7c00u) bits += 0x38000000u;             // infinity and NaN
  if (magnitude > 0x7c00u) bits |= 0x400000u;                // NaN becomes quiet, as in hardware
  return __builtin_bit_cast(float, bits | sign);
}

// The hardware's conversions, where there are some. They are no constexpr functions; the callers
// below choose them at run time only.
#if defined(__CUDA_ARCH__)
__device__ inline std::uint16_t f16_bits(float x) {
  std::uint16_t half;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half) : "f"(x));
  return half;
}
__device__ inline float f16_value(std::uint16_t half) {
  float x;
  asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(half));
  return x;
}
#elif defined(__F16C__)
SINTER_HD inline std::uint16_t f16_bits(float x) {
  typedef float four __attribute__((vector_size(16)));
  return static_cast<std::uint16_t>(__builtin_ia32_vcvtps2ph(four{x, 0, 0, 0}, 0)[0]);
}
SINTER_HD inline float f16_value(std::uint16_t half) {
  typedef short eight __attribute__((vector_size(16)));
  return __builtin_ia32_vcvtph2ps(eight{static_cast<short>(half), 0, 0, 0, 0, 0, 0, 0})[0];
}
#else
SINTER_HD constexpr std::uint16_t f16_bits(float x) { return f16_bits_portable(x); }
SINTER_HD constexpr float f16_value(std::uint16_t half) { return f16_value_portable(half); }
#endif

SINTER_HD constexpr std::uint16_t bf16_bits(float x) {
  const auto bits = __builtin_bit_cast(std::uint32_t, x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>(bits >> 16 | 0x40u);
  return static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

}  // namespace detail

struct bf16;

/// IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits; largest 65504, smallest 2^-24.
struct f16 {
  std::uint16_t bits;

  f16() = default;

  /// @accuracy correctly rounded from every arithmetic type; above 65519.99 infinity
  template <detail::arithmetic T>
  SINTER_HD explicit constexpr f16(T x) : bits(0) {
    const float value = detail::to_odd(x);
    bits = __builtin_is_constant_evaluated() ? detail::f16_bits_portable(value)
                                             : detail::f16_bits(value);
  }
  SINTER_HD explicit constexpr f16(bf16 x);

  SINTER_HD constexpr operator float() const {
    return __builtin_is_constant_evaluated() ? detail::f16_value_portable(bits)
                                             : detail::f16_value(bits);
  }

  SINTER_HD static constexpr f16 from_bits(std::uint16_t bits) {
    f16 result(0.0f);
    result.bits = bits;
    return result;
  }
};

/// bfloat16: 1 sign, 8 exponent, 7 fraction bits; the range of float.
struct bf16 {
  std::uint16_t bits;

  bf16() = default;

  /// @accuracy correctly rounded from every arithmetic type
  template <detail::arithmetic T>
  SINTER_HD explicit constexpr bf16(T x) : bits(detail::bf16_bits(detail::to_odd(x))) {}
  SINTER_HD explicit constexpr bf16(f16 x) : bf16(static_cast<float>(x)) {}

  SINTER_HD constexpr operator float() const {
    return __builtin_bit_cast(float, static_cast<std::uint32_t>(bits) << 16);
  }

  SINTER_HD static constexpr bf16 from_bits(std::uint16_t bits) {
    bf16 result(0.0f);
    result.bits = bits;
    return result;
  }
};

SINTER_HD constexpr f16::f16(bf16 x) : f16(static_cast<float>(x)) {}

static_assert(sizeof(f16) == 2 && std::is_trivially_copyable_v<f16>);
static_assert(sizeof(bf16) == 2 && std::is_trivially_copyable_v<bf16>);

}  // namespace sinter
