// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What kernels cost: the bytes that cross the memory bus and the arithmetic, counted from programs
/// alone. Every element is read once and every value computed once, however often a kernel walks
/// over its rows: a bound that a good kernel reaches, and no model of a particular one.

#include "sinter/plan/plan.hpp"

namespace sinter {

struct kernel_cost {
  double bytes_read = 0, bytes_written = 0, flops = 0;

  constexpr double bytes() const { return bytes_read + bytes_written; }
  /// Flops for each byte moved.
  constexpr double intensity() const { return bytes() > 0 ? flops / bytes() : 0; }

  constexpr kernel_cost& operator+=(const kernel_cost& other) {
    bytes_read += other.bytes_read;
    bytes_written += other.bytes_written;
    flops += other.flops;
    return *this;
  }
  friend constexpr bool operator==(const kernel_cost&, const kernel_cost&) = default;
};

/// The limits of a device: bytes and flops in a second, the seconds that a kernel's start takes.
struct machine {
  const char* name = "";
  double bandwidth = 1, flops = 1, launch = 0;
};

namespace machines {
/// Eight cores at 4.5 GHz with two 256-bit multiply-add units each, two channels of DDR5-5600.
inline constexpr machine desktop{"desktop", 89.6e9, 1.15e12, 2e-6};
/// @source NVIDIA H200 data sheet: 4.8 TB/s, 67 Tflop/s in f32 (without tensor cores)
inline constexpr machine h200{"H200", 4.8e12, 67e12, 2.5e-6};
}  // namespace machines

/// The time that the slower of memory and arithmetic needs.
constexpr double expected_time(const kernel_cost& c, const machine& m) {
  const double memory = c.bytes() / m.bandwidth;
  const double arithmetic = c.flops / m.flops;
  return m.launch + (memory > arithmetic ? memory : arithmetic);
}

constexpr double expected_time(const list<kernel_cost>& kernels, const machine& m) {
  double sum = 0;
  for (const kernel_cost& c : kernels) sum += expected_time(c, m);
  return sum;
}

constexpr kernel_cost total(const list<kernel_cost>& kernels) {
  kernel_cost sum;
  for (const kernel_cost& c : kernels) sum += c;
  return sum;
}

namespace detail {

/// The elements of a buffer that a leaf touches: `count` of them between `first` and `last`, and
/// the loops over them, larger strides first, so that equal sets have equal loops.
struct footprint {
  struct loop {
    std::int64_t stride = 0, extent = 1;
    friend constexpr bool operator==(const loop&, const loop&) = default;
  };
  int buffer = 0, rank = 0;
  std::int64_t first = 0, last = 0, count = 1;
  loop loops[max_rank]{};

