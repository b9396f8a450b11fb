// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Runs a plan on the CPU. All that can go wrong is found out before the first kernel starts:
/// extents that disagree, indices outside their range, memory for the workspace.

#include "sinter/graph/describe.hpp"
#include "sinter/plan/static_plan.hpp"
#include "sinter/target/cpu/kernel.hpp"

namespace sinter::cpu {

/// An input as the caller holds it.
struct operand_memory {
  void* data = nullptr;
  const std::int64_t* extents = nullptr;
  const std::int64_t* strides = nullptr;  ///< of views only
  dtype type = dtype::f32;
};

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

/// An operand without memory: a tensor that was moved from, unless it has no elements.
inline void check_empty(const shape& s, int input, const std::int64_t* numbers) {
  for (int a = 0; a < s.rank; ++a)
    if (number_of(s[a], numbers) == 0) return;
  throw value_error("operand " + std::to_string(input) +
                    " holds no memory: it was moved from; assign to it before it is used");
}

/// Two mentions of a shared intermediate, which are computed as one: their operands must be too.
inline void check_twins(const operand_memory& a, const operand_memory& b, int rank, int first,
                        int second) {
  bool same = a.data == b.data;
  if (a.extents == nullptr && b.extents == nullptr)  // numbers, of which each mention has a copy
    same = __builtin_memcmp(a.data, b.data, static_cast<std::size_t>(properties(a.type).size)) == 0;
  for (int i = 0; same && i < rank; ++i)
    same = a.extents[i] == b.extents[i] &&
           (a.strides == nullptr || a.strides[i] == b.strides[i]);
  if (!same)
    throw value_error("share: two intermediates that are alike have different operands, " +
                      std::to_string(first) + " and " + std::to_string(second) +
                      "; tell them apart by tags: share<1>(...), share<2>(...)");
}

inline void check_indices(const operand_memory& m, int rank, std::int64_t below) {
  std::int64_t count = 1;
  for (int a = 0; a < rank; ++a) count *= m.extents[a];
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t at = i;
    if (m.strides != nullptr) {
      at = 0;
      std::int64_t rest = i;
      for (int a = rank; a-- > 0; rest /= m.extents[a]) at += rest % m.extents[a] * m.strides[a];
    }
    const std::int64_t label = integer_at(m, at);
    if (label < 0 || label >= below)
      throw value_error("label " + std::to_string(label) + " at position " + std::to_string(i) +
                        " is outside the classes 0 ... " + std::to_string(below - 1));
  }
}

}  // namespace detail

