// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How kernels move over their nest: from the number of a row to addresses.

#include "sinter/target/cpu/code.hpp"

namespace sinter::cpu_target {

/// Moves a state to a row and to an index of the middle axes.
template <class State>
SINTER_INLINE void move(State& s, const program_view& p, const arguments& args, std::int64_t row,
                        std::int64_t middle = 0) {
  s.args = &args;
  const int line = p.line();
  SINTER_STRAIGHT
  for (int a = line - 1; a >= 0; --a) {
    std::int64_t& rest = a >= p.outer() ? middle : row;
    const bool first = a == 0 || a == p.outer();
    const std::int64_t extent = first ? 0 : args.number(p.extent[a]);
    s.index[a] = first ? rest : rest % extent;
    if (!first) rest /= extent;
  }
  SINTER_STRAIGHT
  for (int l = 0; l < p.leaf_count; ++l) {
    const leaf& from = p.leaves[l];
    std::int64_t at = args.number(from.offset);
    bool inside = true;
    SINTER_STRAIGHT
    for (int a = 0; a < line; ++a) {
      const std::int64_t shift = from.guarded ? from.begin[a] : 0;
      at += (s.index[a] - shift) * args.number(from.stride[a]);
      if (from.guarded) inside = inside && s.index[a] >= shift && s.index[a] < from.end[a];
    }
    const char* base = static_cast<const char*>(args.buffers[from.buffer]);
    s.leaf[l] = base + at * properties(from.type).size;
    s.leaf_inside[l] = inside;
  }
  SINTER_STRAIGHT
  for (int r = 0; r < p.result_count; ++r) {
    const result& to = p.results[r];
    if (to.buffer < 0) continue;  // an operand of a product: its kernel says where
    std::int64_t at = 0;
    SINTER_STRAIGHT
    for (int a = 0; a < line; ++a) at += s.index[a] * args.number(to.stride[a]);
    s.result[r] = static_cast<char*>(args.buffers[to.buffer]) + at * properties(to.type).size;
  }
}

/// Walks over rows, or over the middle lines of one, in order. A move to any place divides; a step
/// to the next one adds, as long as the axis goes on.
template <class Code> class walker {
 public:
  using state = typename Code::state;

  /// Steps along axis `axis` of the nest: the last outer or the last middle one.
  SINTER_INLINE walker(state& s, const arguments& args, int axis)
      : s_(s), args_(args), axis_(axis) {
    const auto& p = Code::view();
    if (axis < 0) return;
    wraps_ = axis == 0 || axis == p.outer() ? INT64_MAX : args.number(p.extent[axis]);
    SINTER_STRAIGHT
    for (int l = 0; l < p.leaf_count; ++l) {
      const leaf& from = p.leaves[l];
      leaf_step_[l] = args.number(from.stride[axis]) * properties(from.type).size;
      if (from.guarded) wraps_ = 0;  // a step would have to look whether it goes outside
    }
    SINTER_STRAIGHT
    for (int r = 0; r < p.result_count; ++r)
      result_step_[r] = args.number(p.results[r].stride[axis]) * properties(p.results[r].type).size;
  }

  SINTER_INLINE void start(std::int64_t row, std::int64_t middle = 0) {
    row_ = row;
    middle_ = middle;
    move(s_, Code::view(), args_, row, middle);
  }
  SINTER_INLINE void next_row() { next(++row_, middle_); }
  SINTER_INLINE void next_line() { next(row_, ++middle_); }

 private:
  SINTER_INLINE void next(std::int64_t row, std::int64_t middle) {
    const auto& p = Code::view();
    if (axis_ < 0 || ++s_.index[axis_] >= wraps_) {
      move(s_, p, args_, row, middle);
      return;
    }
    SINTER_STRAIGHT
    for (int l = 0; l < p.leaf_count; ++l)
      s_.leaf[l] = static_cast<const char*>(s_.leaf[l]) + leaf_step_[l];
    SINTER_STRAIGHT
    for (int r = 0; r < p.result_count; ++r)
      if (p.results[r].buffer >= 0)
        s_.result[r] = static_cast<char*>(s_.result[r]) + result_step_[r];
  }

  state& s_;
  const arguments& args_;
  int axis_;
  std::int64_t row_ = 0, middle_ = 0;
  std::int64_t wraps_ = 0;
  std::int64_t leaf_step_[Code::sizes.leaves + 1]{};
  std::int64_t result_step_[Code::sizes.results + 1]{};
};

constexpr std::int64_t smaller(std::int64_t a, std::int64_t b) { return a < b ? a : b; }
constexpr std::int64_t larger(std::int64_t a, std::int64_t b) { return a > b ? a : b; }
constexpr std::int64_t round_up(std::int64_t a, std::int64_t b) { return ceil_div(a, b) * b; }

/// Elements of work below which another thread is not worth its start.
inline constexpr std::int64_t grain = 16384;

}  // namespace sinter::cpu_target
