// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Running folds that random graphs are made of, as random_operations.hpp has other operations.

#include "random_views.hpp"
#include "sinter/ops/cumulative.hpp"
#include "sinter/ops/exponential.hpp"

namespace sinter::testing {

class random_scans : public random_views {
 public:
  using random_views::random_views;

 protected:
  candidate running() {
    const candidate c = draw_number();
    if (!c || extents_of(c).rank == 0) return {};
    const symbol x = at(c);
    const int axis = r.chance(0.6) ? x.rank() - 1 : r.below(x.rank());
    const bool backwards = r.chance(0.4);
    const auto scan = [&](const sinter::operation& op, symbol of) {
      return sinter::detail::running(op, of, axis, backwards);
    };
    const auto count = static_cast<double>(number(x.extents()[axis]));
    switch (r.below(5)) {
      case 4:
        if (x.type() == dtype::f16 || is_float8(x.type())) return {};
        return made(scan(logcumsumexp_operation, c.bound <= 20 ? x : tanh(x) * 20), 32);
      case 0: return made(scan(cummax_operation, x), c.bound);
      case 1: return made(scan(cummin_operation, x), c.bound);
      case 2:
        // Factors around 1, so that long products stay in range.
        if (!is_floating(x.type())) return {};
        return made(scan(cumprod_operation, tanh(x) * (0.5 / (count + 1)) + 1), 2);
      default: return made(scan(cumsum_operation, x), c.bound * count + 1);
    }
  }
};

}  // namespace sinter::testing