  /// Inserts a loop in order, joined with a neighbour that continues it.
  constexpr void push(loop l) {
    int at = rank++;
    for (; at > 0 && loops[at - 1].stride < l.stride; --at) loops[at] = loops[at - 1];
    loops[at] = l;
    for (int k = rank - 1; k-- > 0;) {
      if (loops[k].stride != loops[k + 1].stride * loops[k + 1].extent) continue;
      loops[k] = {loops[k + 1].stride, loops[k].extent * loops[k + 1].extent};
      for (int j = k + 1; j + 1 < rank; ++j) loops[j] = loops[j + 1];
      loops[--rank] = {};
    }
  }
  friend constexpr bool operator==(const footprint&, const footprint&) = default;
};

constexpr std::int64_t resolved(std::int64_t number, const std::int64_t* integers) {
  return number >= 0 ? number : integers[-1 - number];
}

constexpr footprint footprint_of(const program_view& p, const leaf& l,
                                 const std::int64_t* integers) {
  footprint f;
  f.buffer = l.buffer;
  f.first = resolved(l.offset, integers);
  for (int a = 0; a < p.rank; ++a) {
    const std::int64_t stride = resolved(l.stride[a], integers);
    std::int64_t from = 0, to = resolved(p.extent[a], integers);
    if (l.guarded) {
      to = (to < l.end[a] ? to : l.end[a]) - l.begin[a];
      from = l.begin[a] > 0 ? 0 : -l.begin[a];
    }
    const std::int64_t extent = to <= from ? 0 : stride == 0 ? 1 : to - from;
    f.count *= extent;
    f.first += stride < 0 ? stride * (to - 1) : stride * from;
    if (extent > 1) f.push({stride < 0 ? -stride : stride, extent});
  }
  if (l.indexed) {  // as many as are asked for, and no more than there are
    double asked = 1;
    for (int a = 0; a < p.rank; ++a)
      if (resolved(l.stride[a], integers) == 0)
        asked *= static_cast<double>(resolved(p.extent[a], integers));
    const std::int64_t end = resolved(l.index_end, integers);
    const std::int64_t extent = asked < static_cast<double>(end) ? static_cast<std::int64_t>(asked)
                                                                 : end;
    const std::int64_t stride = resolved(l.index_stride, integers);
    f.count *= extent;
    if (stride < 0) f.first += stride * (extent - 1);
    if (extent > 1) f.push({stride < 0 ? -stride : stride, extent});
  }
  f.last = f.first;
  for (int k = 0; k < f.rank; ++k) f.last += f.loops[k].stride * (f.loops[k].extent - 1);
  return f;
}

/// Bytes read from one buffer: each set of elements once. Sets that overlap, such as the windows of
/// a stencil, touch no more than what lies between their ends.
constexpr double bytes_of(const list<footprint>& sets, int buffer, int size) {
  double sum = 0;
  std::int64_t first = INT64_MAX, last = 0;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const footprint& f = sets[i];
    if (f.buffer != buffer || f.count == 0) continue;
    bool known = false;
    for (std::size_t j = 0; j < i; ++j) known = known || sets[j] == f;
    if (!known) sum += static_cast<double>(f.count);
    if (f.first < first) first = f.first;
    if (f.last > last) last = f.last;
  }
  const double between = sum > 0 ? static_cast<double>(last - first + 1) : 0;
  return size * (sum < between ? sum : between);
}

/// Evaluations of an instruction: one for each element, or for each element of what a fold leaves.
constexpr double evaluations(const program_view& p, bool full, const std::int64_t* integers) {
  const int first = p.folds == fold::none ? p.line() : p.outer();
  const int last = p.folds == fold::column ? p.line() : p.rank;
  double count = 1;
  for (int a = 0; a < p.rank; ++a)
    if (full || a < first || a >= last)
      count *= static_cast<double>(resolved(p.extent[a], integers));
  return count;
}

constexpr double flops_of(const program_view& p, const std::int64_t* integers) {
  double sum = 0;
  for (int i = 0; i < p.instruction_count; ++i) {
    const instruction& n = p.instructions[i];
    double each = static_cast<double>(n.flops);
    if (n.what == code::product)
      each = 2 * static_cast<double>(resolved(p.products[n.attribute].inner, integers));
    sum += each * evaluations(p, n.full || n.what == code::fold, integers);
  }
  return sum;
}

constexpr double bytes_written(const program_view& p, const std::int64_t* integers) {
  double sum = 0;
  for (int i = 0; i < p.result_count; ++i) {
    const result& r = p.results[i];
    if (r.buffer < 0 || r.inside) continue;  // an operand of a product, or what no memory holds
    double count = evaluations(p, r.full, integers);
    if (r.index >= 0) {  // each place once
      count = static_cast<double>(resolved(r.index_end, integers));
      for (int a = 0; a < p.rank; ++a)
        if (resolved(r.stride[a], integers) != 0)
          count *= static_cast<double>(resolved(p.extent[a], integers));
    }
    sum += properties(r.type).size * count;
  }
  return sum;
}

}  // namespace detail

/// Whether the cost of programs is known without the run-time integers.
constexpr bool is_static(const program_view* programs, int count) {
  for (const program_view* p = programs; p != programs + count; ++p) {
    for (int a = 0; a < p->rank; ++a) {
      if (!is_static(p->extent[a])) return false;
      for (int i = 0; i < p->leaf_count; ++i)
        if (!is_static(p->leaves[i].stride[a]) || !is_static(p->leaves[i].offset)) return false;
    }
    for (int i = 0; i < p->product_count; ++i)
      if (!is_static(p->products[i].inner)) return false;
  }
  return true;
}

