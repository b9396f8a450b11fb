// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The body of `map` kernels: any elementwise program over rows and a line, several results. A
/// block is `across` threads along the line and the rest along rows, so that short lines fill it as
/// well as long ones.

#include "sinter/kernel/thread_code.hpp"

namespace sinter::device {

/// How a space is cut, by the host: `across` is a power of two.
struct map_shape {
  std::int64_t rows = 1;
  int log_across = 0;
};

template <lane_layout Layout, word... W> struct map_body {
  static constexpr int block_threads = 256;

  template <class Context, class Arguments>
  SINTER_DEVICE void operator()(Context& context, Arguments arguments, map_shape shape) const {
    using code = thread_code<Context, Arguments, Layout, static_program<W...>>;
    using index = typename code::index;
    const int across = 1 << shape.log_across;
    const index x = context.thread() & (across - 1);
    const index y = context.thread() >> shape.log_across;
    const index high = block_threads >> shape.log_across;
    const index wide = static_cast<index>(across) * code::lanes;
    code thread(context, arguments, static_cast<index>(across) * Layout.pack);
    const index rows = static_cast<index>(shape.rows);
    const index columns = (thread.line() + wide - 1) / wide;
    const index tiles = (rows + high - 1) / high * columns;
    for (index tile = context.block_x(); tile < tiles; tile += context.grid_x()) {
      const index row = tile / columns * high + y;
      thread.move(row < rows ? row : 0, 0, row < rows);
      thread.at(tile % columns * wide + x * Layout.pack, thread.line());
      thread.template compute_folded<0>();
      thread.template compute_line<0, true>();
    }
  }
};

}  // namespace sinter::device
