// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The second step of a plan: which kernels there are, which buffers lie between them, and what
/// each stores where. The steps that follow, lowering each kernel and putting them in order, need
/// this and the graph only, so each is a constant evaluation of its own.

#include "sinter/plan/companions.hpp"
#include "sinter/plan/storage.hpp"

namespace sinter {

/// Memory that kernels use. Numbers: the graph's inputs come first, then its outputs, then what
/// only lives inside the plan.
struct buffer {
  enum class place : std::uint8_t { input, output, workspace };
  place where = place::input;
  int index = 0;               ///< of the input, the output or the workspace's slot
  extent_t elements = 0;
  dtype type = dtype::f32;
  bool inside = false;         ///< only one kernel, a chain, writes and reads it
};

/// Where a node's value is written; a node may be written to several buffers.
struct store {
  int group = -1;
  int node = -1;
  int buffer = -1;
  int input = -1;              ///< the node of the view that is overwritten, else -1
};

/// An outline to read, wherever it is stored.
struct outline_view {
  const group* groups = nullptr;        ///< in the order of their kernels
  int group_count = 0;
  const int* kernel_of = nullptr;       ///< by group
  const int* group_of = nullptr;        ///< by node, -1 where it is in none
  const char* stored = nullptr;         ///< by node
  const int* buffer_of = nullptr;       ///< by node, -1 where it is in none
  const buffer* buffers = nullptr;
  int buffer_count = 0;
  const store* stores = nullptr;        ///< in the order of their groups
  int store_count = 0;
  const dimension* dimensions = nullptr;
  int dimension_count = 0;

  constexpr int kernel_count() const {
    return group_count > 0 ? kernel_of[group_count - 1] + 1 : 0;
  }
};

struct outline {
  list<group> groups;
  list<int> kernel_of;
  list<int> group_of;
  list<char> stored;
  list<int> buffer_of;
  list<buffer> buffers;
  list<store> stores;
  list<dimension> dimensions;
  list<chain_limit> apart;     ///< by kernel; for those who ask why

