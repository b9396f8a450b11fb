// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Where a kernel on the CPU stands.

#include "sinter/plan/program.hpp"
#include "sinter/target/cpu/arguments.hpp"

namespace sinter::cpu_target {

/// Where a kernel stands: addresses at the current row, to which indices along the line are added.
template <int Leaves, int Results, int Products, int RowBuffers> struct cursor {
  const arguments* args = nullptr;
  const void* leaf[Leaves + 1];
  bool leaf_inside[Leaves + 1];           ///< guarded leaves: whether this row is inside
  bool in_tile[Leaves + 1]{};             ///< turned already: its elements lie along the line
  void* result[Results + 1];
  const void* tile[Products + 1];         ///< rows of products, contiguous along the line
  void* row_buffer[RowBuffers + 1];
  std::int64_t index[max_rank + 1];       ///< of the outer and middle axes
  std::int64_t step = 0;                  ///< along the line, of all that is read in steps; 0: look
  bool past_caches = false;               ///< whether results are stored so, each line aligned
};

}  // namespace sinter::cpu_target
