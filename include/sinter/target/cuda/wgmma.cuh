// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The CUDA context, fifth part: products of a warpgroup, for sm_90a. Tiles in shared memory are
/// K-major and swizzled as in kernel/tile.hpp: rows of 64 elements, eight of them every 1024 bytes.
/// For nvcc alone.

#include "sinter/target/cuda/tensor_core.cuh"
#include "sinter/target/cuda/wgmma_table.cuh"

namespace sinter::cuda_target {

/// The N columns of a thread's part of a 64 x N product.
template <int N>
struct accumulator {
  static_assert(N % 8 == 0 && N >= 8 && N <= 256, "wgmma: want a multiple of 8 columns up to 256");
  float values[N / 2];

  SINTER_DEVICE float& at(int i) { return values[i]; }
  SINTER_DEVICE float at(int i) const { return values[i]; }
};

class wgmma_calls : public tensor_core_calls {
 public:
  template <int N> using accumulator = cuda_target::accumulator<N>;

  /// Between other uses of the named registers and a product that uses them.
  template <class... Accumulators>
  SINTER_DEVICE void wgmma_fence(Accumulators&... used) const {
    (pin(used), ...);
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
  }
  SINTER_DEVICE void wgmma_commit() const {
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
  }
  /// After it all groups but the last `Groups` are done, and with them the named accumulators.
  template <int Groups, class... Accumulators>
  SINTER_DEVICE void wgmma_wait(Accumulators&... done) const {
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(Groups) : "memory");
    (pin(done), ...);
  }

  /// d = a b, added to d with `accumulate`; a and b are tiles in shared memory.
  template <class T, int N>
  SINTER_DEVICE void wgmma(accumulator<N>& out, const void* a, const void* b,
                           bool accumulate) const {
    float(&d)[N / 2] = out.values;
    const std::uint64_t left = descriptor(a), right = descriptor(b);
    const int add = accumulate;
#define SINTER_WGMMA_SHARED(Columns, Text, Operands, A, B, Add, ...)                          \
  if constexpr (N == Columns) {                                                               \
    if constexpr (std::is_same_v<T, bf16>) {                                                  \
      asm volatile("{ .reg .pred p; setp.ne.b32 p, %" Add ", 0;\n"                            \
                   "wgmma.mma_async.sync.aligned.m64n" #Columns "k16.f32.bf16.bf16 {" Text    \
                   "}, %" A ", %" B ", p, 1, 1, 0, 0; }"                                      \
                   : Operands : "l"(left), "l"(right), "r"(add));                             \
    } else {                                                                                  \
      asm volatile("{ .reg .pred p; setp.ne.b32 p, %" Add ", 0;\n"                            \
                   "wgmma.mma_async.sync.aligned.m64n" #Columns "k16.f32.f16.f16 {" Text      \
                   "}, %" A ", %" B ", p, 1, 1, 0, 0; }"                                      \
                   : Operands : "l"(left), "l"(right), "r"(add));                             \
    }                                                                                         \
  }
    SINTER_WGMMA_CASES(SINTER_WGMMA_SHARED)
#undef SINTER_WGMMA_SHARED
  }

  /// The same with a from registers, in the layout of `multiply`.
  template <class T, int N>
  SINTER_DEVICE void wgmma(accumulator<N>& out, const std::uint32_t (&a)[4], const void* b,
                           bool accumulate) const {
    float(&d)[N / 2] = out.values;
    const std::uint64_t right = descriptor(b);
    const int add = accumulate;
#define SINTER_WGMMA_REGISTERS(Columns, Text, Operands, A0, A1, A2, A3, B, Add)               \
  if constexpr (N == Columns) {                                                               \
    if constexpr (std::is_same_v<T, bf16>) {                                                  \
      asm volatile("{ .reg .pred p; setp.ne.b32 p, %" Add ", 0;\n"                            \
                   "wgmma.mma_async.sync.aligned.m64n" #Columns "k16.f32.bf16.bf16 {" Text    \
                   "}, {%" A0 ", %" A1 ", %" A2 ", %" A3 "}, %" B ", p, 1, 1, 0; }"           \
                   : Operands                                                                 \
                   : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(right), "r"(add));       \
    } else {                                                                                  \
      asm volatile("{ .reg .pred p; setp.ne.b32 p, %" Add ", 0;\n"                            \
                   "wgmma.mma_async.sync.aligned.m64n" #Columns "k16.f32.f16.f16 {" Text      \
                   "}, {%" A0 ", %" A1 ", %" A2 ", %" A3 "}, %" B ", p, 1, 1, 0; }"           \
                   : Operands                                                                 \
                   : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(right), "r"(add));       \
    }                                                                                         \
  }
    SINTER_WGMMA_CASES(SINTER_WGMMA_REGISTERS)
#undef SINTER_WGMMA_REGISTERS
  }

 private:
  /// The compiler may not move a use of these registers across this point.
  template <int N>
  SINTER_DEVICE static void pin(accumulator<N>& d) {
    SINTER_UNROLL
    for (int i = 0; i < N / 2; ++i) asm volatile("" : "+f"(d.values[i])::"memory");
  }

  // Matrix descriptor: address and strides in units of 16 bytes; bits 62-63 = 1 is the swizzle of
  // 128 bytes, for which the leading offset is not used.
  SINTER_DEVICE static std::uint64_t descriptor(const void* tile) {
    constexpr std::uint64_t stride = device::swizzled_tile_alignment / 16;
    return (shared_address(tile) & 0x3ffffu) >> 4 | std::uint64_t{1} << 16 | stride << 32 |
           std::uint64_t{1} << 62;
  }
};

}  // namespace sinter::cuda_target
