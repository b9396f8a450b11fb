// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Kernels for several instruction sets in one program, chosen when it runs. A source is compiled
/// once as the rest of the program is, with SINTER_LEVEL 0, and once for each higher level, with
/// its number; cmake/sinterDispatch.cmake does that. The copies bring nothing but kernels: they
/// enter each in a table that the program shares, and a plan takes the highest level that the
/// processor has. Without SINTER_LEVEL there is neither table nor choice.

#include <cstdlib>

#include "sinter/target/cpu/arguments.hpp"

namespace sinter::cpu_target {

inline constexpr int level_count = 5;

/// What the processor has, and SINTER_MAX_LEVEL in the environment does not rule out: 1 is AVX2
/// (x86-64-v3), 2 AVX-512 (x86-64-v4), 3 that with products of bf16, 4 that with AMX; 0 what the
/// program was compiled for.
inline int processor_level() {
  static const int level = [] {
    int found = 0;
#if defined(__x86_64__)
    __builtin_cpu_init();
#if defined(__clang__)  // version 14 does not know the levels by name
    const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("bmi");
    const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl");
#else
    const bool v3 = __builtin_cpu_supports("x86-64-v3") > 0;
    const bool v4 = __builtin_cpu_supports("x86-64-v4") > 0;
#endif
    found = v4 && __builtin_cpu_supports("avx512bf16") ? 3 : v4 ? 2 : v3 ? 1 : 0;
    // Bits of leaf 7 (Intel 64 Architectures Manual, CPUID): AMX-BF16, AMX-TILE, AMX-INT8. Kernels
    // ask the system themselves whether it lends the tiles.
    unsigned leaf = 7, part = 0, bits = 0;
    if (found == 3) __asm__("cpuid" : "+a"(leaf), "+c"(part), "=d"(bits) : : "ebx");
    constexpr unsigned amx = 1u << 22 | 1u << 24 | 1u << 25;
    if ((bits & amx) == amx) found = 4;
#endif
    const char* most = std::getenv("SINTER_MAX_LEVEL");
    if (most != nullptr && *most >= '0' && *most <= '9' && std::atoi(most) < found)
      found = std::atoi(most);
    return found;
  }();
  return level;
}

/// A kernel by level, null where no source that uses it was compiled for one. Of constant
/// initialisation: whoever enters first finds it. Named after the kernel's programs alone, which
/// mean the same in every copy of a source.
template <class Programs> struct kernel_levels {
  inline static constinit kernel_function of[level_count] = {};
};

/// Enters a kernel as this source is compiled, before main begins.
template <class Programs, class Kernel, int Level> struct level_entry {
  inline static const bool made = (kernel_levels<Programs>::of[Level] = &Kernel::run, true);
};

/// The kernel of the highest level that the processor has.
template <class Programs> kernel_function kernel_of_level(kernel_function own) {
  for (int level = processor_level(); level > 0; --level)
    if (const kernel_function function = kernel_levels<Programs>::of[level]) return function;
  return own;
}

}  // namespace sinter::cpu_target
