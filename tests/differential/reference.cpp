// SPDX-License-Identifier: Apache-2.0

// The reference against itself: what a pass must not change, what a call must refuse, and whether
// the bounds that targets are compared with hold for honest rounding and for nothing else.

#include <doctest/doctest.h>

#include <cmath>
#include <set>
#include <string>

#include "compare.hpp"
#include "random_graph.hpp"

namespace {

using namespace sinter::testing;
using sinter::dtype;
using sinter::kind;
using sinter::node;
using sinter::shape;
using sinter::symbol;
using sinter::reference::value;
using numbers = std::vector<double>;

constexpr int graphs = 300;

bool same(double a, double b) { return a == b || (a != a && b != b); }

bool same(const std::vector<value>& a, const std::vector<value>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t o = 0; o < a.size(); ++o) {
    if (a[o].extents != b[o].extents) return false;
    for (std::size_t i = 0; i < a[o].elements.size(); ++i)
      if (!same(a[o].elements[i], b[o].elements[i])) return false;
  }
  return true;
}

/// A target in miniature: every node rounded to its type, sums in sixteen parts, products in one.
class rounding_target {
 public:
  rounding_target(const random_graph& r, const std::vector<value>& exact)
      : g_(r.graph), exact_(exact), values_(exact.size()) {
    for (int i = 0; i < g_.size; ++i) evaluate(i);
  }
  const numbers& operator[](int i) const { return values_[i]; }

  /// The element of a node to spoil, as a faulty kernel might.
  void spoil(int i, std::size_t element) { values_[i][element] = values_[i][element] * 1.25 + 1; }

 private:
  void evaluate(int index) {
    const node& n = g_[index];
    const shape& s = exact_[index].extents;
    numbers& y = values_[index];
    y.assign(exact_[index].elements.size(), 0.0);
    const auto x = [&](int j) -> const numbers& { return values_[n.operand[j]]; };
    const auto from = [&] { return exact_[n.operand[0]].extents; };
    switch (n.what()) {
      case kind::element:
        for (std::size_t i = 0; i < y.size(); ++i) {
          double operands[sinter::max_operands]{};
          for (int j = 0; j < n.arity(); ++j) operands[j] = x(j)[i];
          y[i] = sinter::reference::detail::wrap(n.op->value(operands), n.type);
        }
        break;
      case kind::cast:
        for (std::size_t i = 0; i < y.size(); ++i)
          y[i] = sinter::reference::detail::convert(x(0)[i], g_[n.operand[0]].type, n.type);
        break;
      case kind::broadcast:
      case kind::reshape:
      case kind::permute:
      case kind::slice:
      case kind::stride:
      case kind::pad: sinter::reference::detail::rearrange(n, s, from(), x(0), y); break;
      case kind::alias: y = x(0); break;
      case kind::reduce:
        if (n.is(sinter::sum_operation) && sinter::is_floating(n.type)) add_up(n, s, y);
        else sinter::reference::detail::reduce(n, s, from(), x(0), y);
        break;
      case kind::scan: run_on(n, s, y); break;
      case kind::matmul: multiply(n, s, y); break;
      default: y = exact_[index].elements;
    }
    for (double& e : y) e = detail::stored(n.type, sinter::reference::detail::wrap(e, n.type));
  }

  void run_on(const node& n, const shape& s, numbers& y) const {
    const dtype type = sinter::is_floating(n.type) ? sinter::accumulator(n.type) : n.type;
    const auto step = static_cast<std::size_t>(
        sinter::reference::detail::row_major(s).axis[n.attribute[0]]);
    const auto length = static_cast<std::size_t>(s[static_cast<int>(n.attribute[0])]);
    for (std::size_t first = 0; first < y.size(); ++first) {
      if (first / step % length != 0) continue;
      for (std::size_t k = 0; k < length; ++k) {
        const std::size_t at = first + (n.attribute[1] ? length - 1 - k : k) * step;
        const std::size_t before = n.attribute[1] ? at + step : at - step;
        const double pair[] = {k == 0 ? 0 : y[before], values_[n.operand[0]][at]};
        y[at] = detail::stored(type, k == 0 ? pair[1] : n.op->value(pair));
        y[at] = sinter::reference::detail::wrap(y[at], n.type);
      }
    }
  }

  void add_up(const node& n, const shape& s, numbers& y) const {
    auto by = sinter::reference::detail::row_major(s);
    for (int a = 0; a < s.rank; ++a)
      if (n.attribute[0] >> a & 1) by.axis[a] = 0;
    const dtype type = sinter::accumulator(n.type);
    const numbers& x = values_[n.operand[0]];
    numbers parts(y.size() * 16);
    sinter::reference::detail::walk(exact_[n.operand[0]].extents, by, 0, [&](auto i, auto at) {
      double& part = parts[at * 16 + (i * 0x9E3779B1 >> 28) % 16];
      part = detail::stored(type, part + x[i]);
    });
    for (std::size_t i = 0; i < parts.size(); ++i)
      y[i / 16] = detail::stored(type, y[i / 16] + parts[i]);
  }

