// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Layers and rows of many sizes in the emulator.

#include <doctest/doctest.h>

#include <initializer_list>

#include "kernel/emulated_plan.hpp"
#include "kernel/filled.hpp"

namespace sinter::testing {

/// f(x, w, b) of [rows, inner] x [inner, columns], all open, against the reference.
template <class T, class Launcher = emulated_launcher, class F>
void check_layers(const fused_function<F>& f, std::initializer_list<int> all_rows,
                  std::initializer_list<int> all_inner, std::initializer_list<int> all_columns) {
  for (const int rows : all_rows)
    for (const int inner : all_inner)
      for (const int columns : all_columns) {
        CAPTURE(rows);
        CAPTURE(inner);
        CAPTURE(columns);
        auto x = filled<tensor<T, dyn, dyn>>(rows, inner);
        auto w = filled<tensor<T, dyn, dyn>>(inner, columns);
        auto b = filled<tensor<T, dyn>>(columns);
        CHECK(emulated_difference<Launcher>({}, f, x, w, b) == "");
      }
}

/// Functions of 0, 1 and 6 rows of so many columns, which the compiler knows, against the
/// reference.
template <std::int64_t Columns, class... F> void check_rows(const fused_function<F>&... f) {
  CAPTURE(Columns);
  for (const int count : {0, 1, 6}) {
    CAPTURE(count);
    auto x = filled<tensor<float, dyn, Columns>>(count);
    const auto check = [&](const auto& own) { CHECK(emulated_difference({}, own, x) == ""); };
    (check(f), ...);
  }
}

}  // namespace sinter::testing
