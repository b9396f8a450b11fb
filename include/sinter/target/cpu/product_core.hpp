// SPDX-License-Identifier: Apache-2.0
#pragma once

/// One product of a kernel: its operands, as programs give them, and how blocks of it are computed
/// by the loops of product.hpp.

#include "sinter/target/cpu/operand.hpp"
#include "sinter/target/cpu/row.hpp"

namespace sinter::cpu_target {

/// Those of the terms that are there, where rows of a chain give them part by part; the sums then
/// lie in memory of their own, from one part to the next.
struct term_part {
  std::int64_t first = 0, count = -1;             ///< all of them, if it is negative
  char* sums = nullptr;                           ///< of all products
  bool last = true;
};

/// How a contraction is cut into pieces: blocks of whole tiles of rows, as even as that allows,
/// times blocks of whole panels of columns.
struct contract_sizes {
  std::int64_t batch = 1, rows = 1, columns = 1;  ///< of each product
  std::int64_t row_blocks = 1, block_columns = 1;
  std::int64_t padded = 1;                        ///< columns of all panels
  bool own_panels = false;                        ///< packed by each block for itself
  bool all_items = false;                         ///< of a batch are one, with all their rows
  std::int64_t tile = 6;                          ///< rows that are multiplied at a time
  term_part part;

