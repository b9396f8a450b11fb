// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The body of `row` kernels: `Across` threads to a row. A row that fits their lanes is read once,
/// stays in registers through all passes, and is written once; a longer one is walked over in each
/// pass, and what a later pass needs is computed again.

#include "sinter/kernel/fold_across.hpp"
#include "sinter/kernel/thread_code.hpp"

namespace sinter::device {

/// `Whole`: a row is one line of at most Across * lanes elements.
template <lane_layout Layout, int Across, bool Whole, class Program> struct row_body {
  static constexpr int block_threads = Across <= 32 ? 128 : Across;
  static constexpr int block_rows = block_threads / Across;
  static constexpr int shared_bytes = fold_across_bytes<Across>;
  using program = Program;

  template <class Context, class Arguments>
  SINTER_DEVICE void operator()(Context& context, Arguments arguments, row_shape shape) const {
    using code = thread_code<Context, Arguments, Layout, program>;
    using index = typename code::index;
    fold_across<Context, Across> combine(context);
    code thread(context, arguments, static_cast<index>(Across) * Layout.pack);
    const index x = context.thread() % Across, y = context.thread() / Across;
    const index rows = static_cast<index>(shape.rows);
    const index middle = static_cast<index>(shape.middle);
    for (index first = static_cast<index>(context.block_x()) * block_rows; first < rows;
         first += static_cast<index>(context.grid_x()) * block_rows) {
      const bool active = first + y < rows;
      const index row = active ? first + y : 0;
      thread.move(row, 0, active);
      if constexpr (Whole) thread.at(x * Layout.pack, thread.line());
      unrolled<program::passes>([&]<int Pass>() {
        thread.template compute_folded<Pass>();
        thread.template clear<Pass>();
        if constexpr (Whole) {
          line<Pass, true>(thread, combine);
        } else {
          for (index m = 0; m < middle; ++m) {
            if constexpr (program::middle > 0) thread.move(row, m, active);
            constexpr index chunk = static_cast<index>(Across) * code::lanes;
            for (index c = 0; c < thread.line(); c += chunk) {
              // Running folds from the end take the last chunk first.
              const index from = program::backwards ? (thread.line() - 1 - c) / chunk * chunk : c;
              thread.at(from + x * Layout.pack, thread.line());
              line<Pass, false>(thread, combine);
            }
          }
        }
        thread.template finish<Pass>(combine);
      });
      thread.template compute_folded<program::passes>();
      thread.activate(active && x == 0);
      thread.store_folded();
    }
  }

 private:
  template <int Pass, bool Once, class Code, class Combine>
  SINTER_DEVICE static void line(Code& thread, Combine& combine) {
    if constexpr (program::has_scans) thread.template compute_line<Pass, Once>(combine);
    else thread.template compute_line<Pass, Once>();
  }
};

}  // namespace sinter::device
