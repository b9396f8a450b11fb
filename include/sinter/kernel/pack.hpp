// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Neighbouring elements that travel together: one memory instruction moves a whole pack. Its
/// alignment is its size, so an access to a pack that is not aligned to it is a bug of the body.

#include <cstdint>

#include "sinter/core/half.hpp"
#include "sinter/kernel/device.hpp"

namespace sinter::device {

template <class T, int N>
struct alignas(sizeof(T) * N) pack {
  static_assert(N > 0 && (N & (N - 1)) == 0 && sizeof(T) * N <= 16, "pack: want 1 to 16 bytes");
  T values[N];

  SINTER_DEVICE constexpr T& operator[](int i) { return values[i]; }
  SINTER_DEVICE constexpr const T& operator[](int i) const { return values[i]; }
};

/// As many elements as one memory instruction can move.
template <class T> using widest_pack = pack<T, static_cast<int>(16 / sizeof(T))>;

/// Two elements as the 32-bit register that a tensor core reads; the first lies in the low half.
SINTER_DEVICE std::uint32_t paired(bf16 low, bf16 high) {
  return low.bits | static_cast<std::uint32_t>(high.bits) << 16;
}
SINTER_DEVICE std::uint32_t paired(f16 low, f16 high) {
  return low.bits | static_cast<std::uint32_t>(high.bits) << 16;
}

}  // namespace sinter::device
