// SPDX-License-Identifier: Apache-2.0

// The recorder's launches, and what the library asks before them.

#include <cuda.h>

#include "recorded/state.hpp"

using namespace sinter::testing;

extern "C" {

// What nvcc's host code calls.

void** __cudaRegisterFatBinary(void*) {
  static void* handle = nullptr;
  return &handle;
}
void __cudaRegisterFatBinaryEnd(void**) {}
void __cudaUnregisterFatBinary(void**) {}
char __cudaInitModule(void**) { return 1; }
void __cudaRegisterFunction(void**, const char*, char*, const char*, int, uint3*, uint3*, dim3*,
                            dim3*, int*) {}

thread_local struct {
  dim3 grid, block;
  std::size_t shared;
  cudaStream_t stream;
} configuration;

unsigned __cudaPushCallConfiguration(dim3 grid, dim3 block, std::size_t shared,
                                     cudaStream_t stream) {
  configuration = {grid, block, shared, stream};
  return 0;
}
cudaError_t __cudaPopCallConfiguration(dim3* grid, dim3* block, std::size_t* shared,
                                       void* stream) {
  *grid = configuration.grid;
  *block = configuration.block;
  *shared = configuration.shared;
  *static_cast<cudaStream_t*>(stream) = configuration.stream;
  return cudaSuccess;
}
cudaError_t __cudaGetKernel(cudaKernel_t* kernel, const void* function) {
  *kernel = static_cast<cudaKernel_t>(const_cast<void*>(function));
  return cudaSuccess;
}
}  // extern "C"

static cudaError_t launch(const void* function, dim3 grid, dim3 block, std::size_t shared,
                          cudaStream_t stream, unsigned cluster) {
  const auto lock = locked();
  state& s = all();
  if (const cudaError_t e = note(cuda_call::launch, stream, shared)) return e;
  s.calls.back().blocks = grid.x;
  s.calls.back().cluster = cluster;
  const auto allowed = s.shared_memory.find(function);
  const std::size_t most =
      allowed == s.shared_memory.end() ? 48 * 1024 : static_cast<std::size_t>(allowed->second);
  const bool sound = grid.x > 0 && grid.x <= 0x7fffffff && grid.y == 1 && grid.z == 1 &&
                     block.x > 0 && block.x <= 1024 && shared <= most && grid.x % cluster == 0;
  if (sound) return cudaSuccess;
  s.notes.push_back("a launch that no device takes");
  return fail_with(cudaErrorInvalidConfiguration);
}
/// The driver's rules, as far as the library could break them.
static CUresult encode_map(CUtensorMap*, CUtensorMapDataType, cuuint32_t rank, void* address,
                           const cuuint64_t* extent, const cuuint64_t* stride,
                           const cuuint32_t* box, const cuuint32_t* step, CUtensorMapInterleave,
                           CUtensorMapSwizzle, CUtensorMapL2promotion, CUtensorMapFloatOOBfill) {
  const auto lock = locked();
  recorded_map map{address, rank, {}, {}, {}};
  bool sound = rank >= 2 && rank <= 5 && reinterpret_cast<std::size_t>(address) % 16 == 0;
  for (cuuint32_t a = 0; a < rank; ++a) {
    map.extent[a] = extent[a];
    map.box[a] = box[a];
    sound = sound && extent[a] > 0 && extent[a] <= 1ull << 32 && box[a] > 0 && box[a] <= 256 &&
            step[a] == 1;
    if (a + 1 == rank) break;
    map.stride_bytes[a] = stride[a];
    sound = sound && stride[a] % 16 == 0 && stride[a] < 1ull << 40;
  }
  all().maps.push_back(map);
  return sound && box[0] * 2 <= 128 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

extern "C" {

cudaError_t __cudaLaunchKernel(cudaKernel_t kernel, dim3 grid, dim3 block, void**,
                               std::size_t shared, cudaStream_t stream) {
  return launch(kernel, grid, block, shared, stream, 1);
}
cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* config, const void* function, void**) {
  unsigned cluster = 1;
  for (unsigned a = 0; a < config->numAttrs; ++a)
    if (config->attrs[a].id == cudaLaunchAttributeClusterDimension)
      cluster = config->attrs[a].val.clusterDim.x;
  return launch(function, config->gridDim, config->blockDim, config->dynamicSmemBytes,
                config->stream, cluster);
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void*) {
  *attributes = {};
  attributes->maxThreadsPerBlock = current == 0 ? 384 : 32;
  return cudaSuccess;
}
cudaError_t cudaOccupancyMaxActiveClusters(int* clusters, const void*,
                                           const cudaLaunchConfig_t* config) {
  *clusters = 132 / static_cast<int>(config->attrs[0].val.clusterDim.x);
  return cudaSuccess;
}
cudaError_t cudaGetDriverEntryPointByVersion(const char*, void** function, unsigned,
                                             unsigned long long,
                                             cudaDriverEntryPointQueryResult* result) {
  *function = all().has_tensor_maps ? reinterpret_cast<void*>(encode_map) : nullptr;
  *result = all().has_tensor_maps ? cudaDriverEntryPointSuccess
                                  : cudaDriverEntryPointSymbolNotFound;
  return cudaSuccess;
}
cudaError_t cudaFuncSetAttribute(const void* function, cudaFuncAttribute, int value) {
  const auto lock = locked();
  all().shared_memory[function] = value;
  return cudaSuccess;
}

}  // extern "C"
