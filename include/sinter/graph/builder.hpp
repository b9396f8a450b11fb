// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The graph while it grows: nodes in topological order, each stored once. `add` is the only way
/// in; it simplifies, then returns the equal node if there is one (hash-consing), so common
/// subexpressions never come to exist. Runs in constant evaluation and at run time alike.

#include <cstddef>
#include <cstdint>

#include "sinter/graph/dimensions.hpp"
#include "sinter/graph/mistake.hpp"

namespace sinter {

class graph_builder : public dimension_table {
 public:
  list<node> nodes;
  list<constraint> constraints;
  list<int> inputs;      ///< nodes, by number of the input
  list<output> outputs;
  list<shared_value> shared;  ///< by `share`, the first mention of each
  mistake first_mistake;

  constexpr const node& operator[](int index) const { return nodes[index]; }

  /// The node equal to `candidate`, stored now if there was none.
  constexpr int store(const node& candidate) {
    if (2 * (nodes.size() + 1) > slots_.size()) grow();
    std::size_t slot = hash(candidate) & (slots_.size() - 1);
    for (; slots_[slot] >= 0; slot = (slot + 1) & (slots_.size() - 1))
      if (nodes[slots_[slot]] == candidate) return slots_[slot];
    slots_[slot] = static_cast<int>(nodes.size());
    nodes.push_back(candidate);
    return slots_[slot];
  }

  /// Copies a node of a finished graph, where no two are equal; hashed when the next one is stored.
  constexpr int copy(const node& distinct) {
    slots_.clear();
    nodes.push_back(distinct);
    return static_cast<int>(nodes.size()) - 1;
  }

  /// Only the first mistake is kept: what follows from it would not help anyone.
  constexpr void fail(const mistake& what) {
    if (!first_mistake) first_mistake = what;
  }

  /// The common value of two extents, or -1 with a static mismatch. Run-time ones become a
  /// constraint, which the call checks before anything runs.
  constexpr extent_t unify(extent_t a, extent_t b, const constraint& context, bool& matches) {
    if (a == b) return a;
    if (is_static(a) && is_static(b)) matches = false;
    if (name_of(a) != 0 && (is_static(b) || name_of(b) != 0)) matches = false;
    if (name_of(b) != 0 && is_static(a)) matches = false;
    if (!matches) return a;
    constraint c = context;
    c.left = a;
    c.right = b;
    require(c);
    return is_static(a) || name_of(a) != 0 ? a : b;
  }

  constexpr void require(const constraint& c) {
    for (const constraint& known : constraints)
      if (known.left == c.left && known.right == c.right && known.nonzero == c.nonzero) return;
    constraints.push_back(c);
  }

 private:
  static constexpr std::size_t hash(const node& n) {
    constexpr std::uint64_t mix = 0x9E3779B97F4A7C15u;
    std::uint64_t h = (static_cast<std::uint64_t>(n.op->name) ^ n.attribute[0]) * mix;
    h = ((h >> 29 ^ h) + static_cast<unsigned>(n.operand[0])) * mix;
    h = ((h >> 29 ^ h) + static_cast<unsigned>(n.operand[1])) * mix;
    h = ((h >> 29 ^ h) + static_cast<unsigned>(n.operand[2]) + n.attribute[1]) * mix;
    return static_cast<std::size_t>(h >> 32 ^ h);
  }

  constexpr void grow() {
    std::size_t count = 64;
    while (count < 4 * (nodes.size() + 1)) count *= 4;
    slots_.assign(count, -1);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      std::size_t slot = hash(nodes[i]) & (slots_.size() - 1);
      while (slots_[slot] >= 0) slot = (slot + 1) & (slots_.size() - 1);
      slots_[slot] = static_cast<int>(i);
    }
  }

  list<int> slots_;
};

}  // namespace sinter
