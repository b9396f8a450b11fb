// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Elements of products on warpgroups: how each format lies in shared memory, how many terms an
/// instruction takes, and what becomes of its sums.

#include <cstdint>

#include "sinter/core/dtype.hpp"
#include "sinter/kernel/tile.hpp"
#include "sinter/plan/matrix_format.hpp"

namespace sinter::device {

namespace detail {

template <class Element, class Memory, class Sum, bool ShortSums = false>
struct matrix_element_base {
  using type = Element;   ///< what `wgmma` is asked for
  using memory = Memory;  ///< what a tile in shared memory is made of
  using sum = Sum;
  static constexpr int bytes = static_cast<int>(sizeof(Memory));
  /// Terms of a row of a tile, which are those of a step, and of one instruction.
  static constexpr int tile_terms = swizzled_row_bytes / bytes;
  static constexpr int terms = wgmma_term_bytes / bytes;
  /// Whether the unit's own sums have too few bits for long ones: then those of a step are added to
  /// sums in f32, in other registers. For 8-bit floats, the addends of an instruction are aligned
  /// to the largest and cut off below its 14 highest bits, which leaves a relative error of 2 % in
  /// sums of 4096 terms. In a step of four instructions of 33 addends each, what is cut off is at
  /// most 4 x 33 x 2^-13 of the largest addend, so of the sum of magnitudes.
  /// @source DeepSeek-AI 2024, DeepSeek-V3, sections 3.3.2 and 3.5.2, arXiv:2412.19437, which adds
  /// every 128 terms to sums in f32; as a step has here
  static constexpr bool short_sums = ShortSums;
};

}  // namespace detail

template <matrix_format F> struct matrix_element;
template <> struct matrix_element<matrix_format::f16>
    : detail::matrix_element_base<f16, f16, float> {};
template <> struct matrix_element<matrix_format::bf16>
    : detail::matrix_element_base<bf16, bf16, float> {};
template <> struct matrix_element<matrix_format::e4m3>
    : detail::matrix_element_base<e4m3, e4m3, float, true> {};
template <> struct matrix_element<matrix_format::e5m2>
    : detail::matrix_element_base<e5m2, e5m2, float, true> {};
template <> struct matrix_element<matrix_format::tf32>
    : detail::matrix_element_base<tf32, float, float> {};
template <> struct matrix_element<matrix_format::i8>
    : detail::matrix_element_base<std::int8_t, std::int8_t, std::int32_t> {};

}  // namespace sinter::device
