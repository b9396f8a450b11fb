// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Runs a plan on a CUDA device: each kernel is one launch, nothing waits for the device. For nvcc
/// alone.

#include <utility>

#include "sinter/target/cuda/launcher.cuh"
#include "sinter/target/cuda/range.cuh"
#include "sinter/target/execution.hpp"

namespace sinter::cuda_target {

template <class Plan, int At> auto arguments_of(target::execution& e) {
  constexpr const kernel_data& k = Plan::data.kernels[At];
  device::kernel_arguments<k.buffer_count, k.integer_count> arguments{};
  for (int b = 0; b < k.buffer_count; ++b) {
    const buffer& own = Plan::data.buffers[k.buffers[b]];
    arguments.address[b] = e.memory[k.buffers[b]];
    if (own.where != buffer::place::input || e.inputs[own.index].extents != nullptr) continue;
    arguments.address[b] = nullptr;
    __builtin_memcpy(&arguments.bytes[b], e.inputs[own.index].data,
                     static_cast<std::size_t>(properties(own.type).size));
  }
  e.integers_of(At, arguments.integers);
  return arguments;
}

template <class Plan, int At> void run_kernel(target::execution& e, launcher& launch) {
  using kernel = device::kernel_launch<typename Plan::template kernel<At>>;
  const auto arguments = arguments_of<Plan, At>(e);
  launch.title = {At, Plan::kernels, &kernel::p};
  e.pass(At);
  const named_range range([] {
    static const std::string text = operations_of(kernel::p);
    return text.c_str();
  });
  kernel::run(arguments, launch);
}

template <class Plan, int At> void count_scratch(target::execution& e, scratch_counter& count) {
  using kernel = device::kernel_launch<typename Plan::template kernel<At>>;
  if constexpr (kernel::may_need_scratch) kernel::run(arguments_of<Plan, At>(e), count);
}

/// A checked call on the device where its operands are; `Plan` is a plan_of<...>. All memory that
/// it needs is known before the first kernel starts, so a call that finds none changes nothing.
template <class Plan> class device_call {
 public:
  explicit device_call(target::execution& e) : e_(e) {
    use(e.where);
    const auto lines = [](std::size_t bytes) { return (bytes + line - 1) / line * line; };
    words_at_ = lines(e.place_slots(true));
    // How operands are aligned decides on bodies: slots are placed as they will be, from a line on.
    e.find_memory(reinterpret_cast<char*>(line));
    each_kernel([&]<int At>() { count_scratch<Plan, At>(e, count_); });
    counters_at_ = words_at_ + lines(count_.word_bytes());
  }
  /// Of the memory that it runs with, which begins at a line.
  std::size_t bytes() const { return counters_at_ + count_.counter_bytes(); }

  void run(void* memory) {
    char* const workspace = static_cast<char*>(memory);
    e_.find_memory(workspace);
    if (count_.counter_bytes() > 0)
      check(cudaMemsetAsync(workspace + counters_at_, 0, count_.counter_bytes(), current_stream()),
            "clearing counters");
    launcher launch(workspace + words_at_, workspace + counters_at_);
    each_kernel([&]<int At>() { run_kernel<Plan, At>(e_, launch); });
    e_.pass(Plan::kernels);
  }

 private:
  static constexpr std::size_t line = 256;

  template <class F> static void each_kernel(F&& f) {
    [&]<int... At>(std::integer_sequence<int, At...>) {
      (f.template operator()<At>(), ...);
    }(std::make_integer_sequence<int, Plan::kernels>{});
  }

  target::execution& e_;
  scratch_counter count_;
  std::size_t words_at_ = 0, counters_at_ = 0;
};

/// Runs a checked call with memory of the pool.
template <class Plan> void run_plan(target::execution& e) {
  device_call<Plan> call(e);
  const pooled_memory memory(call.bytes());
  call.run(memory.get());
}

}  // namespace sinter::cuda_target
