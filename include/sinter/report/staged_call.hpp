// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A call of a plan on copies of its operands: in another place, or with another extent of its
/// batch. Nothing that the caller holds changes. Copies that are longer than their originals repeat
/// the elements, so that labels stay labels.

#include <algorithm>
#include <vector>

#include "sinter/target/reference/evaluate.hpp"
#include "sinter/target/reference/operands.hpp"
#include "sinter/tensor/overlap.hpp"

namespace sinter::detail {

/// The operands of a call as they were given: on the host, row-major.
class given_operands {
 public:
  struct operand {
    dtype type = dtype::f32;
    bool is_number = false, has_strides = false;
    int twin = -1;          ///< the operand whose memory it must be
    shape extents;
    std::int64_t count = 1;
    shared_memory elements;

    std::size_t bytes_of(std::int64_t n) const {
      return static_cast<std::size_t>(n) * static_cast<std::size_t>(properties(type).size);
    }
    /// Writes `n` elements, repeated as often as it takes.
    void fill(void* to, std::int64_t n) const {
      const std::size_t all = bytes_of(n), given = bytes_of(count);
      for (std::size_t at = 0; given > 0 && at < all; at += given)
        __builtin_memcpy(static_cast<char*>(to) + at, elements.get(), std::min(given, all - at));
    }
  };

  /// Of a checked call.
  explicit given_operands(const target::execution& e) {
    for (int i = 0; i < e.plan.input_count; ++i) {
      const target::operand_memory& m = e.inputs[i];
      operand& o = list_.emplace_back();
      o.type = m.type;
      o.is_number = m.extents == nullptr;
      o.has_strides = m.strides != nullptr;
      o.twin = e.plan.inputs[i].twin;
      const int rank = o.is_number ? 0 : e.plan.inputs[i].extents.rank;
      for (int a = 0; a < rank; ++a) o.extents.push(m.extents[a]);
      for (int a = 0; a < rank; ++a) o.count *= m.extents[a];
      o.elements.allocate(o.bytes_of(o.count));
      gather(e, i, o);
    }
  }

  std::size_t size() const { return list_.size(); }
  const operand& operator[](std::size_t i) const { return list_[i]; }

 private:
  /// Brings the elements in row-major order from wherever they lie.
  static void gather(const target::execution& e, int input, operand& o) {
    const target::operand_memory& m = e.inputs[input];
    const char* first = static_cast<const char*>(m.data);
    shared_memory here;
    if (!m.where.is_host() && o.count > 0) {
      const memory_range range = range_of(e, input);
      const auto bytes = static_cast<std::size_t>(range.end - range.begin);
      here.allocate(bytes);
      kind_of(m.where).copy(range.begin, m.where, here.get(), cpu, bytes);
      first = static_cast<char*>(here.get()) + (first - range.begin);
    }
    const auto size = static_cast<std::int64_t>(o.bytes_of(1));
    for (std::int64_t i = 0; i < o.count; ++i) {
      std::int64_t at = i;
      if (o.has_strides) {
        at = 0;
        std::int64_t rest = i;
        for (int a = o.extents.rank; a-- > 0; rest /= m.extents[a])
          at += rest % m.extents[a] * m.strides[a];
      }
      __builtin_memcpy(static_cast<char*>(o.elements.get()) + i * size, first + at * size,
                       static_cast<std::size_t>(size));
    }
  }

  std::vector<operand> list_;
};

/// While it lives, the execution's operands and results are its own.
class staged_call {
 public:
  /// `extent_of(input, axis)` gives the extents of the copies.
  /// @errors shape_error if the plan does not take them; memory_error
  template <class ExtentOf>
  staged_call(target::execution& e, graph_view graph, const given_operands& given,
              placement where, ExtentOf extent_of)
      : e_(e), graph_(graph), given_(given), where_(where), inputs_(given.size()),
        outputs_(static_cast<std::size_t>(graph.output_count)) {
    for (std::size_t i = 0; i < given.size(); ++i) {
      copy& c = inputs_[i];
      for (int a = given[i].extents.rank; a-- > 0;) {
        c.extents[a] = extent_of(static_cast<int>(i), a);
        c.strides[a] = c.count;
        c.count *= c.extents[a];
      }
      place(i);
    }
    e.prepare();
    for (int o = 0; o < graph.output_count; ++o) {
      copy& c = outputs_[static_cast<std::size_t>(o)];
      const int rank = e.plan.outputs[o].extents.rank;
      e.extents_of(o, c.extents);
      for (int a = 0; a < rank; ++a) c.count *= c.extents[a];
      if (e.plan.outputs[o].input < 0) {
        c.memory.allocate(result_bytes(o), where);
        e.outputs[o] = c.memory.get();
      }
    }
  }
  staged_call(const staged_call&) = delete;
  staged_call& operator=(const staged_call&) = delete;

  void run() { e_.run(); }

