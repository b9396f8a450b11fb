// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A kernel by its programs, handed to the loops of their family.

#include "sinter/target/cpu/chain.hpp"
#include "sinter/target/cpu/map.hpp"
#include "sinter/target/cpu/reduce.hpp"
#include "sinter/target/cpu/scan.hpp"
#include "sinter/target/cpu/scatter.hpp"

namespace sinter::cpu_target {

template <class Programs> struct kernel;

template <class Main, class... Others> struct kernel<kernel_programs<Main, Others...>> {
  using main = static_code<Main>;
  using parts = chain_parts<kernel_programs<Main, Others...>>;

  template <int P>
  using core = product_core<
      element_t<main::program.product_store[P].type>,
      static_code<program_at<main::program.product_store[P].left, Main, Others...>>,
      static_code<program_at<main::program.product_store[P].right, Main, Others...>>>;
  template <int... P>
  static contraction<main, core<P>...> contraction_of(std::integer_sequence<int, P...>);

  /// Of a kernel of one program that multiplies.
  using product = decltype(contraction_of(
      std::make_integer_sequence<int, main::sizes.products>{}));

  static void run(const arguments& args) {
    constexpr family f = main::view().family;
    if constexpr (f == family::map) run_maps<main, static_code<Others>...>(args);
    else if constexpr (parts::count > 1)
      run_chain(args, std::make_integer_sequence<int, parts::rows>{},
                std::make_integer_sequence<int, parts::count - parts::rows>{});
    else if constexpr (f == family::row) run_rows<Main>(args);
    else if constexpr (f == family::reduce) run_reduce<main>(args);
    else if constexpr (f == family::scatter) run_scatter<main>(args);
    else if constexpr (f == family::scan) run_scan<main>(args);
    else product::run(args);
  }

 private:
  template <int Part>
  using part_of = typename kernel<typename parts::template part<Part>>::product;
  template <int... Row, int... Sum>
  static void run_chain(const arguments& args, std::integer_sequence<int, Row...>,
                        std::integer_sequence<int, Sum...>) {
    constexpr int buffers = buffers_of<main, static_code<Others>...>();
    chain<buffers, chain_list<part_of<Row>...>, chain_list<part_of<parts::rows + Sum>...>>::run(
        args);
  }

  template <class... Codes> static constexpr int buffers_of() {
    int count = 0;
    const auto add = [&](const program_view& p) {
      for (int l = 0; l < p.leaf_count; ++l)
        if (p.leaves[l].buffer >= count) count = p.leaves[l].buffer + 1;
      for (int r = 0; r < p.result_count; ++r)
        if (p.results[r].buffer >= count) count = p.results[r].buffer + 1;
    };
    (add(Codes::view()), ...);
    return count;
  }
};

}  // namespace sinter::cpu_target
