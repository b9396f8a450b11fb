// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Results that another library gave, by name: what the `_cases.inc` files hold.

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sinter::testing {

struct expected_case {
  const char* name;
  std::vector<std::int64_t> extents;
  std::vector<double> values;
};

/// Holds a tensor against a case: the same extents, and values within `allowed` of the case's, in
/// parts of a value that is above 1. None is allowed where every step is exact.
template <class Cases, class Tensor>
void check_case(const Cases& cases, const std::string& name, const Tensor& got,
                double allowed = 0) {
  for (const expected_case& c : cases) {
    if (c.name != name) continue;
    INFO(name);
    REQUIRE(static_cast<std::size_t>(Tensor::rank) == c.extents.size());
    for (int a = 0; a < Tensor::rank; ++a)
      REQUIRE(got.extent(a) == c.extents[static_cast<std::size_t>(a)]);
    for (std::size_t i = 0; i < c.values.size(); ++i) {
      CAPTURE(i);
      const double own = static_cast<double>(got.data()[i]), want = c.values[i];
      const double size = want > 1 ? want : want < -1 ? -want : 1;
      CHECK((own < want ? want - own : own - want) <= allowed * size);
    }
    return;
  }
  FAIL("no case is called " << name);
}

}  // namespace sinter::testing
