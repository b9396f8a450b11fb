// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The body of one or two large products of plain f16 or bf16 memory: a block computes 128 x 128
/// sums by tensor cores, or 128 x 64 of each of two, which stay in registers until all are done.
/// Operands come by asynchronous copies, three steps ahead; the finished tiles take the place of
/// their stages (contract_tile.hpp).
///
/// A stage of an operand holds lines, rows of the left or columns of the right one, of 32 terms
/// each, the way they lie in memory: neighbours in chunks of 16 bytes are terms or lines. Chunks
/// are permuted so that eight of a column of chunks lie in different banks.

#include <utility>

#include "sinter/kernel/contract_tile.hpp"
#include "sinter/kernel/plain_operand.hpp"

namespace sinter::device {

/// One operand on its way from memory through stages to the registers of tensor cores.
template <class Context, class Arguments, bool Wide, class Program, bool Left, int Lines>
class copied_operand {
 public:
  using axes = plain_operand<Program, Left>;
  using code = thread_code<Context, Arguments, lane_layout{1, 1, false, Wide}, Program>;
  using index = typename code::index;
  static constexpr int depth = 32, stage = Lines * depth;
  static constexpr bool along_terms = axes::terms_are_neighbours;

  /// The lines from `first` on, of `count`. Term 0 of line 0 is where the program's `row` begins.
  SINTER_DEVICE copied_operand(Context& context, const Arguments& arguments, index row, index first,
                               index count)
      : context_(context), left_(count - first),
        line_(along_terms ? context.thread() / 4 : context.thread() % (Lines / 8) * 8),
        term_(along_terms ? context.thread() % 4 * 8 : context.thread() / (Lines / 8)),
        line_stride_(stride<axes::line_axis>(arguments)),
        term_stride_(stride<axes::term_axis>(arguments)),
        from_(begin_of(context, arguments, row) +
              ((first + line_) * line_stride_ + term_ * term_stride_)),
        place_(along_terms ? place(line_, term_ / 8) : place(term_, line_ / 8)) {}

  /// Starts the copies of a step, one or two chunks by each thread. Beyond the last line and beyond
  /// term `end` come zeros.
  template <class Shared> SINTER_DEVICE void fetch(Shared to, index k, index end) {
    constexpr int chunks = Lines / 64;
    SINTER_UNROLL
    for (int i = 0; i < chunks; ++i) {
      const int line = along_terms ? i * 64 : 0, term = along_terms ? 0 : i * (depth / chunks);
      const index lines_left = left_ - line_ - line, terms_left = end - k - term_ - term;
      const index there = along_terms ? (lines_left > 0 ? terms_left : 0)
                                      : (terms_left > 0 ? lines_left : 0);
      const int bytes = there <= 0 ? 0 : there >= 8 ? 16 : 2 * static_cast<int>(there);
      context_.template copy_async<16>(
          to + (place_ + i * (stage / chunks)),
          from_ + (line * line_stride_ + (k + term) * term_stride_), bytes);
    }
  }

  /// Loads 16 lines of 16 terms as a fragment. Of its four tiles of 8 x 8, the left operand's go
  /// along lines first, the right one's along terms.
  template <class Shared>
  SINTER_DEVICE void load(std::uint32_t (&fragment)[4], Shared from, int line, int term) {
    const int lane = context_.lane(), first = lane / 8 % 2, second = lane / 16;
    const int line_tile = line / 8 + (Left ? first : second);
    const int term_tile = term / 8 + (Left ? second : first);
    const int at = along_terms ? place(line_tile * 8 + lane % 8, term_tile)
                               : place(term_tile * 8 + lane % 8, line_tile);
    context_.template load_matrix<4, !along_terms>(fragment, from + at);
  }

 private:
  template <int Axis> SINTER_DEVICE static index stride(const Arguments& arguments) {
    constexpr std::int64_t number = Program::template leaf_at<0>.stride[Axis];
    return static_cast<index>(arguments.number(number));
  }
  SINTER_DEVICE static auto begin_of(Context& context, const Arguments& arguments, index row) {
    code program(context, arguments, 1);
    program.move(row);
    return program.plain_row();
  }
  /// Where a chunk lies: of a line, or of all lines' k-th terms.
  SINTER_DEVICE static int place(int row, int chunk) {
    return permuted_chunk<along_terms ? depth / 8 : Lines / 8>(row, chunk);
  }

