// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Kernels of family `reduce`: folds of everything, and folds that keep the innermost axis. The
/// work is cut into parts of a size that depends on the extents alone; their partial results are
/// combined in order, so the sum is the same for any number of threads.

#include "sinter/target/cpu/parallel.hpp"
#include "sinter/target/cpu/scratch.hpp"
#include "sinter/target/cpu/walk.hpp"

namespace sinter::cpu_target {

// Folds of whole rows. A row is `middle` lines; parts are runs of lines, or pieces of a line.

/// Lines first ... last - 1 of a row, each from ... to - 1.
template <class Code>
void fold_lines(const arguments& args, std::int64_t row, std::int64_t first, std::int64_t last,
                std::int64_t from, std::int64_t to, void* kept) {
  const auto& p = Code::view();
  typename Code::state s;
  walker<Code> walk(s, args, p.middle > 0 ? p.line() - 1 : -1);
  walk.start(row, first);
  Code::folded(s, 0, 0, Code::width);
  Code::clear(s, 0);
  for (std::int64_t m = first; m < last; ++m) {
    if (m > first) walk.next_line();
    Code::line(s, 0, from, to);
  }
  Code::keep(s, kept);
}

template <class Code>
void fold_part(const arguments& args, nest_extents n, std::int64_t row, std::int64_t part,
               std::int64_t lines, std::int64_t piece, void* kept) {
  const std::int64_t pieces = ceil_div(n.line, piece);
  const std::int64_t first = pieces > 1 ? part / pieces : part * lines;
  const std::int64_t last = first + lines < n.middle ? first + lines : n.middle;
  const std::int64_t from = pieces > 1 ? part % pieces * piece : 0;
  const std::int64_t to = from + piece < n.line ? from + piece : n.line;
  fold_lines<Code>(args, row, first, last, from, to, kept);
}

template <class Code>
void fold_finish(const arguments& args, std::int64_t row, std::int64_t parts, const char* kept) {
  const auto& p = Code::view();
  typename Code::state s;
  move(s, p, args, row);
  Code::folded(s, 0, 0, Code::width);
  Code::clear(s, 0);
  for (std::int64_t part = 0; part < parts; ++part) Code::merge(s, kept + part * Code::bytes_kept);
  Code::finish(s, 0);
  Code::folded(s, 1, 0, Code::width);
  Code::store_folded(s, 0, 1);
}

template <class Code> void run_row_folds(const arguments& args, const nest_extents& n) {
  const std::int64_t piece = n.line > 2 * grain ? grain : n.line > 0 ? n.line : 1;
  const std::int64_t pieces = ceil_div(n.line, piece);
  const std::int64_t lines = pieces > 1 ? 1 : ceil_div(grain, piece);
  const std::int64_t parts = pieces > 1 ? n.middle * pieces : ceil_div(n.middle, lines) * pieces;
  char* kept = static_cast<char*>(thread_arena<purpose::shared>().reserve(
      static_cast<std::size_t>(n.rows * parts * Code::bytes_kept)));
  parallel_for(n.rows * parts, [&](std::int64_t t) {
    fold_part<Code>(args, n, t / parts, t % parts, lines, piece, kept + t * Code::bytes_kept);
  }, n.rows * n.middle * n.line);
  for (std::int64_t row = 0; row < n.rows; ++row)
    fold_finish<Code>(args, row, parts, kept + row * parts * Code::bytes_kept);
}

// Folds that keep the line. A block is a piece of the line; it is walked down in parts.

template <class Code>
void column_part(const arguments& args, std::int64_t row, std::int64_t from, std::int64_t to,
                 std::int64_t begin, std::int64_t end, char* kept, bool past_caches = false) {
  const auto& p = Code::view();
  typename Code::state s;
  s.past_caches = past_caches;
  Code::clear(s, 0);
  for (std::int64_t v = 0; v < ceil_div(to - from, Code::width); ++v)
    Code::keep(s, kept + v * Code::bytes_kept);
  walker<Code> walk(s, args, p.middle > 0 ? p.line() - 1 : -1);
  walk.start(row, Code::backwards ? end - 1 : begin);
  for (std::int64_t m = begin; m < end; ++m) {
    if constexpr (Code::backwards) walk.start(row, end - 1 - (m - begin));
    else if (m > begin) walk.next_line();
    // What is constant along the fold is known for each vector of the line only.
    if constexpr (column_needs_folded(Code::view())) {
      for (std::int64_t c = from, v = 0; c < to; c += Code::width, ++v) {
        const std::int64_t rest = to - c;
        Code::folded(s, 0, c, static_cast<int>(rest < Code::width ? rest : Code::width));
        Code::column(s, c, rest < Code::width ? to : c + Code::width, kept + v * Code::bytes_kept);
      }
    } else {
      Code::column(s, from, to, kept);
    }
  }
}

template <class Code>
void column_finish(const arguments& args, std::int64_t row, std::int64_t from, std::int64_t to,
                   std::int64_t parts, std::int64_t stride, const char* kept) {
  const auto& p = Code::view();
  typename Code::state s;
  move(s, p, args, row);
  for (std::int64_t c = from, v = 0; c < to; c += Code::width, ++v) {
    const int count = static_cast<int>(to - c < Code::width ? to - c : Code::width);
    Code::clear(s, 0);
    for (std::int64_t part = 0; part < parts; ++part)
      Code::merge(s, kept + part * stride + v * Code::bytes_kept);
    Code::settle(s);
    Code::folded(s, 0, c, count);
    Code::folded(s, 1, c, count);
    Code::store_folded(s, c, count);
  }
}

template <class Code> void run_column_folds(const arguments& args, const nest_extents& n) {
  // Wide enough for a part of a row to be a stream, and for its accumulators to stay in the cache.
  constexpr std::int64_t block = 128 * Code::width;
  const std::int64_t blocks = ceil_div(n.line, block);
  const std::int64_t wide = n.line < block ? n.line : block;
  const std::int64_t depth = wide > 0 ? ceil_div(8 * grain, wide) : 1;
  const std::int64_t parts = n.middle > 0 ? ceil_div(n.middle, depth) : 0;
  const std::int64_t stride = ceil_div(wide, Code::width) * Code::bytes_kept;
  char* kept = static_cast<char*>(thread_arena<purpose::shared>().reserve(
      static_cast<std::size_t>(n.rows * blocks * parts * stride)));
  const auto edge = [&](std::int64_t b) { return b * block < n.line ? b * block : n.line; };
  parallel_for(n.rows * blocks * parts, [&](std::int64_t t) {
    const std::int64_t part = t % parts, b = t / parts % blocks, row = t / parts / blocks;
    const std::int64_t end = (part + 1) * depth < n.middle ? (part + 1) * depth : n.middle;
    column_part<Code>(args, row, edge(b), edge(b + 1), part * depth, end, kept + t * stride);
  }, n.rows * n.middle * n.line);
  parallel_for(n.rows * blocks, [&](std::int64_t t) {
    const std::int64_t b = t % blocks;
    column_finish<Code>(args, t / blocks, edge(b), edge(b + 1), parts, stride,
                        kept + t * parts * stride);
  }, n.rows * n.line * parts);
}

template <class Code> void run_reduce(const arguments& args) {
  const nest_extents n = measure(Code::view(), args);
  if (n.rows == 0) return;
  if constexpr (Code::view().folds == fold::column) run_column_folds<Code>(args, n);
  else run_row_folds<Code>(args, n);
}

}  // namespace sinter::cpu_target
