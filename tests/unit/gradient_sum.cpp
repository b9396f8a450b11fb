// SPDX-License-Identifier: Apache-2.0

// Gradients that are summed over small batches: against loops in double.

#include "unit/training_cases.hpp"

#include <cmath>

namespace st = sinter;
using st::dyn;
using training_cases::model;
using training_cases::model_in_double;
using training_cases::parameters;

namespace {

constexpr auto add = st::fused([](auto& total, const auto& g) { total.add(g); });
constexpr auto add_rows = st::fused([](auto& total, const auto& g, auto rows) {
  total.add(g, rows);
});
constexpr auto apply = st::fused([](auto& net, auto& optimizer, auto& total) {
  optimizer.update(net, total.take());
});

}  // namespace

TEST_CASE("gradient_sum: three batches of 5, 1 and 2 rows make one step, and then it is empty") {
  const double g[3][2] = {{1, -2}, {0.5, 8}, {-3, 0.25}}, rows[3] = {5, 1, 2};
  for (const bool weighted : {false, true}) {
    CAPTURE(weighted);
    parameters net;
    st::sgd<parameters> optimizer{.learning_rate = 0.5f, .momentum = 0.f};
    st::gradient_sum<parameters> total;
    double w[2] = {1, -2};
    for (int step = 0; step < 2; ++step) {
      double sum[2] = {}, weight = 0;
      for (int i = 0; i < 3; ++i) {
        parameters slope;
        for (int j = 0; j < 2; ++j) slope.w(j) = static_cast<float>(g[i][j]);
        slope.count = 0;
        if (weighted) add_rows(total, slope, rows[i]);
        else add(total, slope);
        const double own = weighted ? rows[i] : 1;
        weight += own;
        for (int j = 0; j < 2; ++j) sum[j] += own * g[i][j];
      }
      CHECK(total.weight.item() == weight);
      apply(net, optimizer, total);
      for (int j = 0; j < 2; ++j) {
        w[j] -= 0.5 * sum[j] / weight;
        // Two divisions and two sums below 4 in f32.
        CHECK(std::abs(double{net.w(j)} - w[j]) <= 4 * 2.4e-7);
      }
      CHECK(total.weight.item() == 0);
    }
    const parameters before = net;
    apply(net, optimizer, total);  // nothing was added: nothing is NaN
    CHECK(net.w(0) == before.w(0));
    CHECK(net.count.item() == 3);
  }
}

TEST_CASE("gradient_sum: the mean over batches is the gradient of the whole batch, and its plan") {
  constexpr auto gather = st::fused([](auto& net, auto& total, auto x, auto want) {
    total.add(gradient(mean(square(net(x) - want)), net), 8);
  });
  st::random::seed(6);
  model net;
  model_in_double whole(net);
  st::sgd<model> optimizer{.learning_rate = 0.1f, .momentum = 0.f};
  st::gradient_sum<model> total;
  const st::tensor<float, dyn, 3> x = st::random::normal(32);
  const st::tensor<float, dyn, 1> want = st::random::normal(32);
  for (int part = 0; part < 4; ++part)
    gather(net, total, x.slice(0, 8 * part, 8 * part + 8), want.slice(0, 8 * part, 8 * part + 8));
  // The update, and what sets the weight to 0 behind it.
  static_assert(st::kernels(apply, net, optimizer, total) <= 2);
  apply(net, optimizer, total);
  (void)whole.step(x, want, double{0.1f});
  CHECK(whole.furthest(net) <= 1e-6);  // values up to 2 in f32, sums of 32 terms
}
