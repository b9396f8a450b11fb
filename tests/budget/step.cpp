// SPDX-License-Identifier: Apache-2.0
// The training step of the digit classifier, as in examples/10_digits.cpp.
#include <sinter/nn.hpp>

#include <cstdint>

namespace st = sinter;

inline constexpr st::axis batch{"batch"};

struct classifier {
  st::linear<64, 128> hidden;
  st::linear<128, 10> readout;
  constexpr auto operator()(const auto& image) const { return readout(relu(hidden(image))); }
};

constexpr auto step = st::fused([](auto& net, auto& optimizer, auto image, auto label) {
  auto loss = mean(cross_entropy(net(image), label));
  optimizer.update(net, gradient(loss, net));
  return loss;
});

int main() {
  classifier net;
  st::adamw<classifier> optimizer;
  st::tensor<float, batch, 64> image(32);
  st::tensor<std::int32_t, batch> label(32);
  return step(net, optimizer, image, label).item() > 0 ? 0 : 1;
}
