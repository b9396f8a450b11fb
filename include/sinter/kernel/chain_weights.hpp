// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The right operands of a chain's products: how they lie in shared memory, and how they get there.

#include "sinter/kernel/contract_epilogue.hpp"
#include "sinter/kernel/launch_layout.hpp"
#include "sinter/kernel/plain_operand.hpp"

namespace sinter::device {

/// A product of a chain, whose operands the graph has as values of `Type`.
template <class Product, dtype Type> struct chain_product : Product {
  using half = element_t<Type>;
  using left_operand = plain_operand<typename Product::left, true>;
  using right_operand = plain_operand<typename Product::right, false>;
  /// Whether an operand is memory that fragments, or chunks of them, come from as they are.
  static constexpr bool left_is_plain =
      Product::left::plain_type == Type && left_operand::terms_are_neighbours;
  static constexpr bool right_is_plain =
      Product::right::plain_type == Type && right_operand::can_be_copied;
  /// Whether pairs of what a left operand reads cannot be aligned.
  static constexpr bool left_never_aligned =
      left_is_plain ? left_operand::template never_aligned<2>
                    : detail::never_aligned(Product::left::view, 2);
  /// Whether the body is for it: extents that the compiler knows. Items of a batch have the right
  /// operand in common.
  static constexpr bool is_fit =
      (Type == dtype::bf16 || Type == dtype::f16) &&
      Product::right::template extent<right_operand::term_axis> > 0 &&
      Product::right::template extent<right_operand::line_axis> > 0;
};

/// The right operand of a product in shared memory: rows of neighbours, which are terms or columns,
/// 16 bytes longer than a multiple of 32, so that eight of them lie in different banks. Beyond the
/// operand are zeros.
template <class Product> struct chain_weights {
  using operand = typename Product::right_operand;
  using half = typename Product::half;
  static constexpr int terms =
      static_cast<int>(Product::right::template extent<operand::term_axis>);
  static constexpr int columns =
      static_cast<int>(Product::right::template extent<operand::line_axis>);
  static constexpr bool along_terms = Product::right_is_plain && operand::terms_are_neighbours;
  static constexpr int high = along_terms ? columns : terms, wide = along_terms ? terms : columns;
  static constexpr int steps = (terms + 15) / 16;
  static constexpr int lines = (high + 15) / 16 * 16;
  static constexpr int chunks = (wide + 15) / 16 * 2;  ///< of 8 elements
  static constexpr int pitch = 8 * chunks + 8;
  static constexpr int elements = lines * pitch;
  /// Whether it comes in copies that have to be waited for.
  template <bool Fast>
  static constexpr bool is_copied =
      Fast && Product::right_is_plain && !operand::template never_aligned<8>;

  /// `Fast`: what may be aligned is, and no index is wide.
  template <bool Fast, class Context, class Arguments, class Shared>
  SINTER_DEVICE static void fetch(Context& context, const Arguments& arguments, Shared to) {
    using code = thread_code<Context, Arguments, lane_layout{1, 1, false, !Fast},
                             typename Product::right>;
    code program(context, arguments, 1);
    if constexpr (Product::right_is_plain) {
      fetch_plain<Fast>(context, arguments, program, to);
    } else {
      for (int i = context.thread(); i < lines * chunks * 8; i += context.threads()) {
        const int line = i / (chunks * 8), at = i % (chunks * 8);
        program.move(line < high ? line : 0, 0, line < high);
        program.at(at, wide);
        program.template compute_folded<0>();
        program.template compute_line<0, false>();
        context.store(to + (line * pitch + at), static_cast<half>(program.operand(0)));
      }
    }
  }

  /// 16 terms of 16 columns, as two right fragments.
  template <class Context, class Shared>
  SINTER_DEVICE static void load(Context& context, std::uint32_t (&pairs)[4], Shared from, int step,
                                 int column) {
    const int lane = context.lane(), first = lane / 8 % 2, second = lane / 16;
    const int line = along_terms ? column + second * 8 : step * 16 + first * 8;
    const int at = along_terms ? step * 16 + first * 8 : column + second * 8;
    context.template load_matrix<4, !along_terms>(pairs, from + ((line + lane % 8) * pitch + at));
  }

 private:
  template <bool Fast, class Context, class Arguments, class Code, class Shared>
  SINTER_DEVICE static void fetch_plain(Context& context, const Arguments& arguments, Code& program,
                                        Shared to) {
    program.move(0);
    const auto from = program.plain_row();
    constexpr int axis = along_terms ? operand::line_axis : operand::term_axis;
    constexpr int other = along_terms ? operand::term_axis : operand::line_axis;
    const auto stride = static_cast<typename Code::index>(
        arguments.number(Product::right::template leaf_at<0>.stride[axis]));
    static_assert(Product::right::template leaf_at<0>.stride[other] == 1);
    if constexpr (is_copied<Fast>) {
      for (int i = context.thread(); i < lines * chunks; i += context.threads()) {
        const int line = i / chunks, first = i % chunks * 8;
        const int there = line < high ? wide - first : 0;
        context.template copy_async<16>(to + (line * pitch + first), from + (line * stride + first),
                                        there <= 0 ? 0 : there >= 8 ? 16 : 2 * there);
      }
    } else {
      for (int i = context.thread(); i < lines * chunks * 8; i += context.threads()) {
        const int line = i / (chunks * 8), at = i % (chunks * 8);
        half x{};
        if (line < high && at < wide) x = context.load(from + (line * stride + at));
        context.store(to + (line * pitch + at), x);
      }
    }
  }
};

}  // namespace sinter::device
