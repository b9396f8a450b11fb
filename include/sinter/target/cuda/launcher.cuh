// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Launches of bodies on a CUDA device. For nvcc alone.

#include <atomic>
#include <string>

#include "sinter/core/name.hpp"
#include "sinter/kernel/launch.hpp"
#include "sinter/target/cuda/context.cuh"
#include "sinter/target/cuda/tensor_map.cuh"

namespace sinter::cuda_target {

/// What a kernel does, for messages: "contract (matmul, add, relu)".
__attribute__((noinline, cold)) inline std::string operations_of(const program_view& p) {
  std::string text = name(p.family);
  const char* separator = " (";
  for (int i = 0; i < p.instruction_count; ++i) {
    const instruction& n = p.instructions[i];
    if (n.what != code::product && n.op == 0) continue;
    text += separator;
    text += n.what == code::product ? "matmul" : name_text(n.op).c_str();
    separator = ", ";
  }
  return text + (separator[0] == ',' ? ")" : "");
}

/// A kernel of a call, as far as errors speak of it.
struct kernel_title {
  int number, count;
  const program_view* main;

  __attribute__((noinline, cold)) std::string text() const {
    return "launching kernel " + std::to_string(number) + " of " + std::to_string(count) + ", " +
           operations_of(*main);
  }
};

template <class Body> using boxes_of = device::operand_maps<device::box_map, Body::count>;
template <class Body> using maps_of = device::operand_maps<CUtensorMap, Body::count>;

/// The configuration of a launch in clusters.
struct cluster_launch {
  cudaLaunchAttribute attribute{};
  cudaLaunchConfig_t config{};

  cluster_launch(int cluster, std::int64_t blocks, int threads, std::size_t shared) {
    attribute.id = cudaLaunchAttributeClusterDimension;
    attribute.val.clusterDim.x = static_cast<unsigned>(cluster);
    attribute.val.clusterDim.y = attribute.val.clusterDim.z = 1;
    config.gridDim = dim3(static_cast<unsigned>(blocks));
    config.blockDim = dim3(static_cast<unsigned>(threads));
    config.dynamicSmemBytes = shared;
    config.stream = current_stream();
    config.attrs = &attribute;
    config.numAttrs = 1;
  }
  cluster_launch(const cluster_launch&) = delete;
};

/// Lets a kernel have its body's shared memory; more than 48 KB must be asked for.
template <class Body, class Kernel> cudaError_t allow_shared(Kernel kernel) {
  if constexpr (requires { Body::shared_bytes; })
    if (Body::shared_bytes > 48 * 1024)
      return cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                  static_cast<int>(Body::shared_bytes));
  return cudaSuccess;
}

/// How many blocks of a body of warpgroups the current device runs at once; 0 if it has no such
/// products, or the program no code for them. Asked once for each device.
template <class Body, class Arguments> int blocks_at_once() {
  constexpr int devices = 64;
  static std::atomic<int> known[devices];  // 1 more than the answer
  int device = 0;
  check(cudaGetDevice(&device), "asking for the device");
  if (device < devices)
    if (const int found = known[device].load(std::memory_order_relaxed); found > 0)
      return found - 1;
  int clusters = 0;
  cudaFuncAttributes has{};
  const auto kernel =
      launch_body_with_maps<Body, maps_of<Body>, Arguments, device::contract_shape>;
  if (cudaFuncGetAttributes(&has, kernel) != cudaSuccess) {
    (void)cudaGetLastError();
  } else if (has.maxThreadsPerBlock >= Body::block_threads) {
    cluster_launch launch(Body::cluster, Body::cluster, Body::block_threads, Body::shared_bytes);
    check(allow_shared<Body>(kernel), "asking for shared memory");
    check(cudaOccupancyMaxActiveClusters(&clusters, kernel, &launch.config),
          "asking for the device's clusters");
  }
  const int blocks = clusters * Body::cluster;
  if (device < devices) known[device].store(blocks + 1, std::memory_order_relaxed);
  return blocks;
}

