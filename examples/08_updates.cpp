// SPDX-License-Identifier: Apache-2.0
// What a fused function assigns to its arguments is written to their memory by the same plan. The
// whole AdamW update of a parameter and its two moments is one kernel, in place.

#include <sinter/report/explain.hpp>
#include <sinter/report/print.hpp>
#include <sinter/sinter.hpp>
#include <sinter/tensor/random.hpp>

#include <cmath>
#include <cstdio>

namespace st = sinter;

// Loshchilov and Hutter 2019; power1 and power2 are beta1^t and beta2^t.
constexpr auto adamw = st::fused([](auto& w, auto& m, auto& v, auto g, float rate, float power1,
                                    float power2) {
  m = 0.9f * m + 0.1f * g;
  v = 0.999f * v + 0.001f * square(g);
  w = w - rate * (m / (1 - power1) / (sqrt(v / (1 - power2)) + 1e-8f) + 0.01f * w);
});

// Old and new values are both needed here, so the plan goes through the workspace by itself.
constexpr auto swap_halves = st::fused([](auto& a, auto& b) {
  auto old = a;
  a = b;
  b = old;
});
