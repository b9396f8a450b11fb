// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Advanced SIMD of 64-bit Arm: registers of 16 bytes.

#include "sinter/target/cpu/instructions.hpp"

#if defined(__aarch64__)

#include <arm_neon.h>

namespace sinter::detail {

template <> struct instructions<vector_of<float, 4>::type> {
  using V = vector_of<float, 4>::type;
  using words = vector_of<std::uint16_t, 4>::type;

  SINTER_INLINE static V sqrt(V x) { return (V)vsqrtq_f32((float32x4_t)x); }
  SINTER_INLINE static V widen_f16(words x) {
    return (V)vcvt_f32_f16(vreinterpret_f16_u16((uint16x4_t)x));
  }
  SINTER_INLINE static words narrow_f16(V x) {
    return (words)vreinterpret_u16_f16(vcvt_f16_f32((float32x4_t)x));
  }
};

template <> struct instructions<vector_of<double, 2>::type> {
  using V = vector_of<double, 2>::type;

  SINTER_INLINE static V sqrt(V x) { return (V)vsqrtq_f64((float64x2_t)x); }
};

}  // namespace sinter::detail

#endif
