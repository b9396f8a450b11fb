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
/// of stage p; folds of pass p are complete before pass p + 1. Running folds are full values, along
/// the line of `fold::row`, or down the middle axis of `fold::column`: family `scan`, which folds
/// nothing else. All of one program run the same way.
///
/// A number that is negative, -1-k, is entry k of the kernel's run-time integers.

#include <cstdint>

#include "sinter/core/config.hpp"
#include "sinter/core/list.hpp"
#include "sinter/graph/node.hpp"

namespace sinter {

/// Of a program; `chain` is a kernel that has several, of family `contract` or `row`, and behind
/// these what sums over their rows: `reduce`, or `contract` with products `across`.
enum class family : std::uint8_t { map, row, reduce, contract, scatter, chain, scan };

constexpr const char* name(family f) {
  constexpr const char* names[] = {"map",     "row",   "reduce", "contract",
                                   "scatter", "chain", "scan"};
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
  scan,      ///< op: cumsum and its like; full, unlike a fold: what is folded so far
  gather,    ///< attribute: leaf; operand: which element of its axis of indices
};

struct instruction {
  sinter::code what = code::load;
  dtype type = dtype::f32;
  bool full = false;           ///< varies along what a fold would remove
  bool backwards = false;      ///< a scan that begins at the end
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
  /// Of a chain: what an earlier program of the kernel gave, in the same row.
  bool inside = false;
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
  bool inside = false;         ///< of a chain: nobody else reads it, so it needs no memory
};

/// A matrix product whose tiles the instruction `product` reads: programs that give its operands,
/// [batch..., M | K] and [batch..., K | N], and the extent that it sums over.
struct product {
  int left = 0, right = 0;     ///< the operand programs, counted from the one that multiplies
  dtype type = dtype::f32;     ///< of the accumulators
  dtype operands = dtype::f32; ///< as the graph has them: what a target may round them to
  bool split = false;          ///< each f32 may be taken for the sum of two tf32, see `tf32x3`
  std::int64_t inner = 0;
  bool across = false;         ///< of a chain, whose rows it sums over
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

/// Whether a main program of a chain sums over the chain's rows.
constexpr bool sums_rows(const program_view& p) {
  return p.family == family::reduce || (p.product_count > 0 && p.products[0].across);
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

}  // namespace sinter
