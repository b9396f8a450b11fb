// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A program of words as constants that device code can use, and the registers of its values.

#include <utility>

#include "sinter/kernel/device.hpp"
#include "sinter/plan/matrix_format.hpp"
#include "sinter/plan/program_values.hpp"
#include "sinter/plan/words.hpp"

namespace sinter::device {

/// How the lanes of a thread lie on the line, and whether packs are aligned in memory.
struct lane_layout {
  int pack = 1;
  int packs = 1;
  bool aligned = false;
  bool wide = true;    ///< indices of 64 bits

  constexpr int lanes() const { return pack * packs; }
};

namespace detail {

/// Registers of one type.
template <dtype Type, int Count, int Lanes> struct bank {
  element_t<Type> value[Count][Lanes];
};
template <dtype Type, int Lanes> struct bank<Type, 0, Lanes> {};

template <int Lanes, int B, int U8, int U16, int U32, int U64, int I8, int I16, int I32, int I64,
          int F32, int F64>
struct register_file
    : bank<dtype::boolean, B, Lanes>, bank<dtype::u8, U8, Lanes>, bank<dtype::u16, U16, Lanes>,
      bank<dtype::u32, U32, Lanes>, bank<dtype::u64, U64, Lanes>, bank<dtype::i8, I8, Lanes>,
      bank<dtype::i16, I16, Lanes>, bank<dtype::i32, I32, Lanes>, bank<dtype::i64, I64, Lanes>,
      bank<dtype::f32, F32, Lanes>, bank<dtype::f64, F64, Lanes> {
  template <dtype Type, int Count>
  SINTER_DEVICE auto& pick(bank<Type, Count, Lanes>& b, int slot) {
    return b.value[slot];
  }
  template <dtype Type> SINTER_DEVICE auto& get(int slot) { return pick<Type>(*this, slot); }
};

/// The place of each value in its bank, and of each fold's accumulator.
template <int Instructions> struct register_places {
  int slot[Instructions + 1]{};
  int fold[Instructions + 1]{};
  int count[dtype_count]{};
  int folds[dtype_count]{};
};

template <int Instructions>
constexpr register_places<Instructions> place_registers(const program_view& p) {
  register_places<Instructions> places;
  for (int i = 0; i < Instructions; ++i) {
    const instruction& n = p.instructions[i];
    const int type = static_cast<int>(n.type);
    places.slot[i] = places.count[type]++;
    if (carries(n.what)) places.fold[i] = places.folds[type]++;
  }
  return places;
}

/// The passes in which each full value is computed, if none is kept for a later pass.
template <int Instructions> struct pass_masks {
  std::uint32_t of[Instructions + 1]{};
};

template <int Instructions>
constexpr pass_masks<Instructions> recompute(const program_view& p) {
  pass_masks<Instructions> masks;
  recomputed_passes(p, masks.of);
  return masks;
}

template <int Size> struct bits_of_size;
template <> struct bits_of_size<1> { using type = std::uint8_t; };
template <> struct bits_of_size<2> { using type = std::uint16_t; };
template <> struct bits_of_size<4> { using type = std::uint32_t; };
template <> struct bits_of_size<8> { using type = std::uint64_t; };

}  // namespace detail

/// A number that travels as its bits, the lowest of 64.
template <class T> SINTER_DEVICE T number_of_bits(std::int64_t bits) {
  using own = typename detail::bits_of_size<sizeof(T)>::type;
  return __builtin_bit_cast(T, static_cast<own>(bits));
}

/// Calls f<0>() ... f<Count - 1>(): indices are constants, as device code cannot address the tables
/// of a program, which are the host's. Braces, since compilers bound the nesting of folds.
template <int Count, class F> SINTER_DEVICE void unrolled(F&& f) {
  [&]<int... I>(std::integer_sequence<int, I...>) {
    [[maybe_unused]] const int order[] = {0, (f.template operator()<I>(), 0)...};
  }(std::make_integer_sequence<int, Count>{});
}

/// A program of words, with what is derived from it.
template <class Words> struct static_program {
  static constexpr program_sizes sizes = encoded_sizes(Words::words);
  static constexpr decoded_program<sizes.instructions, sizes.leaves, sizes.results,
                                   sizes.products>
      program{Words::words};
  static constexpr program_view view = program.view();
  static_assert(sums_rows(view) == encoded_sums_rows(Words::words));
  static constexpr auto places = detail::place_registers<sizes.instructions>(program.view());
  static constexpr auto masks = detail::recompute<sizes.instructions>(program.view());

  /// Registers of all values, and of the accumulators of folds.
  static constexpr const int* count = places.count;
  static constexpr const int* folded = places.folds;
  template <int Lanes>
  using values = detail::register_file<Lanes, count[0], count[1], count[2], count[3], count[4],
                                       count[5], count[6], count[7], count[8], count[13],
                                       count[14]>;
  template <int Lanes>
  using accumulators = detail::register_file<Lanes, folded[0], folded[1], folded[2], folded[3],
                                             folded[4], folded[5], folded[6], folded[7],
                                             folded[8], folded[13], folded[14]>;
  template <int I> static constexpr int slot = places.slot[I];
  template <int I> static constexpr int fold_slot = places.fold[I];

  template <int I> static constexpr instruction instruction_at = program.instruction_store[I];
  template <int L> static constexpr leaf leaf_at = program.leaf_store[L];
  template <int R> static constexpr result result_at = program.result_store[R];

  // Of the nest. Functions of the host may not be called in device code, even for a constant.
  static constexpr int line = program.line(), outer = program.outer();
  static constexpr int middle = program.middle, passes = program.passes;
  static constexpr fold folds = program.folds;
  static constexpr bool has_scans = sinter::has_scans(program.view());
  static constexpr bool backwards = runs_backwards(program.view());
  template <int A> static constexpr std::int64_t extent = program.extent[A];

  template <int I> static constexpr bool is_floating = sinter::is_floating(instruction_at<I>.type);
  /// Operands of an elementwise operation.
  template <int I> static constexpr int arity = [] {
    int count = 0;
    while (count < max_operands && instruction_at<I>.operand[count] >= 0) ++count;
    return count;
  }();

  /// Whether a value differs from lane to lane: full ones do, and all that a fold which keeps the
  /// line leaves.
  template <int I>
  static constexpr bool has_lanes = instruction_at<I>.full || folds == fold::column;

  /// Whether a leaf is one element, wherever it is there: a scalar tensor's, or a number.
  template <int L> static constexpr bool is_one_element = [] {
    constexpr leaf l = leaf_at<L>;
    for (const std::int64_t stride : l.stride)
      if (stride != 0) return false;
    return l.offset == 0 && !l.indexed;
  }();

  /// The type in memory of a program that does nothing but read it, else boolean.
  static constexpr dtype plain_type =
      sizes.instructions == 1 && sizes.leaves == 1 && !program.leaf_store[0].guarded
          ? program.leaf_store[0].type
          : dtype::boolean;

  /// What matrix units read in place of it.
  static constexpr matrix_format format = format_of(program.view());

  /// Whether its one result is rounded to tf32.
  static constexpr bool gives_tf32 = [] {
    if (sizes.results != 1) return false;
    const instruction& last = program.instruction_store[program.result_store[0].instruction];
    return last.what == code::element && last.op == pack_name("tf32") && last.type == dtype::f32;
  }();

  /// Bytes of the widest element that it reads.
  static constexpr int widest_leaf = [] {
    int widest = 1;
    for (int l = 0; l < sizes.leaves; ++l)
      if (const int size = properties(program.leaf_store[l].type).size; size > widest)
        widest = size;
    return widest;
  }();

  /// The folds, and the number of one among them.
  static constexpr int folds_before(int instruction) {
    int count = 0;
    for (int i = 0; i < instruction; ++i)
      count += program.instruction_store[i].what == code::fold;
    return count;
  }
  static constexpr int fold_count = folds_before(sizes.instructions);
  template <int I> static constexpr int fold_number = folds_before(I);

  /// The pass that stores a full result.
  template <int R> static constexpr int pass_of_result = [] {
    constexpr instruction i = instruction_at<result_at<R>.instruction>;
    return i.stage + (i.what == code::fold ? 1 : 0);
  }();
};

}  // namespace sinter::device
