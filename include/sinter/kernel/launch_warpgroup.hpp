// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The launch of products on warpgroups: whether they are fit for it, and which tiles.

#include <tuple>
#include <type_traits>

#include "sinter/kernel/contract_few_rows.hpp"
#include "sinter/kernel/contract_warpgroup.hpp"
#include "sinter/kernel/cut_sums.hpp"

namespace sinter::device {

/// The tiles of `Count` products, by what the compiler knows of extents; the others are taken for
/// large ones. `ShortSums`: as many sums again as one product has are those of a step.
template <class Program, int Count, bool ShortSums> struct warpgroup_tiles {
  static constexpr const auto& p = Program::view;
  static constexpr bool whole = p.folds != fold::none;
  static constexpr int widest = Count == 1 && !ShortSums ? 256 : Count <= 2 ? 128 : 64;
  static constexpr std::int64_t line = p.extent[p.line()];

  static constexpr bool open_rows = p.extent[p.outer() - 1] < 0;
  static constexpr std::int64_t rows() { return open_rows ? 1 << 20 : p.extent[p.outer() - 1]; }

  /// Up to so many rows, products wait for their right operand.
  static constexpr int most_few_rows = 64;
  /// A power of two that holds them, 8 or more.
  static constexpr int few_rows() {
    int few = 8;
    while (few < most_few_rows && few < rows()) few *= 2;
    return few;
  }

  /// Whole rows take what they need. Of other widths the one that takes least time, if a tile takes
  /// as long as it is wide, and as 64 columns more; waves of tiles count as full ones.
  static constexpr int columns() {
    if (whole) return static_cast<int>((line + 63) / 64 * 64);
    std::int64_t items = 1;
    for (int a = 0; a + 1 < p.outer(); ++a)
      if (p.extent[a] > 0) items *= p.extent[a];
    const std::int64_t down = items * ceil_div(rows(), 128);
    int best = 64;
    std::int64_t least = INT64_MAX;
    for (int c = 64; c <= widest; c *= 2) {
      const std::int64_t across = ceil_div(line >= 0 ? line : 1 << 14, c);
      const std::int64_t time = ceil_div(down * across, enough_blocks) * (c * Count + 64);
      if (time <= least) least = time, best = c;
    }
    return best;
  }
  /// Two blocks share the right operand's tile where there are two tiles of rows.
  static constexpr int cluster() { return rows() > 128 && columns() % 128 == 0 ? 2 : 1; }
};

/// `Layout`: of the epilogue.
template <lane_layout Layout, class Program, class First, class... Others> class warpgroup_launch {
  static constexpr int count = 1 + sizeof...(Others);
  static constexpr bool short_sums =
      First::format == matrix_format::e4m3 || First::format == matrix_format::e5m2;
  using tiles = warpgroup_tiles<Program, count, short_sums>;

 public:
  /// What the compiler knows: products of one left operand, whose sums fit the registers, and an
  /// epilogue for which registers are left.
  static constexpr bool is_possible() { return may_be_large() || may_have_few_rows(); }

  /// With tiles of a given width, and so many blocks one below the other in a cluster.
  template <int Columns, int Cluster>
  using large_body =
      warpgroup_contract_body<Layout, Columns, Cluster, tiles::whole, Program, First, Others...>;
  /// Of so many rows, rounded up.
  template <int Rows>
  using body_of_few_rows = few_rows_body<Layout, Rows, Program, First, Others...>;

  /// Runs the kernel, if it is one for warpgroups and the device has them. Sums have more terms
  /// than `few_terms`, and tiles are more than half full.
  template <class Arguments, class Launcher>
  static bool run(const Arguments& arguments, const contract_shape& shape, std::int64_t batch,
                  Launcher& launcher) {
    if (shape.inner[0] <= few_terms) return false;
    if constexpr (may_have_few_rows()) {
      using body = body_of_few_rows<tiles::few_rows()>;
      if (shape.rows <= tiles::most_few_rows && 2 * shape.columns > body::tile_columns &&
          launcher.template runs<body, Arguments>()) {
        launch<body>(arguments, shape, batch, launcher, shortest_part);
        return true;
      }
    }
    if constexpr (may_be_large()) {
      using body = large_body<tiles::columns(), tiles::cluster()>;
      if (shape.rows > tiles::most_few_rows && 2 * shape.columns > body::tile_columns &&
          launcher.template runs<body, Arguments>()) {
        launch<body>(arguments, shape, batch, launcher, shortest_part);
        return true;
      }
    }
    return false;
  }

  template <class Body, class Arguments, class Launcher>
  static void launch(const Arguments& arguments, contract_shape shape, std::int64_t batch,
                     Launcher& launcher, std::int64_t shortest) {
    shape.tiles = batch * ceil_div(shape.rows, Body::tile_rows * Body::cluster) *
                  (tiles::whole ? 1 : ceil_div(shape.columns, Body::tile_columns));
    const std::int64_t blocks = shape.tiles * Body::cluster;
    cut_sums(shape, count, blocks, shortest, Body::depth);
    if (shape.parts > 1)
      launcher.scratch(shape, shape.parts * blocks * Body::partial_words, blocks * Body::counters);
    operand_maps<box_map, count> maps;
    maps.left = plain_operand<typename First::left, true>::map(arguments, Body::box_of_left);
    const auto map_right = [&]<class Product>(const Product*) {
      maps.right[Product::number] = plain_operand<typename Product::right, false>::map(
          arguments, Body::template box_of_right<Product>);
    };
    map_right(static_cast<const First*>(nullptr));
    (map_right(static_cast<const Others*>(nullptr)), ...);
    launcher.persistent(Body{}, shape.tiles * shape.parts, maps, arguments, shape);
  }

 private:
  static constexpr int most_instructions = 48, few_terms = 64;

  static constexpr bool may_be_large() {
    return are_fit() && !(tiles::whole && (tiles::line < 0 || tiles::line > tiles::widest)) &&
           tiles::rows() > tiles::most_few_rows;
  }
  static constexpr bool may_have_few_rows() {
    return are_fit() && !tiles::whole &&
           (tiles::open_rows || tiles::rows() <= tiles::most_few_rows);
  }
  static constexpr bool are_fit() {
    return count <= 4 && is_fit<First>() && (is_fit<Others>() && ...) &&
           Program::sizes.instructions <= most_instructions;
  }
  template <class Product> static constexpr bool is_fit() {
    return Product::format != matrix_format::none && Product::format == First::format &&
           std::is_same_v<typename Product::left, typename First::left> &&
           plain_operand<typename Product::left, true>::can_be_boxed &&
           plain_operand<typename Product::right, false>::can_be_boxed;
  }
};

}  // namespace sinter::device