/// A call of a plan: `Plan` is a plan_of<...>.
template <class Plan> struct execution {
  std::int64_t numbers[Plan::dimensions.count + 1]{};

  /// Evaluates the plan's run-time numbers and checks the operands.
  void prepare(const operand_memory* inputs) {
    for (int d = 0; d < Plan::dimensions.count; ++d)
      numbers[d] = evaluate(Plan::dimensions[d], inputs, numbers);
    for (int c = 0; c < Plan::graph.constraint_count; ++c) {
      const constraint& want = Plan::graph.constraints[c];
      if (!want.holds(number_of(want.left, numbers), number_of(want.right, numbers)))
        throw shape_error(describe(want, Plan::dimensions.data, numbers));
    }
    for (int i = 0; i < Plan::inputs; ++i) {
      const node& own = Plan::input(i);
      if (inputs[i].data == nullptr) detail::check_empty(own.extents, i, numbers);
      if (own.attribute[2] > 0)
        detail::check_twins(inputs[own.attribute[2] - 1], inputs[i], own.extents.rank,
                            static_cast<int>(own.attribute[2] - 1), i);
    }
    for (int c = 0; c < Plan::checks.count; ++c) {
      const index_check& check = Plan::checks[c];
      detail::check_indices(inputs[check.input], Plan::input(check.input).extents.rank,
                            number_of(check.below, numbers));
    }
  }

  /// The extents of an output.
  void extents_of(int output, std::int64_t* out) const {
    const shape& s = Plan::output(output).extents;
    for (int a = 0; a < s.rank; ++a) out[a] = number_of(s[a], numbers);
  }

  void run(const operand_memory* inputs, void* const* outputs) {
    std::size_t bytes[Plan::slots + 1]{}, begin[Plan::slots + 1]{};
    for (int b = 0; b < Plan::buffers.count; ++b) {
      const buffer& own = Plan::buffers[b];
      if (own.where != buffer::place::workspace) continue;
      const std::int64_t elements = number_of(own.elements, numbers);
      if (elements > INT64_MAX / 64)
        throw memory_error("workspace: no machine holds " + std::to_string(elements) +
                           " elements of an intermediate result; use smaller extents");
      const auto need =
          static_cast<std::size_t>(elements) * static_cast<std::size_t>(properties(own.type).size);
      if (need > bytes[own.index]) bytes[own.index] = need;
    }
    std::size_t total = 0;
    for (int s = 0; s < Plan::slots; ++s) {
      begin[s] = total;
      total += (bytes[s] + alignment - 1) / alignment * alignment;
    }
    char* workspace =
        total > 0 ? static_cast<char*>(thread_arena<purpose::workspace>().reserve(total)) : nullptr;
    void* memory[Plan::buffers.count + 1];
    for (int b = 0; b < Plan::buffers.count; ++b) {
      const buffer& own = Plan::buffers[b];
      memory[b] = own.where == buffer::place::input    ? inputs[own.index].data
                  : own.where == buffer::place::output ? outputs[own.index]
                                                       : workspace + begin[own.index];
    }
    run_kernels(inputs, memory, std::make_integer_sequence<int, Plan::kernels>{});
  }

 private:
  static std::int64_t evaluate(const dimension& n, const operand_memory* inputs,
                               const std::int64_t* known) {
    // What overflows is an extent or a size that no memory can have: it ends as memory_error.
    std::int64_t result = 0;
    bool overflow = false;
    switch (n.from) {
      case dimension::origin::extent: return inputs[n.left].extents[n.right];
      case dimension::origin::stride: return inputs[n.left].strides[n.right];
      case dimension::origin::product:
        overflow =
            __builtin_mul_overflow(number_of(n.left, known), number_of(n.right, known), &result);
        break;
      case dimension::origin::sum:
        overflow =
            __builtin_add_overflow(number_of(n.left, known), number_of(n.right, known), &result);
        break;
    }
    return overflow ? INT64_MAX : result;
  }

  template <int At, int... I>
  static kernel<Plan::template kernel<At>().words[I]...> kernel_at(
      std::integer_sequence<int, I...>);

  template <int... At>
  void run_kernels(const operand_memory* inputs, void* const* memory,
                   std::integer_sequence<int, At...>) {
    (run_kernel<At>(inputs, memory), ...);
  }

  template <int At> void run_kernel(const operand_memory* inputs, void* const* memory) {
    constexpr const auto& k = Plan::template kernel<At>();
    void* own[k.buffers.count + 1];
    for (int b = 0; b < k.buffers.count; ++b)
      own[b] = memory[Plan::buffer_number(At, k.buffers[b])];
    std::int64_t known[Plan::dimensions.count + k.dimensions.count + 1];
    for (int d = 0; d < Plan::dimensions.count; ++d) known[d] = numbers[d];
    for (int d = 0; d < k.dimensions.count; ++d)
      known[Plan::dimensions.count + d] = evaluate(k.dimensions[d], inputs, known);
    std::int64_t values[k.integers.count + 1];
    for (int i = 0; i < k.integers.count; ++i) values[i] = number_of(k.integers[i], known);
#if !defined(__CUDA_ARCH__)  // nvcc's device pass has no vectors, and no use for this
    decltype(kernel_at<At>(std::make_integer_sequence<int, k.words.count>{}))::run({own, values});
#endif
  }
};

}  // namespace sinter::cpu
