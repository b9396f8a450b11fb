// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The body of `scan` kernels: running folds down the middle axis. A thread has a column of a row
/// and walks down it, or up; the threads of a warp read neighbours.

#include "sinter/kernel/thread_code.hpp"

namespace sinter::device {

template <class Program> struct scan_body {
  static constexpr int block_threads = 128;

  template <class Context, class Arguments>
  SINTER_DEVICE void operator()(Context& context, Arguments arguments, row_shape shape) const {
    using code = thread_code<Context, Arguments, lane_layout{}, Program>;
    using index = typename code::index;
    code thread(context, arguments, 1);
    const index count = shape.rows * thread.line();
    const index stride = static_cast<index>(context.grid_x()) * block_threads;
    for (index i = static_cast<index>(context.block_x()) * block_threads + context.thread();
         i < count; i += stride) {
      const index row = i / thread.line(), column = i % thread.line();
      thread.move(row);
      thread.at(column, column + 1);
      thread.template compute_folded<0>();
      thread.template clear<0>();
      for (index m = 0; m < shape.middle; ++m) {
        thread.move(row, Program::backwards ? shape.middle - 1 - m : m);
        thread.template compute_line<0, true>();
      }
    }
  }
};

}  // namespace sinter::device
