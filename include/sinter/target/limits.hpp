// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a place can do at best, against which kernels are held.

#include <string>

#include "sinter/plan/cost.hpp"

namespace sinter::target {

/// Rates of one place: the host, or a device. What is 0 limits nothing.
struct limits {
  std::string name;        ///< "2 threads of ..."
  double bandwidth = 0;    ///< bytes in a second, read and written, of a copy beyond the caches
  double flops = 0;        ///< in a second, fused multiply-adds in f32 counted as two
  double flops_f64 = 0;    ///< the same in f64
  double flops_half = 0;   ///< products of f16 or bf16, summed in f32
  double launch = 0;       ///< seconds from one kernel to the next at least
};

/// What holds a kernel back.
enum class bound { memory, flops, launch };

/// The least time of a kernel within the limits, and which of them it is.
struct least_time {
  double seconds = 0;
  bound by = bound::memory;
};

namespace detail {

/// Whether a kernel's products multiply 16-bit elements alone.
constexpr bool multiplies_halves(const lowered_kernel& k) {
  bool any = false;
  for (std::size_t p = 0; p < k.programs.size(); ++p)
    for (const leaf& l : k.programs[p].leaf_list) {
      if (k.is_main(p)) continue;
      if (l.type != dtype::f16 && l.type != dtype::bf16) return false;
      any = true;
    }
  return any;
}

constexpr bool computes_in_f64(const lowered_kernel& k) {
  for (const program& p : k.programs)
    for (const instruction& i : p.instruction_list)
      if (i.type == dtype::f64) return true;
  return false;
}

}  // namespace detail

constexpr least_time time_within(const limits& m, const lowered_kernel& k, const kernel_cost& c) {
  const double rate = sinter::target::detail::computes_in_f64(k)     ? m.flops_f64
                      : sinter::target::detail::multiplies_halves(k) ? m.flops_half
                                                                     : m.flops;
  const double memory = m.bandwidth > 0 ? c.bytes() / m.bandwidth : 0;
  const double arithmetic = rate > 0 ? c.flops / rate : 0;
  least_time t{memory, bound::memory};
  if (arithmetic > t.seconds) t = {arithmetic, bound::flops};
  if (m.launch > t.seconds) t = {m.launch, bound::launch};
  return t;
}

}  // namespace sinter::target
