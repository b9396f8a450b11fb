// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The body of `scatter` kernels: elements are added where their indices say. Those that may meet
/// belong to one thread, which adds them in order, so the bits are the same each time. A thread has
/// a column of a row and walks down the middle axes; where the line is among what meets, it has all
/// of the row.

#include "sinter/kernel/thread_code.hpp"

namespace sinter::device {

template <class Program> struct scatter_body {
  static constexpr int block_threads = 256;
  static constexpr bool whole = Program::folds == fold::row;

  template <class Context, class Arguments>
  SINTER_DEVICE void operator()(Context& context, Arguments arguments, row_shape shape) const {
    using code = thread_code<Context, Arguments, lane_layout{}, Program>;
    using index = typename code::index;
    code thread(context, arguments, 1);
    const index across = whole ? 1 : thread.line();
    const index count = shape.rows * across;
    const index stride = static_cast<index>(context.grid_x()) * block_threads;
    for (index i = static_cast<index>(context.block_x()) * block_threads + context.thread();
         i < count; i += stride) {
      const index row = i / across, column = i % across;
      const index from = whole ? 0 : column, to = whole ? thread.line() : column + 1;
      thread.move(row);
      thread.at(from, from + 1);
      thread.clear_scattered();
      for (index m = 0; m < shape.middle; ++m) {
        thread.move(row, m);
        for (index c = from; c < to; ++c) {
          thread.at(c, c + 1);
          thread.template compute_line<0, true>();
        }
      }
    }
  }
};

}  // namespace sinter::device
