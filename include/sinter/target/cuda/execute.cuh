// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Runs a plan on a CUDA device: each kernel is one launch, nothing waits for the device. For nvcc
/// alone.

#include <utility>
#include <vector>

#include "sinter/kernel/launch.hpp"
#include "sinter/target/cuda/context.cuh"
#include "sinter/target/cuda/runtime.cuh"
#include "sinter/target/execution.hpp"

namespace sinter::cuda_target {

/// What a kernel_launch calls.
class launcher {
 public:
  template <class Body, class Arguments, class Shape>
  void operator()(const Body&, std::int64_t grid, const Arguments& arguments, const Shape& shape) {
    const auto kernel = launch_body<Body, Arguments, Shape>;
    std::size_t shared = 0;
    if constexpr (requires { Body::shared_bytes; }) shared = Body::shared_bytes;
    if (shared > 48 * 1024)  // more must be asked for
      check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                 static_cast<int>(shared)),
            "shared memory for a kernel");
    if (grid > INT32_MAX)
      fail<device_error>({"launch: a kernel of ", grid, " blocks; use smaller extents"});
    kernel<<<static_cast<unsigned>(grid), Body::block_threads, shared, current_stream()>>>(
        arguments, shape);
    check(cudaGetLastError(), "launching a kernel");
  }

  /// Partial results, and counters that are 0.
  void scratch(device::part_memory& memory, std::int64_t words, std::int64_t counters) {
    const auto counter_bytes = static_cast<std::size_t>(counters) * sizeof(unsigned);
    const pooled_memory& partial =
        scratch_.emplace_back(static_cast<std::size_t>(words) * sizeof(std::uint64_t));
    memory.partial = static_cast<std::uint64_t*>(partial.get());
    const pooled_memory& finished = scratch_.emplace_back(counter_bytes);
    memory.finished = static_cast<unsigned*>(finished.get());
    check(cudaMemsetAsync(finished.get(), 0, counter_bytes, current_stream()),
          "clearing counters");
  }

 private:
  std::vector<pooled_memory> scratch_;  ///< until the call's kernels are enqueued
};

/// Bytes that a number among the operands takes in the workspace.
inline constexpr std::size_t number_bytes = 256;

/// Copies the numbers among the operands to the device, where kernels expect them.
inline void send_numbers(target::execution& e, char* to) {
  for (int i = 0; i < e.plan.input_count; ++i) {
    if (e.inputs[i].extents != nullptr) continue;
    const auto size = static_cast<std::size_t>(properties(e.inputs[i].type).size);
    check(cudaMemcpyAsync(to, e.inputs[i].data, size, cudaMemcpyHostToDevice, current_stream()),
          "sending a number");
    for (int b = 0; b < e.plan.buffer_count; ++b)
      if (e.plan.buffers[b].where == buffer::place::input && e.plan.buffers[b].index == i)
        e.memory[b] = to;
    to += number_bytes;
  }
}

template <class Plan, int At> void run_kernel(target::execution& e, launcher& launch) {
  constexpr const kernel_data& k = Plan::data.kernels[At];
  device::kernel_arguments<k.buffer_count, k.integer_count> arguments{};
  for (int b = 0; b < k.buffer_count; ++b) arguments.address[b] = e.memory[k.buffers[b]];
  e.integers_of(At, arguments.integers);
  e.pass(At);
  device::kernel_launch<typename Plan::template kernel<At>>::run(arguments, launch);
}

/// Runs a checked call on the device where its operands are; `Plan` is a plan_of<...>.
template <class Plan> void run_plan(target::execution& e) {
  use(e.where);
  int numbers = 0;
  for (int i = 0; i < e.plan.input_count; ++i) numbers += e.inputs[i].extents == nullptr;
  const std::size_t bytes = e.place_slots();
  const pooled_memory workspace(bytes + static_cast<std::size_t>(numbers) * number_bytes);
  e.find_memory(static_cast<char*>(workspace.get()));
  if (numbers > 0) send_numbers(e, static_cast<char*>(workspace.get()) + bytes);
  launcher launch;
  [&]<int... At>(std::integer_sequence<int, At...>) {
    (run_kernel<Plan, At>(e, launch), ...);
  }(std::make_integer_sequence<int, Plan::kernels>{});
  e.pass(Plan::kernels);
}

}  // namespace sinter::cuda_target
