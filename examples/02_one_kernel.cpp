// SPDX-License-Identifier: Apache-2.0
// A layer in one line is one kernel: product, bias and activation meet in the cache, and only the
// result goes to memory. The plan is a constant, and can be asserted and explained.

#include <sinter/report/explain.hpp>
#include <sinter/report/print.hpp>
#include <sinter/sinter.hpp>

#include <cmath>
#include <cstdio>

namespace st = sinter;

inline constexpr st::axis batch{"batch"};

int main() {
  st::random::seed(1);
  st::tensor<float, batch, 784> x = st::random::normal(512);
  st::tensor<float, 784, 256> w = st::random::normal();
  st::tensor<float, 784, 256> v = st::random::normal();
  st::tensor<float, 256, 10> u = st::random::normal();
  st::tensor<float, 256> b = st::random::normal();

  // An expression is lazy: it says what to compute, and runs where it meets a tensor.
  auto layer = relu(matmul(x, w) + b);
  static_assert(st::kernels(layer) == 1);
  st::tensor y = layer;  // tensor<float, batch, 256>
  st::print(y);

  // Two products over the same rows share a kernel as well, and so does a softmax over the columns,
  // because a row of 256 fits the cache.
  auto gated = silu(matmul(x, w)) * matmul(x, v);
  auto scores = softmax(matmul(x, w) + b);
  static_assert(st::kernels(gated) == 1 && st::kernels(scores) == 1);

  // Layers that follow one another are one kernel while they are narrow: a thread, or a block of a
  // GPU, takes some rows through all of them, and what lies between them never goes to memory.
  auto classes = softmax(matmul(relu(matmul(x, w) + b), u));
  static_assert(st::kernels(classes) == 1);
  st::print(st::explain(classes, {.inputs = {"x", "w", "b", "u"}, .dimensions = {{"batch", 512}}}));

  // A line computes what it mentions twice twice, unless it is shared.
  auto power = st::share(exp(b));
  auto odds = power / (power + 1);
  static_assert(st::kernels(odds) == 1);
  st::tensor ratio = odds;
  st::print(ratio.slice(0, 0, 4));

  // What the kernel computes and moves, beside the same graph with a kernel for each operation.
  st::print(st::explain(scores, {.inputs = {"x", "w", "b"}, .dimensions = {{"batch", 512}}}));

  // The same by hand.
  double worst = 0;
  for (int i = 0; i < 512; i += 73)
    for (int j = 0; j < 256; ++j) {
      double sum = b(j);
      for (int k = 0; k < 784; ++k) sum += double{x(i, k)} * double{w(k, j)};
      worst = std::fmax(worst, std::abs(std::fmax(sum, 0) - double{y(i, j)}));
    }
  std::printf("largest difference to a loop in double: %.1e\n", worst);
  return worst < 1e-3 ? 0 : 1;
}
