// SPDX-License-Identifier: Apache-2.0

// What tests/operations/elements.hpp says of circular operations.

#include "operations/check.hpp"

TEST_CASE("operations: circular, values and derivatives against formulas and differences") {
  sinter::testing::circular_operations(sinter::testing::check_operation{});
}
