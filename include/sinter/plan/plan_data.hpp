// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A plan as a target runs it: constant tables, free of types and of the graph. A program that
/// referred to a graph's nodes at run time would bring in every operation and its derivative.

#include "sinter/plan/outline.hpp"

namespace sinter {

/// One kernel's view of the plan's numbers.
struct kernel_data {
  const int* buffers = nullptr;           ///< of the plan, by the kernel's own numbers
  int buffer_count = 0;
  const extent_t* integers = nullptr;     ///< codes of its run-time integers
  int integer_count = 0;
  const dimension* dimensions = nullptr;  ///< beyond the plan's
  int dimension_count = 0;
};

struct input_data {
  shape extents;
  int twin = -1;                          ///< the input whose memory it must be, or -1
};

struct output_data {
  shape extents;
  int input = -1;                         ///< that it overwrites, or -1
  std::uint64_t in_place = 0;             ///< a mask of inputs whose memory it may share exactly
};

/// Values of an input that must be indices below an extent, or `beside`, wherever that lies; or
/// probabilities.
struct value_check {
  int input = -1;
  extent_t below = 0;
  name_code op = 0;          ///< 0: labels of classes
  std::int64_t beside = 0;
  bool probability = false;
};

struct plan_data {
  const dimension* dimensions = nullptr;
  int dimension_count = 0;
  const constraint* constraints = nullptr;
  int constraint_count = 0;
  const input_data* inputs = nullptr;
  int input_count = 0;
  const output_data* outputs = nullptr;
  int output_count = 0;
  const buffer* buffers = nullptr;
  int buffer_count = 0;
  const value_check* checks = nullptr;
  int check_count = 0;
  const kernel_data* kernels = nullptr;   ///< in the order in which they run
  int kernel_count = 0;
  int slots = 0;                          ///< of the workspace
};

/// The largest of each kernel's counts.
constexpr kernel_data largest_kernel(const plan_data& p) {
  kernel_data most;
  for (int k = 0; k < p.kernel_count; ++k) {
    const kernel_data& own = p.kernels[k];
    if (own.buffer_count > most.buffer_count) most.buffer_count = own.buffer_count;
    if (own.integer_count > most.integer_count) most.integer_count = own.integer_count;
    if (own.dimension_count > most.dimension_count) most.dimension_count = own.dimension_count;
  }
  return most;
}

}  // namespace sinter
