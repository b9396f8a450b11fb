// SPDX-License-Identifier: Apache-2.0

// What tests/operations/elements.hpp says of exponential operations.

#include "operations/check.hpp"

TEST_CASE("operations: exponential, values and derivatives against formulas and differences") {
  sinter::testing::exponential_operations(sinter::testing::check_operation{});
}
