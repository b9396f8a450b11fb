// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What views.cpp and its neighbours share: the operands, and what NumPy and PyTorch made of them.

#include <sinter/sinter.hpp>

#include "expected_cases.hpp"

namespace sinter::testing {

inline const expected_case view_cases[] = {
#include "views_cases.inc"
};

template <class T> void check_view(const char* name, const T& got) {
  check_case(view_cases, name, tensor(got));
}

struct view_operands {
  tensor<double, 4, 6> x;
  tensor<double, 4, 3> y;
  tensor<double, 5, 3> table;
  view_operands() {
    for (int i = 0; i < 24; ++i) x.data()[i] = i * 0.5 - 3;
    for (int i = 0; i < 12; ++i) y.data()[i] = -i;
    for (int i = 0; i < 15; ++i) table.data()[i] = i * 0.25;
  }
};

}  // namespace sinter::testing