  /// Rows of a block, about: their results stay in the second cache.
  std::int64_t block_rows() const { return tile == 6 ? 48 : 128; }
  std::int64_t row_begin(std::int64_t block) const {
    return smaller(block * ceil_div(rows, tile) / row_blocks * tile, rows);
  }
  std::int64_t most_rows() const {
    return smaller(ceil_div(ceil_div(rows, tile), row_blocks) * tile, rows);
  }
  std::int64_t column_blocks() const { return ceil_div(columns, block_columns); }
};

/// The multiplier of operands that these programs give.
template <class T, class Left, class Right> constexpr auto multiplier_for() {
  constexpr dtype left = widened_bytes<Left>, right = widened_bytes<Right>;
  if constexpr (std::is_same_v<T, float> && std::is_same_v<operand_type<Left>, bf16> &&
                std::is_same_v<operand_type<Right>, bf16> && by_pairs<bf16>::in_hardware) {
    return by_pairs<bf16>();
  } else if constexpr (std::is_same_v<T, std::int32_t> && left != dtype::boolean &&
                       right != dtype::boolean) {
    using quads = by_quads<element_t<left>, element_t<right>>;
    return std::conditional_t<sinter::detail::has_matrix_unit<quads>, quads, by_elements<T>>();
  } else {
    return by_elements<T>();
  }
}

/// One product of a kernel: packing its right operand, computing blocks of it.
template <class T, class Left, class Right> struct product_core {
  using left = Left;
  using right = Right;
  using multiplier = decltype(multiplier_for<T, Left, Right>());
  using source = typename multiplier::source;
  using element = typename multiplier::element;
  using tile = product_tile<T>;
  static constexpr bool by_bytes = multiplier::depth == 4;
  static constexpr bool left_plain = by_bytes || is_plain<Left, source>();
  static constexpr bool right_plain = by_bytes || is_plain<Right, source>();
  static_assert(tile::rows == contract_sizes{}.tile);

  /// The panels of B, each blocked along K, a block of all panels after the other.
  static std::int64_t packed_bytes(const contract_sizes& z, std::int64_t inner) {
    return round_up(z.padded * panel_rows<multiplier>(larger(inner, 1)) * sizeof(element),
                    alignment);
  }
  /// One block of one panel.
  static constexpr std::int64_t block_bytes =
      product_block_k<multiplier> / multiplier::depth * tile::columns * sizeof(element);

  static std::int64_t left_bytes(std::int64_t rows, std::int64_t inner) {
    return round_up(rows * round_up(inner, multiplier::depth) * sizeof(source), alignment);
  }

  /// Whether A is read where it lies.
  static bool left_in_place(const arguments& args, const contract_sizes& z, std::int64_t inner) {
    if constexpr (!left_plain) return false;
    else if (z.all_items && !distance_of_rows<Left>(args).even) return false;
    else if constexpr (multiplier::depth == 1) return true;
    else return inner % multiplier::depth == 0 &&
                view_operand<Left, source>(args, 0).column_stride == 1;
  }
  /// Whether whole panels of B may be read where it lies.
  static bool right_in_place(const arguments& args, std::int64_t inner) {
    if constexpr (!right_plain) return false;
    else return inner % multiplier::depth == 0 &&
                view_operand<Right, source>(args, 0).column_stride == 1;
  }

  /// From row k of B and the first column of panel `number` on.
  static matrix_at<source> right_operand(const arguments& args, const contract_sizes& z,
                                         std::int64_t inner, std::int64_t item,
                                         std::int64_t number, std::int64_t k) {
    auto b = view_operand<Right, source>(args, item * inner + z.part.first + k);
    b.data += number * tile::columns * b.column_stride;
    return b;
  }

  /// Rows k ... k + depth - 1 of panel `number`.
  static void pack_block(const arguments& args, const contract_sizes& z, std::int64_t inner,
                         std::int64_t item, std::int64_t number, std::int64_t k,
                         std::int64_t depth, element* to) {
    const std::int64_t first = number * tile::columns;
    const int columns = static_cast<int>(smaller(tile::columns, z.columns - first));
    [[maybe_unused]] const std::int64_t row = item * inner + z.part.first + k;
    if constexpr (right_plain) {
      pack_panel<multiplier>(to, right_operand(args, z, inner, item, number, k), depth, columns);
    } else if constexpr (multiplier::depth == 1) {
      evaluate_operand<Right>(args, row, row + depth, first, first + columns, to, tile::columns);
      clear_beside<multiplier>(to, depth, columns);
    } else {
      constexpr std::int64_t few = multiplier::depth * sinter::detail::panel_step<multiplier>() * 2;
      source rows[few * tile::columns];
      for (std::int64_t p = 0; p < depth; p += few, to += few / multiplier::depth * tile::columns) {
        const std::int64_t count = smaller(few, depth - p);
        evaluate_operand<Right>(args, row + p, row + p + count, first, first + columns, rows,
                                tile::columns);
        pack_panel<multiplier>(to, {rows, tile::columns, 1}, count, columns);
      }
    }
  }

  static element* block_of(element* packed, const contract_sizes& z, std::int64_t number,
                           std::int64_t k, std::int64_t depth) {
    return packed + k / multiplier::depth * z.padded +
           number * tile::columns * panel_rows<multiplier>(depth);
  }

  /// Columns of panel `number`, all of K.
  static void pack(const arguments& args, const contract_sizes& z, std::int64_t inner,
                   std::int64_t item, std::int64_t number, element* packed) {
    for (std::int64_t k = 0; k < inner; k += product_block_k<multiplier>) {
      const std::int64_t depth = smaller(product_block_k<multiplier>, inner - k);
      pack_block(args, z, inner, item, number, k, depth, block_of(packed, z, number, k, depth));
    }
  }

  /// Rows begin ... end - 1 of A, in place or in `left`.
  static matrix_at<source> left_operand(const arguments& args, const contract_sizes& z,
                                        std::int64_t inner, std::int64_t item, std::int64_t begin,
                                        std::int64_t end, source* left) {
    const std::int64_t stride = round_up(inner, multiplier::depth);
    if constexpr (left_plain) {
      const std::int64_t first = item * z.rows + begin;
      auto a = view_operand<Left, source>(args, first);
      const row_distance rows = z.all_items ? distance_of_rows<Left>(args)
                                            : row_distance{true, a.row_stride};
      a.row_stride = rows.stride;
      a.data += z.part.first * a.column_stride;
      if (left_in_place(args, z, inner)) return a;
      if (!rows.even) {
        for (std::int64_t i = 0; i < end - begin; ++i) {
          a = view_operand<Left, source>(args, first + i);
          a.data += z.part.first * a.column_stride;
          for (std::int64_t k = 0; k < inner; ++k)
            left[i * stride + k] = a.data[k * a.column_stride];
        }
      } else if constexpr (multiplier::depth > 1) {
        copy_matrix(a, end - begin, inner, left, stride);
      }
    } else {
      evaluate_operand<Left>(args, item * z.rows + begin, item * z.rows + end, z.part.first,
                             z.part.first + inner, left, stride);
    }
    for (std::int64_t i = 0; inner < stride && i < end - begin; ++i)
      for (std::int64_t k = inner; k < stride; ++k) left[i * stride + k] = source{};
    return {left, stride, 1};
  }

  /// Rows begin ... end - 1 and whole panels from ... to - 1 of the product, into `out`, whose rows
  /// are as wide; added to it, if these are not the first terms. `panels` holds them packed, or has
  /// room for a block of one.
  static void multiply(const arguments& args, const contract_sizes& z, std::int64_t inner,
                       std::int64_t item, std::int64_t begin, std::int64_t end,
                       std::int64_t from, std::int64_t to, element* panels, source* left,
                       T* out) {
    const std::int64_t width = (to - from) * tile::columns, rows = end - begin;
    // Beside a wider type's tile, whole panels of this one lie beyond the columns.
    to = smaller(to, ceil_div(z.columns, tile::columns));
    const bool adds = z.part.first > 0;
    for (std::int64_t i = 0; inner == 0 && !adds && i < rows * width; ++i) out[i] = T(0);
    const auto a = left_operand(args, z, inner, item, begin, end, left);
    const std::int64_t whole = z.columns / tile::columns;
    const bool in_unit = sinter::detail::unit_multiplies<multiplier>(z.rows);
    const bool in_place = z.own_panels && inner > 0 && right_in_place(args, inner) && !in_unit;
    if constexpr (right_plain) {
      if (in_place && rows <= rows_in_place && from < whole && !adds) {
        const auto b = right_operand(args, z, inner, item, from, 0);
        const std::int64_t columns = (smaller(to, whole) - from) * tile::columns;
        multiply_in_place<multiplier>(rows, inner, a, b, columns, out, width);
        out += columns;
        from = smaller(to, whole);
      }
    }
    for (std::int64_t k = 0; k < inner; k += product_block_k<multiplier>) {
      const std::int64_t depth = smaller(product_block_k<multiplier>, inner - k);
      const matrix_at<source> left_block{a.data + k * a.column_stride, a.row_stride,
                                         a.column_stride};
      for (std::int64_t panel = from; panel < to; ++panel) {
        T* c = out + (panel - from) * tile::columns;
        if constexpr (right_plain) {
          if (in_place && rows > rows_in_place && panel < whole) {
            const auto b = right_operand(args, z, inner, item, panel, k);
            pack_and_multiply<multiplier>(rows, depth, left_block, b, panels, c, width,
                                          adds || k > 0);
            continue;
          }
        }
        element* packed = panels;
        if (z.own_panels) pack_block(args, z, inner, item, panel, k, depth, packed);
        else packed = block_of(packed, z, panel, k, depth);
        multiply_panel<multiplier>(rows, depth, left_block, packed, c, width, adds || k > 0,
                                   in_unit);
      }
    }
  }
};

}  // namespace sinter::cpu_target
