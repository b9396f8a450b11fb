// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Where memory lies. Nothing is copied from one place to another silently: `to` does it, and an
/// operation on operands in different places is a placement_error.

#include "sinter/core/message.hpp"

namespace sinter {

/// The host, or a CUDA device by its number.
struct placement {
  int device = -1;

  constexpr bool is_host() const { return device < 0; }
  friend constexpr bool operator==(placement a, placement b) { return a.device == b.device; }
};

/// x.to(st::cpu), x.to(st::cuda), x.to(st::cuda_device(1)).
inline constexpr placement cpu{-1};
inline constexpr placement cuda{0};
constexpr placement cuda_device(int number) { return {number}; }

/// "cpu", "cuda:0".
inline std::string describe(placement where) {
  return where.is_host() ? message({"cpu"}) : message({"cuda:", where.device});
}

}  // namespace sinter
