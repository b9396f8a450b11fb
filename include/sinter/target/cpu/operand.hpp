// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Operands of products as a CPU meets them: memory that is read where it lies, or values that are
/// computed on the way in.

#include "sinter/target/cpu/product.hpp"
#include "sinter/target/cpu/walk.hpp"

namespace sinter::cpu_target {

/// Whether an operand program does nothing but read memory of type T.
template <class Code, class T> constexpr bool is_plain() {
  const program_view p = Code::view();
  return p.instruction_count == 1 && p.instructions[0].what == code::load &&
         !p.leaves[0].guarded && p.leaves[0].type == dtype_of<T>;
}

/// Rows begin ... end - 1 of an operand, columns from ... to - 1, written to a matrix of its own.
template <class Code, class T>
void evaluate_operand(const arguments& args, std::int64_t begin, std::int64_t end,
                      std::int64_t from, std::int64_t to, T* out, std::int64_t stride) {
  const auto& p = Code::view();
  typename Code::state s;
  walker<Code> rows(s, args, p.outer() - 1);
  rows.start(begin);
  for (std::int64_t row = begin; row < end; ++row, out += stride) {
    if (row > begin) rows.next_row();
    s.result[0] = out - from;
    Code::folded(s, 0, 0, Code::width);
    Code::line(s, 0, from, to);
  }
}

/// A plain operand from row `row` on.
template <class Code, class T>
matrix_at<T> view_operand(const arguments& args, std::int64_t row) {
  const auto& p = Code::view();
  typename Code::state s;
  move(s, p, args, row);
  return {static_cast<const T*>(s.leaf[0]), args.number(p.leaves[0].stride[p.line() - 1]),
          args.number(p.leaves[0].stride[p.line()])};
}

/// How far a plain operand's rows lie apart, those of all items of a batch as one.
struct row_distance {
  bool even = true;
  std::int64_t stride = 0;
};
template <class Code> row_distance distance_of_rows(const arguments& args) {
  const auto& p = Code::view();
  row_distance d;
  std::int64_t rows = 1;  // of the axes further in
  for (int a = p.line(); a-- > 0;) {
    const std::int64_t extent = args.number(p.extent[a]);
    const std::int64_t stride = args.number(p.leaves[0].stride[a]);
    if (extent == 1) continue;
    if (rows == 1) d.stride = stride;
    d.even = d.even && stride == d.stride * rows;
    rows *= extent;
  }
  return d;
}

}  // namespace sinter::cpu_target
