// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Operands of products that are nothing but memory: which axis is which, and what a tensor copy
/// has to know of them.

#include <cstdint>

#include "sinter/kernel/static_program.hpp"
#include "sinter/kernel/tile.hpp"

namespace sinter::device {

/// Plain memory as tensor copies see it: its axes, the innermost first, which is one of neighbours,
/// and the box of its first two axes that a copy moves. Targets make their tensor maps of this.
struct box_map {
  static constexpr int most_axes = 5;
  const void* address = nullptr;
  dtype type = dtype::boolean;
  int rank = 0;
  std::int64_t extent[most_axes]{};
  std::int64_t stride[most_axes]{};  ///< elements
  int box[2]{};
};

/// An operand's axes: terms of the sums, lines (rows of the left, columns of the right operand),
/// and before these two the axes of the batch.
template <class Program, bool Left> struct plain_operand {
  static constexpr int term_axis = sinter::term_axis(Program::program.view(), Left);
  static constexpr int line_axis = sinter::line_axis(Program::program.view(), Left);
  static constexpr bool can_be_copied = lies_for_warpgroups(Program::program.view(), Left);
  static constexpr bool terms_are_neighbours =
      can_be_copied && Program::program.leaf_store[0].stride[term_axis] == 1;
  static constexpr neighbours along =
      terms_are_neighbours ? neighbours::terms : neighbours::lines;

  /// Whether packs of so many neighbours cannot be aligned, for all that the compiler knows.
  template <int Pack> static constexpr bool never_aligned = [] {
    const leaf& l = Program::program.leaf_store[0];
    bool never = l.offset > 0 && l.offset % Pack != 0;
    for (int a = 0; a <= Program::line; ++a)
      never = never || (a != (terms_are_neighbours ? term_axis : line_axis) && l.stride[a] > 0 &&
                        l.stride[a] % Pack != 0);
    return never;
  }();
  /// Whether packs of so many neighbours are aligned.
  template <class Arguments> static bool is_aligned(const Arguments& arguments, int pack) {
    constexpr const leaf& l = Program::program.leaf_store[0];
    const int bytes = pack * properties(l.type).size;
    const auto address = reinterpret_cast<std::uintptr_t>(arguments.address[l.buffer]);
    bool all = address % static_cast<std::uintptr_t>(bytes) == 0 &&
               arguments.number(l.offset) % pack == 0;
    for (int a = 0; a <= Program::line; ++a)
      all = all && (a == (terms_are_neighbours ? term_axis : line_axis) ||
                    arguments.number(l.stride[a]) % pack == 0);
    return all;
  }

  /// Axes of the batch, and how many of them are not mere repetition.
  static constexpr int batch_axes = Program::line > 0 ? Program::line - 1 : 0;
  static constexpr int moving_axes = [] {
    int count = 0;
    for (int a = 0; a < batch_axes; ++a) count += Program::program.leaf_store[0].stride[a] != 0;
    return count;
  }();
  static constexpr bool can_be_boxed = can_be_copied && 2 + moving_axes <= box_map::most_axes;

  /// Elements of 16 bytes.
  static constexpr int chunk =
      can_be_copied ? 16 / properties(Program::program.leaf_store[0].type).size : 1;

  /// Its memory, in boxes of 128 bytes of neighbours.
  template <class Arguments> static box_map map(const Arguments& arguments, int other_of_box) {
    constexpr leaf l = Program::program.leaf_store[0];
    box_map m;
    m.type = l.type;
    m.address = static_cast<const char*>(arguments.address[l.buffer]) +
                arguments.number(l.offset) * properties(l.type).size;
    const auto push = [&](int axis) {
      m.extent[m.rank] = arguments.number(Program::program.extent[axis]);
      m.stride[m.rank++] = arguments.number(l.stride[axis]);
    };
    push(terms_are_neighbours ? term_axis : line_axis);
    push(terms_are_neighbours ? line_axis : term_axis);
    for (int a = batch_axes - 1; a >= 0; --a)
      if (l.stride[a] != 0) push(a);
    m.box[0] = swizzled_row_bytes / properties(l.type).size;
    m.box[1] = other_of_box;
    return m;
  }

  using place = box_place<2 + moving_axes>;

  /// Where the box of a line and a term of an item of the batch begins.
  SINTER_DEVICE static void move(place& p, int line, int term) {
    p.at[terms_are_neighbours ? 0 : 1] = term;
    p.at[terms_are_neighbours ? 1 : 0] = line;
  }
  template <class Arguments, class Index>
  SINTER_DEVICE static place place_of(const Arguments& arguments, Index item) {
    place p{};
    [[maybe_unused]] int next = 2;
    unrolled<batch_axes>([&]<int I>() {
      constexpr int axis = batch_axes - 1 - I;
      constexpr leaf l = Program::template leaf_at<0>;
      const auto extent =
          static_cast<Index>(arguments.number(Program::template extent<axis>));
      if constexpr (l.stride[axis] != 0) p.at[next++] = static_cast<int>(item % extent);
      item /= extent;
    });
    return p;
  }
};

}  // namespace sinter::device
