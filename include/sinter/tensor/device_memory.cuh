// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Memory of tensors on CUDA devices, from the stream-ordered pool. Copies between devices stay in
/// the order of the stream; those from and to the host are done when they return. For nvcc alone.

#include "sinter/tensor/device_transfer.cuh"

namespace sinter::detail {

/// The pool keeps what it was given back, so that a program in a loop asks the driver for nothing.
inline void keep_pool(placement where) {
  cudaMemPool_t pool{};
  std::uint64_t all = UINT64_MAX;
  cuda_target::check(cudaDeviceGetDefaultMemPool(&pool, where.device), "the memory pool");
  cuda_target::check(cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &all),
                     "the memory pool");
}

inline void release_on_device(memory_block* block);
inline void copy_with_device(const void* from, placement source, void* to, placement target,
                             std::size_t bytes);
inline void clear_on_device(void* at, placement where, std::size_t bytes);
inline memory_block* allocate_on_device(std::size_t bytes, placement where);

inline constexpr memory_kind cuda_memory{allocate_on_device, release_on_device, copy_with_device,
                                         clear_on_device, new_device_transfer};

inline memory_block* allocate_on_device(std::size_t bytes, placement where) {
  cuda_target::use(where);
  thread_local int kept = -1;
  if (kept != where.device) keep_pool(where);
  kept = where.device;
  void* data = nullptr;
  const cudaStream_t stream = cuda_target::current_stream();
  const cudaError_t status = cudaMallocAsync(&data, bytes > 0 ? bytes : 1, stream);
  if (status == cudaErrorMemoryAllocation) {
    (void)cudaGetLastError();
    return nullptr;
  }
  cuda_target::check(status, "memory on a device");
  auto* const block = new (std::nothrow) memory_block;
  if (block == nullptr) {
    (void)cudaFreeAsync(data, stream);
    return nullptr;
  }
  block->data = data;
  block->where = where;
  block->kind = &cuda_memory;
  return block;
}

inline void release_on_device(memory_block* block) {
  // Fails only when the program ends, and the driver with it.
  const cudaStream_t stream = cuda_target::current_stream();
  (void)cudaSetDevice(block->where.device);
  cuda_target::streams_left().order(stream);
  (void)cudaFreeAsync(block->data, stream);
  delete block;
}

inline void copy_with_device(const void* from, placement source, void* to, placement target,
                             std::size_t bytes) {
  const cudaStream_t stream = cuda_target::current_stream();
  cuda_target::use(target.is_host() ? source : target);
  const bool between = !source.is_host() && !target.is_host() && !(source == target);
  if (between) {  // each device's stream keeps its own order only
    cuda_target::use(source);
    cuda_target::check(cudaStreamSynchronize(stream), "copying between devices");
    cuda_target::use(target);
    cuda_target::check(cudaMemcpyPeerAsync(to, target.device, from, source.device, bytes, stream),
                       "copying between devices");
  } else {
    cuda_target::check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, stream),
                       "copying a tensor");
  }
  if (between || source.is_host() || target.is_host())
    cuda_target::check(cudaStreamSynchronize(stream), "copying a tensor");
}

inline void clear_on_device(void* at, placement where, std::size_t bytes) {
  cuda_target::use(where);
  cuda_target::check(cudaMemsetAsync(at, 0, bytes, cuda_target::current_stream()),
                     "clearing memory on a device");
}

/// The program has the CUDA target.
inline const bool has_device_memory = (device_memory = &cuda_memory, true);

}  // namespace sinter::detail