  constexpr outline_view view() const {
    return {groups.data(),     static_cast<int>(groups.size()),
            kernel_of.data(),  group_of.data(),
            stored.data(),     buffer_of.data(),
            buffers.data(),    static_cast<int>(buffers.size()),
            stores.data(),     static_cast<int>(stores.size()),
            dimensions.data(), static_cast<int>(dimensions.size())};
  }
};

/// Whether a kernel writes a buffer.
constexpr bool is_written(const store* stores, std::size_t count, int buffer) {
  for (const store* s = stores; s != stores + count; ++s)
    if (s->buffer == buffer) return true;
  return false;
}

/// The buffer of the workspace that a node is stored in, or -1.
constexpr int workspace_buffer(const store* stores, std::size_t count, const buffer* buffers,
                               int node) {
  for (const store* s = stores; s != stores + count; ++s)
    if (s->node == node && buffers[s->buffer].where == buffer::place::workspace) return s->buffer;
  return -1;
}

namespace detail {

/// Whether two shapes are the same when the program runs, if a constraint says so.
constexpr bool same_extents(const shape& a, const shape& b) {
  if (a.rank != b.rank) return false;
  for (int i = 0; i < a.rank; ++i)
    if (is_static(a[i]) && is_static(b[i]) && a[i] != b[i]) return false;
  return true;
}

/// Whether kernel `at` may write an input's memory while others read it: each old value is used for
/// the new one at its place, in this kernel, or not at all.
constexpr bool writes_through(const planning_graph& g, const grouping& groups, int input, int at) {
  list<char> depends(static_cast<std::size_t>(g.size()), 0);
  depends[input] = 1;
  bool used = false;
  for (int i = input + 1; i < g.size(); ++i) {
    for (int j = 0; j < g[i].arity(); ++j)
      if (depends[g[i].operand[j]]) depends[i] = 1;
    if (!depends[i]) continue;
    const kind k = g[i].what();
    const bool elementwise = k == kind::element || k == kind::cast || k == kind::broadcast;
    if (!elementwise || !same_extents(g[i].extents, g[input].extents)) return false;
    if (groups.group_of[i] >= 0 && groups.group_of[i] != at) return false;
    used = true;
  }
  for (int o = 0; o < g.view.output_count; ++o)
    if (g.view.outputs[o].node == input) return false;
  return !used || groups.groups[at].folded == 0;
}

/// Numbers the groups that store something, those of one kernel in a row.
constexpr void number_kernels(planning_graph& g, const grouping& groups, const list<store>& stores,
                              outline& o) {
  const std::size_t count = groups.groups.size();
  list<char> has_store(count, 0);
  for (const store& s : stores) has_store[s.group] = 1;
  list<int> writer_of(static_cast<std::size_t>(g.view.input_count), -1);
  for (const store& s : stores)
    if (const int k = s.buffer - g.view.input_count; k >= 0 && k < g.view.output_count)
      if (const int input = g.view.outputs[k].input; input >= 0) writer_of[input] = s.group;
  const companions found = companion_finder(g, groups).run(writer_of, has_store);
  list<int> number(count, -1);
  int kernels = 0;
  for (std::size_t k = 0; k < count; ++k) {
    if (!has_store[k] || found.first[k] != static_cast<int>(k)) continue;
    list<int> parts, sums;
    for (int part = 0; part < static_cast<int>(count); ++part) {
      if (found.first[part] != static_cast<int>(k)) continue;
      if (found.across[part]) sums.push_back(part);
      else if (groups.groups[k].products > 0) found.insert(parts, part);
      else parts.push_back(part);
    }
    parts.append(sums.begin(), sums.end());
    for (const int part : parts) {
      number[part] = static_cast<int>(o.groups.size());
      o.groups.push_back(groups.groups[part]);
      o.groups.back().across = found.across[part] != 0;
      o.kernel_of.push_back(kernels);
      for (store s : stores) {
        if (s.group != part) continue;
        s.group = number[part];
        o.stores.push_back(s);
      }
    }
    ++kernels;
    o.apart.push_back(found.apart[k]);
  }
  for (int i = 0; i < g.size(); ++i)
    if (groups.group_of[i] >= 0) o.group_of[i] = number[groups.group_of[i]];
}

/// Marks what a node reads of other groups: in its own kernel, or in another one.
constexpr void mark_readers(const planning_graph& g, const outline& o, int i, int reader,
                            list<char>& within, list<char>& beyond) {
  for (int j = 0; j < g[i].arity(); ++j) {
    const int x = g[i].operand[j];
    const int at = o.group_of[x];
    if (at < 0) mark_readers(g, o, x, reader, within, beyond);
    else if (o.kernel_of[at] != o.kernel_of[reader]) beyond[x] = 1;
    else if (at != reader) within[x] = 1;
  }
}

/// Which buffers of the workspace only a chain uses, which writes and reads them.
constexpr void find_inside(const planning_graph& g, outline& o) {
  const auto count = static_cast<std::size_t>(g.size());
  list<char> within(count, 0), beyond(count, 0);
  for (int i = 0; i < g.size(); ++i)
    if (o.group_of[i] >= 0) mark_readers(g, o, i, o.group_of[i], within, beyond);
  for (int k = 0; k < g.view.output_count; ++k) beyond[output_node(g, g.view.outputs[k])] = 1;
  for (const store& s : o.stores) {
    buffer& b = o.buffers[s.buffer];
    b.inside = b.where == buffer::place::workspace && within[s.node] && !beyond[s.node];
  }
}

}  // namespace detail

/// The outline of a graph whose groups are known.
constexpr outline make_outline(const graph_view& v, grouping fused) {
  planning_graph g(v);
  const grouping groups = place_values(g, std::move(fused));
  outline o;
  o.stored = groups.stored;
  o.group_of.assign(static_cast<std::size_t>(g.size()), -1);
  o.buffer_of.assign(static_cast<std::size_t>(g.size()), -1);
  for (int i = 0; i < v.input_count; ++i) {
    const node& n = g[v.inputs[i]];
    o.buffers.push_back({buffer::place::input, i, g.elements(n.extents), n.type});
    o.buffer_of[v.inputs[i]] = i;
  }
  list<store> stores;
  for (int k = 0; k < v.output_count; ++k) {
    const int i = detail::output_node(g, v.outputs[k]);
    const int number = v.input_count + k;
    o.buffers.push_back({buffer::place::output, k, g.elements(g[i].extents), g[i].type});
    if (updates_view(v, k)) {
      const int target = v.inputs[v.outputs[k].input];
      // A reshape that is a copy runs over its operand's axes, not the view's.
      const bool own_space = groups.groups[groups.group_of[i]].space == g[i].extents ||
                             g[i].what() != kind::reshape;
      if (own_space && detail::writes_through(g, groups, target, groups.group_of[i]))
        stores.push_back({groups.group_of[i], i, number, target});
      continue;
    }
    if (o.buffer_of[i] < 0) o.buffer_of[i] = number;
    stores.push_back({groups.group_of[i], i, number, -1});
  }
  for (int k = 0; k < v.output_count; ++k) {
    const int i = v.outputs[k].node;
    if (!updates_view(v, k)) continue;
    if (is_written(stores.data(), stores.size(), v.input_count + k)) continue;
    if (workspace_buffer(stores.data(), stores.size(), o.buffers.data(), i) >= 0) continue;
    const int spare = static_cast<int>(o.buffers.size());
    o.buffers.push_back({buffer::place::workspace, -1, g.elements(g[i].extents), g[i].type});
    stores.push_back({groups.group_of[i], i, spare, -1});
    if (o.buffer_of[i] < 0) o.buffer_of[i] = spare;
  }
  for (int i = 0; i < g.size(); ++i) {
    if (!groups.stored[i] || o.buffer_of[i] >= 0) continue;
    o.buffer_of[i] = static_cast<int>(o.buffers.size());
    o.buffers.push_back({buffer::place::workspace, -1, g.elements(g[i].extents), g[i].type});
    stores.push_back({groups.group_of[i], i, o.buffer_of[i], -1});
  }
  detail::number_kernels(g, groups, stores, o);
  detail::find_inside(g, o);
  o.dimensions = g.dimensions;
  return o;
}

}  // namespace sinter
