// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The program of a matrix with its rows and columns exchanged: the left operand of a product that
/// sums over the rows of a chain, [K, rows], as those rows have it.

#include "sinter/kernel/static_program.hpp"

namespace sinter::device {

/// Its words. The program folds nothing.
template <class Words> struct turned_words {
  struct table {
    word of[encoded_length(Words::words)]{};
  };
  static constexpr table made = [] {
    constexpr program_sizes sizes = encoded_sizes(Words::words);
    decoded_program<sizes.instructions, sizes.leaves, sizes.results, sizes.products> p(
        Words::words);
    const int row = p.line() - 1, column = p.line();
    const auto exchange = [&](std::int64_t* numbers) { std::swap(numbers[row], numbers[column]); };
    exchange(p.extent);
    for (int l = 0; l < sizes.leaves; ++l) {
      exchange(p.leaf_store[l].stride);
      exchange(p.leaf_store[l].begin);
      exchange(p.leaf_store[l].end);
    }
    for (int r = 0; r < sizes.results; ++r) {
      p.result_store[r].stride[row] = 0;
      p.result_store[r].stride[column] = 1;
    }
    for (int i = 0; i < sizes.instructions; ++i) {
      instruction& n = p.instruction_store[i];
      if (n.what == code::iota && n.attribute >= row) n.attribute = row + column - n.attribute;
    }
    for (int i = 0; i < sizes.instructions; ++i) {
      instruction& n = p.instruction_store[i];
      n.full = varies_along_line(p.view(), i);
      n.passes = n.full ? 1 : 0;
    }
    list<word> words;
    encode(p.view(), words);
    table t;
    for (std::size_t w = 0; w < words.size(); ++w) t.of[w] = words[w];
    return t;
  }();
  static constexpr const word* words = made.of;
};

template <class Words> using turned_program = static_program<turned_words<Words>>;

}  // namespace sinter::device
