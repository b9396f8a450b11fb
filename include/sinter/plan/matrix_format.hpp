// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What the matrix units of a GPU can read of a product's operands as they lie in memory. This is
/// the rule by which kernels choose their bodies, and what `explain` says of it.

#include "sinter/plan/program.hpp"

namespace sinter {

/// Number formats of operands. `tf32` is f32 in memory, of which 10 bits of fraction are used.
enum class matrix_format : std::uint8_t { none, f16, bf16, e4m3, e5m2, tf32, i8 };

constexpr const char* name(matrix_format f) {
  constexpr const char* names[] = {"none", "f16", "bf16", "e4m3", "e5m2", "tf32", "i8"};
  return names[static_cast<int>(f)];
}

/// The format in which an operand lies in memory, where its program does nothing but read it; round
/// it to tf32, as copies for matrix units do; or widen i8 to i32, the type of these units' sums.
constexpr matrix_format format_of(const program_view& p) {
  if (p.leaf_count != 1 || p.leaves[0].guarded || p.result_count != 1 || p.rank < 2 ||
      p.instruction_count > 2 || p.instructions[0].what != code::load)
    return matrix_format::none;
  const instruction& last = p.instructions[p.instruction_count - 1];
  switch (p.leaves[0].type) {
    case dtype::f16: return last.what == code::load ? matrix_format::f16 : matrix_format::none;
    case dtype::bf16: return last.what == code::load ? matrix_format::bf16 : matrix_format::none;
    case dtype::e4m3: return last.what == code::load ? matrix_format::e4m3 : matrix_format::none;
    case dtype::e5m2: return last.what == code::load ? matrix_format::e5m2 : matrix_format::none;
    case dtype::f32:
      return last.what == code::element && last.op == pack_name("tf32") ? matrix_format::tf32
                                                                        : matrix_format::none;
    case dtype::i8:
      return last.what == code::cast && last.type == dtype::i32 ? matrix_format::i8
                                                                : matrix_format::none;
    default: return matrix_format::none;
  }
}

/// Of both operands of a product.
constexpr matrix_format format_of(const program_view& left, const program_view& right) {
  const matrix_format own = format_of(left);
  return own == format_of(right) ? own : matrix_format::none;
}

/// The axis of an operand's terms, and that of its lines: rows of the left, columns of the right.
constexpr int term_axis(const program_view& p, bool left) { return p.line() - (left ? 0 : 1); }
constexpr int line_axis(const program_view& p, bool left) { return p.line() - (left ? 1 : 0); }

/// Whether `wgmma` can read an operand of a format: terms are neighbours in memory, or in 16 bits
/// lines may be.
/// @source PTX ISA, "Asynchronous Warpgroup Level Matrix Multiply-Accumulate Operation using
/// wgmma.mma_async": transposition is "only supported for .f16/.bf16 types on matrices accessed
/// from shared memory"
constexpr bool lies_for_warpgroups(const program_view& p, bool left) {
  const matrix_format format = format_of(p);
  if (format == matrix_format::none) return false;
  const bool in_16_bits = format == matrix_format::f16 || format == matrix_format::bf16;
  return p.leaves[0].stride[term_axis(p, left)] == 1 ||
         (in_16_bits && p.leaves[0].stride[line_axis(p, left)] == 1);
}

/// Whether a product that may be split is made of three in tf32 by a GPU: where tiles are 64 rows
/// high. Where rows are folded, tiles hold whole rows, and so many fit up to this width, of all
/// products of the kernel together. Beyond, there are multiply-adds in f32.
inline constexpr std::int64_t widest_split_row = 320;
constexpr bool is_split_on_gpu(const program_view& main, const product& q) {
  const std::int64_t line = main.extent[main.line()], rounded = (line + 63) / 64 * 64;
  return q.split &&
         (main.folds == fold::none || rounded * main.product_count <= widest_split_row);
}

}  // namespace sinter
