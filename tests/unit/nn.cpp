// SPDX-License-Identifier: Apache-2.0

// Layers, networks, optimisers: against loops in double, written by hand.

#include <doctest/doctest.h>

#include <sinter/nn.hpp>

#include <array>
#include <cmath>
#include <tuple>
#include <vector>

namespace st = sinter;
using st::dyn;

namespace {

inline constexpr st::axis batch{"batch"};

struct parameters {
  st::tensor<float, 2, 3> w{1, -2, 3, -4, 5, -6};
  st::tensor<float, 3> b{0.5f, 0, -0.5f};
};

/// Gradients as they would come from somewhere: a fixed function of the step.
parameters slope_at(int step) {
  parameters g;
  for (int i = 0; i < 6; ++i) g.w.data()[i] = std::sin(static_cast<float>(step * 7 + i));
  for (int i = 0; i < 3; ++i) g.b.data()[i] = std::cos(static_cast<float>(step * 5 + i));
  return g;
}

constexpr auto update = st::fused([](auto& net, auto& optimizer, const auto& g) {
  optimizer.update(net, g);
});

/// All parameters in the order of their declaration.
std::vector<double> flat(const parameters& p) {
  std::vector<double> values(p.w.data(), p.w.data() + 6);
  values.insert(values.end(), p.b.data(), p.b.data() + 3);
  return values;
}

struct stack {
  st::linear<4, 4> first[2];
  std::array<st::linear<4, 4>, 1> second;
  st::linear<4, 2> last;
  constexpr auto operator()(const auto& x) const {
    auto y = relu(first[0](x));
    y = relu(first[1](y));
    for (const auto& layer : second) y = relu(layer(y));
    return last(y);
  }
};

}  // namespace

TEST_CASE("linear: [batch,4] -> [batch,2] against a loop, as a layer and in chains") {
  st::random::seed(1);
  const st::linear<4, 3> first;
  const st::linear<3, 2> second;
  const st::tensor<float, batch, 4> x = st::random::normal(5);
  const auto net = st::linear<4, 3>(first) | st::layer([](auto v) { return relu(v); }) |
                   st::linear<3, 2>(second);
  constexpr auto run = st::fused([](const auto& n, auto v) { return n(v); });
  const auto whole = run(net, x);
  const st::tensor alone = first(x);
  static_assert(std::is_same_v<std::remove_const_t<decltype(whole)>, st::tensor<float, batch, 2>>);
  CHECK(st::parameter_count(net) == 4 * 3 + 3 + 3 * 2 + 2);
  for (int i = 0; i < 5; ++i) {
    double hidden[3];
    for (int j = 0; j < 3; ++j) {
      hidden[j] = first.bias(j);
      for (int k = 0; k < 4; ++k) hidden[j] += double{x(i, k)} * double{first.weight(k, j)};
      CHECK(alone(i, j) == doctest::Approx(hidden[j]).epsilon(1e-6));
    }
    for (int j = 0; j < 2; ++j) {
      double want = second.bias(j);
      for (int k = 0; k < 3; ++k) want += std::fmax(hidden[k], 0) * double{second.weight(k, j)};
      CHECK(whole(i, j) == doctest::Approx(want).epsilon(1e-5));
    }
  }
}

TEST_CASE("sgd: five steps with momentum against a loop in double") {
  parameters net;
  st::sgd<parameters> optimizer;
  optimizer.learning_rate = 0.1f;
  std::vector<double> w = flat(net), velocity(9);
  for (int step = 0; step < 5; ++step) {
    const parameters g = slope_at(step);
    update(net, optimizer, g);
    const auto slope = flat(g);
    for (int i = 0; i < 9; ++i) {
      velocity[i] = double{0.9f} * velocity[i] + slope[i];
      w[i] -= double{0.1f} * velocity[i];
    }
  }
  for (int i = 0; i < 9; ++i) CHECK(flat(net)[i] == doctest::Approx(w[i]).epsilon(1e-6));
  for (int i = 0; i < 9; ++i)
    CHECK(flat(optimizer.velocity)[i] == doctest::Approx(velocity[i]).epsilon(1e-6));
}

