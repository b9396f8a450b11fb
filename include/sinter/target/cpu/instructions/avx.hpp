// SPDX-License-Identifier: Apache-2.0
#pragma once

/// AVX: registers of 32 bytes. What clang is not told here it finds itself.

#include "sinter/target/cpu/instructions.hpp"

#if defined(__AVX__) && !defined(__CUDA_ARCH__)

namespace sinter::detail {

template <> struct instructions<vector_of<float, 8>::type> {
  using V = vector_of<float, 8>::type;

  SINTER_INLINE static V sqrt(V x) { return __builtin_ia32_sqrtps256(x); }
#if defined(__FMA__)
  SINTER_INLINE static V fma(V a, V b, V c) { return __builtin_ia32_vfmaddps256(a, b, c); }
#endif
#if !defined(__clang__)
  SINTER_INLINE static V lesser(V a, V b) { return __builtin_ia32_minps256(a, b); }
  SINTER_INLINE static V greater(V a, V b) { return __builtin_ia32_maxps256(a, b); }
  SINTER_INLINE static void stream(float* to, V x) { __builtin_ia32_movntps256(to, x); }
#endif
#if defined(__F16C__)
  using words = vector_of<std::uint16_t, 8>::type;
  typedef short shorts __attribute__((vector_size(16)));
  SINTER_INLINE static V widen_f16(words x) { return __builtin_ia32_vcvtph2ps256((shorts)x); }
  SINTER_INLINE static words narrow_f16(V x) { return (words)__builtin_ia32_vcvtps2ph256(x, 0); }
#endif
};

template <> struct instructions<vector_of<double, 4>::type> {
  using V = vector_of<double, 4>::type;

  SINTER_INLINE static V sqrt(V x) { return __builtin_ia32_sqrtpd256(x); }
#if defined(__FMA__)
  SINTER_INLINE static V fma(V a, V b, V c) { return __builtin_ia32_vfmaddpd256(a, b, c); }
#endif
#if !defined(__clang__)
  SINTER_INLINE static V lesser(V a, V b) { return __builtin_ia32_minpd256(a, b); }
  SINTER_INLINE static V greater(V a, V b) { return __builtin_ia32_maxpd256(a, b); }
  SINTER_INLINE static void stream(double* to, V x) { __builtin_ia32_movntpd256(to, x); }
#endif
};

}  // namespace sinter::detail

#endif
