// SPDX-License-Identifier: Apache-2.0
#pragma once

/// SSE2: registers of 16 bytes. What clang is not told here it finds itself.

#include "sinter/target/cpu/instructions.hpp"

#if defined(__SSE2__) && !defined(__CUDA_ARCH__)

namespace sinter::detail {

template <> struct instructions<vector_of<float, 4>::type> {
  using V = vector_of<float, 4>::type;

  SINTER_INLINE static V sqrt(V x) { return __builtin_ia32_sqrtps(x); }
#if defined(__FMA__)
  SINTER_INLINE static V fma(V a, V b, V c) { return __builtin_ia32_vfmaddps(a, b, c); }
#endif
#if !defined(__clang__)
  SINTER_INLINE static V lesser(V a, V b) { return __builtin_ia32_minps(a, b); }
  SINTER_INLINE static V greater(V a, V b) { return __builtin_ia32_maxps(a, b); }
  SINTER_INLINE static void stream(float* to, V x) { __builtin_ia32_movntps(to, x); }
#endif
};

template <> struct instructions<vector_of<double, 2>::type> {
  using V = vector_of<double, 2>::type;

  SINTER_INLINE static V sqrt(V x) { return __builtin_ia32_sqrtpd(x); }
#if defined(__FMA__)
  SINTER_INLINE static V fma(V a, V b, V c) { return __builtin_ia32_vfmaddpd(a, b, c); }
#endif
#if !defined(__clang__)
  SINTER_INLINE static V lesser(V a, V b) { return __builtin_ia32_minpd(a, b); }
  SINTER_INLINE static V greater(V a, V b) { return __builtin_ia32_maxpd(a, b); }
  SINTER_INLINE static void stream(double* to, V x) { __builtin_ia32_movntpd(to, x); }
#endif
};

}  // namespace sinter::detail

#endif
