// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The CUDA context, first part: places, memory, atomics, fences. Each call is one instruction or
/// none; pointers are plain pointers, and extents are not even computed with. For nvcc alone.

#include <cuda.h>

#include <cstdint>
#include <type_traits>

#include "sinter/kernel/memory_model.hpp"
#include "sinter/kernel/pack.hpp"

namespace sinter::cuda_target {

using device::caching;
using device::order;
using device::scope;

class memory_calls {
 public:
  using tensor_map = CUtensorMap;
  template <class T> using shared_pointer = T*;
  template <class T> using global_pointer = T*;

  // Signed, as bodies count in int: unsigned indices would change the address code around them.
  SINTER_DEVICE int thread() const { return static_cast<int>(threadIdx.x); }
  SINTER_DEVICE int lane() const { return static_cast<int>(threadIdx.x & 31); }
  SINTER_DEVICE int warp() const { return static_cast<int>(threadIdx.x >> 5); }
  SINTER_DEVICE int threads() const { return static_cast<int>(blockDim.x); }
  SINTER_DEVICE int block_x() const { return static_cast<int>(blockIdx.x); }
  SINTER_DEVICE int block_y() const { return static_cast<int>(blockIdx.y); }
  SINTER_DEVICE int block_z() const { return static_cast<int>(blockIdx.z); }
  SINTER_DEVICE int grid_x() const { return static_cast<int>(gridDim.x); }
  SINTER_DEVICE int grid_y() const { return static_cast<int>(gridDim.y); }
  SINTER_DEVICE int grid_z() const { return static_cast<int>(gridDim.z); }

  SINTER_DEVICE int cluster_rank() const {
    int rank;
    asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
    return rank;
  }
  SINTER_DEVICE int cluster_size() const {
    int size;
    asm volatile("mov.u32 %0, %%cluster_nctarank;" : "=r"(size));
    return size;
  }

  /// Offsets are constants once the body is inlined, so long as the counts are.
  template <class T>
  SINTER_DEVICE T* shared(int count, int alignment = 16) {
    extern __shared__ __align__(1024) unsigned char sinter_shared_memory[];
    shared_top_ = (shared_top_ + static_cast<unsigned>(alignment) - 1) &
                  ~(static_cast<unsigned>(alignment) - 1);
    T* p = reinterpret_cast<T*>(sinter_shared_memory + shared_top_);
    shared_top_ += static_cast<unsigned>(count) * static_cast<unsigned>(sizeof(T));
    return p;
  }
  template <class T, class... Extents>
  SINTER_DEVICE T* global(T* p, const Extents&...) const {
    return p;
  }
  template <class U, class T>
  SINTER_DEVICE auto cast(T* p) const {
    return reinterpret_cast<std::conditional_t<std::is_const_v<T>, const U, U>*>(p);
  }

  template <caching Caching = caching::normal, class T>
  SINTER_DEVICE std::remove_const_t<T> load(T* p) const {
    if constexpr (Caching == caching::normal) {
      return *p;
    } else {
      using bits = bits_of<sizeof(T)>;
      const auto* raw = reinterpret_cast<const bits*>(p);
      bits loaded;
      if constexpr (Caching == caching::streaming) {
        loaded = __ldcs(raw);
      } else {
        loaded = __ldg(raw);
      }
      return __builtin_bit_cast(std::remove_const_t<T>, loaded);
    }
  }
  template <caching Caching = caching::normal, class T>
  SINTER_DEVICE void store(T* p, std::type_identity_t<T> v) const {
    static_assert(Caching != caching::read_only, "store: the memory cannot be read-only");
    if constexpr (Caching == caching::normal) {
      *p = v;
    } else {
      using bits = bits_of<sizeof(T)>;
      __stcs(reinterpret_cast<bits*>(p), __builtin_bit_cast(bits, v));
    }
  }

  // --- Atomics --------------------------------------------------------------------------------

  template <order Order, scope Scope, class T>
  SINTER_DEVICE T atomic_load(T* p) const {
    T value;
    __nv_atomic_load(p, &value, code<Order>(), code<Scope>());
    return value;
  }
  template <order Order, scope Scope, class T>
  SINTER_DEVICE void atomic_store(T* p, std::type_identity_t<T> v) const {
    __nv_atomic_store(p, &v, code<Order>(), code<Scope>());
  }
  template <order Order, scope Scope, class T>
  SINTER_DEVICE T atomic_add(T* p, std::type_identity_t<T> v) const {
    return __nv_atomic_fetch_add(p, v, code<Order>(), code<Scope>());
  }
  template <order Order, scope Scope, class T>
  SINTER_DEVICE T atomic_exchange(T* p, std::type_identity_t<T> v) const {
    T old;
    __nv_atomic_exchange(p, &v, &old, code<Order>(), code<Scope>());
    return old;
  }
  template <order Order, scope Scope, class T>
  SINTER_DEVICE T atomic_compare_exchange(T* p, std::type_identity_t<T> expected,
                                          std::type_identity_t<T> desired) const {
    constexpr order failure = device::acquires(Order) ? order::acquire : order::relaxed;
    __nv_atomic_compare_exchange(p, &expected, &desired, false, code<Order>(), code<failure>(),
                                 code<Scope>());
    return expected;
  }

  template <scope Scope>
  SINTER_DEVICE void fence() const {
    if constexpr (Scope == scope::block) {
      asm volatile("fence.acq_rel.cta;" ::: "memory");
    } else if constexpr (Scope == scope::cluster) {
      asm volatile("fence.acq_rel.cluster;" ::: "memory");
    } else {
      asm volatile("fence.acq_rel.gpu;" ::: "memory");
    }
  }
  SINTER_DEVICE void fence_proxy_async() const {
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  }
  SINTER_DEVICE void fence_proxy_async_global() const {
    asm volatile("fence.proxy.async.global;" ::: "memory");
  }

 protected:
  SINTER_DEVICE static std::uint32_t shared_address(const void* p) {
    return static_cast<std::uint32_t>(__cvta_generic_to_shared(p));
  }
  SINTER_DEVICE static std::uint64_t global_address(const void* p) {
    return __cvta_generic_to_global(p);
  }

 private:
  template <std::size_t Bytes>
  using bits_of = std::conditional_t<
      Bytes == 16, uint4,
      std::conditional_t<Bytes == 8, uint2,
                         std::conditional_t<Bytes == 4, unsigned,
                                            std::conditional_t<Bytes == 2, unsigned short,
                                                               unsigned char>>>>;

  template <order Order>
  SINTER_DEVICE static constexpr int code() {
    return Order == order::relaxed   ? __NV_ATOMIC_RELAXED
           : Order == order::acquire ? __NV_ATOMIC_ACQUIRE
           : Order == order::release ? __NV_ATOMIC_RELEASE
                                     : __NV_ATOMIC_ACQ_REL;
  }
  template <scope Scope>
  SINTER_DEVICE static constexpr int code() {
    return Scope == scope::block     ? __NV_THREAD_SCOPE_BLOCK
           : Scope == scope::cluster ? __NV_THREAD_SCOPE_CLUSTER
                                     : __NV_THREAD_SCOPE_DEVICE;
  }

  unsigned shared_top_ = 0;
};

}  // namespace sinter::cuda_target
