// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Launches that cut sums into parts of 32 terms, too short to gain anything on a device but quick
/// to emulate; and with indices of 64 bits, which else need more memory than a test has.

#include "kernel/emulated_plan.hpp"

namespace sinter::testing {

template <bool Wide = false> class cutting_launcher : public emulated_launcher {
 public:
  using emulated_launcher::emulated_launcher;

  template <class Body, class Arguments>
  void operator()(const Body& body, std::int64_t grid, const Arguments& arguments,
                  device::contract_shape shape) {
    const std::int64_t tiles = grid / shape.parts;
    device::cut_sums(shape, Body::count, tiles, 32);
    if (shape.parts > 1) scratch(shape, shape.parts * tiles * Body::partial_words, tiles);
    if constexpr (Wide)
      emulated_launcher::operator()(widened(body), tiles * shape.parts, arguments, shape);
    else
      emulated_launcher::operator()(body, tiles * shape.parts, arguments, shape);
  }
  template <class Body, class Arguments, class Shape>
  void operator()(const Body& body, std::int64_t grid, const Arguments& arguments,
                  const Shape& shape) {
    emulated_launcher::operator()(body, grid, arguments, shape);
  }

 private:
  template <device::lane_layout Layout, int Rows, int Columns, bool Whole, class... Rest>
  static auto widened(
      const device::contract_body<Layout, Rows, Columns, Whole, Rest...>&) {
    constexpr device::lane_layout wide{1, Layout.lanes(), false, true};
    return device::contract_body<wide, Rows, Columns, Whole, Rest...>{};
  }
};

}  // namespace sinter::testing
