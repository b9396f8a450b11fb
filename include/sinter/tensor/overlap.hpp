// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What is written may be read through another operand: whether memory overlaps, and how a call
/// runs where it does.

#include "sinter/tensor/operands.hpp"

namespace sinter::detail {

/// The memory of an operand, gaps between its elements included.
struct memory_range {
  char* begin = nullptr;
  char* end = nullptr;
  bool overlaps(const void* first, const void* last) const { return begin < last && first < end; }
};

SINTER_INLINE memory_range range_of(const target::operand_memory& m, int rank) {
  char* const data = static_cast<char*>(m.data);
  const std::int64_t size = properties(m.type).size;
  if (m.strides == nullptr) {
    std::uint64_t count = 1;  // may wrap on the way to 0
    SINTER_STRAIGHT
    for (int a = 0; a < rank; ++a) count *= static_cast<std::uint64_t>(m.extents[a]);
    if (count == 0) return {};
    return {data, data + static_cast<std::int64_t>(count) * size};
  }
  if (!has_elements(m.extents, rank)) return {};
  std::int64_t low = 0, high = 1;
  SINTER_STRAIGHT
  for (int a = 0; a < rank; ++a) {
    const std::int64_t reach = (m.extents[a] - 1) * m.strides[a];
    (reach < 0 ? low : high) += reach;
  }
  return {data + low * size, data + high * size};
}
inline memory_range range_of(const target::execution& e, int input) {
  return range_of(e.inputs[input], e.plan.inputs[input].extents.rank);
}

/// Every element of what is written has a place of its own: sorted by their strides, each axis
/// steps over all that the ones before it reach. Views that pass in another way are rare enough to
/// be refused.
inline void check_distinct(const target::operand_memory& m, int rank, int input) {
  if (m.strides == nullptr || !has_elements(m.extents, rank)) return;
  const auto size = [&](int a) {
    return m.extents[a] == 1 ? 0 : m.strides[a] < 0 ? -m.strides[a] : m.strides[a];
  };
  bool done[max_rank]{};
  std::int64_t reach = 0;
  for (int found = 0; found < rank; ++found) {
    int next = -1;
    for (int a = 0; a < rank; ++a)
      if (!done[a] && (next < 0 || size(a) < size(next))) next = a;
    done[next] = true;
    if (m.extents[next] == 1) continue;
    if (size(next) <= reach)
      fail<value_error>({"assign: elements of operand ", input, " share memory: a view ",
                         extents_text(m.extents, rank), " with strides ",
                         extents_text(m.strides, rank), " can be read and not written"});
    reach += (m.extents[next] - 1) * size(next);
  }
}

/// The updates of a checked call that may be read through other operands: such outputs are written
/// to a copy, which takes its place when all is computed.
class detours {
 public:
  /// Finds them, and sends the call's outputs there.
  /// @errors value_error where no order of writing is right; memory_error
  explicit detours(target::execution& e) : e_(e) {
    const plan_data& plan = e.plan;
    for (int o = 0; o < plan.output_count; ++o) {
      const int own = plan.outputs[o].input;
      if (own < 0) continue;
      check_distinct(e.inputs[own], plan.inputs[own].extents.rank, own);
      const memory_range target = range_of(e, own);
      for (int i = 0; i < plan.input_count; ++i) {
        if (i == own || !range_of(e, i).overlaps(target.begin, target.end)) continue;
        for (int other = 0; other < plan.output_count; ++other)
          if (plan.outputs[other].input == i)
            fail<value_error>({"operands ", own, " and ", i,
                               " share memory, and both are updated; pass the memory once"});
        copies_.resize(static_cast<std::size_t>(plan.output_count));
        shared_memory& copy = copies_[o];
        if (copy.exists()) continue;
        copy.allocate(static_cast<std::size_t>(target.end - target.begin), e.where);
        e.outputs[o] = static_cast<char*>(copy.get()) +
                       (static_cast<char*>(e.inputs[own].data) - target.begin);
      }
    }
  }

  /// With `kernels()` for the call itself.
  template <class Kernels> void run(Kernels&& kernels) const {
    // What lies between the elements stays as it was.
    each([&](char* target, char* copy, std::size_t bytes) {
      kind_of(e_.where).copy(target, e_.where, copy, e_.where, bytes);
    });
    kernels();
    each([&](char* target, char* copy, std::size_t bytes) {
      kind_of(e_.where).copy(copy, e_.where, target, e_.where, bytes);
    });
  }

  /// By output; most are empty.
  const list<shared_memory>& copies() const { return copies_; }

 private:
  template <class F> void each(F&& f) const {
    for (std::size_t o = 0; o < copies_.size(); ++o) {
      if (!copies_[o].exists()) continue;
      const memory_range target = range_of(e_, e_.plan.outputs[o].input);
      f(target.begin, static_cast<char*>(copies_[o].get()),
        static_cast<std::size_t>(target.end - target.begin));
    }
  }

  target::execution& e_;
  list<shared_memory> copies_;
};

inline void run_beside_updates(target::execution& e) {
  detours(e).run([&] { e.run(); });
}

/// Whether writing output 0 to [begin, end) could change what is still to be read. `plan`: the
/// call's, as a constant where it is small.
SINTER_INLINE bool disturbs_by(const plan_data& plan, const target::execution& e,
                               const void* begin, const void* end) {
  SINTER_STRAIGHT
  for (int i = 0; i < plan.input_count; ++i) {
    const target::operand_memory& m = e.inputs[i];
    const bool same = m.data == begin && m.strides == nullptr && i < 64 &&
                      (plan.outputs[0].in_place >> i & 1) != 0;
    if (!same && range_of(m, plan.inputs[i].extents.rank).overlaps(begin, end)) return true;
  }
  return false;
}
inline bool disturbs(const target::execution& e, const void* begin, const void* end) {
  return disturbs_by(e.plan, e, begin, end);
}
template <class Plan>
SINTER_INLINE bool disturbs(const target::execution_of<Plan>& e, const void* begin,
                            const void* end) {
  if constexpr (target::is_small(Plan::data)) return disturbs_by(Plan::data, e, begin, end);
  else return disturbs(static_cast<const target::execution&>(e), begin, end);
}

}  // namespace sinter::detail
