// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The annotations of kernel bodies. A body is host code for the compiler that emulates it and
/// device code for nvcc, never both in one translation unit: then nothing is compiled twice, and no
/// call from host to device code is there to warn about.

#if defined(__CUDACC__)
#define SINTER_DEVICE __device__ __forceinline__
#define SINTER_UNROLL _Pragma("unroll")
#define SINTER_ROLLED _Pragma("unroll 1")
#else
#define SINTER_DEVICE inline
#define SINTER_UNROLL
#define SINTER_ROLLED
#endif
