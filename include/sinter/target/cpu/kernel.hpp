// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A kernel by its words: the programs that they hold, handed to the loops of their family.

#include "sinter/target/cpu/contract.hpp"
#include "sinter/target/cpu/map.hpp"
#include "sinter/target/cpu/reduce.hpp"

namespace sinter::cpu_target {

template <word... W> struct kernel {
  static constexpr word words[] = {W...};

  template <int Number, int... I>
  static static_code<words[program_begin(words, Number) + I]...> code_at(
      std::integer_sequence<int, I...>);
  template <int Number>
  using code = decltype(code_at<Number>(
      std::make_integer_sequence<int, encoded_length(words + program_begin(words, Number))>{}));

  using main = code<0>;

  template <int... P>
  static contraction<main,
                     product_core<element_t<main::program.product_store[P].type>,
                                  code<main::program.product_store[P].left>,
                                  code<main::program.product_store[P].right>>...>
  contraction_of(std::integer_sequence<int, P...>);

  static void run(const arguments& args) {
    if constexpr (main::view().family == family::map) run_map<main>(args);
    else if constexpr (main::view().family == family::row) run_rows<main>(args);
    else if constexpr (main::view().family == family::reduce) run_reduce<main>(args);
    else
      decltype(contraction_of(
          std::make_integer_sequence<int, main::sizes.products>{}))::run(args);
  }
};

}  // namespace sinter::cpu_target
