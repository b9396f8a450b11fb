// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Optimisers: structures of tensors like the networks that they train, updated inside the same
/// fused step. What a user may change between steps, such as the learning rate, is a scalar tensor.

#include "sinter/ops/exponential.hpp"
#include "sinter/tensor/fused.hpp"

namespace sinter {

/// A structure of the same shape whose tensors are 0.
template <class Structure> constexpr Structure zeros() {
  Structure result{};
  if (!std::is_constant_evaluated())
    for_each_tensor([](auto& t) { t.clear(); }, result);
  return result;
}

/// Stochastic gradient descent with momentum.
/// @source Sutskever, Martens, Dahl and Hinton, ICML 2013; in PyTorch's form
template <class Network> struct sgd {
  tensor<float> learning_rate = 0.01f;
  tensor<float> momentum = 0.9f;
  Network velocity = zeros<Network>();

  constexpr void update(Network& net, const Network& gradient) {
    for_each_symbol(
        [&](symbol& w, symbol& v, symbol g) {
          v = momentum * v + g;
          w = w - learning_rate * v;
        },
        net, velocity, gradient);
  }
};

/// Adam with decoupled weight decay.
/// @source Loshchilov and Hutter 2019, arXiv:1711.05101, Algorithm 2
template <class Network> struct adamw {
  tensor<float> learning_rate = 1e-3f;
  tensor<float> beta1 = 0.9f;
  tensor<float> beta2 = 0.999f;
  tensor<float> epsilon = 1e-8f;
  tensor<float> weight_decay = 1e-2f;
  Network mean = zeros<Network>();
  Network square_mean = zeros<Network>();
  /// beta^t, which the correction of the first steps' bias needs.
  tensor<float> beta1_power = 1.f;
  tensor<float> beta2_power = 1.f;

  constexpr void update(Network& net, const Network& gradient) {
    beta1_power = lift(beta1_power) * beta1;
    beta2_power = lift(beta2_power) * beta2;
    // Once for all elements: what is left to each is a root and a division.
    const symbol mean_scale = 1 / (1 - lift(beta1_power));
    const symbol root_scale = 1 / sqrt(1 - lift(beta2_power));
    for_each_symbol(
        [&](symbol& w, symbol& m, symbol& v, symbol g) {
          m = beta1 * m + (1 - lift(beta1)) * g;
          v = beta2 * v + (1 - lift(beta2)) * g * g;
          const symbol change = m * mean_scale / (sqrt(v) * root_scale + epsilon);
          w = w - learning_rate * (change + weight_decay * w);
        },
        net, mean, square_mean, gradient);
  }
};

}  // namespace sinter
