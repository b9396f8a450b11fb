// SPDX-License-Identifier: Apache-2.0
#pragma once

/// AVX-512: registers of 64 bytes, masks, and, where the processor has them, pairs of bf16.

#include "sinter/target/cpu/instructions.hpp"

#if defined(__AVX512F__) && !defined(__CUDA_ARCH__)

namespace sinter::detail {

template <> struct instructions<vector_of<float, 16>::type> {
  using V = vector_of<float, 16>::type;
  using words = vector_of<std::uint16_t, 16>::type;
  typedef short shorts __attribute__((vector_size(32)));

  SINTER_INLINE static std::uint16_t first(int n) {
    return static_cast<std::uint16_t>((1u << n) - 1);
  }
  SINTER_INLINE static V load_first(const float* from, int n) {
    return __builtin_ia32_loadups512_mask(from, V{}, first(n));
  }
  SINTER_INLINE static void store_first(float* to, V x, int n) {
    __builtin_ia32_storeups512_mask(to, x, first(n));
  }
  SINTER_INLINE static V fma(V a, V b, V c) {
    return __builtin_ia32_vfmaddps512_mask(a, b, c, first(16), 4);
  }
  SINTER_INLINE static V scale(V x, V n) {
    return __builtin_ia32_scalefps512_mask(x, n, x, first(16), 4);
  }
  SINTER_INLINE static V widen_f16(words x) {
    return __builtin_ia32_vcvtph2ps512_mask((shorts)x, V{}, first(16), 4);
  }
  SINTER_INLINE static words narrow_f16(V x) {
    return (words)__builtin_ia32_vcvtps2ph512_mask(x, 0, shorts{}, first(16));
  }
#if defined(__clang__)
  SINTER_INLINE static V sqrt(V x) { return __builtin_ia32_sqrtps512(x, 4); }
#else
  SINTER_INLINE static V sqrt(V x) { return __builtin_ia32_sqrtps512_mask(x, x, first(16), 4); }
  SINTER_INLINE static V lesser(V a, V b) {
    return __builtin_ia32_minps512_mask(a, b, a, first(16), 4);
  }
  SINTER_INLINE static V greater(V a, V b) {
    return __builtin_ia32_maxps512_mask(a, b, a, first(16), 4);
  }
  SINTER_INLINE static void stream(float* to, V x) { __builtin_ia32_movntps512(to, x); }
#endif
#if defined(__AVX512BF16__)
  using pairs = vector_of<std::uint32_t, 16>::type;
  SINTER_INLINE static V add_pairs(V sum, pairs a, pairs b) {
#if defined(__clang__)
    typedef int operand __attribute__((vector_size(64)));
    return __builtin_ia32_dpbf16ps_512(sum, (operand)a, (operand)b);
#else
    typedef short operand __attribute__((vector_size(64)));
    return __builtin_ia32_dpbf16ps_v16sf(sum, (operand)a, (operand)b);
#endif
  }
#endif
};

template <> struct instructions<vector_of<double, 8>::type> {
  using V = vector_of<double, 8>::type;

  SINTER_INLINE static std::uint8_t first(int n) {
    return static_cast<std::uint8_t>((1u << n) - 1);
  }
  SINTER_INLINE static V load_first(const double* from, int n) {
    return __builtin_ia32_loadupd512_mask(from, V{}, first(n));
  }
  SINTER_INLINE static void store_first(double* to, V x, int n) {
    __builtin_ia32_storeupd512_mask(to, x, first(n));
  }
  SINTER_INLINE static V fma(V a, V b, V c) {
    return __builtin_ia32_vfmaddpd512_mask(a, b, c, first(8), 4);
  }
  SINTER_INLINE static V scale(V x, V n) {
    return __builtin_ia32_scalefpd512_mask(x, n, x, first(8), 4);
  }
#if defined(__clang__)
  SINTER_INLINE static V sqrt(V x) { return __builtin_ia32_sqrtpd512(x, 4); }
#else
  SINTER_INLINE static V sqrt(V x) { return __builtin_ia32_sqrtpd512_mask(x, x, first(8), 4); }
  SINTER_INLINE static V lesser(V a, V b) {
    return __builtin_ia32_minpd512_mask(a, b, a, first(8), 4);
  }
  SINTER_INLINE static V greater(V a, V b) {
    return __builtin_ia32_maxpd512_mask(a, b, a, first(8), 4);
  }
  SINTER_INLINE static void stream(double* to, V x) { __builtin_ia32_movntpd512(to, x); }
#endif
};

}  // namespace sinter::detail

#endif
