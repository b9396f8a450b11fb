// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Thrust on a CUDA device: on the calling thread's stream, with memory of the device's pool. For
/// nvcc alone.

#include <thrust/system/cuda/execution_policy.h>
#include <thrust/system_error.h>

#include <new>

#include "sinter/target/cuda/runtime.cuh"

namespace sinter::detail {

/// Where Thrust gets what it needs for a call.
struct pool_allocator {
  using value_type = char;
  char* allocate(std::ptrdiff_t bytes) const {
    void* memory = nullptr;
    cuda_target::check(cudaMallocAsync(&memory, static_cast<std::size_t>(bytes > 0 ? bytes : 1),
                                       cuda_target::current_stream()),
                       "memory for an algorithm");
    return static_cast<char*>(memory);
  }
  void deallocate(char* memory, std::size_t) const {
    (void)cudaFreeAsync(memory, cuda_target::current_stream());
  }
};

class device_system {
 public:
  explicit device_system(placement where) : where_(where) { cuda_target::use(where); }
  placement where() const { return where_; }

  /// Waits only for what is brought to the host.
  template <class F> void run(F&& f) const {
    pool_allocator pool;
    try {
      f(thrust::cuda::par_nosync(pool).on(cuda_target::current_stream()));
    } catch (const thrust::system_error& e) {
      (void)cudaGetLastError();
      fail<device_error>({"an algorithm on ", describe(where_), ": ", e.what()});
    } catch (const std::bad_alloc&) {
      fail<memory_error>(
          {"an algorithm on ", describe(where_), ": there is no memory left for it"});
    }
  }

 private:
  placement where_;
};

}  // namespace sinter::detail