TEST_CASE("adamw: five steps against a loop in double") {
  parameters net;
  st::adamw<parameters> optimizer;
  optimizer.learning_rate = 0.05f;
  optimizer.weight_decay = 0.1f;
  std::vector<double> w = flat(net), mean(9), square(9);
  for (int step = 1; step <= 5; ++step) {
    const parameters g = slope_at(step);
    update(net, optimizer, g);
    const auto slope = flat(g);
    for (int i = 0; i < 9; ++i) {
      mean[i] = 0.9 * mean[i] + 0.1 * slope[i];
      square[i] = 0.999 * square[i] + 0.001 * slope[i] * slope[i];
      const double m = mean[i] / (1 - std::pow(0.9, step));
      const double v = square[i] / (1 - std::pow(0.999, step));
      w[i] -= 0.05 * (m / (std::sqrt(v) + 1e-8) + 0.1 * w[i]);
    }
  }
  // 1 - 0.999 in f32 is 0.001 with a relative error of 2^-24 / 0.001, about 6e-5.
  for (int i = 0; i < 9; ++i) CHECK(flat(net)[i] == doctest::Approx(w[i]).epsilon(1e-5));
  CHECK(optimizer.beta1_power.item() == doctest::Approx(std::pow(0.9, 5)));
  for (int i = 0; i < 9; ++i)
    CHECK(flat(optimizer.square_mean)[i] == doctest::Approx(square[i]).epsilon(1e-3));
}

TEST_CASE("gradient: of a network is a structure of its shape, against the closed form") {
  constexpr auto slopes = st::fused([](const auto& net, auto x, auto want) {
    return gradient(sum(square(matmul(x, net.w) + net.b - want)), net);
  });
  const parameters net;
  st::random::seed(4);
  const st::tensor<float, batch, 2> x = st::random::normal(7);
  const st::tensor<float, batch, 3> want = st::random::normal(7);
  const auto g = slopes(net, x, want);
  static_assert(std::is_same_v<std::remove_const_t<decltype(g)>, parameters>);
  double w[2][3]{}, b[3]{};
  for (int i = 0; i < 7; ++i)
    for (int j = 0; j < 3; ++j) {
      double error = double{net.b(j)} - double{want(i, j)};
      for (int k = 0; k < 2; ++k) error += double{x(i, k)} * double{net.w(k, j)};
      b[j] += 2 * error;
      for (int k = 0; k < 2; ++k) w[k][j] += 2 * error * double{x(i, k)};
    }
  for (int j = 0; j < 3; ++j) {
    CHECK(g.b(j) == doctest::Approx(b[j]).epsilon(1e-5));
    for (int k = 0; k < 2; ++k) CHECK(g.w(k, j) == doctest::Approx(w[k][j]).epsilon(1e-5));
  }
}

TEST_CASE("network: an array of layers trains, and its loss falls") {
  constexpr auto step = st::fused([](auto& net, auto& optimizer, auto x, auto label) {
    auto loss = mean(cross_entropy(net(x), label));
    optimizer.update(net, gradient(loss, net));
    return loss;
  });
  constexpr auto classify = st::fused([](const auto& net, auto x) { return argmax(net(x)); });
  st::random::seed(8);
  stack net;
  CHECK(st::parameter_count(net) == 3 * 20 + 10);
  st::adamw<stack> optimizer;
  optimizer.learning_rate = 0.02f;
  const st::tensor<float, batch, 4> x = st::random::normal(64);
  st::tensor<int, batch> label(64);
  for (int i = 0; i < 64; ++i) label(i) = x(i, 0) + x(i, 1) > 0;
  const float first = step(net, optimizer, x, label).item();
  float last = first;
  for (int i = 0; i < 200; ++i) last = step(net, optimizer, x, label).item();
  CHECK(last < first / 5);
  const auto found = classify(net, x);
  int right = 0;
  for (int i = 0; i < 64; ++i) right += found(i) == label(i);
  CHECK(right >= 60);
}