/// The cost of one kernel: its own program first, then those of its operands. `integers` are the
/// values of its run-time integers, null if the programs are static. The flops of an instruction
/// are known where it was made: programs read back from words have those of their products only.
constexpr kernel_cost cost_of(const program_view* programs, int count,
                              const std::int64_t* integers = nullptr) {
  kernel_cost c;
  list<detail::footprint> sets;
  list<int> size_of;  // bytes of an element, by buffer
  for (const program_view* p = programs; p != programs + count; ++p) {
    c.flops += detail::flops_of(*p, integers);
    c.bytes_written += detail::bytes_written(*p, integers);
    for (int i = 0; i < p->leaf_count; ++i) {
      const leaf& l = p->leaves[i];
      if (l.inside) continue;
      sets.push_back(detail::footprint_of(*p, l, integers));
      const auto buffer = static_cast<std::size_t>(l.buffer);
      if (buffer >= size_of.size()) size_of.resize(buffer + 1);
      size_of[buffer] = properties(l.type).size;
    }
  }
  for (std::size_t b = 0; b < size_of.size(); ++b)
    c.bytes_read += detail::bytes_of(sets, static_cast<int>(b), size_of[b]);
  return c;
}

namespace detail {
constexpr list<program_view> views(const lowered_kernel& k) {
  list<program_view> programs;
  for (const program& p : k.programs) programs.push_back(p.view());
  return programs;
}
}  // namespace detail

constexpr bool is_static(const lowered_kernel& k) {
  const list<program_view> programs = detail::views(k);
  return is_static(programs.data(), static_cast<int>(programs.size()));
}

/// `values`: of the graph's dimensions, see `dimension_values`; empty if the kernel is static.
constexpr kernel_cost cost_of(const lowered_kernel& k,
                              const list<std::int64_t>& values = {}) {
  const list<program_view> programs = detail::views(k);
  list<std::int64_t> integers;
  for (const extent_t e : k.integers)
    integers.push_back(values.empty() ? 0 : detail::resolved(e, values.data()));
  return cost_of(programs.data(), static_cast<int>(programs.size()), integers.data());
}

constexpr list<kernel_cost> cost_of(const plan_builder& p,
                                           const list<std::int64_t>& values = {}) {
  list<kernel_cost> kernels;
  for (const lowered_kernel& k : p.kernels) kernels.push_back(cost_of(k, values));
  return kernels;
}

/// The values of a graph's dimensions, given those of its extents by entry; other entries of
/// `extents` are not read. Strides are taken to be those of contiguous tensors.
constexpr list<std::int64_t> dimension_values(
    const graph_builder& g, const list<std::int64_t>& extents) {
  list<std::int64_t> values;
  for (std::size_t i = 0; i < g.dimensions.size(); ++i) {
    const dimension& d = g.dimensions[i];
    std::int64_t v = 1;
    if (d.from == dimension::origin::extent) {
      v = i < extents.size() ? extents[i] : 0;
    } else if (d.from == dimension::origin::stride) {
      const shape& s = g[g.inputs[d.left]].extents;
      for (int a = static_cast<int>(d.right) + 1; a < s.rank; ++a)
        v *= detail::resolved(s[a], values.data());
    } else {
      const std::int64_t left = detail::resolved(d.left, values.data());
      const std::int64_t right = detail::resolved(d.right, values.data());
      v = d.from == dimension::origin::product ? left * right
          : d.from == dimension::origin::sum   ? left + right
                                               : left - right;
    }
    values.push_back(v);
  }
  return values;
}

/// The bytes of a plan's workspace, what they would be if no slot were used twice, and its slots;
/// without what only a chain uses.
struct workspace_size {
  double bytes = 0, without_reuse = 0;
  int slots = 0;
};

constexpr workspace_size workspace_of(const plan_builder& p,
                                      const list<std::int64_t>& values = {}) {
  workspace_size w;
  list<double> slots(static_cast<std::size_t>(p.slots), -1);
  for (const buffer& b : p.buffers) {
    if (b.where != buffer::place::workspace || b.index < 0 || b.inside) continue;
    const double bytes = properties(b.type).size *
                         static_cast<double>(detail::resolved(b.elements, values.data()));
    w.without_reuse += bytes;
    if (bytes > slots[b.index]) slots[b.index] = bytes;
  }
  for (const double bytes : slots)
    if (bytes >= 0) {
      w.bytes += bytes;
      ++w.slots;
    }
  return w;
}

}  // namespace sinter
