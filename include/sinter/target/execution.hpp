// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A call of a plan, as far as it is the same on every target: operands gathered and checked,
/// run-time numbers evaluated, the workspace laid out. All that can go wrong is found out before
/// the first kernel starts: extents that disagree, operands in different places, indices outside
/// their range.

#include "sinter/core/placement.hpp"
#include "sinter/graph/describe.hpp"
#include "sinter/plan/static_plan.hpp"
#include "sinter/target/timeline.hpp"

namespace sinter::target {

/// An input as the caller holds it.
struct operand_memory {
  void* data = nullptr;
  const std::int64_t* extents = nullptr;
  const std::int64_t* strides = nullptr;  ///< of views only
  dtype type = dtype::f32;
  placement where;                        ///< of a number, which has no extents, the host
};

/// Whether what precedes a call's kernels is made for its plan, as straight code: for an expression
/// of few elements it takes longer than they do. Larger plans share one code.
constexpr bool is_small(const plan_data& plan) {
  return plan.kernel_count == 1 && plan.input_count <= 8 && plan.dimension_count <= 16 &&
         plan.constraint_count <= 16 && plan.buffer_count <= 16;
}

/// The value of an extent, once the plan's run-time numbers are known.
inline std::int64_t number_of(extent_t e, const std::int64_t* numbers) {
  return e >= 0 ? e : numbers[-1 - e];
}

namespace detail {

/// The element at a flat index of contiguous or strided memory, as an integer.
inline std::int64_t integer_at(const operand_memory& m, std::int64_t at) {
  switch (m.type) {
    case dtype::u8: return static_cast<const std::uint8_t*>(m.data)[at];
    case dtype::u16: return static_cast<const std::uint16_t*>(m.data)[at];
    case dtype::u32: return static_cast<const std::uint32_t*>(m.data)[at];
    case dtype::i8: return static_cast<const std::int8_t*>(m.data)[at];
    case dtype::i16: return static_cast<const std::int16_t*>(m.data)[at];
    case dtype::i32: return static_cast<const std::int32_t*>(m.data)[at];
    default: return static_cast<const std::int64_t*>(m.data)[at];
  }
}

/// The same as a number.
inline double number_at(const operand_memory& m, std::int64_t at) {
  switch (m.type) {
    case dtype::e4m3: return static_cast<float>(static_cast<const e4m3*>(m.data)[at]);
    case dtype::e5m2: return static_cast<float>(static_cast<const e5m2*>(m.data)[at]);
    case dtype::f16: return static_cast<float>(static_cast<const f16*>(m.data)[at]);
    case dtype::bf16: return static_cast<float>(static_cast<const bf16*>(m.data)[at]);
    case dtype::f32: return static_cast<double>(static_cast<const float*>(m.data)[at]);
    case dtype::f64: return static_cast<const double*>(m.data)[at];
    case dtype::boolean: return static_cast<const bool*>(m.data)[at] ? 1 : 0;
    default: return static_cast<double>(integer_at(m, at));
  }
}

/// An operand without memory: a tensor that was moved from, unless it has no elements.
inline void check_empty(const shape& s, int input, const std::int64_t* numbers) {
  for (int a = 0; a < s.rank; ++a)
    if (number_of(s[a], numbers) == 0) return;
  fail<value_error>(
      {"operand ", input, " holds no memory: it was moved from; assign to it before it is used"});
}

/// Two mentions of a shared intermediate, which are computed as one: their operands must be too.
inline void check_twins(const operand_memory& a, const operand_memory& b, int rank, int first,
                        int second) {
  bool same = a.data == b.data;
  if (a.extents == nullptr && b.extents == nullptr)  // numbers, of which each mention has a copy
    same = __builtin_memcmp(a.data, b.data, static_cast<std::size_t>(properties(a.type).size)) == 0;
  for (int i = 0; same && i < rank; ++i)
    same = a.extents[i] == b.extents[i] && (a.strides == nullptr || a.strides[i] == b.strides[i]);
  if (!same)
    fail<value_error>({"share: two intermediates that are alike have different operands, ", first,
                       " and ", second, "; tell them apart by tags: share<1>(...), share<2>(...)"});
}

/// Calls f(i, place) for each element of an operand.
template <class F> void each_element(const operand_memory& m, int rank, F f) {
  std::int64_t count = 1;
  for (int a = 0; a < rank; ++a) count *= m.extents[a];
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t at = i;
    if (m.strides != nullptr) {
      at = 0;
      std::int64_t rest = i;
      for (int a = rank; a-- > 0; rest /= m.extents[a]) at += rest % m.extents[a] * m.strides[a];
    }
    f(i, at);
  }
}

inline void check_indices(const operand_memory& m, int rank, std::int64_t below, name_code op,
                          std::int64_t beside) {
  each_element(m, rank, [&](std::int64_t i, std::int64_t at) {
    const std::int64_t label = integer_at(m, at);
    if ((label >= 0 && label < below) || label == beside) return;
    if (op != 0)
      fail<value_error>({name_text(op).c_str(), ": index ", label, " at position ", i,
                         " is outside an axis of ", below, " elements"});
    fail<value_error>(
        {"label ", label, " at position ", i, " is outside the classes 0 ... ", below - 1});
  });
}

inline void check_probabilities(const operand_memory& m, int rank, name_code op) {
  each_element(m, rank, [&](std::int64_t i, std::int64_t at) {
    const double p = number_at(m, at);
    if (!(p >= 0 && p <= 1))
      fail<value_error>({name_text(op).c_str(), ": ", std::to_string(p), " at position ", i,
                         " is no probability, which lies between 0 and 1"});
  });
}

}  // namespace detail

