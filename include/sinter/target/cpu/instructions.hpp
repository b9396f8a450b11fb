// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What the machine has for a register beyond the operators that the compilers' vector types give:
/// `instructions<V>` with any of
///
///   V sqrt(V)                     each lane's square root, rounded once
///   V lesser(V a, V b)            a < b ? a : b, so b where either is NaN; greater likewise
///   V scale(V x, V n)             x * 2^n for whole n, rounded once
///   V load_first(const T*, int)   the first n lanes, zeros behind them; store_first likewise
///   void stream(T*, V)            past the caches, aligned
///   V widen_f16(words)            f16 to float, and words narrow_f16(V) back
///   V add_pairs(V, words, words)  the sums and a dot product of pairs of bf16 in each lane
///
/// An instruction set is a file of this folder; who uses one asks by `requires` and has a way
/// without. Builtins and not the compilers' headers of intrinsics, which take a third of a second
/// to read.

#include <cstdint>

#include "sinter/core/config.hpp"

namespace sinter {

#if defined(__AVX512F__)
inline constexpr int native_bytes = 64, vector_registers = 32;
#elif defined(__AVX__)
inline constexpr int native_bytes = 32, vector_registers = 16;
#elif defined(__aarch64__)
inline constexpr int native_bytes = 16, vector_registers = 32;
#else
inline constexpr int native_bytes = 16, vector_registers = 16;
#endif

namespace detail {

/// A vector type of the compiler. A struct of its own: g++ 12 cannot resolve overloads over a
/// vector typedef that depends on the class it stands in.
template <class T, int N> struct vector_of {
  static_assert(N > 0 && (N & (N - 1)) == 0, "simd: want a power of two as number of lanes");
  typedef T type __attribute__((vector_size(N * sizeof(T))));
};

template <class V> struct instructions {};

}  // namespace detail

}  // namespace sinter

// Each is empty where the compiler was not told to use it.
#include "sinter/target/cpu/instructions/amx.hpp"
#include "sinter/target/cpu/instructions/avx.hpp"
#include "sinter/target/cpu/instructions/avx512.hpp"
#include "sinter/target/cpu/instructions/neon.hpp"
#include "sinter/target/cpu/instructions/sse.hpp"
