// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The last step of a plan: the order of the kernels, which updates need a detour through the
/// workspace, and which parts of the workspace are used again.

#include "sinter/plan/outline.hpp"
#include "sinter/plan/program.hpp"

namespace sinter {

/// What a kernel does to buffers, as far as the order cares.
struct kernel_access {
  list<int> reads, writes;
  /// Pairs (output, input): the output's memory must not be the input's.
  list<int> conflicts;
};

/// An update that is written to `spare` and copied to its place by kernel `kernel`.
struct detour {
  int output = 0, spare = 0, kernel = 0;
};

struct schedule {
  list<int> order;             ///< kernels; numbers from the outline's count on are detours' copies
  list<detour> detours;
  list<buffer> buffers;        ///< the outline's, with slots, and the spare ones
  int slots = 0;
  /// For each output, a mask of the inputs whose memory it may share exactly: an assignment to an
  /// operand runs in place then, and through a copy otherwise.
  list<std::uint64_t> in_place;
};

namespace detail {

class scheduler {
 public:
  constexpr scheduler(const graph_view& v, const outline_view& o, list<kernel_access> kernels)
      : v_(v), kernels_(std::move(kernels)) {
    result_.buffers.append(o.buffers, o.buffers + o.buffer_count);
    const auto count = static_cast<std::size_t>(o.store_count);
    for (int k = 0; k < v.output_count; ++k) {
      const int node = v.outputs[k].node;
      const bool copied = updates_view(v, k) && !is_written(o.stores, count, v.input_count + k);
      spares_.push_back(copied ? workspace_buffer(o.stores, count, o.buffers, node) : -1);
    }
  }

  constexpr schedule run() {
    writer_.assign(result_.buffers.size(), -1);
    for (std::size_t k = 0; k < kernels_.size(); ++k) reaches_.add();
    for (std::size_t k = 0; k < kernels_.size(); ++k)
      for (int b : kernels_[k].writes) writer_[b] = static_cast<int>(k);
    for (std::size_t k = 0; k < kernels_.size(); ++k)
      for (int b : kernels_[k].reads)
        if (writer_[b] >= 0) connect(writer_[b], static_cast<int>(k));
    protect_updates();
    order();
    assign_slots();
    find_in_place();
    return result_;
  }

 private:
  struct edge {
    int from = 0, to = 0;
  };

  constexpr void connect(int from, int to) {
    edges_.push_back({from, to});
    reaches_.connect(from, to);
  }

  constexpr bool conflicts(int kernel, int output, int input) const {
    const list<int>& pairs = kernels_[kernel].conflicts;
    for (std::size_t i = 0; i < pairs.size(); i += 2)
      if (pairs[i] == output && pairs[i + 1] == input) return true;
    return false;
  }

  constexpr bool reads(std::size_t kernel, int buffer) const {
    for (int b : kernels_[kernel].reads)
      if (b == buffer) return true;
    return false;
  }

  /// An update that cannot be written in place, because old and new values are both needed, or
  /// because the target is a view, goes to the workspace and is copied at the end.
  constexpr void protect_updates() {
    const std::size_t count = kernels_.size();
    for (int o = 0; o < v_.output_count; ++o) {
      const int input = v_.outputs[o].input;
      if (input < 0) continue;
      const int target = v_.input_count + o;
      const int writer = writer_[target];
      bool safe = spares_[o] < 0 && !conflicts(writer, target, input);
      list<int> readers;
      for (std::size_t k = 0; k < count; ++k)
        if (static_cast<int>(k) != writer && reads(k, input)) {
          readers.push_back(static_cast<int>(k));
          safe = safe && !reaches_(writer, static_cast<int>(k));
        }
      int last = writer;
      if (spares_[o] >= 0) last = add_copy(o, target, spares_[o]);
      else if (!safe && updates_view(v_, o)) throw "plan: a view is not written in place safely";
      else if (!safe) last = add_detour(o, target, writer);
      for (int k : readers) connect(k, last);
    }
  }

