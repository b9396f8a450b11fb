// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Launches of products otherwise than the library would: sums cut into parts too short to gain
/// anything, large tiles for small products, few blocks for a chain, indices of 64 bits. That is
/// quick to emulate, and else needs more memory than a test has.

#include <stdexcept>

#include "kernel/emulated_plan.hpp"

namespace sinter::testing {

struct alteration {
  std::int64_t shortest_part = 1 << 30;  ///< terms
  bool large = false;
  bool wide = false;
  int warpgroup_columns = 0;  ///< tiles of that width on warpgroups
  int cluster = 1;
  int few_rows = 0;  ///< or tiles of that height, for few rows
  std::int64_t chain_blocks = 0;  ///< of a chain, if not one for each tile of rows
};

template <alteration A> class altered_launcher : public emulated_launcher {
 public:
  using emulated_launcher::emulated_launcher;

  template <device::lane_layout Layout, int Rows, int Columns, bool Whole, class... Rest,
            class Arguments>
  void operator()(const device::contract_body<Layout, Rows, Columns, Whole, Rest...>&,
                  std::int64_t grid, const Arguments& arguments, device::contract_shape shape) {
    constexpr device::lane_layout layout =
        A.wide ? device::lane_layout{1, Layout.lanes(), false, true} : Layout;
    const std::int64_t tiles = grid / shape.parts;
    if constexpr (A.warpgroup_columns > 0 || A.few_rows > 0) {
      const std::int64_t across = Whole ? 1 : ceil_div(shape.columns, Columns);
      using launch = device::warpgroup_launch<layout, Rest...>;
      const std::int64_t batch = tiles / across / ceil_div(shape.rows, Rows);
      if constexpr (!launch::is_possible())
        throw std::logic_error("no product for warpgroups in this layout");
      else if constexpr (A.few_rows > 0)
        launch::template launch<typename launch::template body_of_few_rows<A.few_rows>>(
            arguments, shape, batch, *this, A.shortest_part);
      else
        launch::template launch<
            typename launch::template large_body<A.warpgroup_columns, A.cluster>>(
            arguments, shape, batch, *this, A.shortest_part);
    } else if constexpr (A.large) {
      const std::int64_t across = Whole ? 1 : ceil_div(shape.columns, Columns);
      const std::int64_t batch = tiles / across / ceil_div(shape.rows, Rows);
      using body = device::large_contract_body<layout, Whole, Rest...>;
      const std::int64_t large_across = Whole ? 1 : ceil_div(shape.columns, body::tile_columns);
      launch<body>(batch * ceil_div(shape.rows, body::tile_rows) * large_across, arguments, shape);
    } else {
      launch<device::contract_body<layout, Rows, Columns, Whole, Rest...>>(tiles, arguments, shape);
    }
  }
  template <class Body, class Arguments>
  void operator()(const Body& body, std::int64_t grid, const Arguments& arguments,
                  device::chain_shape shape) {
    if (A.chain_blocks > 0 && shape.parts > A.chain_blocks) {
      shape.parts = A.chain_blocks;
      if constexpr (requires { Body::tile_rows; }) grid = A.chain_blocks;
    }
    emulated_launcher::operator()(body, grid, arguments, shape);
  }
  template <class Body, class Arguments, class Shape>
  void operator()(const Body& body, std::int64_t grid, const Arguments& arguments,
                  const Shape& shape) {
    emulated_launcher::operator()(body, grid, arguments, shape);
  }

 private:
  template <class Body, class Arguments>
  void launch(std::int64_t tiles, const Arguments& arguments, device::contract_shape shape) {
    device::cut_sums(shape, Body::count, tiles, A.shortest_part);
    if (shape.parts > 1) scratch(shape, shape.parts * tiles * Body::tile::partial_words, tiles);
    emulated_launcher::operator()(Body{}, tiles * shape.parts, arguments, shape);
  }
};

/// Products on warpgroups, whole and cut along k, and those of few rows that are cut.
template <int Columns, int Cluster = 1>
using on_warpgroups =
    altered_launcher<alteration{.warpgroup_columns = Columns, .cluster = Cluster}>;
template <int Columns, int Cluster = 1>
using in_parts = altered_launcher<alteration{.shortest_part = 64, .warpgroup_columns = Columns,
                                             .cluster = Cluster}>;
template <int Rows>
using of_few_rows_in_parts =
    altered_launcher<alteration{.shortest_part = 64, .few_rows = Rows}>;

}  // namespace sinter::testing
