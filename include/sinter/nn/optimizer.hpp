// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Optimisers: structures of tensors like the networks that they train, updated inside the same
/// fused step. What a user may change between steps, such as the learning rate, is a scalar tensor.

#include "sinter/ops/arithmetic.hpp"
#include "sinter/ops/exponential.hpp"
#include "sinter/ops/reduction.hpp"
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

/// The same with Nesterov's momentum: a step ahead along the velocity.
/// @source Sutskever, Martens, Dahl and Hinton, ICML 2013; in PyTorch's form
template <class Network> struct nesterov {
  tensor<float> learning_rate = 0.01f;
  tensor<float> momentum = 0.9f;
  Network velocity = zeros<Network>();

  constexpr void update(Network& net, const Network& gradient) {
    for_each_symbol(
        [&](symbol& w, symbol& v, symbol g) {
          v = momentum * v + g;
          w = w - learning_rate * (g + momentum * v);
        },
        net, velocity, gradient);
  }
};

/// Steps that are divided by the root of a running mean of squares.
/// @source Tieleman and Hinton 2012, lecture 6.5 of Neural Networks for Machine Learning; in
///         PyTorch's form, epsilon outside of the root
template <class Network> struct rmsprop {
  tensor<float> learning_rate = 0.01f;
  tensor<float> decay = 0.99f;
  tensor<float> epsilon = 1e-8f;
  Network square_mean = zeros<Network>();

  constexpr void update(Network& net, const Network& gradient) {
    for_each_symbol(
        [&](symbol& w, symbol& v, symbol g) {
          v = decay * v + (1 - lift(decay)) * g * g;
          w = w - learning_rate * g / (sqrt(v) + epsilon);
        },
        net, square_mean, gradient);
  }
};

/// Steps of one length in every parameter: the sign of a running mean.
/// @source Chen et al. 2023, arXiv:2302.06675, Program 1
template <class Network> struct lion {
  tensor<float> learning_rate = 1e-4f;
  tensor<float> beta1 = 0.9f;
  tensor<float> beta2 = 0.99f;
  tensor<float> weight_decay = 0.f;
  Network mean = zeros<Network>();

  constexpr void update(Network& net, const Network& gradient) {
    for_each_symbol(
        [&](symbol& w, symbol& m, symbol g) {
          const symbol c = beta1 * m + (1 - lift(beta1)) * g;
          const symbol sign = where(c > 0, 1, where(c < 0, -1, c));  // 0 and NaN stay
          w = w - learning_rate * (sign + weight_decay * w);
          m = beta2 * m + (1 - lift(beta2)) * g;
        },
        net, mean, gradient);
  }
};

namespace detail {

/// Moves the running means of Adam, and calls apply(parameter, change) for each parameter. What is
/// the same for all elements is computed once: left to each are a root and a division, and `top`,
/// the rate or 1, goes with the scale of the mean.
template <class Optimizer, class Network, class F>
constexpr void each_adam_change(Optimizer& own, const auto& top, Network& net,
                                const Network& gradient, F apply) {
  own.beta1_power = lift(own.beta1_power) * own.beta1;
  own.beta2_power = lift(own.beta2_power) * own.beta2;
  const symbol scale = top / (1 - lift(own.beta1_power));
  const symbol root_scale = 1 / sqrt(1 - lift(own.beta2_power));
  for_each_symbol(
      [&](symbol& w, symbol& m, symbol& v, symbol g) {
        m = own.beta1 * m + (1 - lift(own.beta1)) * g;
        v = own.beta2 * v + (1 - lift(own.beta2)) * g * g;
        apply(w, symbol(m * scale / (sqrt(v) * root_scale + own.epsilon)));
      },
      net, own.mean, own.square_mean, gradient);
}

}  // namespace detail

