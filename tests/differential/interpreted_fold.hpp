// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Folds of a program, as the interpreter of plans computes them.

#include <limits>

#include "sinter/ops/cumulative.hpp"
#include "sinter/plan/program.hpp"

namespace sinter::testing {

/// What a fold, or a running one, begins with.
inline double neutral(const instruction& n) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (n.op == sum_operation.name || n.op == cumsum_operation.name) return 0;
  if (n.op == prod_operation.name || n.op == cumprod_operation.name) return 1;
  const bool greatest = n.op == max_operation.name || n.op == cummax_operation.name ||
                        n.op == logcumsumexp_operation.name;
  return greatest ? -infinity : infinity;
}

/// The operation of two values that a fold repeats.
inline const operation& fold_of(const instruction& n) {
  return n.op == sum_operation.name    ? sum_operation
         : n.op == prod_operation.name ? prod_operation
         : n.op == max_operation.name  ? max_operation
                                       : min_operation;
}

}  // namespace sinter::testing
