// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Kernels of family `map`: any elementwise program over one index space, several results. Long
/// lines are cut into chunks, short ones gathered, so that each thread has a fair share.

#include "sinter/target/cpu/caches.hpp"
#include "sinter/target/cpu/parallel.hpp"
#include "sinter/target/cpu/walk.hpp"

namespace sinter::cpu_target {

/// Whether an operand's neighbours lie along another axis than the line.
constexpr bool is_turned(const program_view& p) {
  for (int l = 0; l < p.leaf_count; ++l)
    if (const std::int64_t step = p.leaves[l].stride[p.line()]; step != 0 && step != 1)
      return p.rank > 1;
  return false;
}

/// Rows begin ... end - 1, tile by tile, so that a cache line of a turned operand is read once for
/// all the rows that it holds elements of.
template <class Code>
void turned_task(const arguments& args, const nest_extents& n, std::int64_t begin,
                 std::int64_t end) {
  constexpr std::int64_t tile_rows = 64, tile_columns = 64;
  typename Code::state s;
  s.past_caches = goes_past_caches(Code::view(), args);
  walker<Code> rows(s, args, Code::view().outer() - 1);
  for (std::int64_t first = begin; first < end; first += tile_rows) {
    const std::int64_t last = smaller(first + tile_rows, end);
    for (std::int64_t from = 0; from < n.line; from += tile_columns) {
      rows.start(first);
      for (std::int64_t row = first; row < last; ++row) {
        if (row > first) rows.next_row();
        Code::folded(s, 0, 0, Code::width);
        Code::line(s, 0, from, smaller(from + tile_columns, n.line));
      }
    }
  }
  if (s.past_caches) stream_fence();
}

template <class Code>
void map_task(const arguments& args, nest_extents n, std::int64_t chunk, std::int64_t begin,
              std::int64_t end) {
  const auto& p = Code::view();
  if (is_turned(p)) return turned_task<Code>(args, n, begin, end);
  const std::int64_t chunks = ceil_div(n.line, chunk);
  typename Code::state s;
  s.past_caches = goes_past_caches(p, args);
  walker<Code> rows(s, args, p.outer() - 1);
  std::int64_t from = begin % chunks * chunk;
  rows.start(begin / chunks);
  for (std::int64_t t = begin; t < end; ++t) {
    if (t > begin && from == 0) rows.next_row();
    Code::folded(s, 0, 0, Code::width);
    Code::line(s, 0, from, from + chunk < n.line ? from + chunk : n.line);
    from = from + chunk < n.line ? from + chunk : 0;
  }
  if (s.past_caches) stream_fence();
}

/// How the pieces of a map are handed out: tasks of `each` pieces, so that a task is worth its
/// start.
struct map_split {
  nest_extents n;
  std::int64_t chunk = 1, pieces = 0, each = 1;

  SINTER_INLINE map_split(const program_view& p, const arguments& args) : n(measure(p, args)) {
    if (n.rows == 0 || n.line == 0) return;
    const bool turned = is_turned(p);
    chunk = n.line > 2 * grain && !turned ? grain : n.line;
    pieces = n.rows * ceil_div(n.line, chunk);
    each = larger(chunk >= grain ? 1 : ceil_div(grain, chunk), turned ? 16 : 1);
  }
  std::int64_t tasks() const { return ceil_div(pieces, each); }
  std::int64_t work() const { return n.rows * n.line; }
};

/// The maps of a kernel, which do not need each other: one loop over the tasks of all.
template <class... Codes> void run_maps(const arguments& args) {
  const map_split splits[] = {map_split(Codes::view(), args)...};
  std::int64_t tasks = 0, work = 0;
  for (const map_split& s : splits) {
    tasks += s.tasks();
    work += s.work();
  }
  parallel_for(tasks, [&](std::int64_t t) {
    int at = 0;
    const auto try_one = [&]<class Code>() {
      const map_split& s = splits[at++];
      if (t >= 0 && t < s.tasks()) {
        const std::int64_t end = (t + 1) * s.each;
        map_task<Code>(args, s.n, s.chunk, t * s.each, end < s.pieces ? end : s.pieces);
      }
      t -= s.tasks();
    };
    (try_one.template operator()<Codes>(), ...);
  }, work);
}

}  // namespace sinter::cpu_target
