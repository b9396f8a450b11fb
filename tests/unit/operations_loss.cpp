// SPDX-License-Identifier: Apache-2.0

// What tests/operations/elements.hpp says of loss operations.

#include "operations/check.hpp"

TEST_CASE("operations: loss, values and derivatives against formulas and differences") {
  sinter::testing::loss_operations(sinter::testing::check_operation{});
}