/// A call of a plan. The arrays belong to `execution_of`; what is done is the same for all plans.
struct execution {
  const plan_data& plan;
  void (*run_on_host)(execution&);
  operand_memory* inputs;
  void** outputs;
  std::int64_t* numbers;    ///< of the plan's dimensions, and behind them a kernel's own
  std::int64_t* values;     ///< of a kernel's run-time integers
  void** memory;            ///< by buffer
  void** own;               ///< by a kernel's own numbers of buffers
  std::size_t* slot_begin;  ///< one more than there are slots
  /// Runs the plan's kernels on a device; null in a program without such a target.
  void (*run_on_device)(execution&) = nullptr;
  placement where{};  ///< of all operands, known once they are checked
  /// Where a call is measured: point k stands before the kernel that runs k-th, and one more point
  /// behind the last.
  timeline* times = nullptr;

  /// Evaluates the plan's run-time numbers and checks the operands. `known` is the plan, as a
  /// constant where it is small.
  SINTER_INLINE void prepare_by(const plan_data& known) {
    find_place(known);
    SINTER_STRAIGHT
    for (int d = 0; d < known.dimension_count; ++d) numbers[d] = evaluate(known.dimensions[d]);
    SINTER_STRAIGHT
    for (int c = 0; c < known.constraint_count; ++c) {
      const constraint& want = known.constraints[c];
      if (!want.holds(number_of(want.left, numbers), number_of(want.right, numbers)))
        fail_constraint(want);
    }
    SINTER_STRAIGHT
    for (int i = 0; i < known.input_count; ++i) {
      const auto& [extents, twin] = known.inputs[i];
      if (inputs[i].data == nullptr) detail::check_empty(extents, i, numbers);
      if (twin >= 0) detail::check_twins(inputs[twin], inputs[i], extents.rank, twin, i);
    }
    // What is on a device is not looked at: that would be to wait for it. Numbers are the host's.
    for (int c = 0; c < known.check_count; ++c) {
      const auto& [input, below, op, beside, probability] = known.checks[c];
      const int rank = known.inputs[input].extents.rank;
      if (!where.is_host() && inputs[input].extents != nullptr) continue;
      if (probability) detail::check_probabilities(inputs[input], rank, op);
      else detail::check_indices(inputs[input], rank, number_of(below, numbers), op, beside);
    }
    SINTER_STRAIGHT
    for (int o = 0; o < known.output_count; ++o)
      if (const int input = known.outputs[o].input; input >= 0) outputs[o] = inputs[input].data;
  }
  void prepare() { prepare_by(plan); }

  /// The extents of an output.
  SINTER_INLINE void extents_of(int output, std::int64_t* out) const {
    const shape& s = plan.outputs[output].extents;
    for (int a = 0; a < s.rank; ++a) out[a] = number_of(s[a], numbers);
  }

  /// Where each slot of the workspace begins, in `slot_begin`; the bytes of all. A target that
  /// keeps what only a chain uses elsewhere needs no memory for it.
  SINTER_INLINE std::size_t place_slots_by(const plan_data& known, bool chains_need_memory) {
    SINTER_STRAIGHT
    for (int s = 0; s <= known.slots; ++s) slot_begin[s] = 0;
    SINTER_STRAIGHT
    for (int b = 0; b < known.buffer_count; ++b) {
      const buffer& at = known.buffers[b];
      if (at.where != buffer::place::workspace || (at.inside && !chains_need_memory)) continue;
      const std::int64_t elements = number_of(at.elements, numbers);
      if (elements > INT64_MAX / 64)
        fail<memory_error>({"workspace: no machine holds ", elements,
                            " elements of an intermediate result; use smaller extents"});
      const auto need =
          static_cast<std::size_t>(elements) * static_cast<std::size_t>(properties(at.type).size);
      std::size_t& most = slot_begin[at.index + 1];
      if (need > most) most = need;
    }
    constexpr std::size_t line = 256;  // what devices align to, and a multiple of the host's
    SINTER_STRAIGHT
    for (int s = 0; s < known.slots; ++s)
      slot_begin[s + 1] = slot_begin[s] + (slot_begin[s + 1] + line - 1) / line * line;
    return slot_begin[known.slots];
  }
  std::size_t place_slots(bool chains_need_memory) {
    return place_slots_by(plan, chains_need_memory);
  }