  /// Moves an output to the workspace; the number of the kernel that copies it to its place.
  constexpr int add_detour(int o, int target, int writer) {
    const int spare = static_cast<int>(result_.buffers.size());
    buffer b = result_.buffers[target];
    b.where = buffer::place::workspace;
    b.index = -1;
    result_.buffers.push_back(b);
    for (kernel_access& k : kernels_) {
      for (int& number : k.reads)
        if (number == target) number = spare;
      for (int& number : k.writes)
        if (number == target) number = spare;
    }
    writer_.push_back(writer);
    return add_copy(o, target, spare);
  }

  constexpr int add_copy(int o, int target, int spare) {
    kernels_.push_back({{spare}, {target}, {}});
    const int copy = reaches_.add();
    writer_[target] = copy;
    connect(writer_[spare], copy);
    result_.detours.push_back({o, spare, copy});
    return copy;
  }

  /// In topological order, earlier numbers first.
  constexpr void order() {
    const std::size_t count = kernels_.size();
    list<int> waiting(count, 0);
    for (const edge& e : edges_)
      if (e.from != e.to) ++waiting[e.to];
    list<char> done(count, 0);
    while (result_.order.size() < count) {
      const std::size_t before = result_.order.size();
      for (std::size_t k = 0; k < count; ++k) {
        if (done[k] || waiting[k] > 0) continue;
        done[k] = 1;
        result_.order.push_back(static_cast<int>(k));
        for (const edge& e : edges_)
          if (e.from == static_cast<int>(k) && e.to != e.from) --waiting[e.to];
      }
      if (result_.order.size() == before) throw "plan: kernels need each other in a circle";
    }
  }

  /// First fit by lifetime. A slot is free again after the last reader of its buffer; buffers of
  /// equal size are preferred, so that a slot does not grow without need.
  constexpr void assign_slots() {
    list<int> last(result_.buffers.size(), -1);
    for (std::size_t at = 0; at < result_.order.size(); ++at) {
      const kernel_access& k = kernels_[result_.order[at]];
      for (int b : k.reads) last[b] = static_cast<int>(at);
      for (int b : k.writes)
        if (last[b] < static_cast<int>(at)) last[b] = static_cast<int>(at);
    }
    list<int> busy_until, held;
    for (std::size_t at = 0; at < result_.order.size(); ++at)
      for (int b : kernels_[result_.order[at]].writes) {
        buffer& own = result_.buffers[b];
        if (own.where != buffer::place::workspace || own.index >= 0) continue;
        int chosen = -1;
        for (std::size_t s = 0; s < busy_until.size(); ++s) {
          if (busy_until[s] >= static_cast<int>(at)) continue;
          const buffer& other = result_.buffers[held[s]];
          if (chosen < 0 || (other.elements == own.elements && other.type == own.type))
            chosen = static_cast<int>(s);
        }
        if (chosen < 0) {
          chosen = static_cast<int>(busy_until.size());
          busy_until.push_back(-1);
          held.push_back(0);
        }
        busy_until[chosen] = last[b];
        held[chosen] = b;
        own.index = chosen;
      }
    result_.slots = static_cast<int>(busy_until.size());
  }

  constexpr void find_in_place() {
    list<int> place(kernels_.size(), 0);
    for (std::size_t at = 0; at < result_.order.size(); ++at)
      place[result_.order[at]] = static_cast<int>(at);
    for (int o = 0; o < v_.output_count; ++o) {
      std::uint64_t mask = 0;
      const int writer = writer_[v_.input_count + o];
      for (int i = 0; v_.outputs[o].input < 0 && i < v_.input_count && i < 64; ++i) {
        bool safe = !conflicts(writer, v_.input_count + o, i);
        for (std::size_t k = 0; k < kernels_.size(); ++k)
          safe = safe && (place[k] <= place[writer] || !reads(k, i));
        if (safe) mask |= std::uint64_t{1} << i;
      }
      result_.in_place.push_back(mask);
    }
  }

  const graph_view& v_;
  list<kernel_access> kernels_;
  list<int> writer_;
  list<int> spares_;   ///< by output: where a view's new value is stored to be copied, else -1
  list<edge> edges_;
  reachability reaches_;
  schedule result_;
};

}  // namespace detail

constexpr schedule make_schedule(const graph_view& v, const outline_view& o,
                                 const list<kernel_access>& kernels) {
  return detail::scheduler(v, o, kernels).run();
}

}  // namespace sinter
