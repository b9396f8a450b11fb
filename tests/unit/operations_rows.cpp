// SPDX-License-Identifier: Apache-2.0

// What tests/operations/rows.hpp says of reductions.

#include "operations/check_rows.hpp"

TEST_CASE("operations: reductions of rows, values and derivatives") {
  sinter::testing::row_reductions(sinter::testing::check_rows{});
}
