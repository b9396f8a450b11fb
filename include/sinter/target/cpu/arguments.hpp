// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a plan hands to its kernels.

#include <cstdint>

#include "sinter/core/config.hpp"

namespace sinter::cpu_target {

/// What a kernel is called with.
struct arguments {
  void* const* buffers = nullptr;
  const std::int64_t* integers = nullptr;

  SINTER_INLINE std::int64_t number(std::int64_t x) const { return x >= 0 ? x : integers[-1 - x]; }
};

using kernel_function = void (*)(const arguments&);

}  // namespace sinter::cpu_target
