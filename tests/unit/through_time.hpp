// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Sequences, cells and states in double, for tests of gradients through time.

#include <sinter/nn.hpp>

#include <cmath>
#include <tuple>

namespace time_cases {

namespace st = sinter;

inline constexpr st::axis batch{"batch"}, moment{"moment"};
constexpr int in = 2, hidden = 3, rows = 2;
using inputs = st::tensor<double, moment, batch, in>;
using state = st::tensor<double, batch, hidden>;
using two_states = std::tuple<state, state>;
using rnn = st::rnn_cell<in, hidden, double>;
using gru = st::gru_cell<in, hidden, double>;
using lstm = st::lstm_cell<in, hidden, double>;

inline state random_state() { return st::random::uniform(-1, 1, rows); }
template <class State> State random_states() {
  if constexpr (st::is_tensor<State>) return random_state();
  else return {random_state(), random_state()};
}

/// sum(x * weight) over all tensors of a structure.
template <class S> double weighted(const S& x, const S& weight) {
  double sum = 0;
  st::for_each_tensor(
      [&](const auto& a, const auto& w) {
        for (std::int64_t i = 0; i < a.size(); ++i) sum += a.data()[i] * w.data()[i];
      },
      x, weight);
  return sum;
}

/// Central differences: off by h^2 times third derivatives, which are small here, and by rounding
/// of the sum over h.
constexpr double h = 1e-5, tolerance = 1e-8;
template <class S, class F> double off_by(S& x, const S& gradient, F&& value) {
  double worst = 0;
  st::for_each_tensor(
      [&](auto& t, const auto& g) {
        for (std::int64_t i = 0; i < t.size(); ++i) {
          const double before = t.data()[i];
          t.data()[i] = before + h;
          const double above = value();
          t.data()[i] = before - h;
          const double below = value();
          t.data()[i] = before;
          worst = std::fmax(worst, std::abs((above - below) / (2 * h) - g.data()[i]));
        }
      },
      x, gradient);
  return worst;
}

}  // namespace time_cases
