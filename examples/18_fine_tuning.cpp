// SPDX-License-Identifier: Apache-2.0
// A network that knows odd digits from even ones learns to read them: what it sees is frozen, its
// readout is new. It computes in bf16 beside parameters in f32, with a scaled loss, and the
// gradients of four small batches make one step.

#include <sinter/report/explain.hpp>
#include <sinter/training.hpp>

#include <cstdio>

#include "digits.hpp"

namespace st = sinter;

struct eye {
  st::linear<64, 96> wide;
  st::linear<96, 48> narrow;
  constexpr auto operator()(const auto& image) const { return silu(narrow(silu(wide(image)))); }
};
template <class Front, int Classes> struct reader {
  Front front;
  st::linear<48, Classes> readout;
  constexpr auto operator()(const auto& image) const { return readout(front(image)); }
};
using parity = reader<eye, 2>;
using digit = reader<st::frozen<eye>, 10>;

constexpr auto learn = st::fused([](auto& net, auto& optimizer, auto image, auto label) {
  optimizer.update(net, gradient(mean(cross_entropy(net(image), label)), net));
});

constexpr auto gather = st::fused([](auto& net, auto& total, auto& scaler, auto image, auto label,
                                     auto rows) {
  const auto low = st::cast<st::bf16>(net);
  const auto scores = st::cast<float>(low(st::cast<st::bf16>(image)));
  total.add(scaler.gradient(mean(cross_entropy(scores, label)), net), rows);
});
constexpr auto apply = st::fused([](auto& net, auto& optimizer, auto& total, auto& scaler) {
  return scaler.update(optimizer, net, total.take());
});

constexpr auto classify = st::fused([](const auto& net, auto image) { return net(image); });

/// Calls f(images) with all batches of an epoch.
template <class F> void each_batch(const digits::images& from, int epoch, int size, F f) {
  const auto order = digits::shuffled(digits::train_count, 18, static_cast<unsigned>(epoch));
  digits::images batch;
  for (int first = 0; first < digits::train_count; first += size) {
    digits::gather(from, order, first, std::min(size, digits::train_count - first), batch);
    f(batch);
  }
}

int main() try {
  const digits::data data = digits::load("examples/data/digits.csv");
  st::random::seed(18);
  parity first;
  st::adam<parity> first_optimizer{.learning_rate = 2e-3f};
  for (int epoch = 0; epoch < 10; ++epoch)
    each_batch(data.train, epoch, 32, [&](digits::images& batch) {
      for (int i = 0; i < batch.label.size(); ++i) batch.label(i) %= 2;
      learn(first, first_optimizer, batch.pixel, batch.label);
    });

  digit net{.front = {first.front}, .readout = {}};
  st::adam<digit> optimizer{.learning_rate = 5e-3f};
  st::gradient_sum<digit> total;
  st::loss_scaler scaler{.scale = 1024.f, .interval = 200};
  std::printf("%ld parameters, %ld of them frozen\n", static_cast<long>(st::parameter_count(net)),
              static_cast<long>(st::frozen_count(net)));
  std::puts(st::explain(apply, net, optimizer, total, scaler).c_str());
  int steps = 0, batches = 0;
  for (int epoch = 0; epoch < 30; ++epoch)
    each_batch(data.train, epoch, 8, [&](const digits::images& batch) {
      gather(net, total, scaler, batch.pixel, batch.label, batch.label.size());
      if (++batches % 4 == 0) steps += apply(net, optimizer, total, scaler).item();
    });

  const auto scores = classify(net, data.test.pixel);
  const double right = st::accuracy(scores, data.test.label);
  const bool kept = net.front.wide.weight(3, 4) == first.front.wide.weight(3, 4);
  std::printf("%d steps of %d batches, scale %g; accuracy %.3f by a frozen front\n", steps, batches,
              static_cast<double>(scaler.scale.item()), right);
  return right > 0.9 && kept ? 0 : 1;
} catch (const st::error& e) {
  std::fprintf(stderr, "fine tuning: %s\n", e.what());
  return 2;
}
