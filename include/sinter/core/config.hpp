// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What differs between compilers, and nothing else. First header of the house: includes none.

#if defined(__CUDACC__)
#define SINTER_HD __host__ __device__
#else
#define SINTER_HD
#endif

/// Kernel code is composed of many one-line functions; a call left between them would cost more
/// than the work it holds, at every optimisation level. Where checks are what counts and nothing is
/// optimised, SINTER_INLINE=inline and SINTER_LAMBDA= halve the code and the time that it compiles.
#ifndef SINTER_INLINE
#define SINTER_INLINE inline __attribute__((always_inline))
#endif

/// The same for a lambda: stands after its parameters.
#ifndef SINTER_LAMBDA
#define SINTER_LAMBDA __attribute__((always_inline))
#endif

/// Before a loop whose count the compiler may know: straight code then, up to this many turns. g++
/// wants a condition without a call; clang unrolls by itself.
#if defined(__GNUC__) && !defined(__clang__) && !defined(__CUDACC__)
#define SINTER_STRAIGHT _Pragma("GCC unroll 8")
#else
#define SINTER_STRAIGHT
#endif
