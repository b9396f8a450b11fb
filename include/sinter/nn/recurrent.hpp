// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Cells of recurrent networks: from the input of one time step and the state to the next state.
/// through_time runs them along a sequence; a loop inside a fused function unrolls a short one. A
/// step is one kernel while the state has at most 256 elements. Each gate has two biases, redundant
/// but for the GRU's last, so that weights are those of PyTorch's cells, transposed and one gate
/// after another.

#include <tuple>

#include "sinter/nn/layer.hpp"
#include "sinter/ops/activation.hpp"

namespace sinter {

/// h' = tanh(W x + b + U h + c).
/// @shape  x [..., In], h [..., Hidden] -> [..., Hidden]
/// @source Elman 1990, doi:10.1207/s15516709cog1402_1
template <extent_t In, extent_t Hidden, class T = float> struct rnn_cell {
  static constexpr const char* member_names[] = {"input", "state"};  // in files
  linear<In, Hidden, T> input{.weight = lecun_uniform(), .bias = {}};
  linear<Hidden, Hidden, T> state{.weight = lecun_uniform(), .bias = {}};

  constexpr auto operator()(const auto& x, const auto& h) const {
    return tanh(input(x) + state(h));
  }
};

/// Gated recurrent unit: r and z = sigmoid(W x + b + U h + c), n = tanh(W x + b + r (U h + c)),
/// h' = (1 - z) n + z h.
/// @shape  x [..., In], h [..., Hidden] -> [..., Hidden]
/// @source Cho et al. 2014, arXiv:1406.1078, with the reset behind the product, as in PyTorch
template <extent_t In, extent_t Hidden, class T = float> struct gru_cell {
  static constexpr const char* member_names[] = {"input", "state"};  // in files
  linear<In, Hidden, T> input[3] = {{.weight = lecun_uniform(), .bias = {}},
                                    {.weight = lecun_uniform(), .bias = {}},
                                    {.weight = lecun_uniform(), .bias = {}}};
  linear<Hidden, Hidden, T> state[3] = {{.weight = lecun_uniform(), .bias = {}},
                                        {.weight = lecun_uniform(), .bias = {}},
                                        {.weight = lecun_uniform(), .bias = {}}};

  constexpr auto operator()(const auto& x, const auto& h) const {
    const symbol before = lift(h);
    const symbol reset = sigmoid(input[0](x) + state[0](before));
    const symbol kept = sigmoid(input[1](x) + state[1](before));
    const symbol candidate = tanh(input[2](x) + reset * state[2](before));
    return symbol((1 - kept) * candidate + kept * before);
  }
};

/// Long short-term memory: i, f, o = sigmoid(W x + b + U h + c), g = tanh(the same),
/// c' = f c + i g, h' = o tanh(c'). Gates are in the order i, f, g, o.
/// @shape  x [..., In], h and c [..., Hidden] -> a tuple of both
/// @source Hochreiter and Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735; forget gates of Gers,
///         Schmidhuber and Cummins 2000, doi:10.1162/089976600300015015
template <extent_t In, extent_t Hidden, class T = float> struct lstm_cell {
  static constexpr const char* member_names[] = {"input", "state"};  // in files
  linear<In, Hidden, T> input[4] = {{.weight = lecun_uniform(), .bias = {}},
                                    {.weight = lecun_uniform(), .bias = {}},
                                    {.weight = lecun_uniform(), .bias = {}},
                                    {.weight = lecun_uniform(), .bias = {}}};
  linear<Hidden, Hidden, T> state[4] = {{.weight = lecun_uniform(), .bias = {}},
                                        {.weight = lecun_uniform(), .bias = {}},
                                        {.weight = lecun_uniform(), .bias = {}},
                                        {.weight = lecun_uniform(), .bias = {}}};

  constexpr auto operator()(const auto& x, const auto& h, const auto& c) const {
    const symbol before = lift(h);
    const auto gate = [&](int i) { return symbol(input[i](x) + state[i](before)); };
    const symbol cell = sigmoid(gate(1)) * c + sigmoid(gate(0)) * tanh(gate(2));
    return std::tuple(symbol(sigmoid(gate(3)) * tanh(cell)), cell);
  }
};

}  // namespace sinter
