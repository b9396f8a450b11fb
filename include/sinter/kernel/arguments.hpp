// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a kernel body is called with: memory and run-time numbers, by value.

#include <cstdint>

#include "sinter/core/config.hpp"

namespace sinter::device {

/// The memory of a kernel, by its own numbers of buffers. How many bytes lie behind an address is
/// asked only by contexts that check accesses. A number among the operands has no memory: its
/// address is null, and its bits are in the place of the bytes.
template <int Buffers, int Integers> struct kernel_arguments {
  void* address[Buffers + 1];
  std::int64_t bytes[Buffers + 1];
  std::int64_t integers[Integers + 1];

  /// A number of the program: itself, or one that is known at run time only. For bodies and for
  /// the host, which launches them.
  SINTER_HD constexpr std::int64_t number(std::int64_t x) const {
    return x >= 0 ? x : integers[-1 - x];
  }
};

}  // namespace sinter::device
