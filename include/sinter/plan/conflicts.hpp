// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What lowered kernels do to buffers: which they read and write, and which results must not be
/// written over what operands.

#include "sinter/plan/lower.hpp"
#include "sinter/plan/program_values.hpp"

namespace sinter {

namespace detail {

/// Whether a kernel reads, or writes, a buffer of the plan; what a chain reads of itself, and what
/// nobody else reads, aside.
constexpr bool reads(const lowered_kernel& k, int buffer) {
  for (const program& p : k.programs)
    for (const leaf& l : p.leaf_list)
      if (!l.inside && k.buffers[l.buffer] == buffer) return true;
  return false;
}
constexpr bool writes(const lowered_kernel& k, int buffer) {
  bool found = false;
  k.each_main([&](std::size_t m) {
    for (const result& r : k.programs[m].result_list)
      found = found || (!r.inside && k.buffers[r.buffer] == buffer);
  });
  return found;
}

}  // namespace detail

namespace detail {

/// The pairs (output, input) of a kernel's results and what they must not be written over.
class conflict_finder {
 public:
  constexpr conflict_finder(const lowered_kernel& k, const graph_view& v, list<int>& conflicts)
      : k_(k), v_(v), conflicts_(conflicts) {}

  /// The conflicts of main program `number`.
  constexpr void run(std::size_t number) {
    const program& own = k_.programs[number];
    // What sums over a chain's rows is written when these are done.
    const std::size_t rows = k_.programs_of_rows(), begin = number < rows ? 0 : rows;
    list<std::uint32_t> again(own.instruction_list.size(), 0);
    recomputed_passes(own.view(), again);
    for (const result& r : own.result_list) {
      const int target = k_.buffers[r.buffer];
      if (target < v_.input_count || target >= v_.input_count + v_.output_count) continue;
      for (std::size_t q = begin; q < k_.programs.size(); ++q)
        for (const leaf& l : k_.programs[q].leaf_list)
          if (q != number && k_.buffers[l.buffer] < v_.input_count) add(r, l);
      for (std::size_t n = 0; n < own.instruction_list.size(); ++n)
        if (reads_leaf(own.instruction_list[n].what)) check_load(own, r, n, again[n]);
    }
  }

 private:
  static constexpr bool reads_leaf(code c) { return c == code::load || c == code::gather; }

  constexpr void add(const result& r, const leaf& l) {
    conflicts_.push_back(k_.buffers[r.buffer]);
    conflicts_.push_back(k_.buffers[l.buffer]);
  }

  /// Elementwise reading is safe: each element is read where, and not after, it is written.
  constexpr void check_load(const program& p, const result& r, std::size_t n,
                            std::uint32_t again) {
    const instruction& i = p.instruction_list[n];
    const leaf& l = p.leaf_list[i.attribute];
    if (k_.buffers[l.buffer] >= v_.input_count) return;
    const instruction& value = p.instruction_list[r.instruction];
    const int pass = value.stage + (value.what == code::fold ? 1 : 0);
    bool safe = !l.guarded && !l.indexed && l.offset == 0 && l.type == r.type && r.index < 0;
    for (int axis = 0; axis < p.rank; ++axis)
      safe = safe && (l.stride[axis] == r.stride[axis] || p.extent[axis] == 1);
    // By any target: with row buffers, and without.
    if (r.full && ((i.passes | again) >> (pass + 1)) != 0) safe = false;
    if (r.full && p.family == family::reduce) safe = false;
    // A folded value is written when its row is done, a full one is read all along it.
    if (!r.full && i.full) safe = false;
    if (!safe) add(r, l);
  }

  const lowered_kernel& k_;
  const graph_view& v_;
  list<int>& conflicts_;
};

}  // namespace detail

/// What the order of the kernels needs to know of one.
constexpr kernel_access access_of(const lowered_kernel& k, const graph_view& v) {
  kernel_access a;
  list<char> reads(k.buffers.size(), 0), writes(k.buffers.size(), 0);
  for (const program& p : k.programs)
    for (const leaf& l : p.leaf_list) reads[l.buffer] = 1;
  k.each_main([&](std::size_t m) {
    for (const result& r : k.programs[m].result_list) writes[r.buffer] = 1;
  });
  for (std::size_t b = 0; b < k.buffers.size(); ++b) {
    if (reads[b]) a.reads.push_back(k.buffers[b]);
    if (writes[b]) a.writes.push_back(k.buffers[b]);
  }
  k.each_main([&](std::size_t m) { detail::conflict_finder(k, v, a.conflicts).run(m); });
  return a;
}

}  // namespace sinter
