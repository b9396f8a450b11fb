// SPDX-License-Identifier: Apache-2.0
// A graph of 500 nodes, built by a loop: 33 residual blocks with weights of their own.
#include <sinter/nn.hpp>

#include <array>

namespace st = sinter;

inline constexpr st::axis batch{"batch"};

struct network {
  std::array<st::tensor<float, 64, 64>, 33> block;
};

constexpr auto run = st::fused([](const auto& net, auto x) {
  for (int i = 0; i < 33; ++i) x = x + tanh(matmul(layer_norm(x), net.block[i]));
  return x;
});

int main() {
  network net;
  st::tensor<float, batch, 64> x(32);
  return static_cast<int>(run(net, x)(0, 0));
}
