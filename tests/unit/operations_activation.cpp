// SPDX-License-Identifier: Apache-2.0

// What tests/operations/elements.hpp says of activation operations.

#include "operations/check.hpp"

TEST_CASE("operations: activation, values and derivatives against formulas and differences") {
  sinter::testing::activation_operations(sinter::testing::check_operation{});
}
