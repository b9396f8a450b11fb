// SPDX-License-Identifier: Apache-2.0

// Gradients through views and what is put together, against PyTorch, exactly: sums of few terms
// that are multiples of 1/4. views_cases.py made the results.

#include <doctest/doctest.h>

#include "views_cases.hpp"

namespace {

namespace st = sinter;
using st::open_end;

/// Calls f(x, y) inside a fused function and differentiates sum(f^2) / 2 with respect to x.
template <class F> void check_gradient(const char* name, F) {
  constexpr auto slope = st::fused([](auto x, auto y) {
    return st::gradient(sum(square(F{}(x, y))) * 0.5, x);
  });
  const st::testing::view_operands o;
  st::testing::check_view(name, slope(o.x, o.y));
}

}  // namespace

TEST_CASE("views, join, grid: gradients against PyTorch") {
  check_gradient("d flip", [](auto x, auto) { return st::flip<1>(x) + x; });
  check_gradient("d slice 1:6:2", [](auto x, auto) { return st::slice<1, 1, 6, 2>(x); });
  check_gradient("d slice ::-3",
                 [](auto x, auto) { return st::slice<1, open_end, open_end, -3>(x); });
  check_gradient("d windows<1, 3>", [](auto x, auto) { return st::windows<1, 3>(x); });
  check_gradient("d windows<0, 2, 2>", [](auto x, auto) { return st::windows<0, 2, 2>(x); });
  check_gradient("d diagonal<-1>", [](auto x, auto) { return st::diagonal<-1>(x); });
  check_gradient("d concatenate", [](auto x, auto y) { return st::concatenate<1>(x, y, x * 2); });
  check_gradient("d stack", [](auto x, auto) { return st::stack(x, x * 3); });
  check_gradient("d pad", [](auto x, auto) { return st::pad<1, 2, 1>(x, -7); });
  check_gradient("d roll", [](auto x, auto) { return st::roll<1, 2>(x) + x; });
  check_gradient("d repeat", [](auto x, auto) { return st::repeat<0, 2>(x); });
  check_gradient("d tril", [](auto x, auto) { return st::tril(x); });
}
