// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A small network and its training step by hand, in double.

#include <doctest/doctest.h>

#include <sinter/nn.hpp>

#include <cmath>

namespace training_cases {

namespace st = sinter;
using st::dyn;

struct parameters {
  st::tensor<float, 2> w{1, -2};
  st::tensor<float, dyn> none;  // an empty tensor is finite
  st::tensor<std::int32_t> count = 3;
};

struct model {
  st::linear<3, 4> hidden;
  st::linear<4, 1> last;
  constexpr auto operator()(const auto& x) const { return last(tanh(hidden(x))); }
};

/// One step of SGD without momentum on mean((net(x) - want)^2), in double.
struct model_in_double {
  double w[3][4], b[4], v[4], c;
  explicit model_in_double(const model& m) : c(m.last.bias(0)) {
    for (int j = 0; j < 4; ++j) {
      for (int k = 0; k < 3; ++k) w[k][j] = m.hidden.weight(k, j);
      b[j] = m.hidden.bias(j);
      v[j] = m.last.weight(j, 0);
    }
  }
  double step(const st::tensor<float, dyn, 3>& x, const st::tensor<float, dyn, 1>& want,
              double rate) {
    const auto rows = static_cast<int>(x.extent(0));
    double loss = 0, gw[3][4]{}, gb[4]{}, gv[4]{}, gc = 0;
    for (int i = 0; i < rows; ++i) {
      double h[4], y = c;
      for (int j = 0; j < 4; ++j) {
        h[j] = b[j];
        for (int k = 0; k < 3; ++k) h[j] += double{x(i, k)} * w[k][j];
        h[j] = std::tanh(h[j]);
        y += h[j] * v[j];
      }
      const double error = y - double{want(i, 0)}, g = 2 * error / rows;
      loss += error * error / rows;
      gc += g;
      for (int j = 0; j < 4; ++j) {
        gv[j] += g * h[j];
        const double d = g * v[j] * (1 - h[j] * h[j]);
        gb[j] += d;
        for (int k = 0; k < 3; ++k) gw[k][j] += d * double{x(i, k)};
      }
    }
    c -= rate * gc;
    for (int j = 0; j < 4; ++j) {
      v[j] -= rate * gv[j];
      b[j] -= rate * gb[j];
      for (int k = 0; k < 3; ++k) w[k][j] -= rate * gw[k][j];
    }
    return loss;
  }
  double furthest(const model& m) const {
    double most = std::abs(c - double{m.last.bias(0)});
    for (int j = 0; j < 4; ++j) {
      most = std::fmax(most, std::abs(b[j] - double{m.hidden.bias(j)}));
      most = std::fmax(most, std::abs(v[j] - double{m.last.weight(j, 0)}));
      for (int k = 0; k < 3; ++k)
        most = std::fmax(most, std::abs(w[k][j] - double{m.hidden.weight(k, j)}));
    }
    return most;
  }
};

}  // namespace training_cases
