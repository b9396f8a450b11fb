// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A kernel by its programs, handed to the loops of their family.

#include "sinter/target/cpu/contract.hpp"
#include "sinter/target/cpu/map.hpp"
#include "sinter/target/cpu/reduce.hpp"
#include "sinter/target/cpu/scatter.hpp"

namespace sinter::cpu_target {

template <class Programs> struct kernel;

template <class Main, class... Others> struct kernel<kernel_programs<Main, Others...>> {
  using main = static_code<Main>;

  template <int P>
  using core = product_core<
      element_t<main::program.product_store[P].type>,
      static_code<program_at<main::program.product_store[P].left, Main, Others...>>,
      static_code<program_at<main::program.product_store[P].right, Main, Others...>>>;
  template <int... P>
  static contraction<main, core<P>...> contraction_of(std::integer_sequence<int, P...>);

  static void run(const arguments& args) {
    if constexpr (main::view().family == family::map)
      run_maps<main, static_code<Others>...>(args);
    else if constexpr (main::view().family == family::row) run_rows<main>(args);
    else if constexpr (main::view().family == family::reduce) run_reduce<main>(args);
    else if constexpr (main::view().family == family::scatter) run_scatter<main>(args);
    else
      decltype(contraction_of(
          std::make_integer_sequence<int, main::sizes.products>{}))::run(args);
  }
};

}  // namespace sinter::cpu_target
