// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Layers of many sizes in the emulator.

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

}  // namespace sinter::testing
