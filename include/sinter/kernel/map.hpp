// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The body of `map` kernels: elementwise programs, each over rows and a line of its own, several
/// results. A block is `across` threads along the line and the rest along rows, so that short lines
/// fill it as well as long ones. Where there are several programs, each has blocks of its own.

#include "sinter/kernel/thread_code.hpp"

namespace sinter::device {

/// How the spaces are cut, by the host: `across` is a power of two.
template <int Parts> struct map_shape {
  struct part {
    std::int64_t rows = 1;
    int log_across = 0;
    int end = 0;          ///< the first block of the next part
  };
  part parts[Parts];
};

template <lane_layout Layout, class Program> struct map_part {
  static constexpr lane_layout layout = Layout;
  using program = Program;
};

template <class... Parts> struct map_body {
  static constexpr int block_threads = 256;

  template <class Context, class Arguments>
  SINTER_DEVICE void operator()(Context& context, Arguments arguments,
                                map_shape<sizeof...(Parts)> shape) const {
    if constexpr (sizeof...(Parts) == 1) {
      const auto& own = shape.parts[0];
      (run<Parts>(context, arguments, own.rows, own.log_across, context.block_x(),
                  context.grid_x()),
       ...);
    } else {
      int begin = 0, at = 0;
      const int block = context.block_x();
      const auto try_one = [&]<class Part>() {
        const auto& own = shape.parts[at++];
        if (block >= begin && block < own.end)
          run<Part>(context, arguments, own.rows, own.log_across, block - begin, own.end - begin);
        begin = own.end;
      };
      [[maybe_unused]] const int order[] = {(try_one.template operator()<Parts>(), 0)...};
    }
  }

 private:
  /// One part, by block `block` of `blocks`.
  template <class Part, class Context, class Arguments>
  SINTER_DEVICE static void run(Context& context, const Arguments& arguments, std::int64_t all_rows,
                                int log_across, int block, int blocks) {
    constexpr lane_layout layout = Part::layout;
    using code = thread_code<Context, Arguments, layout, typename Part::program>;
    using index = typename code::index;
    const int across = 1 << log_across;
    const index x = context.thread() & (across - 1);
    const index y = context.thread() >> log_across;
    const index high = block_threads >> log_across;
    const index wide = static_cast<index>(across) * code::lanes;
    code thread(context, arguments, static_cast<index>(across) * layout.pack);
    const index rows = static_cast<index>(all_rows);
    const index columns = (thread.line() + wide - 1) / wide;
    const index tiles = (rows + high - 1) / high * columns;
    for (index tile = block; tile < tiles; tile += blocks) {
      const index row = tile / columns * high + y;
      thread.move(row < rows ? row : 0, 0, row < rows);
      thread.at(tile % columns * wide + x * layout.pack, thread.line());
      thread.template compute_folded<0>();
      thread.template compute_line<0, true>();
    }
  }
};

}  // namespace sinter::device
