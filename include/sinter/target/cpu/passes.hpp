// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What the loops ask of a program's passes.

#include "sinter/plan/program_values.hpp"

namespace sinter::cpu_target {

/// A short pass over a row would wait for each fold to add the vector before: it takes several
/// vectors at a time, each with accumulators of its own.
constexpr bool is_beside(const program_view& p, int pass) {
  int steps = 0, found = 0;
  for (int i = 0; i < p.instruction_count; ++i) {
    const instruction& n = p.instructions[i];
    if (n.what == code::scan && n.stage == pass) return false;  // each vector needs the one before
    found += n.what == code::fold && n.stage == pass;
    steps += n.what == code::fold ? n.stage == pass : n.full && (n.passes >> pass & 1) != 0;
  }
  return p.folds == fold::row && found > 0 && steps <= 8;
}
constexpr bool any_beside(const program_view& p) {
  for (int pass = 0; pass < p.passes; ++pass)
    if (is_beside(p, pass)) return true;
  return false;
}

/// Whether a pass walks over a row from its end, as its running folds do.
constexpr bool goes_back(const program_view& p, int pass) {
  for (int i = 0; i < p.instruction_count; ++i)
    if (p.instructions[i].what == code::scan && p.instructions[i].stage == pass)
      return p.instructions[i].backwards;
  return false;
}

/// The pass that knows a result's value, and stores it.
constexpr int pass_of_result(const program_view& p, int r) {
  const instruction& i = p.instructions[p.results[r].instruction];
  return i.stage + (i.what == code::fold ? 1 : 0);
}

/// Whether a pass stores whole lines, of a family whose results may lie past the caches.
constexpr bool may_go_past_caches(const program_view& p, int pass) {
  if (p.family != family::map && p.family != family::row && p.family != family::scan) return false;
  for (int r = 0; r < p.result_count; ++r)
    if (p.results[r].full && pass_of_result(p, r) == pass) return true;
  return false;
}

/// Of a fold that keeps the line: whether full values use values that do not vary along the fold,
/// but do along the line.
constexpr bool column_needs_folded(const program_view& p) {
  for (int i = 0; i < p.instruction_count; ++i) {
    const instruction& n = p.instructions[i];
    if (!n.full && n.what != code::fold) continue;
    for (int j = 0; j < max_operands && n.operand[j] >= 0; ++j) {
      const instruction& x = p.instructions[n.operand[j]];
      if (!x.full && x.what != code::fold) return true;
    }
  }
  return false;
}

/// The result whose row can serve as row buffer `b` until it is written: of the same type, whole,
/// and written when the buffer is read for the last time; or -1.
constexpr int result_in_place_of(const program_view& p, int b) {
  for (int i = 0; i < p.instruction_count; ++i) {
    const instruction& n = p.instructions[i];
    if (n.saved != b || n.type == dtype::boolean) continue;
    for (int r = 0; r < p.result_count; ++r) {
      const result& to = p.results[r];
      bool taken = !to.full || to.type != n.type || n.passes >> (pass_of_result(p, r) + 1) != 0;
      for (int other = 0; other < b; ++other) taken = taken || result_in_place_of(p, other) == r;
      if (!taken) return r;
    }
  }
  return -1;
}

}  // namespace sinter::cpu_target
