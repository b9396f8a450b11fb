// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Results of NumPy and PyTorch in f64, written by ops_cases.py, and a comparison with them.

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include <sinter/sinter.hpp>

namespace sinter::testing {

struct expected_case {
  const char* name;
  std::vector<double> values;
};

inline const std::vector<double>& expected(const char* name) {
  static const std::vector<expected_case> all = {
#include "unit/ops_cases.inc"
  };
  for (const expected_case& c : all)
    if (std::strcmp(c.name, name) == 0) return c.values;
  FAIL("ops_cases.inc has no " << std::string(name));
  return all[0].values;
}

/// Equal up to roundings: `bound` relative to the larger of 1 and the value; the sign of zeros too
/// where `signs` says so.
template <class T> void check_case(const char* name, const T& got, double bound = 1e-14,
                                   bool signs = false) {
  const std::vector<double>& want = expected(name);
  REQUIRE(static_cast<std::size_t>(got.size()) == want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    const auto value = static_cast<double>(got.data()[i]);
    INFO(std::string(name), ", element ", i, ": ", value, " for ", want[i]);
    if (want[i] != want[i]) {
      CHECK(value != value);
    } else if (std::isinf(want[i])) {
      CHECK(value == want[i]);
    } else {
      CHECK(std::fabs(value - want[i]) <= bound * std::fmax(1, std::fabs(want[i])));
      if (signs) CHECK(std::signbit(value) == std::signbit(want[i]));
    }
  }
}

/// What ops_cases.py calls drawn.
template <class T> void draw(T& x, int step = 37) {
  for (extent_t i = 0; i < x.size(); ++i)
    x.data()[i] = static_cast<double>(i * step % 101 - 50) / 16;
}

}  // namespace sinter::testing
