// SPDX-License-Identifier: Apache-2.0

// What tests/operations/rows.hpp says of losses.

#include "operations/check_rows.hpp"

TEST_CASE("operations: losses of rows, values and derivatives") {
  sinter::testing::row_losses(sinter::testing::check_rows{});
}
