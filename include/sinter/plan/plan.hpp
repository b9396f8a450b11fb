// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The plan of a graph: kernels in the order in which they run, the buffers that they read and
/// write, and a workspace whose parts are used again as soon as their last reader is done.

#include "sinter/plan/lower.hpp"

namespace sinter {

/// Memory that kernels use. Numbers: the graph's inputs come first, then its outputs, then what
/// only lives inside the plan.
struct buffer {
  enum class place : std::uint8_t { input, output, workspace };
  place where = place::input;
  int index = 0;               ///< of the input, the output or the workspace's slot
  extent_t elements = 0;
  dtype type = dtype::f32;
};

struct plan_builder {
  graph_builder graph;         ///< with the dimensions that planning added
  std::vector<lowered_kernel> kernels;
  std::vector<buffer> buffers;
  int slots = 0;
  /// For each output, a mask of the inputs whose memory it may share exactly: an assignment to an
  /// operand runs in place then, and through a copy otherwise.
  std::vector<std::uint64_t> in_place;
};

namespace detail {

/// Whether kernel k reads (or writes) a buffer.
constexpr bool reads(const lowered_kernel& k, int buffer) {
  for (const program& p : k.programs)
    for (const leaf& l : p.leaf_list)
      if (k.buffers[l.buffer] == buffer) return true;
  return false;
}

constexpr bool writes(const lowered_kernel& k, int buffer) {
  for (const result& r : k.programs[0].result_list)
    if (k.buffers[r.buffer] == buffer) return true;
  return false;
}

/// Whether `writer` may write its result into the memory of the input that it reads: each element
/// is read where, and not after, it is written.
constexpr bool elementwise_safe(const lowered_kernel& k, int result_buffer, int input_buffer) {
  for (std::size_t q = 1; q < k.programs.size(); ++q)
    for (const leaf& l : k.programs[q].leaf_list)
      if (k.buffers[l.buffer] == input_buffer) return false;
  const program& p = k.programs[0];
  for (const result& r : p.result_list) {
    if (k.buffers[r.buffer] != result_buffer) continue;
    const instruction& value = p.instruction_list[r.instruction];
    const int pass = value.stage + (value.what == code::fold ? 1 : 0);
    for (const instruction& i : p.instruction_list) {
      if (i.what != code::load) continue;
      const leaf& l = p.leaf_list[i.attribute];
      if (k.buffers[l.buffer] != input_buffer) continue;
      if (l.guarded || l.offset != 0 || l.type != r.type) return false;
      for (int a = 0; a < p.rank; ++a)
        if (l.stride[a] != r.stride[a]) return false;
      if (r.full && (i.passes >> (pass + 1)) != 0) return false;
      if (p.family == family::reduce && r.full) return false;
    }
  }
  return true;
}

class planner {
 public:
  constexpr explicit planner(const graph_builder& g) { plan_.graph = g; }

  constexpr plan_builder run() {
    graph_builder& g = plan_.graph;
    const grouping groups = fuse(g);
    const int inputs = static_cast<int>(g.inputs.size());
    const int outputs = static_cast<int>(g.outputs.size());

    std::vector<int> buffer_of(g.nodes.size(), -1);
    for (int i = 0; i < inputs; ++i) {
      const node& n = g[g.inputs[i]];
      plan_.buffers.push_back({buffer::place::input, i, g.elements(n.extents), n.type});
      buffer_of[g.inputs[i]] = i;
    }
    std::vector<std::vector<store>> stores(groups.groups.size());
    for (int o = 0; o < outputs; ++o) {
      const int i = output_node(g, g.outputs[o]);
      const int number = inputs + o;
      plan_.buffers.push_back({buffer::place::output, o, g.elements(g[i].extents), g[i].type});
      const int input = g.outputs[o].input;
      const int strided = input >= 0 && g[g.inputs[input]].attribute[1] ? g.inputs[input] : -1;
      if (buffer_of[i] < 0 && strided < 0) buffer_of[i] = number;
      stores[groups.group_of[i]].push_back({i, number, strided});
    }
    const int count = static_cast<int>(g.nodes.size());
    for (int i = 0; i < count; ++i) {
      if (!groups.stored[i] || buffer_of[i] >= 0) continue;
      buffer_of[i] = static_cast<int>(plan_.buffers.size());
      plan_.buffers.push_back({buffer::place::workspace, -1, g.elements(g[i].extents), g[i].type});
      stores[groups.group_of[i]].push_back({i, buffer_of[i], -1});
    }

    std::vector<std::vector<int>> members(groups.groups.size());
    for (int i = 0; i < count; ++i)
      if (groups.group_of[i] >= 0 && g[i].what() != kind::input)
        members[groups.group_of[i]].push_back(i);
    for (std::size_t k = 0; k < groups.groups.size(); ++k)
      if (groups.groups[k].alive && !stores[k].empty())
        plan_.kernels.push_back(
            lowerer(g, groups, buffer_of, static_cast<int>(k)).run(members[k], stores[k]));

    protect_updates();
    order();
    assign_slots();
    find_in_place();
    return plan_;
  }

