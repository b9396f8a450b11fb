// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The launch of products: which body. By extents, alignment and the architecture alone, so that
/// sums have the same bits on every device of an architecture.

#include "sinter/kernel/contract.hpp"
#include "sinter/kernel/contract_large.hpp"
#include "sinter/kernel/launch_layout.hpp"
#include "sinter/kernel/launch_warpgroup.hpp"

namespace sinter::device {

/// `Layout`: of the epilogue.
template <lane_layout Layout, class Program, class... Products> class contract_launch {
 public:
  template <class Arguments, class Launcher>
  static void run(const Arguments& arguments, Launcher& launcher) {
    contract_shape shape;
    shape.rows = arguments.number(p.extent[p.outer() - 1]);
    shape.columns = arguments.number(p.extent[p.line()]);
    std::int64_t batch = 1;
    for (int a = 0; a + 1 < p.outer(); ++a) batch *= arguments.number(p.extent[a]);
    if (batch == 0 || shape.rows == 0 || shape.columns == 0) return;
    for (int q = 0; q < p.product_count; ++q)
      shape.inner[q] = arguments.number(p.products[q].inner);
    if constexpr ((Layout.aligned || Layout.wide) && warpgroups::is_possible()) {
      if ((can_be_copied<Products>(arguments) && ...) &&
          warpgroups::run(arguments, shape, batch, launcher))
        return;
    }
    if constexpr (may_be_large()) {
      if (is_large(batch, shape.rows, shape.columns, shape.inner) &&
          (can_be_copied<Products>(arguments) && ...))
        return launch<large_contract_body<Layout, folds_tile, Program, Products...>>(
            arguments, shape, batch, launcher);
    }
    if constexpr (!must_be_large())
      launch<body_of<tile_rows()>>(arguments, shape, batch, launcher);
  }

 private:
  static constexpr const auto& p = Program::view;
  using warpgroups = warpgroup_launch<Layout, Program, Products...>;

  /// Large tiles are for products that have enough of them for half of a large device, whose tiles
  /// are more than half full, and whose sums take more than a step. Others have small tiles.
  static constexpr bool is_large(std::int64_t batch, std::int64_t rows, std::int64_t columns,
                                 const std::int64_t* inner) {
    for (int q = 0; q < p.product_count; ++q)
      if (inner[q] <= longest_step) return false;
    const std::int64_t tiles = batch * ceil_div(rows, 128) * ceil_div(columns, large_columns);
    return 2 * tiles >= enough_blocks && rows > 64 && 2 * columns > large_columns;
  }
  static constexpr int large_columns = 128 / static_cast<int>(sizeof...(Products));
  /// What can be known of that when compiling: one or two products of plain 16-bit memory, and an
  /// epilogue that moves packs. Rows that are folded are one tile wide.
  static constexpr bool may_be_large() {
    if constexpr (sizeof...(Products) <= 2) {
      if (!(Layout.aligned || Layout.wide) || !(Products::on_tensor_cores && ...)) return false;
      if (!((plain_operand<typename Products::left, true>::can_be_copied &&
             plain_operand<typename Products::right, false>::can_be_copied) && ...))
        return false;
      if (folds_tile && tile_line > large_columns) return false;
      return is_large_shape();
    } else {
      return false;
    }
  }
  /// Where all extents are known, and the layout says that operands are aligned.
  static constexpr bool must_be_large() {
    return may_be_large() && is_static_shape() && Layout.aligned &&
           (!(lies_along_rows<typename Products::left> ||
              lies_along_rows<typename Products::right>) && ...);
  }
  static constexpr bool is_static_shape() {
    for (int a = 0; a < p.rank; ++a)
      if (p.extent[a] < 0) return false;
    for (int q = 0; q < p.product_count; ++q)
      if (p.products[q].inner < 0) return false;
    return true;
  }
  /// With extents that are not known taken for large ones.
  static constexpr bool is_large_shape() {
    constexpr std::int64_t unknown = 1 << 20;
    const auto extent = [=](std::int64_t x) { return x >= 0 ? x : unknown; };
    std::int64_t batch = 1, inner[4]{};
    for (int a = 0; a + 1 < p.outer(); ++a)
      if (batch != unknown) batch = p.extent[a] >= 0 ? batch * p.extent[a] : unknown;
    for (int q = 0; q < p.product_count; ++q) inner[q] = extent(p.products[q].inner);
    return is_large(batch, extent(p.extent[p.outer() - 1]), extent(p.extent[p.line()]), inner);
  }

  /// Whether chunks of 16 bytes are aligned, whichever axis they lie along.
  template <class Product, class Arguments>
  static bool can_be_copied(const Arguments& arguments) {
    using left = plain_operand<typename Product::left, true>;
    using right = plain_operand<typename Product::right, false>;
    return left::is_aligned(arguments, left::chunk) && right::is_aligned(arguments, right::chunk);
  }

  /// Whole rows are known to the compiler; the wider they and their products are, the fewer fit
  /// into the shared memory of a block.
  static constexpr bool folds_tile = p.folds != fold::none;
  static constexpr int tile_line =
      folds_tile && p.extent[p.line()] > 0 ? static_cast<int>(p.extent[p.line()]) : 64;
  template <int Rows>
  using body_of = contract_body<Layout, Rows, contract_columns(Rows, tile_line), folds_tile,
                                Program, Products...>;
  template <int Rows = 64> static constexpr int tile_rows() {
    if constexpr (Rows == 8 || body_of<Rows>::shared_bytes <= most_shared_bytes) return Rows;
    else return tile_rows<Rows / 2>();
  }

  template <class Body, class Arguments, class Launcher>
  static void launch(const Arguments& arguments, contract_shape shape, std::int64_t batch,
                     Launcher& launcher) {
    static_assert(Body::shared_bytes <= most_shared_bytes, "contract: a plan fuses what fits");
    const std::int64_t down = ceil_div(shape.rows, Body::tile_rows);
    const std::int64_t across = folds_tile ? 1 : ceil_div(shape.columns, Body::tile_columns);
    const std::int64_t tiles = batch * down * across;
    cut_sums(shape, p.product_count, tiles);
    if (shape.parts > 1)
      launcher.scratch(shape, shape.parts * tiles * Body::tile::partial_words, tiles);
    launcher(Body{}, tiles * shape.parts, arguments, shape);
  }
};

}  // namespace sinter::device
