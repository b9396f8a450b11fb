// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Runs a plan on a CUDA device: each kernel is one launch, nothing waits for the device. For nvcc
/// alone.

#include <string>
#include <utility>
#include <vector>

#include "sinter/core/name.hpp"
#include "sinter/kernel/launch.hpp"
#include "sinter/target/cuda/context.cuh"
#include "sinter/target/cuda/runtime.cuh"
#include "sinter/target/execution.hpp"

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

/// Adds up what the kernels of a call need beside their operands. Called as a launcher is.
class scratch_counter {
 public:
  template <class Body, class Arguments, class Shape>
  void operator()(const Body&, std::int64_t, const Arguments&, const Shape&) {}
  void scratch(device::part_memory&, std::int64_t words, std::int64_t counters) {
    words_ += words;
    counters_ += counters;
  }
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
    if (shared > 48 * 1024)  // more must be asked for
      check_launch(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                        static_cast<int>(shared)));
    if (grid > INT32_MAX)
      fail<device_error>({title.text().c_str(), ": ", grid, " blocks; use smaller extents"});
    kernel<<<static_cast<unsigned>(grid), Body::block_threads, shared, current_stream()>>>(
        arguments, shape);
    check_launch(cudaGetLastError());
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

/// Bytes that a number among the operands takes in the workspace.
inline constexpr std::size_t number_bytes = 16;

/// Copies the numbers among the operands to the device, where kernels expect them. The copy has
/// left pageable memory when the runtime's function returns.
/// @source CUDA Runtime API, API synchronization behavior: transfers from pageable host memory
inline void send_numbers(target::execution& e, char* to) {
  std::vector<char> numbers;
  for (int i = 0; i < e.plan.input_count; ++i) {
    if (e.inputs[i].extents != nullptr) continue;
    for (int b = 0; b < e.plan.buffer_count; ++b)
      if (e.plan.buffers[b].where == buffer::place::input && e.plan.buffers[b].index == i)
        e.memory[b] = to + numbers.size();
    numbers.resize(numbers.size() + number_bytes);
    __builtin_memcpy(numbers.data() + numbers.size() - number_bytes, e.inputs[i].data,
                     static_cast<std::size_t>(properties(e.inputs[i].type).size));
  }
  check(cudaMemcpyAsync(to, numbers.data(), numbers.size(), cudaMemcpyHostToDevice,
                        current_stream()),
        "sending numbers");
}

template <class Plan, int At> auto arguments_of(target::execution& e) {
  constexpr const kernel_data& k = Plan::data.kernels[At];
  device::kernel_arguments<k.buffer_count, k.integer_count> arguments{};
  for (int b = 0; b < k.buffer_count; ++b) arguments.address[b] = e.memory[k.buffers[b]];
  e.integers_of(At, arguments.integers);
  return arguments;
}

template <class Plan, int At> void run_kernel(target::execution& e, launcher& launch) {
  using kernel = device::kernel_launch<typename Plan::template kernel<At>>;
  const auto arguments = arguments_of<Plan, At>(e);
  launch.title = {At, Plan::kernels, &kernel::p};
  e.pass(At);
  kernel::run(arguments, launch);
}

template <class Plan, int At> void count_scratch(target::execution& e, scratch_counter& count) {
  using kernel = device::kernel_launch<typename Plan::template kernel<At>>;
  if constexpr (kernel::may_need_scratch) kernel::run(arguments_of<Plan, At>(e), count);
}

/// Runs a checked call on the device where its operands are; `Plan` is a plan_of<...>. All memory
/// is there before the first kernel starts, so a call that finds none changes nothing.
template <class Plan> void run_plan(target::execution& e) {
  use(e.where);
  const auto each = [&](auto&& f) {
    [&]<int... At>(std::integer_sequence<int, At...>) {
      (f.template operator()<At>(), ...);
    }(std::make_integer_sequence<int, Plan::kernels>{});
  };
  constexpr std::size_t line = 256;
  const auto lines = [](std::size_t bytes) { return (bytes + line - 1) / line * line; };
  std::size_t numbers = 0;
  for (int i = 0; i < e.plan.input_count; ++i) numbers += e.inputs[i].extents == nullptr;
  const std::size_t slot_bytes = e.place_slots(), number_end = slot_bytes + numbers * number_bytes;
  // How operands are aligned decides on bodies: slots are placed as they will be, from a line on.
  e.find_memory(reinterpret_cast<char*>(line));
  scratch_counter count;
  each([&]<int At>() { count_scratch<Plan, At>(e, count); });
  const std::size_t words_at = lines(number_end), counters_at = words_at + count.word_bytes();

  const pooled_memory memory(counters_at + count.counter_bytes());
  char* const workspace = static_cast<char*>(memory.get());
  e.find_memory(workspace);
  if (numbers > 0) send_numbers(e, workspace + slot_bytes);
  if (count.counter_bytes() > 0)
    check(cudaMemsetAsync(workspace + counters_at, 0, count.counter_bytes(), current_stream()),
          "clearing counters");
  launcher launch(workspace + words_at, workspace + counters_at);
  each([&]<int At>() { run_kernel<Plan, At>(e, launch); });
  e.pass(Plan::kernels);
}

}  // namespace sinter::cuda_target
