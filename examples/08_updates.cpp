// SPDX-License-Identifier: Apache-2.0
// What a fused function assigns to its arguments is written to their memory by the same plan. The
// whole AdamW update of a parameter and its two moments is one kernel, in place.

#include <sinter/report/explain.hpp>
#include <sinter/report/print.hpp>
#include <sinter/sinter.hpp>

#include <cmath>
#include <cstdio>

namespace st = sinter;

// Loshchilov and Hutter 2019, Algorithm 2. `power1` and `power2` are beta1^t and beta2^t.
constexpr auto adamw = st::fused([](auto& w, auto& m, auto& v, auto g, auto power1, auto power2) {
  m = 0.9 * m + 0.1 * g;
  v = 0.999 * v + 0.001 * square(g);
  w = w - 1e-3 * (m / (1 - power1) / (sqrt(v / (1 - power2)) + 1e-8) + 1e-2 * w);
});

// Old and new values are both needed here; the plan finds out and takes the workspace for one.
constexpr auto turn = st::fused([](auto& matrix) { matrix = transpose(matrix); });

int main() {
  st::random::seed(4);
  constexpr int count = 1000;
  st::tensor<float, count> w = st::random::normal(), g = st::random::normal(), m, v;
  static_assert(st::kernels(adamw, w, m, v, g, 0.9f, 0.999f) == 1);
  st::print(st::explain(adamw, w, m, v, g, 0.9f, 0.999f));

  const st::tensor before = w;
  const float* memory = w.data();
  adamw(w, m, v, g, 0.9f, 0.999f);
  const bool in_place = w.data() == memory;

  double worst = 0;
  for (int i = 0; i < count; ++i) {
    // In the first step both corrections cancel: m / 0.1 is g, v / 0.001 is g^2.
    const double step = double{g(i)} / (std::abs(double{g(i)}) + 1e-8);
    const double want = before(i) - 1e-3 * (step + 1e-2 * before(i));
    worst = std::fmax(worst, std::abs(want - double{w(i)}));
  }
  std::printf("in place: %s; largest difference to the formula: %.1e\n", in_place ? "yes" : "no",
              worst);

  // An argument that is const cannot be assigned to; a tensor may also stand on both sides.
  st::tensor<int, 3, 3> matrix{1, 2, 3, 4, 5, 6, 7, 8, 9};
  turn(matrix);
  st::print(matrix);
  st::print(st::explain(turn, matrix));
  matrix = matrix + transpose(matrix);
  st::print(matrix);

  return in_place && worst < 1e-6 && matrix(0, 2) == 10 && matrix(2, 0) == 10 ? 0 : 1;
}
