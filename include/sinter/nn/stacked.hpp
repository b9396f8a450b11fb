// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Several recurrent cells as one.

#include "sinter/nn/cell_step.hpp"

namespace sinter {

/// Cells on top of each other: each takes as its input what the one before it gives out. The state
/// is a tuple with one state for each cell, and what goes out is the last cell's. A step of all is
/// one plan, in which cells share kernels where their values allow it.
/// @shape   x as the first cell takes it, the cells' states -> what the last cell gives out, and a
///          tuple of the states that follow
/// @example st::stacked<st::gru_cell<32, 64>, st::gru_cell<64, 64>> cell;
template <class... Cells> struct stacked {
  static_assert(sizeof...(Cells) > 0, "sinter: stacked: want a cell");
  static constexpr const char* member_names[] = {"cells"};  // in files
  std::tuple<Cells...> cells;

  template <class... State> constexpr auto operator()(const auto& x, const State&... state) const {
    static_assert(sizeof...(State) == sizeof...(Cells),
                  "sinter: stacked: want one state for each cell");
    return run<0>(lift(x), std::tie(state...), std::tuple<>());
  }

 private:
  /// From cell I on; `next` holds the states of those before it.
  template <std::size_t I, class States, class Next>
  constexpr auto run(const symbol& x, const States& states, const Next& next) const {
    if constexpr (I == sizeof...(Cells)) {
      return emitted{x, next};
    } else {
      const auto r = detail::call_cell(std::get<I>(cells), x, std::get<I>(states));
      const symbol output = detail::unpack_step(r).output;
      return run<I + 1>(output, states, std::tuple_cat(next, std::make_tuple(detail::state_in(r))));
    }
  }
};

}  // namespace sinter
