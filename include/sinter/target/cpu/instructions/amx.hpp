// SPDX-License-Identifier: Apache-2.0
#pragma once

/// AMX: eight tiles of 16 rows of 64 bytes, and products of them (Intel 64 Architectures Manual,
/// chapter 18 of volume 1). A tile is named by a number that is part of the instruction.

#include "sinter/target/cpu/instructions.hpp"

#if defined(__AMX_TILE__) && defined(__x86_64__) && defined(__linux__) && !defined(__CUDA_ARCH__)

#include <sys/syscall.h>
#include <unistd.h>

namespace sinter::detail {

struct amx {
  static constexpr int tile_rows = 16, tile_bytes = 64;

  /// Whether the system lets this process use tiles, which it has to be asked for once; all threads
  /// may then.
  static bool permitted() {
    constexpr int request = 0x1023, tile_data = 18;  // asm/prctl.h, from Linux 5.16 on
    static const bool yes = syscall(SYS_arch_prctl, request, tile_data) == 0;
    return yes;
  }

  /// All tiles are whole while one lives. One in use makes each switch of threads dearer.
  struct in_use {
    in_use() {
      static constexpr struct alignas(64) {
        std::uint8_t palette = 1, start = 0, reserved[14] = {};
        std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
        std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
      } shape{};
      __asm__ volatile("ldtilecfg %0" : : "m"(shape));
    }
    in_use(const in_use&) = delete;
    ~in_use() { __asm__ volatile("tilerelease"); }
  };

  /// The first `bytes` of a tile's row, with zeros behind them; `to` is aligned to one.
  SINTER_INLINE static void copy_row(void* to, const void* from, int bytes) {
    typedef char row __attribute__((vector_size(tile_bytes), may_alias));
#if defined(__AVX512BW__)
    const auto first = bytes < tile_bytes ? (std::uint64_t{1} << bytes) - 1 : ~std::uint64_t{0};
    *static_cast<row*>(to) =
        (row)__builtin_ia32_loaddquqi512_mask(static_cast<const char*>(from), row{}, first);
#else
    *static_cast<row*>(to) = row{};
    __builtin_memcpy(to, from, static_cast<std::size_t>(bytes));
#endif
  }

  // To the compiler each changes memory, which keeps them in order among loads and stores.
  template <int Tile> SINTER_INLINE static void clear() {
    __asm__ volatile("tilezero %%tmm%c0" : : "i"(Tile));
  }
  /// Rows lie `stride` bytes apart.
  template <int Tile> SINTER_INLINE static void load(const void* from, std::int64_t stride) {
    __asm__ volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(stride), "i"(Tile)
                     : "memory");
  }
  template <int Tile> SINTER_INLINE static void store(void* to, std::int64_t stride) {
    __asm__ volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(stride), "i"(Tile)
                     : "memory");
  }
};

#if defined(__AMX_BF16__)
/// C += A B: rows of A hold 32 bf16 along K, rows of B pairs along K of 16 columns, rows of C 16
/// floats.
struct amx_bf16 : amx {
  template <int C, int A, int B> SINTER_INLINE static void multiply_add() {
    __asm__ volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(C), "i"(A), "i"(B));
  }
};
#endif

#if defined(__AMX_INT8__)
/// C += A B: rows of A hold 64 bytes along K, rows of B fours along K of 16 columns, rows of C 16
/// integers, which wrap.
template <bool SignedA, bool SignedB> struct amx_int8 : amx {
  template <int C, int A, int B> SINTER_INLINE static void multiply_add() {
    if constexpr (SignedA && SignedB)
      __asm__ volatile("tdpbssd %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(C), "i"(A), "i"(B));
    else if constexpr (SignedA)
      __asm__ volatile("tdpbsud %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(C), "i"(A), "i"(B));
    else if constexpr (SignedB)
      __asm__ volatile("tdpbusd %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(C), "i"(A), "i"(B));
    else
      __asm__ volatile("tdpbuud %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(C), "i"(A), "i"(B));
  }
};
#endif

}  // namespace sinter::detail

#endif
