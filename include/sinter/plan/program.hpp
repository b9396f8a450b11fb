// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What one kernel does, free of any graph: a nest of loops, where it reads and writes, and the
/// instructions inside. A target runs programs; it never sees a graph.
///
/// The nest is `outer axes | middle axes | line`. The line is the innermost axis, along which a
/// target vectorises. A program folds nothing (`fold::none`), or each row, that is the middle axes
/// and the line (`fold::row`), or the middle axes only, keeping the line (`fold::column`).
///
/// Values are `full` (one for each element) or `folded` (one for each element of what a fold
/// leaves). A program that folds rows walks over each row several times: pass p computes the values
/// of stage p; folds of pass p are complete before pass p + 1.
///
/// A number that is negative, -1-k, is entry k of the kernel's run-time integers.

#include <cstdint>
#include <utility>

#include "sinter/core/config.hpp"
#include "sinter/core/list.hpp"
#include "sinter/graph/node.hpp"

namespace sinter {

enum class family : std::uint8_t { map, row, reduce, contract, scatter };

constexpr const char* name(family f) {
  constexpr const char* names[] = {"map", "row", "reduce", "contract",
                                   "scatter"};
  return names[static_cast<int>(f)];
}

enum class fold : std::uint8_t { none, row, column };

enum class code : std::uint8_t {
  load,      ///< attribute: leaf
  constant,  ///< attribute: bits, as in the graph
  integer,   ///< attribute: a number or a run-time integer
  iota,      ///< attribute: axis of the nest
  element,   ///< op: the primitive
  cast,      ///< from the operand's type
  fold,      ///< op: sum, max or min
  product,   ///< attribute: product
  gather,    ///< attribute: leaf; operand: which element of its axis of indices
};

struct instruction {
  sinter::code what = code::load;
  dtype type = dtype::f32;
  bool full = false;           ///< varies along what a fold would remove
  std::uint8_t stage = 0;      ///< the pass that computes it; folded: before which pass it is known
  std::uint32_t passes = 0;    ///< passes in which it is computed or reloaded (full values)
  int saved = -1;              ///< the row buffer that keeps it for later passes
  name_code op = 0;
  int operand[max_operands] = {-1, -1, -1};
  std::int64_t attribute = 0;
  float flops = 0;             ///< of one evaluation; for planning, not part of the words
};

/// Memory as the nest sees it. Strides and offset count elements.
struct leaf {
  int buffer = 0;
  dtype type = dtype::f32;
  bool guarded = false;        ///< index i reads element i - begin, and 0 outside begin ... end
  std::int64_t offset = 0;
  std::int64_t stride[max_rank]{};
  std::int64_t begin[max_rank]{};
  std::int64_t end[max_rank]{};
  /// Of a gather: an index below `index_end` moves `index_stride`; any other gives 0.
  bool indexed = false;
  std::int64_t index_stride = 0, index_end = 0;
};

/// A result of family `scatter` has the instruction `index` that says where it is added, in order,
/// to what is 0 at first.
struct result {
  int instruction = 0;
  int buffer = 0;
  dtype type = dtype::f32;
  bool full = true;
  std::int64_t stride[max_rank]{};
  int index = -1;
  std::int64_t index_stride = 0, index_end = 0;
};

/// A matrix product whose tiles the instruction `product` reads: programs that give its operands,
/// [batch..., M | K] and [batch..., K | N], and the extent that it sums over.
struct product {
  int left = 0, right = 0;     ///< numbers of the operand programs
  dtype type = dtype::f32;     ///< of the accumulators
  std::int64_t inner = 0;
};

/// A program to read, wherever it is stored.
struct program_view {
  sinter::family family = family::map;
  sinter::fold folds = fold::none;
  int rank = 1;                ///< axes of the nest, the line included
  int middle = 0;              ///< of which are middle axes, directly before the line
  int passes = 1;
  int row_buffers = 0;
  std::int64_t extent[max_rank + 1]{};
  const instruction* instructions = nullptr;
  int instruction_count = 0;
  const leaf* leaves = nullptr;
  int leaf_count = 0;
  const result* results = nullptr;
  int result_count = 0;
  const product* products = nullptr;
  int product_count = 0;

