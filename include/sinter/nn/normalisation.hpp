// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Layers that normalise, by the row or by the column over a batch, and two more that networks are
/// made of.

#include "sinter/nn/layer.hpp"
#include "sinter/ops/gather.hpp"
#include "sinter/ops/normalise.hpp"
#include "sinter/ops/statistics.hpp"

namespace sinter {

/// Initial values that are 1.
constexpr random::filler ones() {
  random::filler f;
  f.kind = random::filler::distribution::constant;
  f.first = 1;
  return f;
}

/// layer_norm with a scale and a shift for each column.
/// @shape [..., N] -> same
template <extent_t N, class T = float> struct layer_normalisation {
  static constexpr bool is_layer = true;
  static constexpr const char* member_names[] = {"weight", "bias"};  // in files
  tensor<T, N> weight = ones();
  tensor<T, N> bias;

  constexpr auto operator()(const auto& x) const { return layer_norm(x, weight, bias); }
};

/// rms_norm with a scale for each column.
/// @shape [..., N] -> same
template <extent_t N, class T = float> struct rms_normalisation {
  static constexpr bool is_layer = true;
  static constexpr const char* member_names[] = {"weight"};  // in files
  tensor<T, N> weight = ones();

  constexpr auto operator()(const auto& x) const { return rms_norm(x, weight); }
};

/// Batch norm over the rows of [rows, N]; images are [rows, height, width, N], reshaped.
///
///     auto y = norm.learn(x, 0.1f);  // in a training step, where `norm` may be written
///     auto y = norm(x);              // afterwards: by the running statistics
///
/// `learn` normalises by mean and variance of the batch (over n), and moves the running ones by
/// `rate` towards the batch's, the variance over n - 1, as PyTorch does. mean and variance are no
/// parameters: they have no gradient, so an optimiser is given `scale` and `shift` alone.
/// @shape  [rows, N] -> same; learn wants two rows or more
/// @source Ioffe and Szegedy 2015, arXiv:1502.03167
template <extent_t N, class T = float> struct batch_normalisation {
  static constexpr bool is_layer = true;
  static constexpr const char* member_names[] = {"weight", "bias", "running_mean", "running_var"};
  static constexpr double epsilon = 1e-5;
  tensor<T, N> scale = ones();
  tensor<T, N> shift;
  tensor<T, N> mean;
  tensor<T, N> variance = ones();

  constexpr auto operator()(const auto& x) const {
    return (x - mean) * (scale / sqrt(variance + epsilon)) + shift;
  }
  constexpr auto learn(const auto& x, const auto& rate) {
    const symbol rows = lift(x);
    const symbol centre = sinter::mean<0>(rows), apart = rows - centre;
    const symbol spread = sinter::mean<0>(apart * apart);
    mean = mean + rate * (detach(centre) - mean);
    variance = variance + rate * (detach(sinter::variance<0>(rows)) - variance);
    return symbol(apart * (scale / sqrt(spread + epsilon)) + shift);
  }
};

/// A linear layer and the batch norm behind it as one linear layer, for inference.
template <extent_t In, extent_t Out, class T>
linear<In, Out, T> folded(const linear<In, Out, T>& before,
                          const batch_normalisation<Out, T>& norm) {
  constexpr double epsilon = batch_normalisation<Out, T>::epsilon;
  linear<In, Out, T> result = before;
  result.weight = before.weight * (norm.scale / sqrt(norm.variance + epsilon));
  result.bias = (before.bias - norm.mean) * (norm.scale / sqrt(norm.variance + epsilon)) +
                norm.shift;
  return result;
}

/// x + inner(x).
/// @source He, Zhang, Ren and Sun 2016, arXiv:1512.03385
template <class Inner> struct residual {
  static constexpr bool is_layer = true;
  static constexpr const char* member_names[] = {"inner"};  // in files
  Inner inner;

  constexpr auto operator()(const auto& x) const { return x + inner(x); }
};
template <class Inner> residual(Inner) -> residual<Inner>;

/// Rows of a table by their numbers, as embedding.
/// @shape [...] of integers in [0, Count) -> [..., N]
template <extent_t Count, extent_t N, class T = float> struct embedding_table {
  static constexpr bool is_layer = true;
  static constexpr const char* member_names[] = {"weight"};  // in files
  tensor<T, Count, N> weight = random::normal();

  constexpr auto operator()(const auto& indices) const { return embedding(weight, indices); }
};

}  // namespace sinter
