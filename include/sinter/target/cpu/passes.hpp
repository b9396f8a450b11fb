// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What the loops ask of a program's passes.

#include <utility>

#include "sinter/plan/program_values.hpp"
#include "sinter/target/cpu/registers.hpp"

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
  return (p.folds == fold::row || p.family == family::row) && found > 0 && steps <= 8;
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

/// Whether a leaf is read in steps along the line that only a call knows, and may be turned.
constexpr bool is_stepped(const program_view& p, const leaf& l) {
  const std::int64_t step = l.stride[p.line()];
  return !l.guarded && !l.indexed && step != 0 && step != 1;
}
constexpr bool any_stepped(const program_view& p) {
  for (int l = 0; l < p.leaf_count; ++l)
    if (is_stepped(p, p.leaves[l])) return true;
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

// Rows abreast: where rows are short, lanes are rows.

/// Columns up to which rows lie abreast. Turning is worth what it saves, the empty lanes of a row's
/// last vector, folds across lanes, and what is computed once a row: for results that are turned
/// back as well, in a vector and a half, else in eight.
constexpr std::int64_t most_columns_abreast(const program_view& p) {
  for (int r = 0; r < p.result_count; ++r)
    if (p.results[r].full) return program_lanes(p) * 3 / 2;
  return program_lanes(p) * 8;
}

/// Whether a leaf is turned in tiles: it is read along the line, and varies from row to row.
constexpr bool is_tiled(const program_view& p, int leaf) {
  for (int i = 0; i < p.instruction_count; ++i) {
    const instruction& n = p.instructions[i];
    if (n.what == code::load && n.full && n.attribute == leaf)
      return p.leaves[leaf].stride[p.line() - 1] != 0;
  }
  return false;
}

/// Whether a program's rows may lie abreast, as far as that is known at compile time.
constexpr bool may_lie_abreast(const program_view& p) {
  if (p.family != family::row || p.middle > 0 || p.outer() == 0 || p.product_count > 0)
    return false;
  if (p.extent[p.line()] > most_columns_abreast(p)) return false;
  const auto lies_along_line = [&](std::int64_t stride) { return stride < 0 || stride == 1; };
  if (has_scans(p)) return false;
  for (int l = 0; l < p.leaf_count; ++l) {
    const leaf& from = p.leaves[l];
    if (from.guarded || from.indexed || from.inside) return false;
    if (is_tiled(p, l) && !lies_along_line(from.stride[p.line()])) return false;
  }
  for (int r = 0; r < p.result_count; ++r) {
    const result& to = p.results[r];
    if (to.index >= 0 || (to.full && !lies_along_line(to.stride[p.line()]))) return false;
  }
  return true;
}

/// The program with a row in each lane: the line and the last outer axis change places, folds go
/// lane by lane, and tiles have the rows side by side.
template <class Program> constexpr Program laid_abreast(Program p) {
  const int line = p.line(), along = line - 1;
  const auto swap = [&](std::int64_t* of) { of[line] = std::exchange(of[along], of[line]); };
  if (along < 0) return p;
  p.folds = fold::column;
  swap(p.extent);
  for (instruction& n : p.instruction_store)
    if (n.what == code::iota && n.attribute >= along) n.attribute = line + along - n.attribute;
  for (int l = 0; l < p.view().leaf_count; ++l) {
    const bool tiled = is_tiled(p.view(), l);
    swap(p.leaf_store[l].stride);
    if (tiled) p.leaf_store[l].stride[line] = 1;
  }
  for (result& r : p.result_store) {
    swap(r.stride);
    if (r.full) r.stride[line] = 1;
  }
  return p;
}

}  // namespace sinter::cpu_target
