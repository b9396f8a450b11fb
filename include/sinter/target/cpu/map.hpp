// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Kernels of family `map`: any elementwise program over one index space, several results. Long
/// lines are cut into chunks, short ones gathered, so that each thread has a fair share.

#include "sinter/target/cpu/caches.hpp"
#include "sinter/target/cpu/parallel.hpp"
#include "sinter/target/cpu/scratch.hpp"
#include "sinter/target/cpu/transpose.hpp"
#include "sinter/target/cpu/walk.hpp"

namespace sinter::cpu_target {

/// Whether an operand's neighbours lie along another axis than the line.
constexpr bool is_turned(const program_view& p) {
  for (int l = 0; l < p.leaf_count; ++l)
    if (const std::int64_t step = p.leaves[l].stride[p.line()]; step != 0 && step != 1)
      return p.rank > 1;
  return false;
}

/// Turns tiles of a turned operand in registers: some cache lines of each of many columns; of f32
/// two, as a column mostly begins within a line, whose rest the next tile would fetch anew.
struct tile_turner {
  static constexpr std::int64_t most_rows = 32, most_columns = 256;
  static constexpr std::int64_t bytes = most_rows * most_columns * 8;

  /// Whether an operand is to be turned: its neighbours lie along axis `along`.
  static bool wants(const program_view& p, const arguments& args, const leaf& l, int along) {
    return !l.guarded && !l.indexed && args.number(l.stride[along]) == 1 &&
           args.number(l.stride[p.line()]) > 1;
  }

  /// `rows` x `columns` from `from`, whose columns lie `stride` elements apart.
  template <dtype Type>
  static void turn(const char* from, std::int64_t stride, std::int64_t rows, std::int64_t columns,
                   char* to) {
    constexpr int size = properties(Type).size;
    typedef sinter::detail::unsigned_of<size> bits __attribute__((may_alias));
    turn_tile(reinterpret_cast<const bits*>(from), stride, rows, columns,
              reinterpret_cast<bits*>(to), most_columns);
  }
};

/// How the pieces of a map are handed out: tasks of `each` pieces, so that a task is worth its
/// start. A line is `chunks` pieces. Few elements are one piece, for which nothing is divided.
struct map_split {
  nest_extents n;
  std::int64_t chunk = 1, chunks = 1, pieces = 0, each = 1, tasks = 0;
  bool past_caches = false;
  bool turned = false;  ///< some operand is turned, tile by tile

