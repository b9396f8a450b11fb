// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a product's inner loop does with one step along K: which operands it takes, how a panel
/// holds them, the instruction. A multiplier names
///
///   source    the type of the operands in memory
///   element   what one lane of a panel holds: `depth` elements of K, one below the other
///   sum       the type that products are summed in
///   vector    a register of sums;  row: the elements of B beside it
///
/// and how they come out of memory and together.

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "sinter/core/config.hpp"
#include "sinter/core/half.hpp"
#include "sinter/target/cpu/simd.hpp"
#include "sinter/target/cpu/simd_memory.hpp"

namespace sinter {

/// One element at a time, by multiply-add. @accuracy one rounding each
template <class T> struct by_elements {
  using source = T;
  using element = T;
  using sum = T;
  using vector = simd<T, native_lanes<T>>;
  using row = vector;
  static constexpr int depth = 1;

  SINTER_INLINE static element of_left(const source* a) { return *a; }
  SINTER_INLINE static row load(const element* panel) { return row::load(panel); }
  SINTER_INLINE static void store(row b, element* panel) { b.store(panel); }
  /// A row of B where it lies.
  SINTER_INLINE static row gather(const source* b, std::int64_t) { return row::load(b); }
  SINTER_INLINE static row gather_first(const source* b, std::int64_t, int columns, int) {
    return row::load_first(b, columns);
  }
  /// An element of a panel, of which `rows` rows of B are there.
  SINTER_INLINE static element pack(const source* b, std::int64_t, int) { return *b; }
  SINTER_INLINE static vector add_product(element a, row b, vector c) {
    return multiply_add(vector(a), b, c);
  }
};

/// Two elements of bf16 at a time, by the dot product of pairs: a word holds k in its lower half
/// and k + 1 in its upper. @accuracy products exact, a rounding to nearest for each of the two
/// sums; subnormal operands and sums count as zero (Intel 64 Architectures Manual, VDPBF16PS)
template <std::same_as<bf16> Source> struct by_pairs {
  using source = Source;
  using element = std::uint32_t;
  using sum = std::conditional_t<sizeof(Source) == 2, float, Source>;
  using vector = simd<sum, native_lanes<sum>>;
  using machine = detail::instructions<typename vector::vector>;
  using row = simd<std::uint32_t, native_lanes<float>>;
  static constexpr int depth = 2;

  /// Whether it is an instruction; without, elements converted to float are faster.
  static constexpr bool in_hardware = requires(vector c, row x) {
    machine::add_pairs(c.v, x.v, x.v);
  };

  SINTER_INLINE static element of_left(const source* a) {
    element pair;
    __builtin_memcpy(&pair, a, sizeof pair);
    return pair;
  }
  SINTER_INLINE static row load(const element* panel) { return row::load(panel); }
  SINTER_INLINE static void store(row b, element* panel) { b.store(panel); }
  SINTER_INLINE static row gather(const source* b, std::int64_t row_stride) {
    return together(halves_type::load(words(b)), halves_type::load(words(b + row_stride)));
  }
  SINTER_INLINE static row gather_first(const source* b, std::int64_t row_stride, int columns,
                                        int rows) {
    const auto first = halves_type::load_first(words(b), columns);
    const halves_type second = rows > 1 ? halves_type::load_first(words(b + row_stride), columns)
                                        : halves_type(std::uint16_t(0));
    return together(first, second);
  }
  SINTER_INLINE static element pack(const source* b, std::int64_t row_stride, int rows) {
    const element first = *words(b), second = rows > 1 ? *words(b + row_stride) : 0;
    return first | second << 16;
  }
  SINTER_INLINE static vector add_product(element a, row b, vector c) {
    if constexpr (in_hardware) {
      return vector(machine::add_pairs(c.v, row(a).v, b.v));
    } else {
      const auto low = [](row x) { return from_bits(x << 16); };
      const auto high = [](row x) { return from_bits(x & row(0xffff0000u)); };
      return multiply_add(high(row(a)), high(b), multiply_add(low(row(a)), low(b), c));
    }
  }

 private:
  using halves_type = simd<std::uint16_t, native_lanes<float>>;
  typedef std::uint16_t word __attribute__((may_alias));

  SINTER_INLINE static const word* words(const source* b) {
    return reinterpret_cast<const word*>(b);
  }
  SINTER_INLINE static row together(halves_type first, halves_type second) {
    return convert<std::uint32_t>(first) | convert<std::uint32_t>(second) << 16;
  }
};

}  // namespace sinter