  constexpr int line() const { return rank - 1; }
  constexpr int outer() const { return rank - 1 - middle; }
};

/// The extents of a program's nest, once its run-time numbers are known.
struct nest_extents {
  std::int64_t rows = 1;    ///< elements of the outer axes
  std::int64_t middle = 1;  ///< of the middle axes
  std::int64_t line = 1;
};

/// `numbers.number(x)`: the value of a number of the program.
template <class Numbers>
SINTER_INLINE nest_extents measure(const program_view& p, const Numbers& numbers) {
  nest_extents e;
  for (int a = 0; a < p.outer(); ++a) e.rows *= numbers.number(p.extent[a]);
  for (int a = p.outer(); a < p.line(); ++a) e.middle *= numbers.number(p.extent[a]);
  e.line = numbers.number(p.extent[p.line()]);
  return e;
}

/// A program as it is made.
struct program : program_view {
  list<instruction> instruction_list;
  list<leaf> leaf_list;
  list<result> result_list;
  list<product> product_list;

  constexpr program_view view() const {
    program_view v = *this;
    v.instructions = instruction_list.data();
    v.instruction_count = static_cast<int>(instruction_list.size());
    v.leaves = leaf_list.data();
    v.leaf_count = static_cast<int>(leaf_list.size());
    v.results = result_list.data();
    v.result_count = static_cast<int>(result_list.size());
    v.products = product_list.data();
    v.product_count = static_cast<int>(product_list.size());
    return v;
  }
};

/// The passes in which each full value is computed by a target that keeps none for a later pass:
/// what the row buffers, `saved`, stand for is computed again. `of` is zero at first.
template <class Masks> constexpr void recomputed_passes(const program_view& p, Masks& of) {
  for (int r = 0; r < p.result_count; ++r) {
    const instruction& n = p.instructions[p.results[r].instruction];
    if (p.results[r].full && n.full) of[p.results[r].instruction] |= 1u << n.stage;
    if (p.results[r].index >= 0) of[p.results[r].index] |= 1u << n.stage;
  }
  for (int i = p.instruction_count; i-- > 0;) {
    const instruction& n = p.instructions[i];
    const std::uint32_t needed = n.what == code::fold ? 1u << n.stage : of[i];
    for (int j = 0; j < max_operands && n.operand[j] >= 0; ++j)
      if (p.instructions[n.operand[j]].full) of[n.operand[j]] |= needed;
  }
}

/// Whether the value of an instruction may differ from element to element of the line.
constexpr bool varies_along_line(const program_view& p, int index) {
  const instruction& n = p.instructions[index];
  if (n.what == code::load || n.what == code::gather) {
    const leaf& l = p.leaves[n.attribute];
    const bool guards = l.guarded && (l.begin[p.line()] != 0 || l.end[p.line()] != INT64_MAX);
    if (l.stride[p.line()] != 0 || guards) return true;
  }
  if (n.what == code::product || n.what == code::fold) return true;
  if (n.what == code::iota && n.attribute == p.line()) return true;
  for (int j = 0; j < max_operands && n.operand[j] >= 0; ++j)
    if (varies_along_line(p, n.operand[j])) return true;
  return false;
}

// Programs as words: the names of kernels. Two call sites with equal programs share a kernel.

using word = std::uint64_t;

namespace detail {

constexpr word bits(int value, int shift) {
  return static_cast<word>(static_cast<std::uint16_t>(value + 1)) << shift;
}
constexpr int field(word w, int shift) { return static_cast<int>(w >> shift & 0xffff) - 1; }

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
                  static_cast<word>(l.indexed) << 9 | bits(l.buffer, 16));
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
                  bits(r.buffer, 16) | bits(r.instruction, 32) | bits(r.index, 48));
    for (int a = 0; a < p.rank; ++a) out.push_back(static_cast<word>(r.stride[a]));
    if (r.index < 0) continue;
    out.push_back(static_cast<word>(r.index_stride));
    out.push_back(static_cast<word>(r.index_end));
  }
  for (int i = 0; i < p.product_count; ++i) {
    const product& q = p.products[i];
    out.push_back(static_cast<word>(q.type) | bits(q.left, 16) | bits(q.right, 32));
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
    family = static_cast<sinter::family>(*w & 15);
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
