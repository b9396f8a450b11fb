// SPDX-License-Identifier: Apache-2.0

// Optimisers, clipping, averages and schedules: against PyTorch in double (optimizer_cases.py), and
// each update one kernel. Lion, which PyTorch has not, against a loop in double.

#include <doctest/doctest.h>

#include <sinter/nn.hpp>

#include <cmath>
#include <string_view>

namespace st = sinter;

namespace {

struct one_case {
  const char* name;
  double values[9];
};
const one_case cases[] = {
#include "optimizer_cases.inc"
};
const double* expected(std::string_view name) {
  for (const one_case& c : cases)
    if (c.name == name) return c.values;
  throw st::value_error("no such case");
}

struct parameters {
  st::tensor<float, 2, 3> w{1, -2, 3, -4, 5, -6};
  st::tensor<float, 3> b{0.5f, 0, -0.5f};
};
parameters slope_at(int step) {
  parameters g;
  for (int i = 0; i < 6; ++i) g.w.data()[i] = static_cast<float>(std::sin(step * 7 + i));
  for (int i = 0; i < 3; ++i) g.b.data()[i] = static_cast<float>(std::cos(step * 5 + i));
  return g;
}
float at(const parameters& p, int i) { return i < 6 ? p.w.data()[i] : p.b.data()[i - 6]; }

/// Six steps in f32, values up to 6: errors of some 6 * 2^-24 * 6, about 2e-6; of steps that divide
/// by 1 - 0.999, which is 6e-5 off in f32, 0.05 * 6e-5 each besides.
void check(const parameters& net, const double* want, double tolerance = 3e-6) {
  for (int i = 0; i < 9; ++i) {
    CAPTURE(i);
    CHECK(std::abs(at(net, i) - want[i]) <= tolerance);
  }
}

template <class Update, class Optimizer>
parameters trained(const Update& update, Optimizer&& optimizer) {
  parameters net;
  for (int step = 0; step < 6; ++step) update(net, optimizer, slope_at(step));
  return net;
}

constexpr auto update = st::fused([](auto& net, auto& optimizer, const auto& g) {
  optimizer.update(net, g);
});
// Types for plans only: at namespace scope these hold no memory.
parameters net;
const parameters slope;
st::sgd<parameters> planned_sgd;
st::nesterov<parameters> planned_nesterov;
st::rmsprop<parameters> planned_rmsprop;
st::lion<parameters> planned_lion;
st::adam<parameters> planned_adam;
st::weight_average<parameters> planned_average;
static_assert(st::kernels(update, net, planned_sgd, slope) == 1, "sgd");
static_assert(st::kernels(update, net, planned_nesterov, slope) == 1, "nesterov");
static_assert(st::kernels(update, net, planned_rmsprop, slope) == 1, "rmsprop");
static_assert(st::kernels(update, net, planned_lion, slope) == 1, "lion");
// The powers of beta are a kernel of one element before the other.
static_assert(st::kernels(update, net, planned_adam, slope) <= 2, "adam");

}  // namespace

TEST_CASE("optimisers: six steps against PyTorch") {
  check(trained(update, st::sgd<parameters>{.learning_rate = 0.1f}), expected("sgd"));
  check(trained(update, st::nesterov<parameters>{.learning_rate = 0.1f}), expected("nesterov"));
  check(trained(update, st::rmsprop<parameters>{.learning_rate = 0.05f, .decay = 0.9f}),
        expected("rmsprop"));
  check(trained(update, st::adam<parameters>{.learning_rate = 0.05f}), expected("adam"), 2e-5);
  check(trained(update, st::adamw<parameters>{.learning_rate = 0.05f, .weight_decay = 0.1f}),
        expected("adamw"), 2e-5);
}

TEST_CASE("lion: six steps against a loop in double") {
  double w[9], m[9] = {};
  for (int i = 0; i < 9; ++i) w[i] = at(parameters{}, i);
  for (int step = 0; step < 6; ++step)
    for (int i = 0; i < 9; ++i) {
      const double g = at(slope_at(step), i), c = 0.9 * m[i] + 0.1 * g;
      w[i] -= 0.05 * ((c > 0) - (c < 0) + 0.1 * w[i]);
      m[i] = 0.99 * m[i] + 0.01 * g;
    }
  check(trained(update, st::lion<parameters>{.learning_rate = 0.05f, .weight_decay = 0.1f}), w);
}

TEST_CASE("clipping: by value and by norm against PyTorch") {
  const auto plain = [] { return st::sgd<parameters>{.learning_rate = 0.1f, .momentum = 0.f}; };
  constexpr auto by_value = st::fused([](auto& n, auto& optimizer, const auto& g) {
    optimizer.update(n, st::clip_by_value(g, 0.5f));
  });
  constexpr auto by_norm = st::fused([](auto& n, auto& optimizer, const auto& g) {
    optimizer.update(n, st::clip_by_norm(g, 1.f));
  });
  constexpr auto by_wide_norm = st::fused([](auto& n, auto& optimizer, const auto& g) {
    optimizer.update(n, st::clip_by_norm(g, 100.f));
  });
  static_assert(st::kernels(by_value, net, planned_sgd, slope) == 1);
  check(trained(by_value, plain()), expected("clip_value"));
  check(trained(by_norm, plain()), expected("clip_norm"));
  check(trained(by_wide_norm, plain()), expected("clip_norm_wide"));
  constexpr auto norm = st::fused([](const auto& g) { return st::global_norm(g); });
  CHECK(norm(parameters{}).item() == doctest::Approx(std::sqrt(91.5)));
}

TEST_CASE("weight average: six steps against PyTorch, in the kernel of the update") {
  constexpr auto step = st::fused([](auto& n, auto& optimizer, auto& average, const auto& g) {
    optimizer.update(n, g);
    average.update(n);
  });
  parameters trained_net;
  static_assert(st::kernels(step, net, planned_sgd, planned_average, slope) == 1);
  st::sgd<parameters> optimizer{.learning_rate = 0.1f, .momentum = 0.f};
  st::weight_average<parameters> average{.decay = 0.9f, .average = parameters{}};
  for (int i = 0; i < 6; ++i) step(trained_net, optimizer, average, slope_at(i));
  check(average.average, expected("average"));
}

TEST_CASE("schedules: nine steps against PyTorch, in constant expressions") {
  static_assert(st::constant_rate(5) == 1);
  static_assert(st::cosine_decay(0, 8) == 1 && st::cosine_decay(9, 8, 0.25) == 0.25f);
  static_assert(st::step_decay(1000, 1, 0.5) == 0 && st::step_decay(3, 1, 0.5) == 0.125f);
  static_assert(st::warm_up(0, 4) == 0.25f && st::warm_up(3, 4) == 1 && st::warm_up(9, 4) == 1);
  static_assert(st::warm_up(0, 0) == 1 && st::cosine_decay(0, 0, 0.5) == 0.5f);
  for (int i = 0; i < 9; ++i) {
    CAPTURE(i);
    constexpr double rounding = 6e-8;  // the factors are f32, at most 1
    CHECK(std::abs(st::step_decay(i, 3, 0.5) - expected("step_decay")[i]) <= rounding);
    CHECK(std::abs(st::cosine_decay(i, 8, 0.1) - expected("cosine_decay")[i]) <= rounding);
    CHECK(std::abs(st::one_cycle(i, 9, 0.375) - expected("one_cycle")[i]) <= rounding);
  }
}
