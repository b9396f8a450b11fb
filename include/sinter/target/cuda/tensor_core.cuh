// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The CUDA context, fourth part: tensor-core operations of one warp. `store_matrix` exists from
/// sm_90, the rest from sm_80. For nvcc alone.

#include "sinter/kernel/tile.hpp"
#include "sinter/target/cuda/copy.cuh"

namespace sinter::cuda_target {

using device::tf32;

class tensor_core_calls : public copy_calls {
 public:
  template <int Count, bool Transposed>
  SINTER_DEVICE void load_matrix(std::uint32_t (&r)[Count], const void* p) const {
    static_assert(Count == 1 || Count == 2 || Count == 4, "load_matrix: want 1, 2 or 4 tiles");
    const std::uint32_t at = shared_address(p);
    if constexpr (Count == 1 && !Transposed) {
      asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];"
                   : "=r"(r[0]) : "r"(at) : "memory");
    } else if constexpr (Count == 1) {
      asm volatile("ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16 {%0}, [%1];"
                   : "=r"(r[0]) : "r"(at) : "memory");
    } else if constexpr (Count == 2 && !Transposed) {
      asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];"
                   : "=r"(r[0]), "=r"(r[1]) : "r"(at) : "memory");
    } else if constexpr (Count == 2) {
      asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
                   : "=r"(r[0]), "=r"(r[1]) : "r"(at) : "memory");
    } else if constexpr (!Transposed) {
      asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                   : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(at) : "memory");
    } else {
      asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                   : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(at) : "memory");
    }
  }

  template <int Count, bool Transposed>
  SINTER_DEVICE void store_matrix(void* p, const std::uint32_t (&r)[Count]) const {
    static_assert(Count == 1 || Count == 2 || Count == 4, "store_matrix: want 1, 2 or 4 tiles");
    const std::uint32_t at = shared_address(p);
    if constexpr (Count == 1 && !Transposed) {
      asm volatile("stmatrix.sync.aligned.m8n8.x1.shared.b16 [%0], {%1};" ::"r"(at), "r"(r[0])
                   : "memory");
    } else if constexpr (Count == 1) {
      asm volatile("stmatrix.sync.aligned.m8n8.x1.trans.shared.b16 [%0], {%1};" ::"r"(at),
                   "r"(r[0])
                   : "memory");
    } else if constexpr (Count == 2 && !Transposed) {
      asm volatile("stmatrix.sync.aligned.m8n8.x2.shared.b16 [%0], {%1, %2};" ::"r"(at),
                   "r"(r[0]), "r"(r[1])
                   : "memory");
    } else if constexpr (Count == 2) {
      asm volatile("stmatrix.sync.aligned.m8n8.x2.trans.shared.b16 [%0], {%1, %2};" ::"r"(at),
                   "r"(r[0]), "r"(r[1])
                   : "memory");
    } else if constexpr (!Transposed) {
      asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(at),
                   "r"(r[0]), "r"(r[1]), "r"(r[2]), "r"(r[3])
                   : "memory");
    } else {
      asm volatile(
          "stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(at),
          "r"(r[0]), "r"(r[1]), "r"(r[2]), "r"(r[3])
          : "memory");
    }
  }

#define SINTER_MULTIPLY(Name, Constraint)                                             \
  asm volatile("mma.sync.aligned." Name                                               \
               " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"     \
               : Constraint(c[0]), Constraint(c[1]), Constraint(c[2]), Constraint(c[3]) \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]))

  /// c += a b for one warp.
  template <class T>
  SINTER_DEVICE void multiply(float (&c)[4], const std::uint32_t (&a)[4],
                              const std::uint32_t (&b)[2]) const {
    if constexpr (std::is_same_v<T, bf16>) {
      SINTER_MULTIPLY("m16n8k16.row.col.f32.bf16.bf16.f32", "+f");
    } else if constexpr (std::is_same_v<T, f16>) {
      SINTER_MULTIPLY("m16n8k16.row.col.f32.f16.f16.f32", "+f");
    } else {
      static_assert(std::is_same_v<T, tf32>, "multiply: want bf16, f16 or tf32");
      SINTER_MULTIPLY("m16n8k8.row.col.f32.tf32.tf32.f32", "+f");
    }
  }
  template <class T>
  SINTER_DEVICE void multiply(std::int32_t (&c)[4], const std::uint32_t (&a)[4],
                              const std::uint32_t (&b)[2]) const {
    static_assert(std::is_same_v<T, std::int8_t>, "multiply: integers are 8 bits wide");
    SINTER_MULTIPLY("m16n8k32.row.col.s32.s8.s8.s32", "+r");
  }

#undef SINTER_MULTIPLY
};

}  // namespace sinter::cuda_target
