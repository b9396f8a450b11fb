// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Calls of the CUDA runtime, checked: devices, streams, memory of the stream-ordered pool. For
/// nvcc alone. What is enqueued is enqueued on the calling thread's current stream: the default
/// stream, on which everything keeps its order, unless a `stream_scope` says otherwise.

#include <cuda_runtime.h>

#include <vector>

#include "sinter/core/message.hpp"
#include "sinter/core/placement.hpp"

namespace sinter {

namespace cuda_target {

/// What a failed call means to a user. Memory that is not there is memory_error.
[[noreturn]] inline void report(cudaError_t status, const char* what) {
  const char* const reason = cudaGetErrorString(status);
  switch (status) {
    case cudaErrorMemoryAllocation:
      fail<memory_error>({what, ": the device has no memory left; use smaller extents"});
    case cudaErrorNoDevice:
      fail<device_error>({what, ": this machine has no CUDA device"});
    case cudaErrorInsufficientDriver:
      fail<device_error>({what, ": there is no CUDA driver, or it is older than the toolkit that "
                                "the program was compiled with"});
    case cudaErrorNoKernelImageForDevice:
      fail<device_error>({what, ": the program holds no code for this device; compile with its "
                                "architecture, such as -arch=sm_90a"});
    default: fail<device_error>({what, ": ", reason});
  }
}

inline void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  (void)cudaGetLastError();  // an error that is reported does not meet the next call
  report(status, what);
}

/// Makes a device the calling thread's.
inline void use(placement where) {
  check(cudaSetDevice(where.device), "choosing a device");
}

inline cudaStream_t& current_stream() {
  thread_local cudaStream_t stream = cudaStreamLegacy;
  return stream;
}

/// The streams of scopes that the calling thread has left, with what it gave them last. Memory that
/// is freed later may still be in use there.
class left_streams {
 public:
  left_streams() = default;
  left_streams(const left_streams&) = delete;
  left_streams& operator=(const left_streams&) = delete;
  ~left_streams() {
    for (const entry& e : entries_) (void)cudaEventDestroy(e.event);
  }

  /// Remembers the work given to a stream; if that fails, waits for it.
  void leave(cudaStream_t stream) noexcept {
    for (entry& e : entries_)
      if (e.stream == stream && cudaEventRecord(e.event, stream) == cudaSuccess) {
        e.pending = true;
        return;
      }
    entry fresh{stream, {}, true};
    if (cudaEventCreateWithFlags(&fresh.event, cudaEventDisableTiming) == cudaSuccess) {
      if (cudaEventRecord(fresh.event, stream) == cudaSuccess) {
        entries_.push_back(fresh);
        return;
      }
      (void)cudaEventDestroy(fresh.event);
    }
    (void)cudaGetLastError();
    (void)cudaStreamSynchronize(stream);
  }

  /// Lets a stream wait for what the others have not done yet.
  void order(cudaStream_t stream) noexcept {
    for (entry& e : entries_) {
      if (!e.pending || e.stream == stream) continue;
      if (cudaEventQuery(e.event) == cudaSuccess) e.pending = false;
      else if (cudaStreamWaitEvent(stream, e.event, 0) != cudaSuccess) (void)cudaGetLastError();
    }
  }

 private:
  struct entry {
    cudaStream_t stream;
    cudaEvent_t event;
    bool pending;
  };
  std::vector<entry> entries_;
};

inline left_streams& streams_left() {
  thread_local left_streams streams;
  return streams;
}

/// Memory for one call, given back in the order of the stream.
class pooled_memory {
 public:
  explicit pooled_memory(std::size_t bytes) : stream_(current_stream()) {
    if (bytes > 0) check(cudaMallocAsync(&memory_, bytes, stream_), "memory for a call");
  }
  pooled_memory(pooled_memory&& other) noexcept : memory_(other.memory_), stream_(other.stream_) {
    other.memory_ = nullptr;
  }
  pooled_memory& operator=(pooled_memory&&) = delete;
  ~pooled_memory() {
    if (memory_ != nullptr) (void)cudaFreeAsync(memory_, stream_);
  }
  void* get() const { return memory_; }

 private:
  void* memory_ = nullptr;
  cudaStream_t stream_;
};

}  // namespace cuda_target

/// While it lives, what the calling thread enqueues goes to a stream of the user's. Tensors that
/// another stream writes must be waited for by the user, as with any stream. Memory may be freed in
/// a scope or behind it: the free waits for what this thread gave to scopes that it has left. What
/// other threads use must not be freed before they are done.
class stream_scope {
 public:
  explicit stream_scope(cudaStream_t stream) : before_(cuda_target::current_stream()) {
    cuda_target::current_stream() = stream;
  }
  stream_scope(const stream_scope&) = delete;
  stream_scope& operator=(const stream_scope&) = delete;
  ~stream_scope() {
    cuda_target::streams_left().leave(cuda_target::current_stream());
    cuda_target::current_stream() = before_;
  }

 private:
  cudaStream_t before_;
};

/// Waits until all that the calling thread's stream was given is done.
/// @errors device_error if a kernel failed
inline void synchronize() {
  cuda_target::check(cudaStreamSynchronize(cuda_target::current_stream()), "waiting for kernels");
}

}  // namespace sinter
