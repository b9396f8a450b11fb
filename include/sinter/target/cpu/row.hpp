// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Kernels of family `row`: each row is walked over once a pass while it lies in the cache; values
/// that a later pass needs again are kept in row buffers if they were expensive.

#include "sinter/target/cpu/abreast.hpp"
#include "sinter/target/cpu/caches.hpp"
#include "sinter/target/cpu/parallel.hpp"
#include "sinter/target/cpu/scratch.hpp"
#include "sinter/target/cpu/walk.hpp"

namespace sinter::cpu_target {

/// Bytes of a row buffer: any register type, whole vectors, for each index of the middle axes.
template <class Code> std::int64_t row_buffer_bytes(const nest_extents& n) {
  return n.middle * round_up(n.line, Code::width) * 8;
}

/// The row of which result is row buffer `b` of this call, or -1: where no operand lies there, and
/// where the row is read again, which is not to be had from memory.
inline int result_for_buffer(const program_view& p, const arguments& args, int b) {
  const int r = result_in_place_of(p, b);
  if (r < 0 || args.number(p.results[r].stride[p.line()]) != 1) return -1;
  return lies_on_operand(p, args, r) ? -1 : r;
}

/// Which results serve as row buffers, by buffer.
template <class Code> struct buffers_in_results {
  int result[Code::view().row_buffers + 1]{};
};

/// Rows that are walked over soon, fetched while one is in work: a row mostly ends with a page, and
/// behind that the processor does not look by itself.
template <class Code> class rows_ahead {
 public:
  using state = typename Code::state;
  static constexpr auto& program = Code::program;

  /// Along axis `axis` of the nest, the last outer one. Long rows are left alone: they would not
  /// stay in the first cache.
  SINTER_INLINE rows_ahead(const arguments& args, const nest_extents& n, int axis) {
    if (axis < 0 || n.middle > 1) return;
    each_leaf([&]<int L>() SINTER_LAMBDA {
      constexpr leaf from = program.leaf_store[L];
      constexpr std::int64_t size = properties(from.type).size, far = 1024, most = 16384;
      const std::int64_t bytes = n.line * size, apart = args.number(from.stride[axis]) * size;
      if (args.number(from.stride[program.line()]) != 1) return;
      if (bytes == 0 || bytes > most || apart < bytes) return;
      distance_[L] = apart < far ? ceil_div(far, apart) * apart : apart;
      bytes_[L] = bytes;
    });
  }

  SINTER_INLINE void fetch(const state& s) const {
    each_leaf([&]<int L>() SINTER_LAMBDA {
      const char* const from = static_cast<const char*>(s.leaf[L]) + distance_[L];
      for (std::int64_t at = 0; at < bytes_[L]; at += 64) __builtin_prefetch(from + at);
    });
  }

 private:
  /// Of leaves that are read along the line and differ from row to row.
  template <class F> SINTER_INLINE static void each_leaf(F&& f) {
    [&]<int... L>(std::integer_sequence<int, L...>) SINTER_LAMBDA {
      (void)std::initializer_list<int>{(([&] {
        constexpr leaf from = program.leaf_store[L];
        constexpr int line = Code::view().line();
        if constexpr (line > 0 && !from.guarded && !from.indexed && !from.inside)
          if constexpr (from.stride[line] != 0 && from.stride[line > 0 ? line - 1 : 0] != 0)
            f.template operator()<L>();
      }()), 0)...};
    }(std::make_integer_sequence<int, Code::sizes.leaves>{});
  }

  std::int64_t distance_[Code::sizes.leaves + 1]{};
  std::int64_t bytes_[Code::sizes.leaves + 1]{};
};

/// All passes over the row at which the state stands; `middle` moves it along the middle axes.
template <class Code, class Move>
SINTER_INLINE void run_row(typename Code::state& s, const nest_extents& n, char* buffers,
                           const buffers_in_results<Code>* in_results, Move&& middle,
                           const rows_ahead<Code>* ahead = nullptr) {
  const auto& p = Code::view();
  const std::int64_t stride = round_up(n.line, Code::width) * 8;
  const std::int64_t lines = p.middle > 0 ? n.middle : 1;
  for (int pass = 0; pass < p.passes; ++pass) {
    Code::folded(s, pass, 0, Code::width);
    Code::clear(s, pass);
    for (std::int64_t m = 0; m < lines; ++m) {
      if (lines > 1) middle(m);
      for (int b = 0; b < p.row_buffers; ++b)
        s.row_buffer[b] = in_results != nullptr && in_results->result[b] >= 0
                              ? s.result[in_results->result[b]]
                              : buffers + b * row_buffer_bytes<Code>(n) + m * stride;
      Code::line(s, pass, 0, n.line);
      if (pass == 0 && ahead != nullptr) ahead->fetch(s);
    }
    Code::finish(s, pass);
  }
  Code::folded(s, p.passes, 0, Code::width);
  Code::store_folded(s, 0, 1);
}

template <class Code>
void row_task(const arguments& args, nest_extents n, bool past_caches, std::int64_t begin,
              std::int64_t end) {
  const auto& p = Code::view();
  char* buffers = static_cast<char*>(thread_arena<purpose::row>().reserve(
      static_cast<std::size_t>(p.row_buffers * row_buffer_bytes<Code>(n))));
  typename Code::state s;
  s.past_caches = past_caches;
  buffers_in_results<Code> in_results;
  for (int b = 0; b < p.row_buffers; ++b)
    in_results.result[b] = past_caches || n.middle > 1 ? -1 : result_for_buffer(p, args, b);
  const rows_ahead<Code> ahead(args, n, p.outer() - 1);
  walker<Code> rows(s, args, p.outer() - 1);
  rows.start(begin);
  for (std::int64_t row = begin; row < end; ++row) {
    run_row<Code>(s, n, buffers, &in_results,
                  [&](std::int64_t m) { move(s, p, args, row, m); }, &ahead);
    if (row + 1 == end) break;
    if (n.middle > 1) rows.start(row + 1);
    else rows.next_row();
  }
  if (past_caches) stream_fence();
}

template <class Words> void run_rows(const arguments& args) {
  using Code = static_code<Words>;
  const nest_extents n = measure(Code::view(), args);
  if (n.rows == 0) return;
  if constexpr (may_lie_abreast(Code::view()))
    if (n.line > 0 && lie_abreast(Code::view(), args, n, Code::width))
      return run_rows_abreast<Words>(args, n);
  const std::int64_t length = n.middle * n.line;
  const std::int64_t each = length >= grain ? 1 : ceil_div(grain, length + 1);
  const bool past_caches = goes_past_caches(Code::view(), args, n);
  parallel_for(ceil_div(n.rows, each), [&](std::int64_t t) {
    const std::int64_t end = (t + 1) * each;
    row_task<Code>(args, n, past_caches, t * each, end < n.rows ? end : n.rows);
  }, n.rows * length);
}

}  // namespace sinter::cpu_target