/// Adam, without weight decay.
/// @source Kingma and Ba 2015, arXiv:1412.6980, Algorithm 1
template <class Network> struct adam {
  tensor<float> learning_rate = 1e-3f;
  tensor<float> beta1 = 0.9f;
  tensor<float> beta2 = 0.999f;
  tensor<float> epsilon = 1e-8f;
  Network mean = zeros<Network>();
  Network square_mean = zeros<Network>();
  /// beta^t, which the correction of the first steps' bias needs.
  tensor<float> beta1_power = 1.f;
  tensor<float> beta2_power = 1.f;

  constexpr void update(Network& net, const Network& gradient) {
    detail::each_adam_change(*this, learning_rate, net, gradient,
                             [](symbol& w, symbol change) { w = w - change; });
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
    detail::each_adam_change(*this, 1, net, gradient, [&](symbol& w, symbol change) {
      w = w - learning_rate * (change + weight_decay * w);
    });
  }
};

/// Gradients whose every element lies in [-limit, limit]; NaN stays. Inside traced functions:
/// optimizer.update(net, clip_by_value(gradient(loss, net), 0.5f)).
template <class Structure, class Limit>
constexpr Structure clip_by_value(Structure gradient, const Limit& limit) {
  for_each_symbol([&](symbol& g) { g = minimum(maximum(g, -limit), limit); }, gradient);
  return gradient;
}

/// The Euclidean norm of all elements of a structure, as f32. Inside traced functions only.
template <class Structure> constexpr symbol global_norm(const Structure& x) {
  symbol total;
  bool first = true;
  for_each_symbol(
      [&](symbol g) {
        const symbol squares = sum(square(cast<float>(g)));
        total = first ? squares : symbol(total + squares);
        first = false;
      },
      x);
  return sqrt(total);
}

/// Gradients scaled so that their global norm is at most `limit`, up to a part in a million that
/// keeps 0 from being divided by: min(1, limit / (norm + 1e-6)), as in PyTorch. Inside traced
/// functions only.
/// @source Pascanu, Mikolov and Bengio, ICML 2013
/// @cost   the sums are kernels before that of the update, which scales
template <class Structure, class Limit>
constexpr Structure clip_by_norm(Structure gradient, const Limit& limit) {
  const symbol scale = minimum(limit / (global_norm(gradient) + 1e-6f), 1);
  for_each_symbol([&](symbol& g) { g = scale * g; }, gradient);
  return gradient;
}

/// The sum of gradients over several small batches, whose mean makes one step: two fused functions,
/// of which the second runs after every few calls of the first.
///
///     constexpr auto gather = st::fused([](auto& net, auto& total, auto image, auto label) {
///       total.add(gradient(mean(cross_entropy(net(image), label)), net));
///     });
///     constexpr auto apply = st::fused([](auto& net, auto& optimizer, auto& total) {
///       optimizer.update(net, total.take());
///     });
///
/// Where batches differ in size, a weight that is their number of rows, add(gradient, rows), makes
/// the mean that of all rows. The sum is in the type of the network's tensors.
template <class Network> struct gradient_sum {
  Network sum = zeros<Network>();
  tensor<float> weight = 0.f;

  template <class Weight = int>
  constexpr void add(const Network& gradient, const Weight& own = 1) {
    const symbol is_first = lift(weight) == 0;
    for_each_symbol([&](symbol& s, symbol g) { s = where(is_first, 0, s) + own * g; }, sum,
                    gradient);
    weight = lift(weight) + own;
  }

  /// The weighted mean of what was added, 0 if nothing was; the next `add` begins anew.
  constexpr Network take() {
    Network mean = sum;
    const symbol empty = lift(weight) == 0, divisor = where(empty, 1, weight);
    for_each_symbol([&](symbol& m) { m = where(empty, 0, m) / divisor; }, mean);
    weight = where(empty, weight, 0);  // 0, but no constant, which would be a kernel more
    return mean;
  }
};

/// A running mean of a network's parameters: weight_average<net_type> mean{.average = net}, and
/// inside the step, after the optimiser's, mean.update(net).
/// @source Polyak and Juditsky 1992, doi:10.1137/0330046, with weights that decay
template <class Network> struct weight_average {
  tensor<float> decay = 0.999f;
  Network average = zeros<Network>();

  constexpr void update(const Network& net) {
    for_each_symbol([&](symbol& a, symbol w) { a = a + (1 - lift(decay)) * (w - a); }, average,
                    net);
  }
};

}  // namespace sinter
