// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Runs a plan on the CPU: its kernels as functions, one after the other.

#include "sinter/target/cpu/arguments.hpp"
#include "sinter/target/cpu/levels.hpp"
#include "sinter/target/cpu/scratch.hpp"
#include "sinter/target/execution.hpp"
#if !defined(__CUDA_ARCH__)  // nvcc's device pass has no vectors, and no use for these
#include "sinter/target/cpu/kernel.hpp"
#endif

namespace sinter::cpu_target {

/// The kernels of a plan as functions: `Plan` is a plan_of<...>.
template <class Plan> struct plan_functions {
#if defined(__CUDA_ARCH__)
  static const kernel_function* list() { return nullptr; }
#else
  static const kernel_function* list() {
    return list(std::make_integer_sequence<int, Plan::kernels>{});
  }

 private:
  template <int At> using programs = typename Plan::template kernel<At>;

  template <int... At>
  static const kernel_function* list(std::integer_sequence<int, At...>) {
#if !defined(SINTER_LEVEL)
    static constexpr kernel_function functions[] = {&kernel<programs<At>>::run..., nullptr};
#elif SINTER_LEVEL == 0
    static const kernel_function functions[] = {
        kernel_of_level<programs<At>>(&kernel<programs<At>>::run)..., nullptr};
#else
    ((void)level_entry<programs<At>, kernel<programs<At>>, SINTER_LEVEL>::made, ...);
    static constexpr kernel_function functions[] = {nullptr};  // never called
#endif
    return functions;
  }
#endif
};

/// `plan` is the call's, as a constant where it is small.
SINTER_INLINE void run_kernels_by(const plan_data& plan, target::execution& e,
                                  const kernel_function* functions) {
  const std::size_t bytes = e.place_slots_by(plan, false);
  e.find_memory_by(plan, bytes > 0 ? static_cast<char*>(
                                         thread_arena<purpose::workspace>().reserve(bytes))
                                   : nullptr);
  for (int k = 0; k < plan.kernel_count; ++k) {
    const kernel_data& kernel = plan.kernels[k];
    SINTER_STRAIGHT
    for (int b = 0; b < kernel.buffer_count; ++b) e.own[b] = e.memory[kernel.buffers[b]];
    e.integers_by(plan, k, e.values);
    e.pass(k);
    functions[k]({e.own, e.values});
  }
  e.pass(plan.kernel_count);
}
inline void run_kernels(target::execution& e, const kernel_function* functions) {
  run_kernels_by(e.plan, e, functions);
}

/// Runs a checked call; `Plan` is a plan_of<...>.
template <class Plan> void run_plan(target::execution& e) {
  if constexpr (target::is_small(Plan::data))
    run_kernels_by(Plan::data, e, plan_functions<Plan>::list());
  else run_kernels(e, plan_functions<Plan>::list());
}

}  // namespace sinter::cpu_target
