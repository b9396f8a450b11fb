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

inline memory_range range_of(const target::execution& e, int input) {
  const target::operand_memory& m = e.inputs[input];
  std::int64_t low = 0, high = 1, count = 1;
  for (int a = e.plan.inputs[input].extents.rank; a-- > 0;) {
    const std::int64_t reach = (m.extents[a] - 1) * (m.strides != nullptr ? m.strides[a] : count);
    (reach < 0 ? low : high) += reach;
    count *= m.extents[a];
  }
  if (count == 0) return {};
  char* const data = static_cast<char*>(m.data);
  const std::int64_t size = properties(m.type).size;
  return {data + low * size, data + high * size};
}

/// Runs a call whose updates may be read through other operands: such outputs are written to a
/// copy, which takes its place when all is computed.
inline void run_beside_updates(target::execution& e) {
  const plan_data& plan = e.plan;
  list<shared_memory> copies;
  for (int o = 0; o < plan.output_count; ++o) {
    const int own = plan.outputs[o].input;
    if (own < 0) continue;
    const memory_range target = range_of(e, own);
    for (int i = 0; i < plan.input_count; ++i) {
      if (i == own || !range_of(e, i).overlaps(target.begin, target.end)) continue;
      for (int other = 0; other < plan.output_count; ++other)
        if (plan.outputs[other].input == i)
          fail<value_error>({"operands ", own, " and ", i,
                             " share memory, and both are updated; pass the memory once"});
      copies.resize(static_cast<std::size_t>(plan.output_count));
      if (copies[o].get() != nullptr) continue;
      const auto bytes = static_cast<std::size_t>(target.end - target.begin);
      copies[o].allocate(bytes, e.where);
      char* const copy = static_cast<char*>(copies[o].get());
      kind_of(e.where).copy(target.begin, e.where, copy, e.where, bytes);
      e.outputs[o] = copy + (static_cast<char*>(e.inputs[own].data) - target.begin);
    }
  }
  e.run();
  for (std::size_t o = 0; o < copies.size(); ++o) {
    if (copies[o].get() == nullptr) continue;
    const memory_range target = range_of(e, plan.outputs[o].input);
    kind_of(e.where).copy(copies[o].get(), e.where, target.begin, e.where,
                          static_cast<std::size_t>(target.end - target.begin));
  }
}

/// Whether writing output 0 to [begin, end) could change what is still to be read.
inline bool disturbs(const target::execution& e, const void* begin, const void* end) {
  for (int i = 0; i < e.plan.input_count; ++i) {
    const target::operand_memory& m = e.inputs[i];
    if (!range_of(e, i).overlaps(begin, end)) continue;
    const bool same = m.data == begin && m.strides == nullptr && i < 64 &&
                      (e.plan.outputs[0].in_place >> i & 1) != 0;
    if (!same) return true;
  }
  return false;
}

}  // namespace sinter::detail
