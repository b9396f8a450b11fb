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
/// and how they come out of memory and together: `gather` makes a row of B where it lies, and of a
/// multiplier that takes several elements of K, `gather_all` makes as many rows at once.

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "sinter/core/config.hpp"
#include "sinter/core/half.hpp"
#include "sinter/target/cpu/simd.hpp"
#include "sinter/target/cpu/simd_memory.hpp"
#include "sinter/target/cpu/transpose.hpp"

namespace sinter {

namespace detail {

/// a[0], b[0], a[1], b[1], ... in two vectors.
template <class T, class Row> SINTER_INLINE void interleave_two(const T* a, const T* b, Row* to) {
  constexpr int lanes = static_cast<int>(sizeof(Row) / sizeof(T));
  using V = typename vector_of<T, lanes>::type;
  constexpr auto all = std::make_integer_sequence<int, lanes>();
  const V x = load_vector<V>(a), y = load_vector<V>(b);
  const V both[2] = {cpu_target::detail::interleave<0>(x, y, all),
                     cpu_target::detail::interleave<lanes / 2>(x, y, all)};
  __builtin_memcpy(to, both, sizeof both);
}

}  // namespace detail

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
#if defined(__AMX_BF16__) && !defined(__CUDA_ARCH__)
  using unit = detail::amx_bf16;
  static constexpr int least_unit_rows = 7;
#endif

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
  SINTER_INLINE static void gather_all(row* to, const source* b, std::int64_t row_stride) {
    detail::interleave_two(words(b), words(b + row_stride), to);
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

/// Four bytes at a time, summed as i32: a word holds k in its lowest byte and k + 3 in its highest.
/// Meant for a matrix unit; where there is none, bytes that are widened beforehand are as fast.
/// `A`, `B`: i8 or u8, as the operands' bytes are to be read. @accuracy exact, modulo 2^32
template <class A, class B> struct by_quads {
  static_assert(sizeof(A) == 1 && sizeof(B) == 1 && std::is_integral_v<A> && std::is_integral_v<B>);
  using source = std::uint8_t;
  using element = std::uint32_t;
  using sum = std::int32_t;
  using vector = simd<sum, native_lanes<sum>>;
  using row = simd<std::uint32_t, native_lanes<sum>>;
  static constexpr int depth = 4;
#if defined(__AMX_INT8__) && defined(__AVX512F__) && !defined(__CUDA_ARCH__)
  using unit = detail::amx_int8<std::is_signed_v<A>, std::is_signed_v<B>>;
  static constexpr int least_unit_rows = 1;
#endif

  SINTER_INLINE static element of_left(const source* a) {
    element four;
    __builtin_memcpy(&four, a, sizeof four);
    return four;
  }
  SINTER_INLINE static row load(const element* panel) { return row::load(panel); }
  SINTER_INLINE static void store(row b, element* panel) { b.store(panel); }
  SINTER_INLINE static row gather(const source* b, std::int64_t row_stride) {
    const auto at = [&](int k) {
      return convert<std::uint32_t>(bytes::load(b + k * row_stride)) << 8 * k;
    };
    return (at(0) | at(1)) | (at(2) | at(3));
  }
  SINTER_INLINE static void gather_all(row* to, const source* b, std::int64_t row_stride) {
    typedef std::uint16_t pair __attribute__((may_alias));
    const auto pairs = [](const row* x) { return reinterpret_cast<const pair*>(x); };
    row first[2], second[2];
    detail::interleave_two(b, b + row_stride, first);
    detail::interleave_two(b + 2 * row_stride, b + 3 * row_stride, second);
    detail::interleave_two(pairs(first), pairs(second), to);
    detail::interleave_two(pairs(first + 1), pairs(second + 1), to + 2);
  }
  SINTER_INLINE static row gather_first(const source* b, std::int64_t row_stride, int columns,
                                        int rows) {
    row four(0u);
    for (int k = 0; k < depth && k < rows; ++k)
      four = four | convert<std::uint32_t>(bytes::load_first(b + k * row_stride, columns)) << 8 * k;
    return four;
  }
  SINTER_INLINE static element pack(const source* b, std::int64_t row_stride, int rows) {
    element four = 0;
    for (int k = 0; k < depth && k < rows; ++k) four |= element{b[k * row_stride]} << 8 * k;
    return four;
  }
  SINTER_INLINE static vector add_product(element a, row b, vector c) {
    return c + product<0>(a, b) + product<1>(a, b) + product<2>(a, b) + product<3>(a, b);
  }

 private:
  using bytes = simd<source, native_lanes<sum>>;

  template <class T, int K> SINTER_INLINE static vector widened(row x) {
    const row top = x << (24 - 8 * K);
    if constexpr (std::is_signed_v<T>) return vector((typename vector::vector)top.v) >> 24;
    else return vector((typename vector::vector)(top >> 24).v);
  }
  template <int K> SINTER_INLINE static vector product(element a, row b) {
    return widened<A, K>(row(a)) * widened<B, K>(b);
  }
};

}  // namespace sinter