  void multiply(const node& n, const shape& s, numbers& y) const {
    const numbers &a = values_[n.operand[0]], &b = values_[n.operand[1]];
    const auto inner = exact_[n.operand[0]].extents.last();
    const auto rows = s[s.rank - 2], columns = s.last();
    const dtype type = sinter::is_floating(n.type) ? sinter::accumulator(n.type) : n.type;
    for (std::size_t i = 0; i < y.size(); ++i) {
      const auto at = static_cast<std::int64_t>(i), row = at / columns;
      for (std::int64_t k = 0; k < inner; ++k) {
        const double term = a[row * inner + k] *
                            b[(row / rows * inner + k) * columns + at % columns];
        y[i] = detail::stored(type, y[i] + detail::stored(type, term));
      }
    }
  }

  sinter::graph_view g_;
  const std::vector<value>& exact_;
  std::vector<numbers> values_;
};

symbol input(sinter::graph_builder& g, std::vector<sinter::extent_t> extents,
             dtype type = dtype::f32) {
  const int rank = static_cast<int>(extents.size());
  extents.push_back(0);
  return {&g, sinter::rules::input(g, type, extents.data(), rank, false)};
}

/// What a call says that must fail.
template <class Error>
std::string refusal(const sinter::graph_builder& g, const std::vector<numbers>& inputs,
                    const std::vector<shape>& extents) {
  try {
    sinter::reference::evaluate(g, inputs, extents);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("reference: 300 random graphs give the same before and after prune") {
  for (std::uint64_t i = 0; i < graphs; ++i) {
    const random_graph r = make_random_graph(chosen_seed() * 1000 + i);
    INFO(to_text(r));
    REQUIRE(!r.graph.first_mistake);
    const std::vector<value> all = run_reference(r.graph, r);
    REQUIRE(same(all, run_reference(prune(r.graph), r)));
  }
}

TEST_CASE("random graphs: every operation and type occurs") {
  std::set<std::string> seen;
  for (std::uint64_t i = 0; i < graphs; ++i)
    for (const node& n : make_random_graph(i).graph.nodes) {
      seen.insert(sinter::name_text(n.op->name).c_str());
      seen.insert(sinter::properties(n.type).name);
    }
  for (const char* name :
       {"abs", "acos", "acosh", "add", "and", "asin", "asinh", "atan", "atanh", "bit_xor",
        "broadcast", "cast", "cbrt", "ceil", "clamp", "constant", "cos", "cosh", "detach",
        "digamma", "div", "equal", "erf", "erfc", "exp", "exp2", "expm1", "extent", "floor",
        "indices", "input", "iota", "join", "less", "less_equal", "lgamma", "log", "log10", "log1p",
        "log2", "lookup", "lshift", "matmul", "max", "maximum", "min", "minimum", "mul", "neg",
        "normal48", "not", "not_equal", "or", "pad", "permute", "prod", "quantile", "random24",
        "random48", "relu", "reshape", "round", "rsqrt", "sigmoid", "sign", "sin", "sinh", "slice",
        "sqrt", "stride", "sub", "sum", "tan", "tanh", "tf32x3", "trigamma", "trunc", "where",
        "bool", "u8", "i32", "i64", "e4m3", "e5m2", "f16", "bf16", "f32", "f64"})
    CHECK_MESSAGE(seen.count(name) == 1, name);
}

TEST_CASE("compare: rounding to each node's type stays within bounds that are mostly tight") {
  std::int64_t elements = 0, sharp = 0;
  double largest = 0;
  for (std::uint64_t i = 0; i < graphs; ++i) {
    const random_graph r = make_random_graph(chosen_seed() * 1000 + i);
    INFO(to_text(r));
    const std::vector<value> exact =
        sinter::reference::evaluate_nodes(r.graph, r.inputs, r.extents);
    const rounding_target rounded(r, exact);
    std::vector<numbers> results;
    for (const sinter::output& o : r.graph.outputs) results.push_back(rounded[o.node]);
    const comparison c = compare(r.graph, exact, results);
    REQUIRE_MESSAGE(c, c.difference);
    elements += c.elements;
    sharp += c.sharp;
    largest = c.largest > largest ? c.largest : largest;
  }
  MESSAGE("tight for " << 100 * sharp / elements << " %, largest error " << largest << " bounds");
  CHECK(sharp > elements * 8 / 10);
  CHECK(largest > 0.01);
}

TEST_CASE("compare: an element that is wrong by a quarter is found wherever the bound is tight") {
  int spoilt = 0;
  for (std::uint64_t i = 0; i < graphs; ++i) {
    const random_graph r = make_random_graph(i);
    const std::vector<value> exact =
        sinter::reference::evaluate_nodes(r.graph, r.inputs, r.extents);
    const int index = r.graph.outputs[0].node;
    const numbers& want = exact[index].elements;
    if (want.empty() || r.graph[index].type == dtype::boolean) continue;
    const std::size_t place = i % want.size();
    const double bound = error_bounds(r.graph, exact)[index][place];
    // A quarter more of an infinity or a NaN is the same.
    const bool grows = want[place] >= 0 && want[place] < detail::infinite;
    if (!is_sharp(bound, want[place]) || !grows) continue;
    rounding_target target(r, exact);
    target.spoil(index, place);
    std::vector<numbers> results;
    for (const sinter::output& o : r.graph.outputs) results.push_back(target[o.node]);
    INFO(to_text(r));
    CHECK(!compare(r.graph, exact, results));
    ++spoilt;
  }
  CHECK(spoilt > graphs / 4);
}

TEST_CASE("reference: a broken constraint names the operation, both shapes and the extents") {
  static constexpr sinter::axis batch("batch");
  sinter::graph_builder g;
  const symbol x = input(g, {batch, sinter::dyn}), w = input(g, {sinter::dyn, 4});
  g.outputs.push_back({matmul(x, w).index, -1});
  CHECK(refusal<sinter::shape_error>(g, {numbers(6), numbers(8)}, {{2, {2, 3}}, {2, {2, 4}}}) ==
        "matmul: [batch=2, 3] and [2, 4] do not fit: 3 against 2; a run-time extent never "
        "broadcasts");
  CHECK(refusal<sinter::shape_error>(g, {numbers(6), numbers(9)}, {{2, {2, 3}}, {2, {3, 3}}}) ==
        "operand 1: want [3, 4], got [3, 3]");
  CHECK(refusal<sinter::shape_error>(g, {numbers(6), numbers(9)}, {{2, {2, 3}}, {1, {9}}}) ==
        "operand 1: want 2 axes, got [9]");
  CHECK(refusal<sinter::shape_error>(g, {numbers(6), numbers(9)}, {{2, {2, 3}}, {2, {3, 4}}}) ==
        "operand 1: [3, 4] wants 12 elements, got 9");
  CHECK(refusal<sinter::shape_error>(g, {numbers(6)}, {{2, {2, 3}}}) ==
        "want 2 operands, got 1");
}

TEST_CASE("reference: a name that stands for two extents") {
  static constexpr sinter::axis batch("batch");
  sinter::graph_builder g;
  const symbol x = input(g, {batch}), y = input(g, {3, batch});
  g.outputs.push_back({(x + y).index, -1});
  CHECK(refusal<sinter::shape_error>(g, {numbers(2), numbers(15)}, {{1, {2}}, {2, {3, 5}}}) ==
        "batch=2 in operand 0, axis 0, but 5 in operand 1, axis 1: a named axis has one extent "
        "throughout a call");
}

TEST_CASE("reference: a reshape that does not keep the number of elements") {
  sinter::graph_builder g;
  const symbol x = input(g, {sinter::dyn, 3}), y = input(g, {sinter::dyn});
  const shape target = y.extents();
  g.outputs.push_back({sinter::rules::reshape(g, x.index, target), -1});
  CHECK(refusal<sinter::shape_error>(g, {numbers(6), numbers(5)}, {{2, {2, 3}}, {1, {5}}}) ==
        "reshape: [2, 3] and [5] hold 6 and 5 elements: the number of elements must stay the same");
}

TEST_CASE("reference: max over an axis that turns out empty") {
  sinter::graph_builder g;
  const symbol x = input(g, {3, sinter::dyn});
  g.outputs.push_back({sinter::max<1>(x).index, -1});
  CHECK(refusal<sinter::shape_error>(g, {numbers()}, {{2, {3, 0}}}) ==
        "max: [3, 0]: an empty axis has no such value");
}

TEST_CASE("reference: a label outside its classes") {
  sinter::graph_builder g;
  const symbol x = input(g, {2, 3}), labels = input(g, {2}, dtype::i32);
  g.outputs.push_back({cross_entropy(x, labels).index, -1});
  CHECK(refusal<sinter::value_error>(g, {numbers(6), {2, 3}}, {{2, {2, 3}}, {1, {2}}}) ==
        "index 3 at position 1: want 0 to 2");
  CHECK(refusal<sinter::value_error>(g, {numbers(6), {-1, 0}}, {{2, {2, 3}}, {1, {2}}}) ==
        "index -1 at position 0: want 0 to 2");
}

TEST_CASE("reference: NaN wins max and min, infinities stay") {
  sinter::graph_builder g;
  const double nan = __builtin_nan(""), infinite = __builtin_huge_val();
  const symbol x = input(g, {2, 3});
  g.outputs.push_back({sinter::max<1>(x).index, -1});
  g.outputs.push_back({sinter::min<1>(x).index, -1});
  g.outputs.push_back({sinter::sum<1>(x).index, -1});
  const std::vector<value> y = sinter::reference::evaluate(
      g, {{1, nan, 2, -infinite, infinite, 0}}, {{2, {2, 3}}});
  CHECK(same(y[0].elements[0], nan));
  CHECK(same(y[1].elements[0], nan));
  CHECK(same(y[2].elements[0], nan));
  CHECK(y[0].elements[1] == infinite);
  CHECK(y[1].elements[1] == -infinite);
  CHECK(same(y[2].elements[1], nan));
}
