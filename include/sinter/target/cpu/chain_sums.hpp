// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What sums over the rows of a chain. Where all rows are there at once it runs like any product or
/// fold; else it takes them in part by part, in order, and what follows the sums comes with the
/// last part. Parts depend on extents alone, so the bits are the same for any number of threads.

#include "sinter/target/cpu/contract.hpp"
#include "sinter/target/cpu/reduce.hpp"

namespace sinter::cpu_target {

/// Rows of a chain that are there at the same time.
struct chain_rows {
  std::int64_t begin = 0, end = 0, all = 0;
  std::int64_t number = 0, parts = 1;  ///< which part they are, and how many there are
};

/// `Sum`: a contraction; its products sum over rows, or it has none and its program folds them.
template <class Sum> struct chain_sum {
  using main = typename Sum::main;

  /// What it keeps from part to part.
  static std::int64_t bytes(const arguments& args, std::int64_t parts) {
    if constexpr (Sum::count > 0) return Sum::bytes_of_sums(Sum::measure(args));
    else return round_up(parts * stride(args), alignment);
  }

  static void run(const arguments& args) {
    if constexpr (Sum::count > 0) Sum::run(args);
    else run_reduce<main>(args);
  }

  /// Takes in a part of the rows; `kept` holds bytes(...).
  static void take(const arguments& args, const chain_rows& rows, char* kept) {
    if constexpr (Sum::count > 0) {
      contract_sizes z = Sum::measure(args);
      if (z.rows == 0 || z.columns == 0) return;
      z.part = {rows.begin, rows.end - rows.begin, kept, rows.end == rows.all};
      Sum::multiply(args, z, 0);
    } else {
      take_rows(args, rows, kept + rows.number * stride(args));
      if (rows.end == rows.all) finish(args, rows.parts, kept);
    }
  }

 private:
  static constexpr bool columns = main::view().folds == fold::column;

  static std::int64_t stride(const arguments& args) {
    const std::int64_t line = sinter::measure(main::view(), args).line;
    return (columns ? ceil_div(line, main::width) : 1) * main::bytes_kept;
  }

  static void take_rows(const arguments& args, const chain_rows& rows, char* kept) {
    const nest_extents n = sinter::measure(main::view(), args);
    if constexpr (columns) {
      column_part<main>(args, 0, 0, n.line, rows.begin, rows.end, kept);
    } else if constexpr (main::view().middle > 0) {
      fold_lines<main>(args, 0, rows.begin, rows.end, 0, n.line, kept);
    } else {  // rows that follow one another in memory are one line
      const std::int64_t row = n.line / rows.all;
      fold_lines<main>(args, 0, 0, 1, rows.begin * row, rows.end * row, kept);
    }
  }

  static void finish(const arguments& args, std::int64_t parts, const char* kept) {
    if constexpr (columns)
      column_finish<main>(args, 0, 0, sinter::measure(main::view(), args).line, parts,
                          stride(args), kept);
    else fold_finish<main>(args, 0, parts, kept);
  }
};

}  // namespace sinter::cpu_target
