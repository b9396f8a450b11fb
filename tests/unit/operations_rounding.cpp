// SPDX-License-Identifier: Apache-2.0

// What tests/operations/elements.hpp says of rounding operations.

#include "operations/check.hpp"

TEST_CASE("operations: rounding, values and derivatives against formulas and differences") {
  sinter::testing::rounding_operations(sinter::testing::check_operation{});
}
