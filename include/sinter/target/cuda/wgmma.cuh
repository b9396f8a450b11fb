// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The CUDA context, fifth part: products of a warpgroup, for sm_90a. Tiles in shared memory are
/// swizzled and lie as kernel/tile.hpp says. For nvcc alone.

#include "sinter/core/float8.hpp"
#include "sinter/target/cuda/tensor_core.cuh"
#include "sinter/target/cuda/wgmma_table.cuh"

namespace sinter::cuda_target {

using device::neighbours;

/// The N columns of a thread's part of a 64 x N product.
template <int N, class T = float>
struct accumulator {
  static_assert(N % 8 == 0 && N >= 8 && N <= 256, "wgmma: want a multiple of 8 columns up to 256");
  T values[N / 2];

  SINTER_DEVICE T& at(int i) { return values[i]; }
  SINTER_DEVICE T at(int i) const { return values[i]; }
};

class wgmma_calls : public tensor_core_calls {
 public:
  template <int N, class T = float> using accumulator = cuda_target::accumulator<N, T>;

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
            int N, class Sum>
  SINTER_DEVICE void wgmma(accumulator<N, Sum>& out, const void* a, const void* b,
                           bool accumulate) const {
    Sum(&d)[N / 2] = out.values;
    const std::uint64_t left = descriptor<Left>(a), right = descriptor<Right>(b);
    const int add = accumulate;
#define SINTER_WGMMA_SHARED(Columns, Text, Operands, A, B, Add, TurnA, TurnB, ...)             \
  if constexpr (N == Columns) {                                                                \
    if constexpr (std::is_same_v<T, bf16>) {                                                   \
      asm volatile("{ .reg .pred p; setp.ne.b32 p, %" Add ", 0;\n"                             \
                   "wgmma.mma_async.sync.aligned.m64n" #Columns "k16.f32.bf16.bf16 {" Text     \
                   "}, %" A ", %" B ", p, 1, 1, %" TurnA ", %" TurnB "; }"                     \
                   : Operands("+f")                                                            \
                   : "l"(left), "l"(right), "r"(add), "n"(turned<Left>), "n"(turned<Right>));  \
    } else {                                                                                   \
      asm volatile("{ .reg .pred p; setp.ne.b32 p, %" Add ", 0;\n"                             \
                   "wgmma.mma_async.sync.aligned.m64n" #Columns "k16.f32.f16.f16 {" Text       \
                   "}, %" A ", %" B ", p, 1, 1, %" TurnA ", %" TurnB "; }"                     \
                   : Operands("+f")                                                            \
                   : "l"(left), "l"(right), "r"(add), "n"(turned<Left>), "n"(turned<Right>));  \
    }                                                                                          \
  }
    if constexpr (std::is_same_v<T, bf16> || std::is_same_v<T, f16>) {
      SINTER_WGMMA_CASES(SINTER_WGMMA_SHARED)
    } else {
      static_assert(Left == neighbours::terms && Right == neighbours::terms,
                    "wgmma: only lines of 16-bit elements may be neighbours");
      wgmma_of_format<T, N>(d, left, right, add);
    }
#undef SINTER_WGMMA_SHARED
  }