 private:
  constexpr int kernel_count() const { return static_cast<int>(plan_.kernels.size()); }

  /// Kernel b needs what kernel a writes.
  constexpr bool feeds(int a, int b) const {
    for (const result& r : plan_.kernels[a].programs[0].result_list)
      if (reads(plan_.kernels[b], plan_.kernels[a].buffers[r.buffer])) return true;
    return false;
  }

  /// An update that cannot be written in place, because old and new values are both needed, goes to
  /// the workspace and is copied at the end.
  constexpr void protect_updates() {
    graph_builder& g = plan_.graph;
    after_.assign(plan_.kernels.size(), {});
    const int inputs = static_cast<int>(g.inputs.size());
    const int outputs = static_cast<int>(g.outputs.size());
    const int count = kernel_count();
    std::vector<std::vector<char>> path(plan_.kernels.size());
    for (auto& row : path) row.assign(plan_.kernels.size(), 0);
    for (int a = 0; a < count; ++a)
      for (int b = 0; b < count; ++b)
        if (a != b && feeds(a, b)) connect(path, a, b);

    for (int o = 0; o < outputs; ++o) {
      const int input = g.outputs[o].input;
      if (input < 0) continue;
      const int target = inputs + o;
      int writer = 0;
      while (!writes(plan_.kernels[writer], target)) ++writer;
      bool safe = elementwise_safe(plan_.kernels[writer], target, input);
      for (int k = 0; k < count; ++k)
        if (k != writer && reads(plan_.kernels[k], input) && path[writer][k]) safe = false;
      if (safe) {
        for (int k = 0; k < count; ++k)
          if (k != writer && reads(plan_.kernels[k], input)) connect(path, k, writer);
      } else {
        redirect(o, target);
        // The copy comes after every reader of the old value.
        for (int k = 0; k < count; ++k)
          if (k != writer && reads(plan_.kernels[k], input))
            late_.push_back({k, kernel_count() - 1});
      }
    }
    for (int a = 0; a < count; ++a)
      for (int b = 0; b < count; ++b)
        if (path[a][b]) after_[b].push_back(a);
  }

  static constexpr void connect(std::vector<std::vector<char>>& path, int from, int to) {
    const int count = static_cast<int>(path.size());
    for (int a = 0; a < count; ++a) {
      if (a != from && !path[a][from]) continue;
      path[a][to] = 1;
      for (int b = 0; b < count; ++b)
        if (path[to][b]) path[a][b] = 1;
    }
  }

