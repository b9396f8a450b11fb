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

/// The kernel of a body whose first argument holds tensor maps: their address is taken.
template <class Body, class Maps, class... Arguments>
__global__ void __launch_bounds__(Body::block_threads, resident_blocks<Body>)
    launch_body_with_maps(const __grid_constant__ Maps maps, Arguments... arguments) {
  cuda_context context;
  Body{}(context, maps, arguments...);
}

}  // namespace cuda_target

}  // namespace sinter
