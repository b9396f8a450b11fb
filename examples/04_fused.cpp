// SPDX-License-Identifier: Apache-2.0
// A fused function is traced once, by the compiler. What it computes and uses several times is one
// node of the graph; loops, helper functions and tuples work as in any program.

#include <sinter/report/explain.hpp>
#include <sinter/report/print.hpp>
#include <sinter/sinter.hpp>

#include <cmath>
#include <cstdio>
#include <tuple>

namespace st = sinter;

constexpr auto attend = st::fused([](auto q, auto k, auto v) {
  return matmul(softmax(matmul(q, transpose(k)) / st::sqrt(64.f)), v);
});

// Several results; the row's deviation from its mean is computed once for both.
constexpr auto moments = st::fused([](auto x) {
  auto centred = x - st::mean<st::keep, -1>(x);
  return std::tuple(mean<-1>(square(centred)), st::max<-1>(abs(centred)));
});

// A loop in the function is a loop in the compiler: the graph holds eight blends.
constexpr auto smooth = st::fused([](auto x, auto target) {
  for (int i = 0; i < 8; ++i) x = 0.5f * (x + target);
  return x;
});

int main() {
  st::random::seed(2);
  st::tensor<float, 128, 64> q = st::random::normal();
  st::tensor<float, 128, 64> k = st::random::normal();
  st::tensor<float, 128, 64> v = st::random::normal();

  // The scores are scaled and normalised in the kernel that makes them; the second product is a
  // kernel of its own.
  static_assert(st::kernels(attend, q, k, v) <= 2);
  static_assert(st::kernels(moments, q) == 1);
  static_assert(st::kernels(smooth, q, k) == 1);
  st::print(st::explain(attend, q, k, v));

  st::tensor y = attend(q, k, v);
  auto [variance, farthest] = moments(q);
  st::tensor blend = smooth(q, k);
  std::printf("row 0 of q: variance %.3f, farthest from the mean %.3f\n",
              static_cast<double>(variance(0)), static_cast<double>(farthest(0)));

  // Row 5 by hand.
  double weight[128], sum = 0, worst = 0;
  for (int j = 0; j < 128; ++j) {
    double score = 0;
    for (int d = 0; d < 64; ++d) score += double{q(5, d)} * double{k(j, d)};
    sum += weight[j] = std::exp(score / 8);
  }
  for (int d = 0; d < 64; ++d) {
    double want = 0;
    for (int j = 0; j < 128; ++j) want += weight[j] / sum * double{v(j, d)};
    worst = std::fmax(worst, std::abs(want - double{y(5, d)}));
    worst = std::fmax(worst, std::abs((double{q(5, d)} + 255 * double{k(5, d)}) / 256 -
                                      double{blend(5, d)}));
  }
  std::printf("largest difference to loops in double: %.1e\n", worst);
  return worst < 1e-5 ? 0 : 1;
}