  /// The same with a from registers, in the layout of `multiply`.
  template <class T, neighbours Right = neighbours::terms, int N>
  SINTER_DEVICE void wgmma(accumulator<N>& out, const std::uint32_t (&a)[4], const void* b,
                           bool accumulate) const {
    float(&d)[N / 2] = out.values;
    const std::uint64_t right = descriptor<Right>(b);
    const int add = accumulate;
#define SINTER_WGMMA_REGISTERS(Columns, Text, Operands, A0, A1, A2, A3, B, Add, TurnB)         \
  if constexpr (N == Columns) {                                                                \
    if constexpr (std::is_same_v<T, bf16>) {                                                   \
      asm volatile("{ .reg .pred p; setp.ne.b32 p, %" Add ", 0;\n"                             \
                   "wgmma.mma_async.sync.aligned.m64n" #Columns "k16.f32.bf16.bf16 {" Text     \
                   "}, {%" A0 ", %" A1 ", %" A2 ", %" A3 "}, %" B ", p, 1, 1, %" TurnB "; }"   \
                   : Operands("+f")                                                            \
                   : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(right), "r"(add),         \
                     "n"(turned<Right>));                                                      \
    } else {                                                                                   \
      asm volatile("{ .reg .pred p; setp.ne.b32 p, %" Add ", 0;\n"                             \
                   "wgmma.mma_async.sync.aligned.m64n" #Columns "k16.f32.f16.f16 {" Text       \
                   "}, {%" A0 ", %" A1 ", %" A2 ", %" A3 "}, %" B ", p, 1, 1, %" TurnB "; }"   \
                   : Operands("+f")                                                            \
                   : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(right), "r"(add),         \
                     "n"(turned<Right>));                                                      \
    }                                                                                          \
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
  template <int N>
  SINTER_DEVICE static void pin(accumulator<N, std::int32_t>& d) {
    SINTER_UNROLL
    for (int i = 0; i < N / 2; ++i) asm volatile("" : "+r"(d.values[i])::"memory");
  }
  template <int N, class T, int Count>
  SINTER_DEVICE static void pin(accumulator<N, T> (&several)[Count]) {
    SINTER_UNROLL
    for (int i = 0; i < Count; ++i) pin(several[i]);
  }

  template <neighbours Along> static constexpr int turned = Along == neighbours::lines ? 1 : 0;

  template <neighbours Along>
  SINTER_DEVICE static std::uint64_t descriptor(const void* tile) {
    return device::wgmma_descriptor(Along, shared_address(tile));
  }

#define SINTER_WGMMA_FORMAT(Columns, Kind, Constraint, Text, Operands, A, B, Add, Scales)        \
  asm volatile("{ .reg .pred p; setp.ne.b32 p, %" Add ", 0;\n"                                   \
               "wgmma.mma_async.sync.aligned.m64n" #Columns Kind " {" Text "}, %" A ", %" B      \
               ", p" Scales "; }"                                                                \
               : Operands(Constraint)                                                            \
               : "l"(left), "l"(right), "r"(add))
#define SINTER_WGMMA_FORMATS(Columns, Text, Operands, A, B, Add, ...)                            \
  if constexpr (N == Columns) {                                                                  \
    if constexpr (std::is_same_v<T, e4m3>) {                                                     \
      SINTER_WGMMA_FORMAT(Columns, "k32.f32.e4m3.e4m3", "+f", Text, Operands, A, B, Add,         \
                          ", 1, 1");                                                             \
    } else if constexpr (std::is_same_v<T, e5m2>) {                                              \
      SINTER_WGMMA_FORMAT(Columns, "k32.f32.e5m2.e5m2", "+f", Text, Operands, A, B, Add,         \
                          ", 1, 1");                                                             \
    } else if constexpr (std::is_same_v<T, tf32>) {                                              \
      SINTER_WGMMA_FORMAT(Columns, "k8.f32.tf32.tf32", "+f", Text, Operands, A, B, Add, ", 1, 1"); \
    } else {                                                                                     \
      SINTER_WGMMA_FORMAT(Columns, "k32.s32.s8.s8", "+r", Text, Operands, A, B, Add, "");        \
    }                                                                                            \
  }
  /// Formats of 8 and 32 bits. Tiles have neighbouring terms.
  template <class T, int N, class Sum>
  SINTER_DEVICE static void wgmma_of_format(Sum (&d)[N / 2], std::uint64_t left,
                                            std::uint64_t right, int add) {
    constexpr bool whole = std::is_same_v<T, std::int8_t>;
    static_assert(whole || std::is_same_v<T, e4m3> || std::is_same_v<T, e5m2> ||
                      std::is_same_v<T, tf32>,
                  "wgmma: want bf16, f16, e4m3, e5m2, tf32 or int8_t");
    static_assert(std::is_same_v<Sum, std::conditional_t<whole, std::int32_t, float>>);
    static_assert(N == 8 || N == 16 || N == 32 || N == 64 || N == 128 || N == 192 || N == 256,
                  "wgmma: bodies have no such width");
    SINTER_WGMMA_FEW_CASES(SINTER_WGMMA_FORMATS)
  }
#undef SINTER_WGMMA_FORMATS
#undef SINTER_WGMMA_FORMAT
};

}  // namespace sinter::cuda_target
