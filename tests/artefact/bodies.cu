// SPDX-License-Identifier: Apache-2.0
// The bodies that the emulator runs, as kernels for every architecture that can hold them.
#include "../kernel/bodies/cluster_norm.hpp"
#include "../kernel/bodies/last_block_sum.hpp"
#include "../kernel/bodies/matrix_product.hpp"
#include "../kernel/bodies/multicast_sum.hpp"
#include "../kernel/bodies/pipeline.hpp"
#include "../kernel/bodies/row_softmax.hpp"
#include "../kernel/bodies/warpgroup_product.hpp"
#include "sinter/target/cuda/context.cuh"

namespace sinter {

static_assert(device::execution_context<cuda_context>);

using cuda_target::launch_body;
using cuda_target::launch_body_with_maps;

template __global__ void launch_body<bodies::row_softmax>(const float*, float*, int, int);
template __global__ void launch_body<bodies::matrix_product>(const bf16*, const bf16*, const float*,
                                                             float*, int, int, int);
template __global__ void launch_body<bodies::pipeline<false>>(const float*, const float*, float*,
                                                              int, int);
template __global__ void launch_body<bodies::last_block_sum>(const float*, float*, unsigned*,
                                                             float*, int);

#if SINTER_ARCHITECTURE >= 90
template __global__ void launch_body<bodies::pipeline<true>>(const float*, const float*, float*,
                                                             int, int);
template __global__ void launch_body<bodies::cluster_norm>(const float*, float*, int, int);
template __global__ void launch_body_with_maps<bodies::multicast_sum>(
    const __grid_constant__ CUtensorMap, float*, int);
#endif

#ifdef SINTER_WGMMA
using product_maps = bodies::product_maps<CUtensorMap>;
template __global__ void launch_body_with_maps<bodies::warpgroup_product>(
    const __grid_constant__ product_maps, int);
#endif

}  // namespace sinter
