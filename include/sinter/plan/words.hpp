// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Programs as words, and words as types: the names of kernels. Two call sites with equal programs
/// share a kernel.

#include <utility>

#include "sinter/plan/program.hpp"

namespace sinter {

using word = std::uint64_t;

namespace detail {

constexpr word bits(int value, int shift) {
  return static_cast<word>(static_cast<std::uint16_t>(value + 1)) << shift;
}
constexpr int field(word w, int shift) { return static_cast<int>(w >> shift & 0xffff) - 1; }

constexpr int across_bit = 9;  // of a product's first word

constexpr bool has_attribute(code c) {
  return c == code::load || c == code::constant || c == code::integer || c == code::iota ||
         c == code::product;
}

}  // namespace detail

/// Appends a program. The header holds the counts, so that programs can follow one another.
constexpr void encode(const program_view& p, list<word>& out) {
  using detail::bits;
  out.push_back(static_cast<word>(p.family) | static_cast<word>(p.folds) << 4 |
                static_cast<word>(p.rank) << 8 | static_cast<word>(p.middle) << 12 |
                static_cast<word>(p.passes) << 16 | static_cast<word>(p.row_buffers) << 24);
  out.push_back(bits(p.instruction_count, 0) | bits(p.leaf_count, 16) |
                bits(p.result_count, 32) | bits(p.product_count, 48));
  for (int a = 0; a < p.rank; ++a) out.push_back(static_cast<word>(p.extent[a]));
  for (int i = 0; i < p.instruction_count; ++i) {
    const instruction& n = p.instructions[i];
    out.push_back(static_cast<word>(n.what) | static_cast<word>(n.type) << 4 |
                  static_cast<word>(n.full) << 8 | static_cast<word>(n.op != 0) << 9 |
                  static_cast<word>(n.backwards) << 10 |
                  static_cast<word>(n.stage) << 12 | static_cast<word>(n.passes) << 20 |
                  bits(n.saved, 48));
    if (n.op != 0) out.push_back(static_cast<word>(n.op));
    if (detail::has_attribute(n.what)) out.push_back(static_cast<word>(n.attribute));
    else if (n.what == code::gather)
      out.push_back(bits(n.operand[0], 0) | bits(static_cast<int>(n.attribute), 16));
    else out.push_back(bits(n.operand[0], 0) | bits(n.operand[1], 16) | bits(n.operand[2], 32));
  }
  for (int i = 0; i < p.leaf_count; ++i) {
    const leaf& l = p.leaves[i];
    out.push_back(static_cast<word>(l.type) | static_cast<word>(l.guarded) << 8 |
                  static_cast<word>(l.indexed) << 9 | static_cast<word>(l.inside) << 10 |
                  bits(l.buffer, 16));
    out.push_back(static_cast<word>(l.offset));
    for (int a = 0; a < p.rank; ++a) out.push_back(static_cast<word>(l.stride[a]));
    for (int a = 0; l.guarded && a < p.rank; ++a) {
      out.push_back(static_cast<word>(l.begin[a]));
      out.push_back(static_cast<word>(l.end[a]));
    }
    if (!l.indexed) continue;
    out.push_back(static_cast<word>(l.index_stride));
    out.push_back(static_cast<word>(l.index_end));
  }
  for (int i = 0; i < p.result_count; ++i) {
    const result& r = p.results[i];
    out.push_back(static_cast<word>(r.type) | static_cast<word>(r.full) << 8 |
                  static_cast<word>(r.inside) << 9 | bits(r.buffer, 16) |
                  bits(r.instruction, 32) | bits(r.index, 48));
    for (int a = 0; a < p.rank; ++a) out.push_back(static_cast<word>(r.stride[a]));
    if (r.index < 0) continue;
    out.push_back(static_cast<word>(r.index_stride));
    out.push_back(static_cast<word>(r.index_end));
  }
  for (int i = 0; i < p.product_count; ++i) {
    const product& q = p.products[i];
    out.push_back(static_cast<word>(q.type) | static_cast<word>(q.operands) << 4 |
                  static_cast<word>(q.split) << 8 |
                  static_cast<word>(q.across) << detail::across_bit | bits(q.left, 16) |
                  bits(q.right, 32));
    out.push_back(static_cast<word>(q.inner));
  }
}

/// The counts at the head of an encoded program.
struct program_sizes {
  int instructions = 0, leaves = 0, results = 0, products = 0;
};

constexpr program_sizes encoded_sizes(const word* w) {
  using detail::field;
  return {field(w[1], 0), field(w[1], 16), field(w[1], 32), field(w[1], 48)};
}

/// The number of words of an encoded program.
constexpr int encoded_length(const word* words) {
  const program_sizes s = encoded_sizes(words);
  const int rank = static_cast<int>(*words >> 8 & 15);
  const word* w = words + 2 + rank;
  for (int i = 0; i < s.instructions; ++i) w += *w >> 9 & 1 ? 3 : 2;
  for (int i = 0; i < s.leaves; ++i)
    w += 2 + rank + (*w >> 8 & 1 ? 2 * rank : 0) + (*w >> 9 & 1 ? 2 : 0);
  for (int i = 0; i < s.results; ++i) w += 1 + rank + (detail::field(*w, 48) >= 0 ? 2 : 0);
  return static_cast<int>(w - words) + s.products * 2;
}

/// Where program `number` of a kernel's words begins.
constexpr int program_begin(const word* words, int number) {
  int at = 0;
  for (int i = 0; i < number; ++i) at += encoded_length(words + at);
  return at;
}

/// The family of an encoded program.
constexpr family encoded_family(const word* words) { return static_cast<family>(*words & 15); }

/// Whether an encoded main program of a chain sums over its rows: the last words are a product's.
constexpr bool encoded_sums_rows(const word* words) {
  if (encoded_family(words) == family::reduce) return true;
  if (encoded_sizes(words).products == 0) return false;
  return words[encoded_length(words) - 2] >> detail::across_bit & 1;
}

/// How many programs a kernel's words hold.
constexpr int count_programs(const word* words, int length) {
  int count = 0;
  for (int at = 0; at < length; ++count) at += encoded_length(words + at);
  return count;
}

/// A program as a type.
template <word... W> struct program_words {
  static constexpr word words[] = {W...};
};

/// A kernel as a type: its main programs first.
template <class... Programs> struct kernel_programs {};

namespace detail {
template <int Number, class First, class... Rest> struct program_number {
  using type = typename program_number<Number - 1, Rest...>::type;
};
template <class First, class... Rest> struct program_number<0, First, Rest...> {
  using type = First;
};
}  // namespace detail


/// One of a kernel's programs.
template <int Number, class... Programs>
using program_at = typename detail::program_number<Number, Programs...>::type;

namespace detail {

/// Where the products and rows of a kernel begin: one, or several in a chain, and the end.
template <int Programs> struct part_begins {
  int at[Programs + 1]{};
  int count = 0;
  int rows = 0;  ///< of them, before those that sum over the rows of a chain
};
template <class... Programs> constexpr auto begins_of_parts() {
  part_begins<sizeof...(Programs)> parts;
  int number = 0;
  const auto add = [&](const word* words) {
    if (encoded_family(words) != family::map) parts.at[parts.count++] = number;
    if (encoded_family(words) != family::map && !encoded_sums_rows(words)) parts.rows = parts.count;
    ++number;
  };
  (add(Programs::words), ...);
  parts.at[parts.count] = number;
  return parts;
}

}  // namespace detail

/// The products and rows of a kernel that is a chain, each as a kernel of its own.
template <class Kernel> struct chain_parts;
template <class... Programs> struct chain_parts<kernel_programs<Programs...>> {
  static constexpr auto begins = detail::begins_of_parts<Programs...>();
  static constexpr int count = begins.count;
  static constexpr int rows = begins.rows;  ///< those behind sum over the rows of a chain

  template <int Begin, int... I>
  static kernel_programs<program_at<Begin + I, Programs...>...> spell(
      std::integer_sequence<int, I...>);
  template <int Part>
  using part = decltype(spell<begins.at[Part]>(
      std::make_integer_sequence<int, begins.at[Part + 1] - begins.at[Part]>{}));
};

/// A program of fixed sizes, read from words.
template <int Instructions, int Leaves, int Results, int Products>
struct decoded_program : program_view {
  instruction instruction_store[Instructions + 1]{};
  leaf leaf_store[Leaves + 1]{};
  result result_store[Results + 1]{};
  product product_store[Products + 1]{};

