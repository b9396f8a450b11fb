// SPDX-License-Identifier: Apache-2.0
#pragma once

// A recorder in place of the CUDA runtime, for two devices that do not exist, of which the first
// has products of warpgroups and 132 multiprocessors: what the target asks
// for, in order, and the failures that a test plants. Memory of a device is memory of the recorder,
// copies copy and clears clear; kernels do nothing. What no program should do is noted: memory that
// was freed, copies beyond an allocation, launches that a device would refuse.

#include <cstddef>
#include <string>
#include <vector>

namespace sinter::testing {

enum class cuda_call {
  allocate, free, copy, clear, launch, synchronize, set_device, record_event, wait_event,
  instantiate, update, launch_graph
};

struct recorded_call {
  cuda_call what;
  const void* stream = nullptr;
  int device = 0;
  std::size_t bytes = 0;
  bool captured = false;  ///< by a graph, instead of being done
  unsigned blocks = 0, cluster = 0;  ///< of a launch
};

/// A tensor map that the driver was asked for.
struct recorded_map {
  const void* address = nullptr;
  unsigned rank = 0;
  unsigned long long extent[5]{}, stride_bytes[5]{};
  unsigned box[5]{};
};

struct recorder {
  /// Forgets calls, failures and notes; memory stays.
  static void restart();
  static const std::vector<recorded_call>& calls();
  static int count(cuda_call what);
  /// The n-th call of a kind from now on, counted from 1, fails once with a runtime's error.
  static void plant(cuda_call what, int nth, int error);
  /// Whether a planted failure is still waiting.
  static bool is_planted();
  static const std::vector<std::string>& notes();
  static const std::vector<recorded_map>& maps();
  /// Device 0 has products of warpgroups; whether the driver has tensor maps.
  static void has_tensor_maps(bool it_has);
  /// The names of ranges that NVTX was given.
  static const std::vector<std::string>& ranges();
  /// Allocations of devices and of pinned memory that were not freed.
  static int living();
  /// Events whose work is done; others are pending.
  static void finish_events(bool done);
};

}  // namespace sinter::testing
