// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The CUDA context, second part: barriers of the block and the cluster, and what lanes of a warp
/// do together. For nvcc alone.

#include "sinter/target/cuda/memory.cuh"

namespace sinter::cuda_target {

class warp_calls : public memory_calls {
 public:
  SINTER_DEVICE void sync() const { __syncthreads(); }
  SINTER_DEVICE void sync_named(int id, int count) const {
    asm volatile("barrier.sync.aligned %0, %1;" ::"r"(id), "r"(count) : "memory");
  }
  SINTER_DEVICE void arrive_named(int id, int count) const {
    asm volatile("barrier.arrive.aligned %0, %1;" ::"r"(id), "r"(count) : "memory");
  }
  SINTER_DEVICE void sync_warp(std::uint32_t mask = ~0u) const { __syncwarp(mask); }

  SINTER_DEVICE void cluster_sync() const {
    asm volatile(
        "barrier.cluster.arrive.release.aligned;\n"
        "barrier.cluster.wait.acquire.aligned;" ::
            : "memory");
  }
  /// The same place in the shared memory of another block of the cluster.
  template <class T>
  SINTER_DEVICE T* remote(T* p, int rank) const {
    std::uint64_t there;
    asm volatile("mapa.u64 %0, %1, %2;" : "=l"(there) : "l"(p), "r"(rank));
    return reinterpret_cast<T*>(there);
  }

  /// True in one lane of a full warp.
  SINTER_DEVICE bool elect() const {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
    std::uint32_t chosen;
    asm volatile(
        "{ .reg .pred p;\n"
        "elect.sync _|p, 0xffffffff;\n"
        "selp.u32 %0, 1, 0, p; }"
        : "=r"(chosen));
    return chosen != 0;
#else
    return lane() == 0;
#endif
  }

  template <class T>
  SINTER_DEVICE T shuffle(T v, int from, std::uint32_t mask = ~0u) const {
    return of_bits<T>(__shfl_sync(mask, bits(v), from));
  }
  template <class T>
  SINTER_DEVICE T shuffle_xor(T v, int distance, std::uint32_t mask = ~0u) const {
    return of_bits<T>(__shfl_xor_sync(mask, bits(v), distance));
  }
  template <class T>
  SINTER_DEVICE T shuffle_down(T v, int distance, std::uint32_t mask = ~0u) const {
    return of_bits<T>(__shfl_down_sync(mask, bits(v), static_cast<unsigned>(distance)));
  }
  template <class T>
  SINTER_DEVICE T shuffle_up(T v, int distance, std::uint32_t mask = ~0u) const {
    return of_bits<T>(__shfl_up_sync(mask, bits(v), static_cast<unsigned>(distance)));
  }
  SINTER_DEVICE std::uint32_t ballot(bool p, std::uint32_t mask = ~0u) const {
    return __ballot_sync(mask, p);
  }
  SINTER_DEVICE bool any(bool p, std::uint32_t mask = ~0u) const {
    return __any_sync(mask, p) != 0;
  }
  SINTER_DEVICE bool all(bool p, std::uint32_t mask = ~0u) const {
    return __all_sync(mask, p) != 0;
  }

  SINTER_DEVICE float exp(float x) const { return __expf(x); }
  SINTER_DEVICE float maximum(float a, float b) const { return fmaxf(a, b); }

  template <int N>
  SINTER_DEVICE void raise_registers() const {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(N));
  }
  template <int N>
  SINTER_DEVICE void lower_registers() const {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(N));
  }
  SINTER_DEVICE void wait_for_previous_grid() const {
    asm volatile("griddepcontrol.wait;" ::: "memory");
  }
  SINTER_DEVICE void allow_next_grid() const {
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
  }

 private:
  template <class T>
  using bits_type = std::conditional_t<std::is_arithmetic_v<T>, T,
                                       std::conditional_t<sizeof(T) == 8, unsigned long long,
                                                          unsigned>>;
  template <class T>
  SINTER_DEVICE static bits_type<T> bits(T v) {
    return __builtin_bit_cast(bits_type<T>, v);
  }
  template <class T>
  SINTER_DEVICE static T of_bits(bits_type<T> v) {
    return __builtin_bit_cast(T, v);
  }
};

}  // namespace sinter::cuda_target