/// Whether a block of the current device can have so much shared memory. Asked once for each.
inline bool has_shared_bytes(int bytes) {
  constexpr int devices = 64;
  static std::atomic<int> known[devices];
  int device = 0, most = 0;
  check(cudaGetDevice(&device), "asking for the device");
  if (device < devices) most = known[device].load(std::memory_order_relaxed);
  if (most == 0) {
    check(cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, device),
          "asking for shared memory");
    if (device < devices) known[device].store(most, std::memory_order_relaxed);
  }
  return bytes <= most;
}

/// Adds up what the kernels of a call need beside their operands. Called as a launcher is.
class scratch_counter {
 public:
  template <class Body, class Arguments, class Shape>
  void operator()(const Body&, std::int64_t, const Arguments&, const Shape&) {}
  void scratch(device::part_memory&, std::int64_t words, std::int64_t counters) {
    words_ += words;
    counters_ += counters;
  }
  template <class Body, class Arguments> static bool runs() {
    return blocks_at_once<Body, Arguments>() > 0;
  }
  static bool has_shared(int bytes) { return has_shared_bytes(bytes); }
  template <class Body, class Arguments, class Shape>
  void persistent(const Body&, std::int64_t, const boxes_of<Body>&, const Arguments&,
                  const Shape&) {}
  std::size_t word_bytes() const { return static_cast<std::size_t>(words_) * 8; }
  std::size_t counter_bytes() const { return static_cast<std::size_t>(counters_) * 4; }

 private:
  std::int64_t words_ = 0, counters_ = 0;
};

/// What a kernel_launch calls.
class launcher {
 public:
  /// Memory for partial results, and counters that are 0, for all kernels of the call.
  launcher(void* words, void* counters)
      : words_(static_cast<std::uint64_t*>(words)), counters_(static_cast<unsigned*>(counters)) {}

  template <class Body, class Arguments, class Shape>
  void operator()(const Body&, std::int64_t grid, const Arguments& arguments, const Shape& shape) {
    const auto kernel = launch_body<Body, Arguments, Shape>;
    std::size_t shared = 0;
    if constexpr (requires { Body::shared_bytes; }) shared = Body::shared_bytes;
    check_launch(allow_shared<Body>(kernel));
    if (grid > INT32_MAX)
      fail<device_error>({title.text().c_str(), ": ", grid, " blocks; use smaller extents"});
    kernel<<<static_cast<unsigned>(grid), Body::block_threads, shared, current_stream()>>>(
        arguments, shape);
    check_launch(cudaGetLastError());
  }

  template <class Body, class Arguments> static bool runs() {
    return blocks_at_once<Body, Arguments>() > 0;
  }
  static bool has_shared(int bytes) { return has_shared_bytes(bytes); }

  /// As many blocks as the device runs at once, in clusters, for so many pieces of work.
  template <class Body, class Arguments, class Shape>
  void persistent(const Body&, std::int64_t pieces, const boxes_of<Body>& boxes,
                  const Arguments& arguments, const Shape& shape) {
    const auto kernel = launch_body_with_maps<Body, maps_of<Body>, Arguments, Shape>;
    maps_of<Body> maps;
    maps.left = tensor_map_of(boxes.left);
    for (int i = 0; i < Body::count; ++i) maps.right[i] = tensor_map_of(boxes.right[i]);
    check_launch(allow_shared<Body>(kernel));
    const std::int64_t most = blocks_at_once<Body, Arguments>() / Body::cluster;
    const cluster_launch launch(Body::cluster, (pieces < most ? pieces : most) * Body::cluster,
                                Body::block_threads, Body::shared_bytes);
    check_launch(cudaLaunchKernelEx(&launch.config, kernel, maps, arguments, shape));
  }

  void scratch(device::part_memory& memory, std::int64_t words, std::int64_t counters) {
    memory.partial = words_;
    memory.finished = counters_;
    words_ += words;
    counters_ += counters;
  }

  kernel_title title{};

 private:
  void check_launch(cudaError_t status) const {
    if (status != cudaSuccess) check(status, title.text().c_str());
  }

  std::uint64_t* words_;
  unsigned* counters_;
};

}  // namespace sinter::cuda_target
