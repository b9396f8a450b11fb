// SPDX-License-Identifier: Apache-2.0

// What tests/operations/elements.hpp says of comparison operations.

#include "operations/check.hpp"

TEST_CASE("operations: comparison, values and derivatives against formulas and differences") {
  sinter::testing::comparison_operations(sinter::testing::check_operation{});
}
