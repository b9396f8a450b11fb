// SPDX-License-Identifier: Apache-2.0

// Scaled losses, and networks that compute in fewer bits than their parameters have: against loops
// in double.

#include "unit/training_cases.hpp"

#include <cmath>
#include <limits>

namespace st = sinter;
using st::dyn;
using training_cases::model;
using training_cases::model_in_double;
using training_cases::parameters;

namespace {

constexpr auto scaled_update = st::fused([](auto& scaler, auto& optimizer, auto& net,
                                            const auto& g) {
  return scaler.update(optimizer, net, g);
});

/// The training step in type T, with a scaled loss; the network's tensors stay in f32.
template <class T>
constexpr auto step_in = st::fused([](auto& net, auto& optimizer, auto& scaler, auto x, auto want) {
  const auto low = st::cast<T>(net);
  auto loss = mean(square(st::cast<float>(low(st::cast<T>(x))) - want));
  scaler.update(optimizer, net, scaler.gradient(loss, net));
  return loss;
});

template <class T> double distance(double* last_loss = nullptr) {
  st::random::seed(3);
  model net;
  model_in_double want_net(net);
  st::sgd<model> optimizer{.learning_rate = 0.1f, .momentum = 0.f};
  st::loss_scaler scaler{.scale = 1024.f};
  for (int i = 0; i < 20; ++i) {
    const st::tensor<float, dyn, 3> x = st::random::normal(16);
    st::tensor<float, dyn, 1> want(16);
    for (int r = 0; r < 16; ++r) want(r, 0) = std::sin(x(r, 0)) - x(r, 2);
    const float loss = step_in<T>(net, optimizer, scaler, x, want).item();
    const double same = want_net.step(x, want, double{0.1f});
    if (last_loss != nullptr) *last_loss = std::abs(double{loss} - same);
  }
  CHECK(scaler.good_steps.item() == 20);
  CHECK(scaler.scale.item() == 1024);
  return want_net.furthest(net);
}

}  // namespace

TEST_CASE("loss_scaler: halves and skips on NaN and infinities, doubles after so many good steps") {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::nanf("");
  for (const float bad : {inf, -inf, nan}) {
    parameters net;
    st::adam<parameters> optimizer{.learning_rate = 0.25f};
    st::loss_scaler scaler{.scale = 1024.f, .interval = 3};
    // What is expected, as PyTorch's _amp_update_scale_ does it.
    double scale = 1024;
    int good = 0;
    for (int step = 0; step < 12; ++step) {
      CAPTURE(step);
      parameters g;
      g.w(0) = 1;
      g.w(1) = step % 5 == 4 ? bad : -1.f;
      g.none.resize(0);
      const parameters net_before = net;
      const st::adam<parameters> before = optimizer;
      const bool done = scaled_update(scaler, optimizer, net, g).item();
      CHECK(done == (step % 5 != 4));
      const bool moved = net.w(0) != net_before.w(0) && net.w(1) != net_before.w(1) &&
                         optimizer.mean.w(0) != before.mean.w(0) &&
                         optimizer.beta1_power.item() != before.beta1_power.item();
      const bool stayed = net.w(0) == net_before.w(0) && net.w(1) == net_before.w(1) &&
                          optimizer.mean.w(0) == before.mean.w(0) &&
                          optimizer.square_mean.w(1) == before.square_mean.w(1) &&
                          optimizer.beta1_power.item() == before.beta1_power.item();
      CHECK((done ? moved : stayed));
      if (!done) scale /= 2, good = 0;
      else if (++good == 3) scale *= 2, good = 0;
      CHECK(scaler.scale.item() == scale);
      CHECK(scaler.good_steps.item() == good);
    }
  }
}

TEST_CASE("loss_scaler: stays finite and above 0, and fixed where growth and backoff are 1") {
  parameters net, good, bad;
  bad.w(0) = std::numeric_limits<float>::infinity();
  st::sgd<parameters> optimizer;
  st::loss_scaler high{.scale = 0x1p127f, .interval = 1}, low{.scale = 0x1p-126f};
  st::loss_scaler fixed{.scale = 256.f, .growth = 1.f, .backoff = 1.f, .interval = 1};
  scaled_update(high, optimizer, net, good);
  CHECK(high.scale.item() == 0x1p127f);
  scaled_update(low, optimizer, net, bad);
  CHECK(low.scale.item() == 0x1p-126f);
  CHECK(!scaled_update(fixed, optimizer, net, bad).item());
  CHECK(scaled_update(fixed, optimizer, net, good).item());
  CHECK(fixed.scale.item() == 256);
}

TEST_CASE("loss_scaler: the gradient is the unscaled one; what is not finite is NaN") {
  constexpr auto slope = st::fused([](const auto& net, const auto& scaler, auto x) {
    const auto half = st::cast<st::f16>(net);
    return scaler.gradient(sum(st::cast<float>(half.w * half.w) * x), net);
  });
  constexpr auto clipped = st::fused([](const auto& net, const auto& scaler, auto x) {
    const auto half = st::cast<st::f16>(net);
    return st::clip_by_value(scaler.gradient(sum(st::cast<float>(half.w) * x), net), 0.5f);
  });
  parameters net;
  net.w(0) = 0.5f;
  net.w(1) = 2;
  const st::tensor<float, 2> x{0x1p-20f, 4};
  for (const float scale : {0x1p-3f, 1.f, 1024.f}) {
    const auto g = slope(net, st::loss_scaler{.scale = scale}, x);
    CHECK(g.w(0) == 0x1p-20f);
    CHECK(g.w(1) == 16);
    CHECK(g.count.item() == 0);
  }
  const st::loss_scaler far{.scale = 0x1p126f};
  CHECK(slope(net, far, x).w(0) == 0x1p-20f);
  CHECK(std::isnan(slope(net, far, x).w(1)));
  CHECK(clipped(net, far, x).w(0) == 0x1p-20f);
  CHECK(std::isnan(clipped(net, far, x).w(1)));  // infinity would become 0.5
}

TEST_CASE("cast of a network: f32 parameters, computed with in f32 and bf16, against double") {
  double loss = 0;
  // Sums of 16 in f32, 20 steps; then in 8 bits: the parameters differ by a few roundings of values
  // up to 2 at the rate of 0.1 a step.
  CHECK(distance<float>(&loss) <= 5e-6);
  CHECK(loss <= 5e-6);
  CHECK(distance<st::bf16>() <= 20 * 0.1 * 4 * 0x1p-8);
}

TEST_CASE("cast of a network: master weights keep what bf16 loses") {
  // 1 + 2^-12 is 1 in bf16: a network in bf16 would stay where it is.
  constexpr auto climb = st::fused([](auto& net, auto& optimizer) {
    const auto low = st::cast<st::bf16>(net);
    optimizer.update(net, gradient(sum(st::cast<float>(low.w)), net));
  });
  parameters net;
  net.w(0) = 1;
  st::sgd<parameters> optimizer{.learning_rate = 0x1p-12f, .momentum = 0.f};
  for (int i = 0; i < 64; ++i) climb(net, optimizer);
  CHECK(net.w(0) == 1 - 64 * 0x1p-12f);
}
