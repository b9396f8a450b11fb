// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A plan as a constant. Each step is a constant evaluation of its own: the groups, the outline,
/// each kernel, the order. So the limits that compilers set hold for one step and not for the
/// whole. A result is kept in arrays of a guessed size; where the guess is too small the step is
/// done again.

#include <utility>

#include "sinter/graph/trace.hpp"
#include "sinter/plan/conflicts.hpp"
#include "sinter/plan/fuse.hpp"
#include "sinter/plan/plan_data.hpp"
#include "sinter/plan/words.hpp"

namespace sinter {

namespace detail {

/// An array of a guessed capacity.
template <class T, int Capacity> struct bounded {
  T data[Capacity + 1]{};
  int count = 0;

  /// Clears `fits` where the guess was too small; `count` is right in any case.
  constexpr void assign(const list<T>& from, bool& fits) {
    count = static_cast<int>(from.size());
    for (int i = 0; i < count && i < Capacity; ++i) data[i] = from[i];
    fits = fits && count <= Capacity;
  }
  constexpr const T& operator[](int i) const { return data[i]; }
};

struct outline_bounds {
  int nodes = 0, groups = 0, buffers = 0, stores = 0, dimensions = 0;
};

template <outline_bounds B> struct static_outline {
  bounded<group, B.groups> groups;
  bounded<int, B.groups> kernel_of;
  bounded<int, B.nodes> group_of, buffer_of;
  bounded<char, B.nodes> stored;
  bounded<buffer, B.buffers> buffers;
  bounded<store, B.stores> stores;
  bounded<dimension, B.dimensions> dimensions;
  bool fits = true;

  constexpr explicit static_outline(const outline& o) {
    kernel_of.assign(o.kernel_of, fits);
    group_of.assign(o.group_of, fits);
    buffer_of.assign(o.buffer_of, fits);
    stored.assign(o.stored, fits);
    groups.assign(o.groups, fits);
    buffers.assign(o.buffers, fits);
    stores.assign(o.stores, fits);
    dimensions.assign(o.dimensions, fits);
  }
  constexpr outline_bounds bounds() const {
    return {group_of.count, groups.count, buffers.count, stores.count, dimensions.count};
  }
  constexpr outline_view view() const {
    return {groups.data,    groups.count,  kernel_of.data, group_of.data,
            stored.data,    buffer_of.data, buffers.data,  buffers.count,
            stores.data,    stores.count,  dimensions.data, dimensions.count};
  }
  constexpr int kernel_count() const { return view().kernel_count(); }
};

struct kernel_bounds {
  int words = 0, integers = 0, buffers = 0, accesses = 0, dimensions = 0;
};

template <kernel_bounds B> struct static_kernel {
  bounded<word, B.words> words;
  bounded<extent_t, B.integers> integers;
  bounded<int, B.buffers> buffers;
  bounded<int, B.accesses> reads, writes, conflicts;
  bounded<dimension, B.dimensions> dimensions;  ///< beyond the outline's
  bool fits = true;

  constexpr static_kernel(const lowered_kernel& k, const list<dimension>& added,
                          const graph_view& v) {
    list<word> encoded;
    for (const program& p : k.programs) encode(p.view(), encoded);
    const kernel_access a = access_of(k, v);
    words.assign(encoded, fits);
    integers.assign(k.integers, fits);
    buffers.assign(k.buffers, fits);
    reads.assign(a.reads, fits);
    writes.assign(a.writes, fits);
    conflicts.assign(a.conflicts, fits);
    dimensions.assign(added, fits);
  }
  constexpr kernel_bounds bounds() const {
    const int most = reads.count > writes.count ? reads.count : writes.count;
    return {words.count, integers.count, buffers.count,
            most > conflicts.count ? most : conflicts.count, dimensions.count};
  }
  constexpr kernel_access access() const {
    kernel_access a;
    a.reads.append(reads.data, reads.data + reads.count);
    a.writes.append(writes.data, writes.data + writes.count);
    a.conflicts.append(conflicts.data, conflicts.data + conflicts.count);
    return a;
  }
};

template <int Kernels, int Buffers, int Outputs> struct static_schedule {
  bounded<int, Kernels + Outputs> order;
  bounded<detour, Outputs> detours;
  bounded<buffer, Buffers + Outputs> buffers;
  bounded<std::uint64_t, Outputs> in_place;
  int slots = 0;
  bool fits = true;  // the bounds are exact

  constexpr explicit static_schedule(const schedule& s) : slots(s.slots) {
    order.assign(s.order, fits);
    detours.assign(s.detours, fits);
    buffers.assign(s.buffers, fits);
    in_place.assign(s.in_place, fits);
  }
};

// Step 1: the groups.

struct grouping_bounds {
  int nodes = 0, groups = 0;
};

template <grouping_bounds B> struct static_grouping {
  bounded<group, B.groups> groups;
  bounded<int, B.nodes> group_of;
  bool fits = true;

  constexpr explicit static_grouping(const grouping& g) {
    groups.assign(g.groups, fits);
    group_of.assign(g.group_of, fits);
  }
  constexpr grouping_bounds bounds() const { return {group_of.count, groups.count}; }
  constexpr grouping thaw() const {
    grouping g;
    g.groups.append(groups.data, groups.data + groups.count);
    g.group_of.append(group_of.data, group_of.data + group_of.count);
    return g;
  }
};

constexpr grouping group_nodes(const graph_view& v) {
  planning_graph g(v);
  return fuse(g);
}
template <class Call> constexpr auto build_groups() {
  constexpr int nodes = graph_of<Call>.view().size;
  constexpr static_grouping<grouping_bounds{nodes, nodes / 4 + 8}> first(
      group_nodes(graph_of<Call>.view()));
  if constexpr (first.fits) return first;
  else return static_grouping<first.bounds()>(group_nodes(graph_of<Call>.view()));
}
template <class Call> inline constexpr auto groups_of = build_groups<Call>();

// Step 2: the outline.

template <class Call> constexpr outline_bounds guessed_bounds() {
  constexpr auto& g = graph_of<Call>;
  constexpr graph_view v = g.view();
  return {v.size, v.size / 4 + v.output_count + 8, v.size / 2 + v.input_count + v.output_count + 8,
          v.size / 2 + v.output_count + 8, v.dimension_count + 32};
}
template <class Call> constexpr auto build_outline() {
  constexpr static_outline<guessed_bounds<Call>()> first(
      make_outline(graph_of<Call>.view(), groups_of<Call>.thaw()));
  if constexpr (first.fits) return first;
  else
    return static_outline<first.bounds()>(
        make_outline(graph_of<Call>.view(), groups_of<Call>.thaw()));
}
template <class Call> inline constexpr auto outline_of = build_outline<Call>();

// Step 3: each kernel.

template <kernel_bounds B, class Call, int K> constexpr auto lower_step() {
  const graph_view v = graph_of<Call>.view();
  const auto& o = outline_of<Call>;
  planning_graph g(v);
  g.dimensions.clear();
  g.dimensions.append(o.dimensions.data, o.dimensions.data + o.dimensions.count);
  const lowered_kernel k = lower(g, o.view(), K);
  list<dimension> added;
  added.append(g.dimensions.begin() + o.dimensions.count, g.dimensions.end());
  return static_kernel<B>(k, added, v);
}
template <class Call, int K> constexpr kernel_bounds guessed_kernel_bounds() {
  int members = 0;
  int parts = 0;
  const auto& o = outline_of<Call>;
  for (int k = 0; k < o.groups.count; ++k) parts += o.kernel_of[k] == K;
  for (int i = 0; i < o.group_of.count; ++i)
    members += o.group_of[i] >= 0 && o.kernel_of[o.group_of[i]] == K;
  return {14 * members + 150 * (parts + 1), 24 + 24 * parts, 32 + 8 * parts, 48 + 16 * parts,
          24 + 8 * parts};
}
template <class Call, int K> constexpr auto build_kernel() {
  constexpr auto first = lower_step<guessed_kernel_bounds<Call, K>(), Call, K>();
  if constexpr (first.fits) return first;
  else return lower_step<first.bounds(), Call, K>();
}
template <class Call, int K> inline constexpr auto kernel_of = build_kernel<Call, K>();

// Step 4: the order.

template <class Call, int... K>
constexpr auto build_schedule(std::integer_sequence<int, K...>) {
  constexpr auto& o = outline_of<Call>;
  const graph_view v = graph_of<Call>.view();
  const list<kernel_access> accesses{kernel_of<Call, K>.access()...};
  using result = static_schedule<sizeof...(K), o.buffers.count, graph_of<Call>.view().output_count>;
  return result(make_schedule(v, o.view(), accesses));
}
template <class Call>
inline constexpr auto schedule_of =
    build_schedule<Call>(std::make_integer_sequence<int, outline_of<Call>.kernel_count()>{});

// Step 4: the copies of updates that took a detour.

template <class Call, int Detour> constexpr auto build_detour() {
  constexpr detour d = schedule_of<Call>.detours[Detour];
  const graph_view v = graph_of<Call>.view();
  const auto& o = outline_of<Call>;
  planning_graph g(v);
  g.dimensions.clear();
  g.dimensions.append(o.dimensions.data, o.dimensions.data + o.dimensions.count);
  const lowered_kernel k = lower_detour(g, d.output, d.spare);
  list<dimension> added;
  added.append(g.dimensions.begin() + o.dimensions.count, g.dimensions.end());
  return static_kernel<kernel_bounds{128, 16, 8, 8, 16}>(k, added, v);
}
template <class Call, int Detour> inline constexpr auto detour_of = build_detour<Call, Detour>();

}  // namespace detail

namespace detail {

// What a call needs at run time, as constants of their own: one that is referred to is emitted, and
// these hold no more than is needed.

template <class Call, int At> constexpr const auto& kernel_at() {
  constexpr int number = schedule_of<Call>.order[At];
  constexpr int count = outline_of<Call>.kernel_count();
  if constexpr (number < count) return kernel_of<Call, number>;
  else return detour_of<Call, number - count>;
}

/// The tables of the kernel that runs at some place of the order.
template <class Call, int At> struct kernel_tables {
  static constexpr auto integers = kernel_at<Call, At>().integers;
  static constexpr auto dimensions = kernel_at<Call, At>().dimensions;
  /// Updates on a detour go to the workspace.
  static constexpr auto buffers = [] {
    auto own = kernel_at<Call, At>().buffers;
    const auto& s = schedule_of<Call>;
    const bool copies = s.order[At] >= outline_of<Call>.kernel_count();
    for (int b = 0; b < own.count; ++b)
      for (int d = 0; d < s.detours.count && !copies; ++d)
        if (own[b] == graph_of<Call>.view().input_count + s.detours[d].output)
          own.data[b] = s.detours[d].spare;
    return own;
  }();
  static constexpr kernel_data data{buffers.data,    buffers.count,   integers.data,
                                    integers.count,  dimensions.data, dimensions.count};
};

template <class Call, int... At>
constexpr auto kernel_list(std::integer_sequence<int, At...>) {
  bounded<kernel_data, sizeof...(At)> all{{kernel_tables<Call, At>::data...}, sizeof...(At)};
  return all;
}

template <class Call> constexpr auto input_list() {
  constexpr graph_view v = graph_of<Call>.view();
  bounded<input_data, v.input_count> all;
  for (int i = 0; i < v.input_count; ++i) {
    const node& n = v[v.inputs[i]];
    all.data[all.count++] = {n.extents, static_cast<int>(n.attribute[2]) - 1};
  }
  return all;
}

template <class Call> constexpr auto output_list() {
  constexpr graph_view v = graph_of<Call>.view();
  bounded<output_data, v.output_count> all;
  for (int o = 0; o < v.output_count; ++o)
    all.data[all.count++] = {v[v.outputs[o].node].extents, v.outputs[o].input,
                             schedule_of<Call>.in_place[o]};
  return all;
}

template <class Call> constexpr auto constraint_list() {
  constexpr graph_view v = graph_of<Call>.view();
  bounded<constraint, v.constraint_count> all;
  for (int c = 0; c < v.constraint_count; ++c) all.data[all.count++] = v.constraints[c];
  return all;
}

constexpr bool is_check(const node& n) {
  return n.is(indices_operation) || n.is(probability_operation);
}
constexpr int count_checks(const graph_view& v) {
  int count = 0;
  for (int i = 0; i < v.size; ++i) count += is_check(v[i]);
  return count;
}

/// Inputs whose values are indices or probabilities. Computed ones cannot be checked beforehand;
/// those outside match nothing.
template <class Call> constexpr auto check_list() {
  constexpr graph_view v = graph_of<Call>.view();
  bounded<value_check, count_checks(v)> all;
  for (int i = 0; i < v.size; ++i) {
    if (!is_check(v[i])) continue;
    int base = v[i].operand[0];
    while (is_view(v[base])) base = v[base].operand[0];
    if (v[base].what() != kind::input) continue;
    all.data[all.count++] = {static_cast<int>(v[base].attribute[0]), v[i].attribute[0],
                             v[i].attribute[2], v[i].attribute[1],
                             v[i].is(probability_operation)};
  }
  return all;
}

}  // namespace detail

namespace detail {

/// A kernel's programs as types, each from its own part of the words.
template <class Call, int At, int Number> struct encoded_at {
  static constexpr const auto& all = kernel_at<Call, At>().words;
  static constexpr int begin = program_begin(all.data, Number);

  template <int... I>
  static program_words<all.data[begin + I]...> spell(std::integer_sequence<int, I...>);
  using type =
      decltype(spell(std::make_integer_sequence<int, encoded_length(all.data + begin)>{}));
};
template <class Call, int At, int... Number>
kernel_programs<typename encoded_at<Call, At, Number>::type...> spell_kernel(
    std::integer_sequence<int, Number...>);
template <class Call, int At>
inline constexpr int programs_of =
    count_programs(kernel_at<Call, At>().words.data, kernel_at<Call, At>().words.count);

}  // namespace detail

/// The plan of a call: static members only.
template <class Call> struct plan_of {
  static constexpr int kernels = detail::schedule_of<Call>.order.count;
  static constexpr int inputs = graph_of<Call>.view().input_count;
  static constexpr int outputs = graph_of<Call>.view().output_count;

  /// The kernel that runs at some place of the order, as a type: kernel_programs<...>.
  template <int At>
  using kernel = decltype(detail::spell_kernel<Call, At>(
      std::make_integer_sequence<int, detail::programs_of<Call, At>>{}));

  static constexpr auto dimension_table = detail::outline_of<Call>.dimensions;
  static constexpr auto constraint_table = detail::constraint_list<Call>();
  static constexpr auto input_table = detail::input_list<Call>();
  static constexpr auto output_table = detail::output_list<Call>();
  static constexpr auto buffer_table = detail::schedule_of<Call>.buffers;
  static constexpr auto check_table = detail::check_list<Call>();
  static constexpr auto kernel_table =
      detail::kernel_list<Call>(std::make_integer_sequence<int, kernels>{});
  static constexpr plan_data data{dimension_table.data,  dimension_table.count,
                                  constraint_table.data, constraint_table.count,
                                  input_table.data,      input_table.count,
                                  output_table.data,     output_table.count,
                                  buffer_table.data,     buffer_table.count,
                                  check_table.data,      check_table.count,
                                  kernel_table.data,     kernels,
                                  detail::schedule_of<Call>.slots};
};

}  // namespace sinter