  Context& context_;
  index left_;
  int line_, term_;  ///< of the first chunk of this thread
  index line_stride_, term_stride_;
  decltype(std::declval<code&>().plain_row()) from_;
  int place_;
};

template <lane_layout Layout, bool Whole, class Main, class... Products>
struct large_contract_body {
  static constexpr int count = sizeof...(Products);
  static constexpr int tile_rows = 128, tile_columns = 128 / count;
  using tile = contract_tile<Layout, tile_rows, tile_columns, Whole, Main, Products...>;
  static constexpr int block_threads = tile::block_threads;
  /// Two blocks to a multiprocessor, one copying while the other multiplies, if the epilogue leaves
  /// registers for that.
  static constexpr int resident_blocks = Main::sizes.instructions <= 24 ? 2 : 1;
  static constexpr int stages = 4, depth = 32, stage = (tile_rows + tile_columns) * depth;
  static constexpr int shared_bytes = tile::slots * 4 + 16;
  static_assert(stages * stage * 2 <= tile::slots * 4, "contract: stages lie in the tiles' place");

  template <class Context, class Arguments>
  SINTER_DEVICE void operator()(Context& context, Arguments arguments,
                                contract_shape shape) const {
    const auto tiles = context.template shared<typename tile::slot>(tile::slots, 128);
    const auto flag = context.template shared<int>(1);
    const auto at = tile::place_of(context, shape);
    const int row = context.warp() % (2 * count) * (16 * down);
    const int column = context.warp() / (2 * count) * 32;
    sums own[count] = {};
    (multiply<Products>(context, arguments, shape, tiles, at, row, column, own[Products::number]),
     ...);
    SINTER_UNROLL
    for (int q = 0; q < count; ++q) {
      SINTER_UNROLL
      for (int i = 0; i < down; ++i) {
        SINTER_UNROLL
        for (int j = 0; j < 4; ++j)
          tile::leave_sums(context, tiles + q * tile_rows * tile_columns, row + 16 * i,
                           column + 8 * j, own[q].of[i][j]);
      }
    }
    tile::finish(context, arguments, shape, flag, tiles, at);
  }

 private:
  /// A warp's part of a product: 64 or 32 rows, 32 columns.
  static constexpr int down = 4 / count;
  struct sums {
    float of[down][4][4];  ///< 16-row tiles, 8-column tiles, registers
  };

  template <class Product, class Context, class Arguments, class Shared>
  SINTER_DEVICE static void multiply(Context& context, const Arguments& arguments,
                                     const contract_shape& shape, Shared tiles,
                                     const contract_place<typename tile::index>& at, int row,
                                     int column, sums& own) {
    using index = typename tile::index;
    using half = element_t<Product::operand_type>;
    using left_operand = copied_operand<Context, Arguments, Layout.wide, typename Product::left,
                                        true, tile_rows>;
    using right_operand = copied_operand<Context, Arguments, Layout.wide, typename Product::right,
                                         false, tile_columns>;
    const auto left = context.template cast<half>(tiles);
    const auto right = left + tile_rows * depth;
    const index rows = static_cast<index>(shape.rows);
    const index inner = static_cast<index>(shape.inner[Product::number]);
    const index terms = static_cast<index>(shape.part[Product::number]);
    const index begin = at.part * terms, end = inner < begin + terms ? inner : begin + terms;
    left_operand a(context, arguments, at.item * rows, at.row, rows);
    right_operand b(context, arguments, at.item * inner, at.column,
                    static_cast<index>(shape.columns));

    const auto fetch = [&](int to, index k) {
      if (k < end) {
        a.fetch(left + to * stage, k, end);
        b.fetch(right + to * stage, k, end);
      }
      context.commit_copies();
    };
    SINTER_UNROLL
    for (int s = 0; s + 1 < stages; ++s) fetch(s, begin + s * depth);

    int now = 0;
    for (index k = begin; k < end; k += depth) {
      context.template wait_copies<stages - 2>();
      context.sync();  // all copies of this step have come, and the last step's stage is free
      fetch((now + stages - 1) % stages, k + (stages - 1) * depth);
      SINTER_UNROLL
      for (int term = 0; term < depth; term += 16) {
        std::uint32_t from_left[down][4], from_right[2][4];
        SINTER_UNROLL
        for (int i = 0; i < down; ++i)
          a.load(from_left[i], left + now * stage, row + 16 * i, term);
        SINTER_UNROLL
        for (int j = 0; j < 2; ++j)
          b.load(from_right[j], right + now * stage, column + 16 * j, term);
        SINTER_UNROLL
        for (int i = 0; i < down; ++i) {
          SINTER_UNROLL
          for (int j = 0; j < 4; ++j) {
            const std::uint32_t pair[2] = {from_right[j / 2][j % 2 * 2],
                                           from_right[j / 2][j % 2 * 2 + 1]};
            context.template multiply<half>(own.of[i][j], from_left[i], pair);
          }
        }
      }
      now = (now + 1) % stages;
    }
    context.sync();  // the stages have been read, and may be written again
  }
};

}  // namespace sinter::device
