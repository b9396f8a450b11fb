// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A valid graph that grows by attempts. Beside each value stands a bound of its magnitude, and
/// beside each extent its number in the call to come, so that an operation which would break a
/// rule, a run-time constraint, a size limit or the range of its type can be taken back.

#include <vector>

#include "random_source.hpp"
#include "sinter/graph/graph.hpp"
#include "sinter/graph/symbol.hpp"
#include "sinter/target/reference/value.hpp"

namespace sinter::testing {

struct graph_options {
  int operations = 40;      ///< at most
  int longest = 70;         ///< axis
  int elements = 50000;     ///< of any value
  double work = 2e6;        ///< multiplications of a matmul
  /// f64 only, values of moderate size, no detach, no casts, no empty axes: for derivatives.
  bool smooth = false;
};

/// A graph and a call: the extents and the elements of its inputs.
struct random_graph {
  std::uint64_t seed = 0;
  graph_builder graph;
  std::vector<shape> extents;
  std::vector<std::vector<double>> inputs;
};

/// What the elements of an input are drawn from.
struct recipe {
  enum class origin { normal, extreme, labels } from = origin::normal;
  std::int64_t classes = 0;  ///< labels lie below
};

/// A value that operations draw on, and a bound of its magnitude.
struct candidate {
  int node = -1;
  double bound = 0;
  explicit operator bool() const { return node >= 0; }
};

inline constexpr extent_t axis_names[] = {axis("batch"), axis("time"), axis("feature")};

class graph_growth {
 public:
  graph_growth(std::uint64_t seed, const graph_options& chosen) : options(chosen), r(seed) {
    for (extent_t& number : named) number = extent();
  }

  graph_options options;
  random_source r;
  graph_builder g;
  std::vector<shape> extents;
  std::vector<recipe> recipes;
  std::vector<candidate> pool;

  /// Runs `grow`, which returns a candidate; takes back what it did if that broke a rule.
  template <class F> bool attempt(F grow) {
    const graph_builder before = g;
    const std::size_t inputs = extents.size(), known = pool.size();
    const candidate made = grow();
    if (made && !g.first_mistake && fits(made, static_cast<int>(before.nodes.size()))) {
      pool.push_back(made);
      return true;
    }
    g = before;
    extents.resize(inputs);
    recipes.resize(inputs);
    pool.resize(known);
    return false;
  }

  symbol at(const candidate& c) { return {&g, c.node}; }
  const shape& extents_of(const candidate& c) const { return g[c.node].extents; }
  dtype type_of(const candidate& c) const { return g[c.node].type; }

  extent_t number(extent_t e) const {
    if (is_static(e)) return e;
    const dimension& d = g.dimensions[-1 - e];
    using enum dimension::origin;
    if (d.from == extent) return extents[d.left][static_cast<int>(d.right)];
    return d.from == product ? number(d.left) * number(d.right) : number(d.left) + number(d.right);
  }
  shape numbers(const shape& s) const {
    shape result;
    for (int i = 0; i < s.rank; ++i) result.push(number(s[i]));
    return result;
  }

  /// Magnitudes above this are not built.
  double limit(dtype type) const {
    if (options.smooth) return 1e4;
    switch (type) {
      case dtype::e4m3: return 200;
      case dtype::e5m2: return 2e4;
      case dtype::f16: return 3e4;
      case dtype::bf16:
      case dtype::f32: return 1e36;
      case dtype::f64: return 1e200;
      case dtype::i8: return 127;
      case dtype::i16: return 32767;
      case dtype::i32: return 2e9;
      default: return 9e15;  // the reference is exact up to 2^53
    }
  }

  /// A result and what bounds it; narrow unsigned types wrap, and so bound themselves.
  candidate made(symbol s, double bound) const {
    const dtype type = s.type();
    const double own = type == dtype::boolean ? 1
                       : type == dtype::u8    ? 255
                       : type == dtype::u16   ? 65535
                       : type == dtype::u32   ? 4294967295.0
                                              : bound;
    return {s.index, own < bound ? own : bound};
  }

  /// A random extent: often small, sometimes 1, seldom 0.
  extent_t extent() {
    const double p = r.uniform();
    if (p < 0.03 && !options.smooth) return 0;
    if (p < 0.14) return 1;
    const int small = options.longest < 8 ? options.longest : 8;
    if (p < 0.6 || options.longest <= 8) return r.between(2, small);
    return r.between(9, p < 0.9 ? (options.longest + 9) / 2 : options.longest);
  }

  shape random_shape() {
    shape s;
    constexpr int ranks[] = {0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 6};
    for (int rank = r.one_of(ranks); s.rank < rank;) s.push(extent());
    shrink(s);
    return s;
  }
  void shrink(shape& s) const {
    while (reference::detail::count(s) > options.elements) {
      int longest = 0;
      for (int i = 1; i < s.rank; ++i)
        if (s[i] > s[longest]) longest = i;
      s[longest] /= 2;
    }
  }

  /// A number as a tensor's type may spell it: a number, `dyn`, or a name that stands for it.
  extent_t spell(extent_t n) {
    const double p = r.uniform();
    if (p < 0.18)
      for (int i = 0; i < 3; ++i)
        if (named[i] == n) return axis_names[i];
    return p < 0.3 ? dyn : n;
  }

  /// A new input of the extents as spelled, which are `n` in this call.
  candidate new_input(dtype type, const shape& declared, const shape& n, recipe from = {}) {
    if (extents.size() >= 5) return {};
    extents.push_back(n);
    if (from.from == recipe::origin::normal && is_floating(type) && type != dtype::f16 &&
        !is_float8(type) && !options.smooth && r.chance(0.06))
      from.from = recipe::origin::extreme;
    recipes.push_back(from);
    const int node = rules::input(g, type, declared.extent, declared.rank, false);
    const double bound = from.from == recipe::origin::extreme  ? 1e30
                         : from.from == recipe::origin::labels ? static_cast<double>(from.classes)
                         : is_floating(type)                   ? 6
                         : type == dtype::boolean              ? 1
                         : is_unsigned_integer(type)           ? 255
                                                               : 100;
    return {node, bound};
  }

  candidate new_input(dtype type, const shape& n) {
    shape declared;
    for (int i = 0; i < n.rank; ++i) declared.push(spell(n[i]));
    return new_input(type, declared, n);
  }

  /// How an extent of the graph is spelled in a type, so that both may meet.
  extent_t spelled(extent_t e) const {
    if (is_static(e)) return e;
    const name_code name = g.name_of(e);
    return name != 0 ? -1 - name : dyn;
  }

 private:
  bool fits(const candidate& made, int first) const {
    for (const constraint& c : g.constraints)
      if (!c.holds(number(c.left), number(c.right))) return false;
    for (int i = first; i < static_cast<int>(g.nodes.size()); ++i) {
      const node& n = g[i];
      const auto count = static_cast<double>(reference::detail::count(numbers(n.extents)));
      if (count > options.elements) return false;
      if (n.what() == kind::matmul &&
          count * static_cast<double>(number(g[n.operand[0]].extents.last())) > options.work)
        return false;
      if (n.what() != kind::reduce || n.op->name == pack_name("sum")) continue;
      const shape from = numbers(g[n.operand[0]].extents);
      for (int a = 0; a < from.rank; ++a)
        if ((n.attribute[0] >> a & 1) && from[a] == 0) return false;
    }
    return made.bound <= limit(g[made.node].type);
  }

  extent_t named[3]{};
};

}  // namespace sinter::testing
