// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Kernels of family `scan`: running folds down the middle axis. A piece of the line belongs to one
/// thread, which walks down the lines, or up, with what is folded so far in memory beside it: the
/// columns are not cut, so the bits do not depend on the number of threads.

#include "sinter/target/cpu/caches.hpp"
#include "sinter/target/cpu/reduce.hpp"

namespace sinter::cpu_target {

template <class Code> void run_scan(const arguments& args) {
  const nest_extents n = measure(Code::view(), args);
  if (n.rows == 0 || n.middle == 0 || n.line == 0) return;
  // Pieces of whole cache lines, wide enough to be streams, unless threads would have none.
  const std::int64_t wanted = ceil_div(threads(), n.rows);
  const std::int64_t share = round_up(ceil_div(n.line, wanted), 64);
  const std::int64_t piece = smaller(share, 1024 * Code::width);
  const std::int64_t pieces = ceil_div(n.line, piece);
  const bool past_caches = goes_past_caches(Code::view(), args, n);
  parallel_for(n.rows * pieces, [&](std::int64_t t) {
    const std::int64_t from = t % pieces * piece, to = smaller(from + piece, n.line);
    char* kept = static_cast<char*>(thread_arena<purpose::row>().reserve(
        static_cast<std::size_t>(ceil_div(to - from, Code::width) * Code::bytes_kept)));
    column_part<Code>(args, t / pieces, from, to, 0, n.middle, kept, past_caches);
    if (past_caches) stream_fence();
  }, n.rows * n.middle * n.line);
}

}  // namespace sinter::cpu_target
