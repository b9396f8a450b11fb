// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Thrust's vectors as views and as memory that tensors adopt, and tensors on a device as iterators
/// for Thrust's algorithms.

#include "sinter/core/thrust_system.hpp"

#include <thrust/device_ptr.h>
#include <thrust/device_vector.h>
#include <thrust/host_vector.h>
#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CUDA
#include <cuda_runtime_api.h>
#endif

#include "sinter/tensor/evaluate.hpp"

namespace sinter {

namespace detail {

inline constexpr bool thrust_has_cuda = THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CUDA;

/// Where a vector of Thrust's device keeps its elements; without any, where it would.
inline placement thrust_placement([[maybe_unused]] const void* data) {
#if THRUST_DEVICE_SYSTEM == THRUST_DEVICE_SYSTEM_CUDA
  cudaPointerAttributes found{};
  int current = 0;
  if (data != nullptr && cudaPointerGetAttributes(&found, data) == cudaSuccess) {
    const bool on_device =
        found.type == cudaMemoryTypeDevice || found.type == cudaMemoryTypeManaged;
    return on_device ? cuda_device(found.device) : cpu;
  }
  if (cudaGetDevice(&current) == cudaSuccess) return cuda_device(current);
  (void)cudaGetLastError();
  fail<device_error>({"view: there is no CUDA device that a vector of Thrust's could be on"});
#else
  return cpu;
#endif
}

/// thrust::device_vector, thrust::universal_vector: what has pointers of Thrust's own. Those of
/// thrust::host_vector are plain, as in any container.
template <class Vector>
  requires(requires(Vector& v) {
    v.size();
    thrust::raw_pointer_cast(v.data());
    requires !std::is_pointer_v<decltype(v.data())>;
  })
struct lender<Vector> {
  static auto* data(Vector& v) { return thrust::raw_pointer_cast(v.data()); }
  static placement where(Vector& v) { return thrust_placement(data(v)); }
};

template <class View> std::int64_t check_device_range(const View& x) {
  if (x.where().is_host() == thrust_has_cuda)
    fail<placement_error>({"device_begin: the tensor is on ", describe(x.where()),
                           ", where Thrust's device is not; ",
                           thrust_has_cuda ? "send it by to(st::cuda), or use data()"
                                           : "this program's Thrust knows the host alone"});
  if (!is_row_major(x.extents(), x.strides(), View::rank))
    fail<shape_error>({"device_begin: a view ", extents_text(x.extents(), View::rank),
                       " with strides ", extents_text(x.strides(), View::rank),
                       " has gaps; a tensor can copy it"});
  return static_cast<std::int64_t>(checked_bytes(x.extents(), View::rank, 1));
}

}  // namespace detail

/// The elements of a tensor on a device, or of a view of contiguous ones, row-major, as a range for
/// Thrust's algorithms. Of those on the host, data() does the same. Where the program is compiled
/// without CUDA, Thrust's device is the host.
/// @errors  placement_error: not where Thrust's device is; shape_error: a view with gaps
/// @example thrust::sort(st::device_begin(x), st::device_end(x));
template <class T, extent_t... E>
thrust::device_ptr<T> device_begin(const tensor_view<T, E...>& x) {
  (void)detail::check_device_range(x);
  return thrust::device_pointer_cast(x.data());
}
template <class T, extent_t... E>
thrust::device_ptr<T> device_end(const tensor_view<T, E...>& x) {
  return thrust::device_pointer_cast(x.data()) + detail::check_device_range(x);
}
template <class T, extent_t... E> auto device_begin(tensor<T, E...>& x) {
  return device_begin(x.view());
}
template <class T, extent_t... E> auto device_begin(const tensor<T, E...>& x) {
  return device_begin(x.view());
}
template <class T, extent_t... E> auto device_end(tensor<T, E...>& x) {
  return device_end(x.view());
}
template <class T, extent_t... E> auto device_end(const tensor<T, E...>& x) {
  return device_end(x.view());
}

}  // namespace sinter
