// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The CUDA context, fifth part: products of a warpgroup, for sm_90a. Tiles in shared memory are
/// swizzled and lie as kernel/tile.hpp says. For nvcc alone.

#include "sinter/target/cuda/tensor_core.cuh"
#include "sinter/target/cuda/wgmma_table.cuh"

namespace sinter::cuda_target {

using device::neighbours;

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
  template <class T, neighbours Left = neighbours::terms, neighbours Right = neighbours::terms,
            int N>
  SINTER_DEVICE void wgmma(accumulator<N>& out, const void* a, const void* b,
                           bool accumulate) const {
    float(&d)[N / 2] = out.values;
    const std::uint64_t left = descriptor<Left>(a), right = descriptor<Right>(b);
    const int add = accumulate;
#define SINTER_WGMMA_SHARED(Columns, Text, Operands, A, B, Add, TurnA, TurnB, ...)            \
  if constexpr (N == Columns) {                                                               \
    if constexpr (std::is_same_v<T, bf16>) {                                                  \
      asm volatile("{ .reg .pred p; setp.ne.b32 p, %" Add ", 0;\n"                            \
                   "wgmma.mma_async.sync.aligned.m64n" #Columns "k16.f32.bf16.bf16 {" Text    \
                   "}, %" A ", %" B ", p, 1, 1, %" TurnA ", %" TurnB "; }"                    \
                   : Operands                                                                 \
                   : "l"(left), "l"(right), "r"(add), "n"(turned<Left>), "n"(turned<Right>)); \
    } else {                                                                                  \
      asm volatile("{ .reg .pred p; setp.ne.b32 p, %" Add ", 0;\n"                            \
                   "wgmma.mma_async.sync.aligned.m64n" #Columns "k16.f32.f16.f16 {" Text      \
                   "}, %" A ", %" B ", p, 1, 1, %" TurnA ", %" TurnB "; }"                    \
                   : Operands                                                                 \
                   : "l"(left), "l"(right), "r"(add), "n"(turned<Left>), "n"(turned<Right>)); \
    }                                                                                         \
  }
    SINTER_WGMMA_CASES(SINTER_WGMMA_SHARED)
#undef SINTER_WGMMA_SHARED
  }

  /// The same with a from registers, in the layout of `multiply`.
  template <class T, neighbours Right = neighbours::terms, int N>
  SINTER_DEVICE void wgmma(accumulator<N>& out, const std::uint32_t (&a)[4], const void* b,
                           bool accumulate) const {
    float(&d)[N / 2] = out.values;
    const std::uint64_t right = descriptor<Right>(b);
    const int add = accumulate;
#define SINTER_WGMMA_REGISTERS(Columns, Text, Operands, A0, A1, A2, A3, B, Add, TurnB)        \
  if constexpr (N == Columns) {                                                               \
    if constexpr (std::is_same_v<T, bf16>) {                                                  \
      asm volatile("{ .reg .pred p; setp.ne.b32 p, %" Add ", 0;\n"                            \
                   "wgmma.mma_async.sync.aligned.m64n" #Columns "k16.f32.bf16.bf16 {" Text    \
                   "}, {%" A0 ", %" A1 ", %" A2 ", %" A3 "}, %" B ", p, 1, 1, %" TurnB "; }"  \
                   : Operands                                                                 \
                   : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(right), "r"(add),        \
                     "n"(turned<Right>));                                                     \
    } else {                                                                                  \
      asm volatile("{ .reg .pred p; setp.ne.b32 p, %" Add ", 0;\n"                            \
                   "wgmma.mma_async.sync.aligned.m64n" #Columns "k16.f32.f16.f16 {" Text      \
                   "}, {%" A0 ", %" A1 ", %" A2 ", %" A3 "}, %" B ", p, 1, 1, %" TurnB "; }"  \
                   : Operands                                                                 \
                   : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(right), "r"(add),        \
                     "n"(turned<Right>));                                                     \
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
  template <int N, int Count>
  SINTER_DEVICE static void pin(accumulator<N> (&several)[Count]) {
    SINTER_UNROLL
    for (int i = 0; i < Count; ++i) pin(several[i]);
  }

  template <neighbours Along> static constexpr int turned = Along == neighbours::lines ? 1 : 0;

  /// The matrix descriptor: an address and two offsets in units of 16 bytes; bits 62-63 = 1 is the
  /// swizzle of 128 bytes. The second offset is that of the next eight rows; the first, of the next
  /// 64 lines, is used only where lines are neighbours.
  /// @source PTX ISA, "Asynchronous warpgroup level matrix shared memory layout" and "Matrix
  /// descriptor format"
  template <neighbours Along>
  SINTER_DEVICE static std::uint64_t descriptor(const void* tile) {
    constexpr std::uint64_t eight_rows = device::swizzled_tile_alignment / 16;
    constexpr std::uint64_t block =
        Along == neighbours::lines ? device::warpgroup_block_bytes / 16 : 1;
    return (shared_address(tile) & 0x3ffffu) >> 4 | block << 16 | eight_rows << 32 |
           std::uint64_t{1} << 62;
  }
};

}  // namespace sinter::cuda_target
