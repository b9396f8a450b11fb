// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Kernels of family `map`: any elementwise program over one index space, several results. Long
/// lines are cut into chunks, short ones gathered, so that each thread has a fair share.

#include "sinter/target/cpu/parallel.hpp"
#include "sinter/target/cpu/walk.hpp"

namespace sinter::cpu_target {

template <class Code>
void map_task(const arguments& args, ranges n, std::int64_t chunk, std::int64_t begin,
              std::int64_t end) {
  const auto& p = Code::view();
  const std::int64_t chunks = ceil_div(n.line, chunk);
  typename Code::state s;
  walker<Code> rows(s, args, p.outer() - 1);
  std::int64_t from = begin % chunks * chunk;
  rows.start(begin / chunks);
  for (std::int64_t t = begin; t < end; ++t) {
    if (t > begin && from == 0) rows.next_row();
    Code::folded(s, 0, 0, Code::width);
    Code::line(s, 0, from, from + chunk < n.line ? from + chunk : n.line);
    from = from + chunk < n.line ? from + chunk : 0;
  }
}

template <class Code> void run_map(const arguments& args) {
  const ranges n = measure(Code::view(), args);
  if (n.rows == 0 || n.line == 0) return;
  const std::int64_t chunk = n.line > 2 * grain ? grain : n.line;
  const std::int64_t pieces = n.rows * ceil_div(n.line, chunk);
  const std::int64_t each = chunk >= grain ? 1 : ceil_div(grain, chunk);
  parallel_for(ceil_div(pieces, each), [&](std::int64_t t) {
    const std::int64_t end = (t + 1) * each;
    map_task<Code>(args, n, chunk, t * each, end < pieces ? end : pieces);
  }, n.rows * n.line);
}

}  // namespace sinter::cpu_target
