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

/// What a call knows before it runs. `Plan` is a constant: plan_of<...>.
template <const auto& Plan> struct execution {
  static constexpr plan_sizes sizes = std::remove_cvref_t<decltype(Plan)>::sizes;
  std::int64_t numbers[sizes.dimensions + 1];

  /// Evaluates the plan's run-time numbers and checks the operands.
  void prepare(const operand_memory* inputs) {
    for (int d = 0; d < sizes.dimensions; ++d) {
      const dimension& n = Plan.dimensions[d];
      switch (n.from) {
        case dimension::origin::extent: numbers[d] = inputs[n.left].extents[n.right]; break;
        case dimension::origin::stride: numbers[d] = inputs[n.left].strides[n.right]; break;
        case dimension::origin::product:
          numbers[d] = number_of(n.left, numbers) * number_of(n.right, numbers);
          break;
        case dimension::origin::sum:
          numbers[d] = number_of(n.left, numbers) + number_of(n.right, numbers);
          break;
      }
    }
    for (int c = 0; c < sizes.constraints; ++c) {
      const constraint& want = Plan.constraints[c];
      if (number_of(want.left, numbers) != number_of(want.right, numbers))
        throw shape_error(describe(want, Plan.dimensions, numbers));
    }
    for (int c = 0; c < sizes.checks; ++c) {
      const index_check& check = Plan.checks[c];
      detail::check_indices(inputs[check.input], Plan.input_shapes[check.input].rank,
                            number_of(check.below, numbers));
    }
  }

  /// The extents of an output.
  void extents_of(int output, std::int64_t* out) const {
    const shape& s = Plan.output_shapes[output];
    for (int a = 0; a < s.rank; ++a) out[a] = number_of(s[a], numbers);
  }

  void run(const operand_memory* inputs, void* const* outputs) {
    std::size_t bytes[sizes.buffers + 1]{}, begin[sizes.buffers + 1]{};
    for (int b = 0; b < sizes.buffers; ++b) {
      const buffer& own = Plan.buffers[b];
      if (own.where != buffer::place::workspace) continue;
      const auto need = static_cast<std::size_t>(number_of(own.elements, numbers)) *
                        static_cast<std::size_t>(properties(own.type).size);
      if (need > bytes[own.index]) bytes[own.index] = need;
    }
    std::size_t total = 0;
    for (int s = 0; s < Plan.slots; ++s) {
      begin[s] = total;
      total += (bytes[s] + alignment - 1) / alignment * alignment;
    }
    char* workspace = total > 0 ? static_cast<char*>(
                                      thread_arena<purpose::workspace>().reserve(total))
                                : nullptr;
    void* memory[sizes.buffers + 1];
    for (int b = 0; b < sizes.buffers; ++b) {
      const buffer& own = Plan.buffers[b];
      memory[b] = own.where == buffer::place::input    ? inputs[own.index].data
                  : own.where == buffer::place::output ? outputs[own.index]
                                                       : workspace + begin[own.index];
    }
    run_kernels(memory, std::make_integer_sequence<int, sizes.kernels>{});
  }

 private:
  template <int K, int... I>
  static kernel<Plan.words[Plan.word_begin[K] + I]...> kernel_at(std::integer_sequence<int, I...>);

  template <int... K> void run_kernels(void* const* memory, std::integer_sequence<int, K...>) {
    (run_kernel<K>(memory), ...);
  }

  template <int K> void run_kernel(void* const* memory) {
    constexpr int words = Plan.word_begin[K + 1] - Plan.word_begin[K];
    constexpr int first_buffer = Plan.buffer_begin[K];
    constexpr int buffers = Plan.buffer_begin[K + 1] - first_buffer;
    constexpr int first_integer = Plan.integer_begin[K];
    constexpr int integers = Plan.integer_begin[K + 1] - first_integer;
    void* own[buffers + 1];
    for (int b = 0; b < buffers; ++b) own[b] = memory[Plan.kernel_buffers[first_buffer + b]];
    std::int64_t values[integers + 1];
    for (int i = 0; i < integers; ++i)
      values[i] = number_of(Plan.integers[first_integer + i], numbers);
    decltype(kernel_at<K>(std::make_integer_sequence<int, words>{}))::run({own, values});
  }
};

}  // namespace sinter::cpu