  /// Brings operands that the call updates back to what they were.
  void reset() {
    for (int o = 0; o < graph_.output_count; ++o)
      if (const int i = e_.plan.outputs[o].input; i >= 0) send(static_cast<std::size_t>(i));
  }
  /// Copies operands to their place: all, or those that `which(input)` wants.
  template <class Which> void send_operands(Which which) {
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      if (!given_[i].is_number && which(static_cast<int>(i))) send(i);
  }
  /// Copies results, but not updated operands, to the host.
  void receive_results() {
    for (int o = 0; o < graph_.output_count; ++o) {
      if (e_.plan.outputs[o].input >= 0) continue;
      bring(o);
    }
  }

  /// What the reference makes of the operands; before the call runs.
  std::vector<reference::value> expected() const {
    std::vector<std::vector<double>> values;
    std::vector<shape> extents;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const copy& c = inputs_[i];
      shape& s = extents.emplace_back();
      for (int a = 0; a < given_[i].extents.rank; ++a) s.push(c.extents[a]);
      values.push_back(reference::as_doubles(
          {c.on_host.get(), c.extents, nullptr, given_[i].type, cpu}, s.rank));
    }
    return reference::evaluate(graph_, values, extents);
  }
  /// The greatest difference from it after a run, over the largest element of the same result.
  double deviation(const std::vector<reference::value>& expected) {
    double most = 0;
    for (int o = 0; o < graph_.output_count; ++o) {
      bring(o);
      const copy& c = outputs_[static_cast<std::size_t>(o)];
      const std::vector<double> got = reference::as_doubles(
          {c.on_host.get(), c.extents, nullptr, type_of(o), cpu}, e_.plan.outputs[o].extents.rank);
      const std::vector<double>& want = expected[static_cast<std::size_t>(o)].elements;
      double largest = 0, apart = 0;
      for (std::size_t i = 0; i < want.size(); ++i) {
        const bool same = got[i] == want[i] || (got[i] != got[i] && want[i] != want[i]);
        const double distance = same ? 0 : math::abs(got[i] - want[i]);
        if (apart == apart && !(distance <= apart)) apart = distance;  // a NaN stays
        const double size = math::abs(want[i]);
        if (size < __builtin_huge_val()) largest = std::max(largest, size);
      }
      const double share = apart == 0 ? 0 : largest > 0 ? apart / largest : __builtin_huge_val();
      if (!(share <= most)) most = share == share ? share : __builtin_huge_val();
    }
    return most;
  }

  /// Bytes of operands that travel to another place, numbers not counted; of results.
  double sent() const {
    double bytes = 0;
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      if (!given_[i].is_number) bytes += static_cast<double>(given_[i].bytes_of(inputs_[i].count));
    return bytes;
  }
  double received() const {
    double bytes = 0;
    for (int o = 0; o < graph_.output_count; ++o)
      if (e_.plan.outputs[o].input < 0) bytes += static_cast<double>(result_bytes(o));
    return bytes;
  }

 private:
  struct copy {
    std::int64_t extents[max_rank + 1]{}, strides[max_rank + 1]{};
    std::int64_t count = 1;
    shared_memory on_host, memory;  ///< one, where the place is the host
  };

  dtype type_of(int output) const { return graph_[graph_.outputs[output].node].type; }
  std::size_t result_bytes(int output) const {
    return static_cast<std::size_t>(outputs_[static_cast<std::size_t>(output)].count) *
           static_cast<std::size_t>(properties(type_of(output)).size);
  }

  void place(std::size_t i) {
    const given_operands::operand& o = given_[i];
    copy& c = inputs_[i];
    c.on_host.allocate(o.bytes_of(c.count));
    o.fill(c.on_host.get(), c.count);
    const placement where = o.is_number ? cpu : where_;
    c.memory = o.twin >= 0       ? inputs_[static_cast<std::size_t>(o.twin)].memory
               : where.is_host() ? c.on_host
                                 : c.on_host.copied_to(where, o.bytes_of(c.count));
    e_.inputs[i] = {c.memory.get(), o.is_number ? nullptr : c.extents,
                    o.has_strides ? c.strides : nullptr, o.type, where};
  }
  void send(std::size_t i) {
    copy& c = inputs_[i];
    if (where_.is_host()) given_[i].fill(c.memory.get(), c.count);
    else if (c.count > 0)
      kind_of(where_).copy(c.on_host.get(), cpu, c.memory.get(), where_,
                           given_[i].bytes_of(c.count));
  }
  void bring(int output) {
    copy& c = outputs_[static_cast<std::size_t>(output)];
    const std::size_t bytes = result_bytes(output);
    if (!c.on_host.exists()) c.on_host.allocate(bytes);
    if (bytes > 0)
      kind_of(where_).copy(e_.outputs[output], where_, c.on_host.get(), cpu, bytes);
  }

  target::execution& e_;
  graph_view graph_;
  const given_operands& given_;
  placement where_;
  std::vector<copy> inputs_, outputs_;
};

}  // namespace sinter::detail
