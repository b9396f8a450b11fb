// SPDX-License-Identifier: Apache-2.0
// Regression that says how sure it is: the network gives a mean and the logarithm of a variance,
// and learns both by the likelihood of what it sees. The noise of the data grows with |x|. The
// training stops at Ctrl-C with a checkpoint; at the end it is asked how often it was right.

#include <sinter/training.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace st = sinter;

inline constexpr st::axis batch{"batch"};
using column = st::tensor<float, batch, 1>;

struct network {
  st::linear<1, 32> first;
  st::linear<32, 32> second;
  st::linear<32, 2> last;
  constexpr auto operator()(const auto& x) const {
    return last(tanh(second(tanh(first(x)))));
  }
};

// Minus the logarithm of a normal density, up to a constant.
// Nix and Weigend 1994, doi:10.1109/ICNN.1994.374138
constexpr auto step = st::fused([](auto& net, auto& optimizer, auto x, auto want) {
  const auto found = net(x);
  const auto centre = st::slice<1, 0, 1>(found), log_variance = st::slice<1, 1, 2>(found);
  auto loss = mean(log_variance + square(want - centre) * exp(-log_variance)) / 2;
  optimizer.update(net, st::clip_by_norm(gradient(loss, net), 1.f));
  return loss;
});

constexpr auto predict = st::fused([](const auto& net, auto x) { return net(x); });

float noise(float x) { return 0.05f + 0.1f * std::fabs(x); }

/// A sine with noise.
column observe(const column& x) {
  column y = st::random::normal(x.extent(0));
  for (std::int64_t i = 0; i < y.size(); ++i)
    y.data()[i] = std::sin(x.data()[i]) + noise(x.data()[i]) * y.data()[i];
  return y;
}

int main() {
  constexpr int steps = 3000;
  const char* const folder = std::getenv("SINTER_OUTPUT");
  const std::string path = std::string(folder != nullptr ? folder : ".") +
                           "/uncertainty.safetensors";
  st::random::seed(11);
  network net;
  st::adam<network> optimizer;
  int i = 0;
  for (; i < steps && !st::interrupted(); ++i) {
    optimizer.learning_rate = 0.01f * st::one_cycle(i, steps);
    const column x = st::random::uniform(-3, 3, 128);
    const float loss = step(net, optimizer, x, observe(x)).item();
    if (i % 500 == 0) std::printf("step %4d  loss %7.4f\n", i, static_cast<double>(loss));
  }
  st::save_checkpoint(path, net, optimizer, i);

  // From the file, as another program would.
  network trained;
  st::adam<network> state;
  std::printf("%ld steps are in the file\n",
              static_cast<long>(st::load_checkpoint(path, trained, state)));
  std::printf("    x   deviation   learnt\n");
  const st::tensor<float, 5, 1> at{-3, -1, 0, 1, 3};
  const st::tensor found = predict(trained, at);
  double worst = 0;
  for (int j = 0; j < 5; ++j) {
    const double learnt = std::exp(double{found(j, 1)} / 2), truth = noise(at(j, 0));
    std::printf("%5.1f       %.3f    %.3f\n", static_cast<double>(at(j, 0)), truth, learnt);
    worst = std::fmax(worst, std::fabs(std::log(learnt / truth)));
  }

  const column x = st::random::uniform(-3, 3, 10000);
  const column y = observe(x);
  const st::tensor bounds = predict(trained, x);
  int within = 0;
  for (int j = 0; j < 10000; ++j)
    within += std::fabs(y(j, 0) - bounds(j, 0)) < std::exp(bounds(j, 1) / 2);
  std::printf("%.1f %% lie within one deviation; 68.3 %% should\n", within / 100.0);
  return worst < 0.5 && within > 6400 && within < 7200 ? 0 : 1;
}
