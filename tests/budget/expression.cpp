// SPDX-License-Identifier: Apache-2.0
// A one-line expression: a dense layer.
#include <sinter/sinter.hpp>

namespace st = sinter;

inline constexpr st::axis batch{"batch"};

int main() {
  st::tensor<float, batch, 784> x(64);
  st::tensor<float, 784, 256> w;
  st::tensor<float, 256> b;
  st::tensor y = relu(matmul(x, w) + b);
  return static_cast<int>(y(0, 0));
}
