// SPDX-License-Identifier: Apache-2.0

// What tests/operations/elements.hpp says of arithmetic operations.

#include "operations/check.hpp"

TEST_CASE("operations: arithmetic, values and derivatives against formulas and differences") {
  sinter::testing::arithmetic_operations(sinter::testing::check_operation{});
}
