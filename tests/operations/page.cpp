// SPDX-License-Identifier: Apache-2.0

// Prints docs/operations.md from the tables that the tests read.

#include <cstdio>
#include <string>
#include <type_traits>

#include "operations/elements.hpp"
#include "operations/integers.hpp"
#include "operations/rows.hpp"
#include "sinter/ops/gradient.hpp"

namespace st = sinter;
using namespace sinter::testing;

namespace {

struct traced {
  st::graph_builder graph;
  int result = -1;
  bool has_gradient = false;
  double flops = 0;
};

template <class F> constexpr bool takes(int count) {
  return count == 1   ? std::is_invocable_v<F, st::symbol>
         : count == 2 ? std::is_invocable_v<F, st::symbol, st::symbol>
                      : std::is_invocable_v<F, st::symbol, st::symbol, st::symbol>;
}

template <class F> st::symbol call(F f, const st::symbol* x) {
  if constexpr (takes<F>(1)) return f(x[0]);
  else if constexpr (takes<F>(2)) return f(x[0], x[1]);
  else return f(x[0], x[1], x[2]);
}

/// The flops of one element are those of the operations that the result needs; a gradient is there
/// if some operand's is not 0 everywhere.
template <class F> traced trace(F f, const char* kinds) {
  traced t;
  st::symbol x[3];
  const st::extent_t row[] = {3, 8};
  int labels = -1, count = 0;
  for (; kinds[count] != 0; ++count) {
    const bool label = kinds[count] == 'l', scalars = kinds[count] == 'e';
    if (label) labels = count;
    const st::dtype type = label ? st::dtype::i32 : st::dtype::f32;
    const int rank = label ? 1 : kinds[count] == 'w' || scalars ? 1 : 2;
    x[count] = {&t.graph, st::rules::input(t.graph, type, rank == 1 && !label ? row + 1 : row,
                                           rank, false)};
  }
  t.result = call(f, x).index;
  t.graph.outputs.push_back({t.result, -1});
  const st::graph_builder pruned = prune(t.graph);
  for (const st::node& n : pruned.nodes)
    if (n.what() == st::kind::element) t.flops += n.op->flops;
  if (!is_floating(t.graph[t.result].type)) return t;
  st::list<int> wrt;
  for (int i = 0; i < count; ++i)
    if (i != labels) wrt.push_back(t.graph.inputs[i]);
  const st::symbol total = sum(st::symbol{&t.graph, t.result});
  const auto gradients = differentiate(t.graph, total.index, wrt);
  for (const int g : gradients)
    t.has_gradient = t.has_gradient || (!t.graph.first_mistake &&
                                        !st::detail::is_uniform(t.graph, g, 0));
  return t;
}

std::string number(double x) {
  char text[32];
  std::snprintf(text, sizeof(text), "%g", x);
  return text;
}

std::string error(double ulp, double floor) {
  if (ulp == 0) return "exact";
  return number(ulp) + (floor > 0 ? " of " + number(floor) : "");
}

void heading(const char* title, const char* columns) {
  std::string rule = "|";
  for (const char* c = columns + 1; *c != 0; ++c)
    if (*c == '|') rule += "---|";
  std::printf("\n## %s\n\n%s\n%s\n", title, columns, rule.c_str());
}

struct print_element {
  template <class F, class Truth> void operator()(const element_facts& facts, F f, Truth) const {
    const traced t = trace(f, takes<F>(1) ? "e" : takes<F>(2) ? "ee" : "eee");
    std::printf("| `%s` | %s | %s | %s | %s | %s | %s |\n", facts.spelling, facts.meaning,
                facts.types == operand_types::any ? "all" : "floating",
                t.has_gradient ? "yes" : "no", number(t.flops).c_str(),
                error(facts.f32, facts.floor).c_str(), error(facts.f64, facts.floor).c_str());
  }
};

struct print_integer {
  template <class F, class Truth> void operator()(const integer_facts& facts, F, Truth) const {
    std::printf("| `%s` | %s | %s |\n", facts.spelling, facts.meaning,
                facts.takes_bool ? "integers, bool" : "integers");
  }
};

struct print_row {
  template <char... Kind, class F, class Truth>
  void operator()(operand_kinds<Kind...>, const row_facts& facts, F f, Truth) const {
    const char kinds[] = {Kind..., 0};
    std::printf("| `%s` | %s | %s | %s | %s |\n", facts.spelling, facts.meaning,
                trace(f, kinds).has_gradient ? "yes" : "no",
                error(facts.f32, facts.floor).c_str(), error(facts.f64, facts.floor).c_str());
  }
};

/// Which types there are, and what two of them give.
void print_types() {
  std::puts(
      "\n## Types\n\n"
      "What an operation on two types gives. It is that of NumPy, but for these: an integer never\n"
      "widens a floating type, floating types of which neither holds the other give f32, both as\n"
      "in PyTorch, and u64 with a signed integer gives i64. Floats of 8 and 16 bits are storage,\n"
      "computed in f32 and rounded when they are stored, those of 8 bits to their largest value\n"
      "at most. A number beside a tensor takes its type, unless it is floating and the tensor is\n"
      "not. The last line is the type of sums; products of matrices have that of their operands,\n"
      "and f32 for floats of 8 bits. Those of integers wrap: sums of i8 in 32 bits are written\n"
      "`matmul(cast<int>(x), cast<int>(w))`.\n");
  const auto name = [](st::dtype type) { return properties(type).name; };
  const auto each = [](auto f) {
    for (int i = 0; i < st::dtype_count; ++i) f(static_cast<st::dtype>(i));
  };
  std::printf("| |");
  each([&](st::dtype a) { std::printf(" %s |", name(a)); });
  std::printf("\n|---|");
  each([&](st::dtype) { std::printf("---|"); });
  each([&](st::dtype a) {
    std::printf("\n| **%s** |", name(a));
    each([&](st::dtype b) { std::printf(" %s |", name(promote(a, b))); });
  });
  std::printf("\n| **sum** |");
  each([&](st::dtype a) {
    const bool keeps = is_floating(a) && !is_float8(a);
    std::printf(" %s |", name(keeps ? a : accumulator(a)));
  });
  std::puts("");
}

}  // namespace

