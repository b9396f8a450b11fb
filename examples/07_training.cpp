// SPDX-License-Identifier: Apache-2.0
// A network is a plain struct of layers, its parameters are the members. One training step, from
// the forward pass to the update, is one fused function: here it learns a sine.

#include <sinter/nn.hpp>
#include <sinter/report/explain.hpp>
#include <sinter/report/print.hpp>

#include <cmath>
#include <cstdio>

namespace st = sinter;

inline constexpr st::axis batch{"batch"};

struct network {
  st::linear<1, 32> first;
  st::linear<32, 32> second;
  st::linear<32, 1> last;
  constexpr auto operator()(const auto& x) const {
    return last(tanh(second(tanh(first(x)))));
  }
};

constexpr auto step = st::fused([](auto& net, auto& optimizer, auto x, auto want) {
  auto loss = mean(square(net(x) - want));
  optimizer.update(net, gradient(loss, net));
  return loss;
});

constexpr auto predict = st::fused([](const auto& net, auto x) { return net(x); });

int main() {
  st::random::seed(3);
  network net;
  st::sgd<network> optimizer;
  optimizer.learning_rate = 0.02f;
  std::printf("%ld parameters\n", static_cast<long>(st::parameter_count(net)));

  st::tensor<float, batch, 1> x(64), want(64);
  st::print(st::explain(step, net, optimizer, x, want));

  float first_loss = 0, loss = 0;
  for (int i = 0; i < 4000; ++i) {
    x = st::tensor<float, batch, 1>(st::random::uniform(-3, 3, 64));
    for (int j = 0; j < 64; ++j) want(j, 0) = std::sin(x(j, 0));
    loss = step(net, optimizer, x, want).item();
    if (i == 0) first_loss = loss;
    if (i % 500 == 0) std::printf("step %4d  loss %.5f\n", i, static_cast<double>(loss));
  }

  st::tensor<float, 4, 1> at{-2, -1, 1, 2};
  st::tensor found = predict(net, at);
  st::print(found);
  double worst = 0;
  for (int i = 0; i < 4; ++i)
    worst = std::fmax(worst, std::abs(double{found(i, 0)} - std::sin(double{at(i, 0)})));
  std::printf("loss %.5f, was %.5f; largest error at four points %.3f\n",
              static_cast<double>(loss), static_cast<double>(first_loss), worst);
  return loss < 0.01f && worst < 0.1 ? 0 : 1;
}
