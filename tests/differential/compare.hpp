// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Compares what a target computed with the reference, element by element, within error_bounds.

#include <cstdio>
#include <string>

#include "error_bounds.hpp"
#include "graph_text.hpp"

namespace sinter::testing {

struct comparison {
  std::string difference;       ///< the first one, in words; empty if there is none
  std::int64_t elements = 0;    ///< compared
  std::int64_t sharp = 0;       ///< of these, within a bound that says something: see below
  double largest = 0;           ///< difference over bound
  explicit operator bool() const { return difference.empty(); }
};

/// A bound says something if it is below 1/16 of the value, or of 1 where the value is smaller.
inline bool is_sharp(double bound, double want) {
  const double size = math::abs(want) > 1 ? math::abs(want) : 1;
  return bound <= size / 16 && bound < detail::infinite;
}

/// `results[o]` are the elements of output o in row-major order, as doubles.
inline comparison compare(const graph_view& g, const std::vector<reference::value>& nodes,
                          const std::vector<std::vector<double>>& results) {
  comparison c;
  const std::vector<std::vector<double>> bounds = error_bounds(g, nodes);
  for (int o = 0; o < g.output_count; ++o) {
    const int index = g.outputs[o].node;
    const std::vector<double>& want = nodes[index].elements;
    const std::vector<double>& got = results[o];
    const std::string where = "output " + std::to_string(o) + " (%" + std::to_string(index) + ")";
    if (got.size() != want.size()) {
      if (c) c.difference = where + ": want " + std::to_string(want.size()) + " elements, got " +
                            std::to_string(got.size());
      continue;
    }
    for (std::size_t i = 0; i < want.size(); ++i) {
      const double bound = bounds[index][i], apart = detail::distance(got[i], want[i]);
      ++c.elements;
      c.sharp += is_sharp(bound, want[i]);
      if (bound < detail::infinite && apart / bound > c.largest) c.largest = apart / bound;
      if (apart <= bound || bound != bound || !c) continue;
      char text[160];
      std::snprintf(text, sizeof text, ", element %zu of %zu: want %.9g, got %.9g, allowed %.3g", i,
                    want.size(), want[i], got[i], bound);
      c.difference = where + text;
    }
  }
  return c;
}

}  // namespace sinter::testing