int main() {
  std::puts(
      "# Operations\n\n"
      "Made by `./run operations` from the tables in `tests/operations`, by which every line is\n"
      "tested; not to be edited. What is no arithmetic is not here: products of matrices, views,\n"
      "casts.\n\n"
      "*Types*: all, or floating alone: then integers and bool become f32. f16 and bf16 are\n"
      "computed in f32 and rounded. *Flops*: of one element, in fused multiply-adds of a vector\n"
      "unit, about; by these kernels are planned. *Error*: the greatest one of the CPU target, in\n"
      "units in the last place; \"4 of 1\" are units of 1 where the result is smaller. Those of\n"
      "rows are of 38 elements. On a device the functions are CUDA's, with the bounds of its\n"
      "manual.");
  const char* elements =
      "| operation | what it is | types | gradient | flops | error f32 | error f64 |";
  heading("Arithmetic and bounds", elements);
  arithmetic_operations(print_element{});
  heading("Exponentials, logarithms, powers, special functions", elements);
  exponential_operations(print_element{});
  heading("Circular and hyperbolic functions", elements);
  circular_operations(print_element{});
  heading("Rounding and remainders", elements);
  rounding_operations(print_element{});
  heading("Comparisons, logic, selection", elements);
  comparison_operations(print_element{});
  heading("Integers", "| operation | what it is | types |");
  integer_operations(print_integer{});
  heading("Activations", elements);
  activation_operations(print_element{});
  heading("Losses of elements", elements);
  loss_operations(print_element{});
  const char* rows = "| operation | what it is | gradient | error f32 | error f64 |";
  heading("Reductions and what compares with a row", rows);
  row_reductions(print_row{});
  heading("Losses of rows", rows);
  row_losses(print_row{});
  print_types();
}