  /// Moves an output to the workspace and adds the kernel that copies it to its place.
  constexpr void redirect(int output, int target) {
    graph_builder& g = plan_.graph;
    const int spare = static_cast<int>(plan_.buffers.size());
    buffer b = plan_.buffers[target];
    b.where = buffer::place::workspace;
    b.index = -1;
    plan_.buffers.push_back(b);
    for (lowered_kernel& k : plan_.kernels)
      for (int& number : k.buffers)
        if (number == target) number = spare;

    const node& n = g[g.inputs[g.outputs[output].input]];
    grouping none;
    group whole;
    whole.space = g[output_node(g, g.outputs[output])].extents;
    none.groups.push_back(whole);
    none.group_of.assign(g.nodes.size(), -1);
    none.stored.assign(g.nodes.size(), 0);
    std::vector<int> buffer_of(g.nodes.size(), -1);
    const int source = output_node(g, g.outputs[output]);
    // The source is read as a stored value of another kernel.
    none.stored[source] = 1;
    buffer_of[source] = spare;
    const int strided = n.attribute[1] ? g.inputs[g.outputs[output].input] : -1;
    plan_.kernels.push_back(lowerer(g, none, buffer_of, 0).copy(source, {source, target, strided}));
    after_.push_back({});
  }

  constexpr void order() {
    const int count = kernel_count();
    for (const auto& l : late_) after_[l.user].push_back(l.on);
    for (int b = 0; b < count; ++b)
      for (int a = 0; a < count; ++a)
        if (a != b && feeds(a, b)) after_[b].push_back(a);
    std::vector<char> done(plan_.kernels.size(), 0);
    std::vector<lowered_kernel> sorted;
    while (static_cast<int>(sorted.size()) < count)
      for (int k = 0; k < count; ++k) {
        bool ready = !done[k];
        for (int before : after_[k]) ready = ready && done[before];
        if (!ready) continue;
        done[k] = 1;
        sorted.push_back(plan_.kernels[k]);
      }
    plan_.kernels = sorted;
  }

  /// First fit by lifetime. A slot is free again after the last reader of its buffer; buffers of
  /// equal size are preferred, so that a slot does not grow without need.
  constexpr void assign_slots() {
    std::vector<int> busy_until, held;
    for (int k = 0; k < kernel_count(); ++k)
      for (std::size_t b = 0; b < plan_.buffers.size(); ++b) {
        buffer& own = plan_.buffers[b];
        if (own.where != buffer::place::workspace || own.index >= 0) continue;
        if (!writes(plan_.kernels[k], static_cast<int>(b))) continue;
        int last = k;
        for (int r = k; r < kernel_count(); ++r)
          if (reads(plan_.kernels[r], static_cast<int>(b))) last = r;
        int chosen = -1;
        for (std::size_t s = 0; s < busy_until.size(); ++s) {
          if (busy_until[s] >= k) continue;
          const buffer& other = plan_.buffers[held[s]];
          if (chosen < 0 || (other.elements == own.elements && other.type == own.type))
            chosen = static_cast<int>(s);
        }
        if (chosen < 0) {
          chosen = static_cast<int>(busy_until.size());
          busy_until.push_back(-1);
          held.push_back(0);
        }
        busy_until[chosen] = last;
        held[chosen] = static_cast<int>(b);
        own.index = chosen;
      }
    plan_.slots = static_cast<int>(busy_until.size());
  }

  constexpr void find_in_place() {
    const int inputs = static_cast<int>(plan_.graph.inputs.size());
    const int outputs = static_cast<int>(plan_.graph.outputs.size());
    for (int o = 0; o < outputs; ++o) {
      std::uint64_t mask = 0;
      int writer = 0;
      while (!writes(plan_.kernels[writer], inputs + o)) ++writer;
      for (int i = 0; i < inputs && i < 64; ++i) {
        bool safe = elementwise_safe(plan_.kernels[writer], inputs + o, i);
        for (int k = writer + 1; k < kernel_count(); ++k)
          safe = safe && !reads(plan_.kernels[k], i);
        if (safe) mask |= std::uint64_t{1} << i;
      }
      plan_.in_place.push_back(mask);
    }
  }

  struct edge {
    int on = 0, user = 0;
  };

  plan_builder plan_;
  std::vector<std::vector<int>> after_;
  std::vector<edge> late_;
};

}  // namespace detail

/// Plans a graph without mistakes.
constexpr plan_builder make_plan(const graph_builder& g) { return detail::planner(g).run(); }

}  // namespace sinter
