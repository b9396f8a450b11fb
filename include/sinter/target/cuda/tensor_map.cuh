// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Tensor maps: what tensor copies have to know of memory, in the driver's form. For nvcc alone.
/// @source CUDA Driver API, "Tensor Map Object Management"

#include <cuda.h>

#include <cstdint>

#include "sinter/kernel/plain_operand.hpp"
#include "sinter/target/cuda/runtime.cuh"

namespace sinter::cuda_target {

/// The driver's function, which programs that use the runtime are not linked with.
inline auto tensor_map_encoder() {
  using encoder = decltype(&cuTensorMapEncodeTiled);
  static const encoder found = [] {
    void* function = nullptr;
    cudaDriverEntryPointQueryResult result{};
    check(cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &function, 12000,
                                           cudaEnableDefault, &result),
          "looking for the driver's tensor maps");
    if (function == nullptr)
      fail<device_error>({"the driver has no tensor maps: it is older than CUDA 12"});
    return reinterpret_cast<encoder>(function);
  }();
  return found;
}

/// What copies take elements for. Those of 8 bits are only moved; f32 is rounded to tf32 on the
/// way, to the nearest and ties to even, since nothing else in 32 bits goes to matrix units.
/// @source CUTLASS, collective/sm90_mma_tma_gmma_ss_warpspecialized.hpp: "TMA converts f32 input to
/// tf32"; how it rounds: Triton, pull request 11751, tested on a device
inline CUtensorMapDataType tensor_map_type(dtype type) {
  switch (type) {
    case dtype::bf16: return CU_TENSOR_MAP_DATA_TYPE_BFLOAT16;
    case dtype::f16: return CU_TENSOR_MAP_DATA_TYPE_FLOAT16;
    case dtype::f32: return CU_TENSOR_MAP_DATA_TYPE_TFLOAT32;
    default: return CU_TENSOR_MAP_DATA_TYPE_UINT8;
  }
}

/// Boxes arrive swizzled in rows of 128 bytes, with zeros for what lies outside.
inline CUtensorMap tensor_map_of(const device::box_map& from) {
  constexpr int most = device::box_map::most_axes;
  cuuint64_t extent[most]{}, stride_bytes[most]{};
  cuuint32_t box[most], step[most];
  for (int a = 0; a < most; ++a) {
    box[a] = a < 2 ? static_cast<cuuint32_t>(from.box[a]) : 1;
    step[a] = 1;
    extent[a] = static_cast<cuuint64_t>(from.extent[a]);
    if (a > 0)  // the innermost stride is an element
      stride_bytes[a - 1] =
          static_cast<cuuint64_t>(from.stride[a] * properties(from.type).size);
  }
  CUtensorMap map;
  const CUresult status = tensor_map_encoder()(
      &map, tensor_map_type(from.type), static_cast<cuuint32_t>(from.rank),
      const_cast<void*>(from.address), extent, stride_bytes, box, step,
      CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
      CU_TENSOR_MAP_L2_PROMOTION_L2_128B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  if (status != CUDA_SUCCESS)
    fail<device_error>({"the driver refuses a tensor map of ", from.rank, " axes, error ",
                        static_cast<int>(status)});
  return map;
}

}  // namespace sinter::cuda_target
