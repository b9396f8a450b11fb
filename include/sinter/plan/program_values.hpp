// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What is known of a program's values: in which passes they are needed, whether they differ along
/// the line, and which way running folds go.

#include "sinter/plan/program.hpp"

namespace sinter {

/// The passes in which each full value is computed by a target that keeps none for a later pass:
/// what the row buffers, `saved`, stand for is computed again. `of` is zero at first.
template <class Masks> constexpr void recomputed_passes(const program_view& p, Masks& of) {
  for (int r = 0; r < p.result_count; ++r) {
    const instruction& n = p.instructions[p.results[r].instruction];
    if (p.results[r].full && n.full) of[p.results[r].instruction] |= 1u << n.stage;
    if (p.results[r].index >= 0) of[p.results[r].index] |= 1u << n.stage;
  }
  for (int i = p.instruction_count; i-- > 0;) {
    const instruction& n = p.instructions[i];
    const std::uint32_t needed = n.what == code::fold ? 1u << n.stage : of[i];
    for (int j = 0; j < max_operands && n.operand[j] >= 0; ++j)
      if (p.instructions[n.operand[j]].full) of[n.operand[j]] |= needed;
  }
}

/// Whether the value of an instruction may differ from element to element of the line.
constexpr bool varies_along_line(const program_view& p, int index) {
  const instruction& n = p.instructions[index];
  if (n.what == code::load || n.what == code::gather) {
    const leaf& l = p.leaves[n.attribute];
    const bool guards = l.guarded && (l.begin[p.line()] != 0 || l.end[p.line()] != INT64_MAX);
    if (l.stride[p.line()] != 0 || guards) return true;
  }
  if (n.what == code::product || n.what == code::fold || n.what == code::scan) return true;
  if (n.what == code::iota && n.attribute == p.line()) return true;
  for (int j = 0; j < max_operands && n.operand[j] >= 0; ++j)
    if (varies_along_line(p, n.operand[j])) return true;
  return false;
}

/// What hands a value on from element to element, and so has an accumulator.
constexpr bool carries(code what) { return what == code::fold || what == code::scan; }

constexpr bool has_scans(const program_view& p) {
  for (int i = 0; i < p.instruction_count; ++i)
    if (p.instructions[i].what == code::scan) return true;
  return false;
}

/// Whether rows, or columns, are walked over from their end: all running folds of a program go one
/// way.
constexpr bool runs_backwards(const program_view& p) {
  for (int i = 0; i < p.instruction_count; ++i)
    if (p.instructions[i].what == code::scan) return p.instructions[i].backwards;
  return false;
}

}  // namespace sinter
