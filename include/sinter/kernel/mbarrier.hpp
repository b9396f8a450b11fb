// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A barrier in shared memory. A phase of it ends when the announced number of arrivals has come
/// and as many bytes as were expected have been delivered by asynchronous copies. Its phases
/// alternate in parity, the first has parity 0; waiting for the parity that the phase before the
/// first would have had, 1, returns at once. Its bits belong to the hardware: it is touched by the
/// context's `mbarrier_` calls only.

#include <cstdint>

namespace sinter::device {

struct alignas(8) mbarrier {
  std::uint64_t opaque;
};

}  // namespace sinter::device
