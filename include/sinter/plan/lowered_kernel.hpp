// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A kernel as lowering leaves it (lower.hpp).

#include "sinter/graph/dimensions.hpp"
#include "sinter/plan/chain.hpp"
#include "sinter/plan/program.hpp"

namespace sinter {

/// One kernel: its programs, and the codes of its run-time integers. In a kernel of family `map`
/// all programs are main ones, which do not need each other and run over spaces of their own. Any
/// other has one, and the programs behind it give the operands of its products; in a chain this
/// repeats itself, in the order in which the main ones run. Those without products are there of
/// family `row`, with folds or not. What sums over a chain's rows stands last: it takes in row
/// after row, and what follows its sums is computed once all rows are done.
struct lowered_kernel {
  list<program> programs;
  list<extent_t> integers;
  list<int> buffers;  ///< of the plan, by the kernel's own numbers
  chain_limit apart = chain_limit::none;  ///< why it is not part of the chain that it reads

  constexpr bool is_main(std::size_t program) const {
    return programs[0].family == family::map || programs[program].family != family::map;
  }
  /// Calls f(number) for each main program.
  template <class F> constexpr void each_main(F&& f) const {
    for (std::size_t i = 0; i < programs.size(); ++i)
      if (is_main(i)) f(i);
  }
  /// The programs before those that sum over a chain's rows, operands included.
  constexpr std::size_t programs_of_rows() const {
    std::size_t end = programs.size();
    if (family() != family::chain) return end;
    for (std::size_t i = programs.size(); i-- > 0;)
      if (is_main(i) && sums_rows(programs[i].view())) end = i;
    return end;
  }
  constexpr int main_programs() const {
    int count = 0;
    each_main([&](std::size_t) { ++count; });
    return count;
  }
  constexpr sinter::family family() const {
    const bool chained = programs[0].family != family::map && main_programs() > 1;
    return chained ? family::chain : programs[0].family;
  }
};

}  // namespace sinter