  /// The memory of each buffer, the slots being placed.
  SINTER_INLINE void find_memory_by(const plan_data& known, char* workspace) {
    SINTER_STRAIGHT
    for (int b = 0; b < known.buffer_count; ++b) {
      const buffer& at = known.buffers[b];
      memory[b] = at.where == buffer::place::input    ? inputs[at.index].data
                  : at.where == buffer::place::output ? outputs[at.index]
                                                      : workspace + slot_begin[at.index];
    }
  }
  void find_memory(char* workspace) { find_memory_by(plan, workspace); }

  /// The run-time integers of the kernel that runs k-th.
  SINTER_INLINE void integers_by(const plan_data& known, int k, std::int64_t* out) {
    const kernel_data& kernel = known.kernels[k];
    SINTER_STRAIGHT
    for (int d = 0; d < kernel.dimension_count; ++d)
      numbers[known.dimension_count + d] = evaluate(kernel.dimensions[d]);
    SINTER_STRAIGHT
    for (int i = 0; i < kernel.integer_count; ++i) out[i] = number_of(kernel.integers[i], numbers);
  }
  void integers_of(int k, std::int64_t* out) { integers_by(plan, k, out); }

  /// Before the kernel that runs k-th, or behind the last.
  void pass(int k) {
    if (times != nullptr) times->set(k);
  }

  void run() {
    if (where.is_host()) run_on_host(*this);
    else if (run_on_device != nullptr) run_on_device(*this);
    else
      fail<device_error>({"the operands are on a device, and this expression has no kernels for "
                          "it; include sinter/cuda.hpp, and compile with nvcc"});
  }

 private:
  /// Numbers go wherever the tensors are.
  SINTER_INLINE void find_place(const plan_data& known) {
    int first = -1;
    SINTER_STRAIGHT
    for (int i = 0; i < known.input_count; ++i) {
      if (inputs[i].extents == nullptr) continue;
      if (first < 0) where = inputs[i].where;
      else if (!(inputs[i].where == where)) fail_place(first, i);
      if (first < 0) first = i;
    }
  }

  [[noreturn]] __attribute__((noinline, cold)) void fail_place(int first, int other) const {
    fail<placement_error>({"operands ", first, " and ", other, " are in different places, ",
                           describe(where), " and ", describe(inputs[other].where),
                           "; bring them together by to(...)"});
  }
  [[noreturn]] __attribute__((noinline, cold)) void fail_constraint(const constraint& want) const {
    fail<shape_error>({describe(want, plan.dimensions, numbers)});
  }

  SINTER_INLINE std::int64_t evaluate(const dimension& n) const {
    // What overflows is an extent or a size that no memory can have: it ends as memory_error.
    std::int64_t result = 0;
    bool overflow = false;
    switch (n.from) {
      case dimension::origin::extent: return inputs[n.left].extents[n.right];
      case dimension::origin::stride: return inputs[n.left].strides[n.right];
      case dimension::origin::product:
        overflow = __builtin_mul_overflow(number_of(n.left, numbers), number_of(n.right, numbers),
                                          &result);
        break;
      case dimension::origin::sum:
        overflow = __builtin_add_overflow(number_of(n.left, numbers), number_of(n.right, numbers),
                                          &result);
        break;
      case dimension::origin::difference:
        result = number_of(n.left, numbers) - number_of(n.right, numbers);
        break;
    }
    return overflow ? INT64_MAX : result;
  }
};

/// A call of a certain plan, with the arrays that it needs.
template <class Plan> struct execution_of : execution {
  explicit execution_of(void (*on_host)(execution&))
      : execution{Plan::data,  on_host,      input_store, output_store, number_store,
                  value_store, memory_store, own_store,   slot_store} {}
  execution_of(const execution_of&) = delete;
  execution_of& operator=(const execution_of&) = delete;

  /// Hides the one that is the same for all plans.
  SINTER_INLINE void prepare() {
    if constexpr (is_small(Plan::data)) this->prepare_by(Plan::data);
    else execution::prepare();
  }

 private:
  static constexpr kernel_data most = largest_kernel(Plan::data);

  operand_memory input_store[Plan::inputs + 1];
  void* output_store[Plan::outputs + 1]{};
  std::int64_t number_store[Plan::data.dimension_count + most.dimension_count + 1]{};
  std::int64_t value_store[most.integer_count + 1];
  void* memory_store[Plan::data.buffer_count + 1];
  void* own_store[most.buffer_count + 1];
  std::size_t slot_store[Plan::data.slots + 1];
};

}  // namespace sinter::target
