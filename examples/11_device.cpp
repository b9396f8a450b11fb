// SPDX-License-Identifier: Apache-2.0
// The same program on a CPU and on a GPU: an expression runs where its tensors are, and nothing is
// copied between the two unless the program says so. Compiled by nvcc it has kernels for both, and
// `compare` shows which place pays; compiled by another compiler, or on a machine without a device,
// it says why it stays here.

#include <sinter/cuda.hpp>
#include <sinter/nn.hpp>
#include <sinter/report/compare.hpp>

#include <cmath>
#include <cstdio>

namespace st = sinter;

inline constexpr st::axis batch{"batch"};

struct classifier {
  st::linear<64, 128> hidden;
  st::linear<128, 10> readout;
  constexpr auto operator()(const auto& x) const { return readout(relu(hidden(x))); }
};

constexpr auto classify = st::fused([](const auto& net, auto x) { return softmax(net(x)); });

int main() {
  const classifier net;
  const st::tensor<float, batch, 64> x = st::random::normal(256);
  const st::tensor here = classify(net, x);
  st::compare(classify, net, x);  // where it is faster, from which batch on, and why
  try {
    const auto there = st::to(st::cuda, net);
    st::tensor y = classify(there, x.to(st::cuda));  // on the device, like its operands
    const auto back = y.to(st::cpu);
    double worst = 0;
    for (std::int64_t i = 0; i < back.size(); ++i)
      worst = std::fmax(worst, std::abs(double{back.data()[i]} - double{here.data()[i]}));
    std::printf("largest difference between CPU and GPU: %.1e\n", worst);
    return worst < 1e-5 ? 0 : 1;
  } catch (const st::device_error& e) {
    std::printf("no GPU: %s\n", e.what());
  }
  return std::abs(here(0, 0)) <= 1 ? 0 : 1;
}
