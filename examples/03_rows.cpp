// SPDX-License-Identifier: Apache-2.0
// Operations that look at a whole row: softmax, layer norm and cross entropy. Each is one kernel
// that walks over a row several times while the row lies in the cache, so memory sees it once.

#include <sinter/report/explain.hpp>
#include <sinter/report/print.hpp>
#include <sinter/sinter.hpp>

#include <cmath>
#include <cstdint>
#include <cstdio>

namespace st = sinter;

int main() {
  // The row's maximum is taken off before the exponential, so 1000 does no harm.
  st::tensor<float, 3, 4> x{1, 2, 3, 4, 0, 0, 0, 0, 1000, 0, 0, -1000};
  st::tensor p = softmax(x);
  st::print(p);

  // Layer norm with scale, shift and the residual that a transformer adds.
  st::tensor<float, 4> scale{1, 1, 1, 2}, shift{0, 0, 0, 1};
  st::tensor<float, 2, 4> rows{1, 2, 3, 4, -1, 1, -1, 1};
  auto block = layer_norm(rows, scale, shift) + rows;
  static_assert(st::kernels(block) == 1);
  st::tensor normed = block;
  st::print(normed);

  // Cross entropy takes scores and labels; softmax and logarithm are one step in it. `max` and
  // `mean` reduce; `keep` leaves the axis with extent 1.
  st::tensor<std::int32_t, 3> label{3, 0, 0};
  auto loss = cross_entropy(x, label);
  static_assert(st::kernels(loss) == 1);
  st::tensor each = loss;  // one value a row
  st::tensor average = mean(each);
  st::tensor peak = st::max<st::keep, -1>(x);
  st::print(each);
  std::printf("mean %.4f\n", static_cast<double>(average.item()));
  st::print(peak);

  // Passes over a row, spelled out: `sum<-1>` is complete before what follows it is computed.
  st::print(st::explain(block, {.inputs = {"rows", "scale", "shift", "rows"}}));

  const double want = -std::log(1 / (1 + std::exp(-1.) + std::exp(-2.) + std::exp(-3.)));
  const bool right = std::abs(double{each(0)} - want) < 1e-6 &&
                     std::abs(double{each(1)} - std::log(4.)) < 1e-6 && each(2) == 0 &&
                     p(2, 0) == 1 && p(1, 2) == 0.25f && std::abs(normed(1, 3) - 4) < 1e-3f;
  return right ? 0 : 1;
}