  constexpr explicit decoded_program(const word* words) {
    using detail::field;
    const word* w = words;
    family = encoded_family(w);
    folds = static_cast<sinter::fold>(*w >> 4 & 15);
    rank = static_cast<int>(*w >> 8 & 15);
    middle = static_cast<int>(*w >> 12 & 15);
    passes = static_cast<int>(*w >> 16 & 255);
    row_buffers = static_cast<int>(*w >> 24 & 0xffff);
    w += 2;
    for (int a = 0; a < rank; ++a) extent[a] = static_cast<std::int64_t>(*w++);
    for (int i = 0; i < Instructions; ++i) {
      instruction& n = instruction_store[i];
      n.what = static_cast<sinter::code>(*w & 15);
      n.type = static_cast<dtype>(*w >> 4 & 15);
      n.full = *w >> 8 & 1;
      n.backwards = *w >> 10 & 1;
      n.stage = static_cast<std::uint8_t>(*w >> 12);
      n.passes = static_cast<std::uint32_t>(*w >> 20 & 0xfffffff);
      n.saved = field(*w, 48);
      if (*w++ >> 9 & 1) n.op = static_cast<name_code>(*w++);
      if (detail::has_attribute(n.what)) n.attribute = static_cast<std::int64_t>(*w++);
      else {
        for (int j = 0; j < max_operands; ++j) n.operand[j] = field(*w, 16 * j);
        ++w;
        if (n.what == code::gather) n.attribute = std::exchange(n.operand[1], -1);
      }
    }
    for (int i = 0; i < Leaves; ++i) {
      leaf& l = leaf_store[i];
      l.type = static_cast<dtype>(*w & 15);
      l.guarded = *w >> 8 & 1;
      l.indexed = *w >> 9 & 1;
      l.inside = *w >> 10 & 1;
      l.buffer = field(*w++, 16);
      l.offset = static_cast<std::int64_t>(*w++);
      for (int a = 0; a < rank; ++a) l.stride[a] = static_cast<std::int64_t>(*w++);
      for (int a = 0; l.guarded && a < rank; ++a) {
        l.begin[a] = static_cast<std::int64_t>(*w++);
        l.end[a] = static_cast<std::int64_t>(*w++);
      }
      if (!l.indexed) continue;
      l.index_stride = static_cast<std::int64_t>(*w++);
      l.index_end = static_cast<std::int64_t>(*w++);
    }
    for (int i = 0; i < Results; ++i) {
      result& r = result_store[i];
      r.type = static_cast<dtype>(*w & 15);
      r.full = *w >> 8 & 1;
      r.inside = *w >> 9 & 1;
      r.buffer = field(*w, 16);
      r.index = field(*w, 48);
      r.instruction = field(*w++, 32);
      for (int a = 0; a < rank; ++a) r.stride[a] = static_cast<std::int64_t>(*w++);
      if (r.index < 0) continue;
      r.index_stride = static_cast<std::int64_t>(*w++);
      r.index_end = static_cast<std::int64_t>(*w++);
    }
    for (int i = 0; i < Products; ++i) {
      product& q = product_store[i];
      q.type = static_cast<dtype>(*w & 15);
      q.operands = static_cast<dtype>(*w >> 4 & 15);
      q.split = *w >> 8 & 1;
      q.across = *w >> detail::across_bit & 1;
      q.left = field(*w, 16);
      q.right = field(*w++, 32);
      q.inner = static_cast<std::int64_t>(*w++);
    }
  }

  constexpr program_view view() const {
    program_view v = *this;
    v.instructions = instruction_store;
    v.instruction_count = Instructions;
    v.leaves = leaf_store;
    v.leaf_count = Leaves;
    v.results = result_store;
    v.result_count = Results;
    v.products = product_store;
    v.product_count = Products;
    return v;
  }
};

}  // namespace sinter
