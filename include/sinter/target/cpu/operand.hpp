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

/// The type of the bytes in memory that an operand program does nothing with but widen them to
/// i32; else bool.
template <class Code> inline constexpr dtype widened_bytes = [] {
  const program_view p = Code::view();
  const bool widens = p.instruction_count == 2 && p.instructions[0].what == code::load &&
                      p.instructions[1].what == code::cast && !p.leaves[0].guarded &&
                      p.instructions[1].type == dtype::i32;
  const dtype type = widens ? p.leaves[0].type : dtype::boolean;
  return type == dtype::i8 || type == dtype::u8 ? type : dtype::boolean;
}();

/// The type that an operand program gives its elements in.
template <class Code> using operand_type = element_t<Code::view().results[0].type>;

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
    Code::folded(s, 0, 0, Code::width);
    if constexpr (std::is_same_v<T, operand_type<Code>>) {
      s.result[0] = out - from;
      Code::line(s, 0, from, to);
    } else {  // rounded to its type, and that widened
      constexpr std::int64_t part = 512;
      operand_type<Code> memory[part];
      operand_type<Code>* const narrow = memory;
      for (std::int64_t c = from; c < to; c += part) {
        const std::int64_t last = smaller(c + part, to);
        s.result[0] = narrow - c;
        Code::line(s, 0, c, last);
        for (std::int64_t i = c; i < last; ++i) out[i - from] = static_cast<T>(narrow[i - c]);
      }
    }
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
