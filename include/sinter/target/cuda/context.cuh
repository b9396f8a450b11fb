// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The context of kernel bodies on a GPU, and the kernels that bodies become. The calls are listed
/// in kernel/execution_context.hpp. For nvcc alone.

#include "sinter/kernel/execution_context.hpp"
#include "sinter/target/cuda/wgmma.cuh"

namespace sinter {

class cuda_context : public cuda_target::wgmma_calls {};

namespace cuda_target {

/// Blocks of a body that a multiprocessor should hold at the least; a body may ask for more than 1.
template <class Body>
inline constexpr int resident_blocks = [] {
  if constexpr (requires { Body::resident_blocks; }) {
    return Body::resident_blocks;
  } else {
    return 1;
  }
}();

/// The kernel of a body. Scalars and pointers go by value: as __grid_constant__ they would be read
/// from memory again at each use.
template <class Body, class... Arguments>
__global__ void __launch_bounds__(Body::block_threads, resident_blocks<Body>)
    launch_body(Arguments... arguments) {
  cuda_context context;
  Body{}(context, arguments...);
}

/// Products of a warpgroup exist in code for sm_90a alone. The host's pass takes them for there.
#if !defined(__CUDA_ARCH__) || defined(__CUDA_ARCH_FEAT_SM90_ALL)
inline constexpr bool has_warpgroups = true;
#else
inline constexpr bool has_warpgroups = false;
#endif
template <class Body>
inline constexpr bool can_run = has_warpgroups || !requires { Body::needs_warpgroups; };

/// The kernel of a body whose first argument holds tensor maps: their address is taken. Where the
/// architecture cannot run the body it is empty, and allows fewer threads than the body has, which
/// is how the host knows.
template <class Body, class Maps, class... Arguments>
__global__ void __launch_bounds__(can_run<Body> ? Body::block_threads : 32, resident_blocks<Body>)
    launch_body_with_maps(const __grid_constant__ Maps maps, Arguments... arguments) {
  if constexpr (can_run<Body>) {
    cuda_context context;
    Body{}(context, maps, arguments...);
  }
}

}  // namespace cuda_target

}  // namespace sinter