  SINTER_INLINE map_split(const program_view& p, const arguments& args) : n(measure(p, args)) {
    if (n.rows == 0 || n.line == 0) return;
    for (int l = 0; is_turned(p) && l < p.leaf_count; ++l)
      turned = turned || tile_turner::wants(p, args, p.leaves[l], p.outer() - 1);
    chunk = n.line;
    if (n.line > 2 * grain && !turned) {
      chunk = grain;
      chunks = ceil_div(n.line, grain);
    }
    pieces = tasks = n.rows * chunks;
    past_caches = goes_past_caches(p, args, n);
    if (pieces == 1) return;
    each = larger(chunk >= grain ? 1 : ceil_div(grain, chunk), turned ? tile_turner::most_rows : 1);
    tasks = ceil_div(pieces, each);
  }
  std::int64_t work() const { return n.rows * n.line; }
};

/// Rows begin ... end - 1, tile by tile, so that a cache line of a turned operand is read once for
/// all the rows that it holds elements of.
template <class Code>
void turned_task(const arguments& args, const map_split& split, std::int64_t begin,
                 std::int64_t end) {
  const nest_extents& n = split.n;
  constexpr std::int64_t most_rows = tile_turner::most_rows;
  constexpr std::int64_t most_columns = tile_turner::most_columns;
  const auto& p = Code::view();
  const int along = p.outer() - 1, line = p.line();
  const std::int64_t extent = along == 0 ? n.rows : args.number(p.extent[along]);
  char* const scratch = static_cast<char*>(
      thread_arena<purpose::row>().reserve(Code::sizes.leaves * tile_turner::bytes));
  typename Code::state s;
  s.past_caches = split.past_caches;
  walker<Code> rows(s, args, along);
  // f<L>(its tile) for each operand that is turned.
  const auto each_turned = [&](auto&& f) {
    [&]<int... L>(std::integer_sequence<int, L...>) {
      ((s.in_tile[L] ? f.template operator()<L>(scratch + L * tile_turner::bytes) : void()), ...);
    }(std::make_integer_sequence<int, Code::sizes.leaves>());
  };
  for (int l = 0; l < p.leaf_count; ++l)
    s.in_tile[l] = tile_turner::wants(p, args, p.leaves[l], along);
  const char* start[Code::sizes.leaves + 1];
  std::int64_t apart[Code::sizes.leaves + 1];
  for (std::int64_t first = begin, last; first < end; first = last) {
    // Within the axis: beyond its end the next tile begins elsewhere.
    last = smaller(smaller(first + most_rows, end), (first / extent + 1) * extent);
    for (std::int64_t from = 0; from < n.line; from += most_columns) {
      const std::int64_t to = smaller(from + most_columns, n.line);
      rows.start(first);
      each_turned([&]<int L>(char* tile) {
        constexpr dtype type = Code::program.leaf_store[L].type;
        const std::int64_t stride = args.number(Code::program.leaf_store[L].stride[line]);
        const char* corner =
            static_cast<const char*>(s.leaf[L]) + from * stride * properties(type).size;
        start[L] = static_cast<const char*>(s.leaf[L]);
        apart[L] = stride * properties(type).size;
        tile_turner::turn<type>(corner, stride, last - first, to - from, tile);
      });
      for (std::int64_t row = first; row < last; ++row) {
        if (row > first) rows.next_row();
        each_turned([&]<int L>(char* tile) {
          constexpr int size = properties(Code::program.leaf_store[L].type).size;
          s.leaf[L] = tile + ((row - first) * most_columns - from) * size;
          // The next tile, of which caches would not know, a share for each row.
          const std::int64_t at = row - first, share = most_columns / most_rows;
          const std::int64_t next = to + at * share;
          for (std::int64_t c = next; c < smaller(next + share, n.line); ++c)
            for (std::int64_t byte = 0; byte < most_rows * size; byte += 64)
              __builtin_prefetch(start[L] + c * apart[L] + byte);
        });
        Code::folded(s, 0, 0, Code::width);
        Code::line(s, 0, from, to);
      }
    }
  }
  if (s.past_caches) stream_fence();
}

template <class Code>
void map_task(const arguments& args, const map_split& split, std::int64_t begin,
              std::int64_t end) {
  const std::int64_t line = split.n.line, chunk = split.chunk, chunks = split.chunks;
  typename Code::state s;
  s.past_caches = split.past_caches;
  walker<Code> rows(s, args, Code::view().outer() - 1);
  std::int64_t from = chunks == 1 ? 0 : begin % chunks * chunk;
  rows.start(chunks == 1 ? begin : begin / chunks);
  for (std::int64_t t = begin; t < end; ++t) {
    if (t > begin && from == 0) rows.next_row();
    Code::folded(s, 0, 0, Code::width);
    Code::line(s, 0, from, from + chunk < line ? from + chunk : line);
    from = from + chunk < line ? from + chunk : 0;
  }
  if (s.past_caches) stream_fence();
}

/// The maps of a kernel, which do not need each other: one loop over the tasks of all.
template <class... Codes> void run_maps(const arguments& args) {
  const map_split splits[] = {map_split(Codes::view(), args)...};
  std::int64_t tasks = 0, work = 0;
  for (const map_split& s : splits) {
    tasks += s.tasks;
    work += s.work();
  }
  const auto run = [&](std::int64_t t) {
    int at = 0;
    const auto try_one = [&]<class Code>() {
      const map_split& s = splits[at++];
      if (t >= 0 && t < s.tasks) {
        const std::int64_t end = (t + 1) * s.each;
        const std::int64_t last = end < s.pieces ? end : s.pieces;
        if constexpr (is_turned(Code::view()))
          if (s.turned) turned_task<Code>(args, s, t * s.each, last);
        if (!s.turned) map_task<Code>(args, s, t * s.each, last);
      }
      t -= s.tasks;
    };
    (try_one.template operator()<Codes>(), ...);
  };
  if (tasks == 1) run(0);
  else parallel_for(tasks, run, work);
}

}  // namespace sinter::cpu_target
