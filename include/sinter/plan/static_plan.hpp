// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A plan as a constant: kernels as words, and what the call needs to check and to provide.

#include <utility>

#include "sinter/graph/trace.hpp"
#include "sinter/plan/plan.hpp"

namespace sinter {

/// Values of an input that must be indices below an extent.
struct index_check {
  int input = -1;
  extent_t below = 0;
};

/// A plan as flat arrays, at run time.
struct flat_plan {
  std::vector<word> words;
  std::vector<int> word_begin, integer_begin, buffer_begin;  ///< a kernel each, and the end
  std::vector<extent_t> integers;
  std::vector<int> kernel_buffers;
  std::vector<buffer> buffers;
  std::vector<dimension> dimensions;
  std::vector<constraint> constraints;
  std::vector<shape> input_shapes, output_shapes;
  std::vector<dtype> output_types;
  std::vector<int> updated_input;              ///< by output: the input it overwrites, or -1
  std::vector<std::uint64_t> in_place;
  std::vector<index_check> checks;
  int slots = 0;
};

constexpr flat_plan flatten(const plan_builder& p) {
  flat_plan f;
  const graph_builder& g = p.graph;
  for (const lowered_kernel& k : p.kernels) {
    f.word_begin.push_back(static_cast<int>(f.words.size()));
    f.integer_begin.push_back(static_cast<int>(f.integers.size()));
    f.buffer_begin.push_back(static_cast<int>(f.kernel_buffers.size()));
    for (const program& q : k.programs) encode(q.view(), f.words);
    for (extent_t e : k.integers) f.integers.push_back(e);
    for (int b : k.buffers) f.kernel_buffers.push_back(b);
  }
  f.word_begin.push_back(static_cast<int>(f.words.size()));
  f.integer_begin.push_back(static_cast<int>(f.integers.size()));
  f.buffer_begin.push_back(static_cast<int>(f.kernel_buffers.size()));
  f.buffers = p.buffers;
  f.dimensions = g.dimensions;
  f.constraints = g.constraints;
  for (int i : g.inputs) f.input_shapes.push_back(g[i].extents);
  for (const output& o : g.outputs) {
    f.output_shapes.push_back(g[o.node].extents);
    f.output_types.push_back(g[o.node].type);
    f.updated_input.push_back(o.input);
  }
  f.in_place = p.in_place;
  f.slots = p.slots;
  for (const node& n : g.nodes) {
    if (n.op != &indices_operation) continue;
    int base = n.operand[0];
    while (is_view(g[base])) base = g[base].operand[0];
    // Computed labels cannot be checked beforehand; they match no class and the loss is +inf.
    if (g[base].what() != kind::input) continue;
    f.checks.push_back({static_cast<int>(g[base].attribute[0]), n.attribute[0]});
  }
  return f;
}

struct plan_sizes {
  int kernels = 0, words = 0, integers = 0, kernel_buffers = 0, buffers = 0, dimensions = 0;
  int constraints = 0, inputs = 0, outputs = 0, checks = 0;
};

constexpr plan_sizes sizes(const flat_plan& f) {
  const auto count = [](const auto& v) { return static_cast<int>(v.size()); };
  return {count(f.word_begin) - 1, count(f.words),      count(f.integers),
          count(f.kernel_buffers), count(f.buffers),    count(f.dimensions),
          count(f.constraints),    count(f.input_shapes), count(f.output_shapes),
          count(f.checks)};
}

/// A plan of fixed sizes. Arrays hold one element more than they need, so that none is empty.
template <plan_sizes S> struct static_plan {
  static constexpr plan_sizes sizes = S;
  word words[S.words + 1]{};
  int word_begin[S.kernels + 1]{};
  int integer_begin[S.kernels + 1]{};
  int buffer_begin[S.kernels + 1]{};
  extent_t integers[S.integers + 1]{};
  int kernel_buffers[S.kernel_buffers + 1]{};
  buffer buffers[S.buffers + 1]{};
  dimension dimensions[S.dimensions + 1]{};
  constraint constraints[S.constraints + 1]{};
  shape input_shapes[S.inputs + 1]{};
  shape output_shapes[S.outputs + 1]{};
  dtype output_types[S.outputs + 1]{};
  int updated_input[S.outputs + 1]{};
  std::uint64_t in_place[S.outputs + 1]{};
  index_check checks[S.checks + 1]{};
  int slots = 0;

  constexpr explicit static_plan(const flat_plan& f) : slots(f.slots) {
    const auto copy = [](const auto& from, auto* to) {
      for (std::size_t i = 0; i < from.size(); ++i) to[i] = from[i];
    };
    copy(f.words, words);
    copy(f.word_begin, word_begin);
    copy(f.integer_begin, integer_begin);
    copy(f.buffer_begin, buffer_begin);
    copy(f.integers, integers);
    copy(f.kernel_buffers, kernel_buffers);
    copy(f.buffers, buffers);
    copy(f.dimensions, dimensions);
    copy(f.constraints, constraints);
    copy(f.input_shapes, input_shapes);
    copy(f.output_shapes, output_shapes);
    copy(f.output_types, output_types);
    copy(f.updated_input, updated_input);
    copy(f.in_place, in_place);
    copy(f.checks, checks);
  }
};

/// The plan of a call. Variables, so each is made once.
template <class Call>
inline constexpr plan_sizes plan_sizes_of = sizes(flatten(make_plan(thaw(graph_of<Call>.view()))));
template <class Call>
inline constexpr static_plan<plan_sizes_of<Call>> plan_of{
    flatten(make_plan(thaw(graph_of<Call>.view())))};

}  // namespace sinter
