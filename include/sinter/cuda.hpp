// SPDX-License-Identifier: Apache-2.0
#pragma once

/// sinter with its CUDA target. Compiled by nvcc, each expression of the file has a kernel for the
/// GPU beside the one for the CPU, and runs where its tensors are: x.to(st::cuda). Compiled by
/// another compiler the same source has the CPU alone, and to(st::cuda) throws device_error.
/// Include it before sinter's other headers.

#if defined(__CUDACC__)
#if defined(SINTER_WITHOUT_CUDA)
#error "sinter/cuda.hpp: include it before sinter's other headers"
#endif
#define SINTER_CUDA_TARGET 1
#include "sinter/target/cuda/execute.cuh"
#include "sinter/tensor/device_memory.cuh"
#endif
#include "sinter/sinter.hpp"
