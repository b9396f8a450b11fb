// SPDX-License-Identifier: Apache-2.0

// Gradients through time, in double, against those of the same steps unrolled in one graph.

#include <doctest/doctest.h>

#include <cmath>

#include "through_time.hpp"

namespace {

using namespace time_cases;

/// The largest difference of two structures' elements.
template <class S> double difference(const S& a, const S& b) {
  double worst = 0;
  st::for_each_tensor(
      [&](const auto& x, const auto& y) {
        REQUIRE(x.size() == y.size());
        for (std::int64_t i = 0; i < x.size(); ++i)
          worst = std::fmax(worst, std::abs(double(x.data()[i]) - double(y.data()[i])));
      },
      a, b);
  return worst;
}

/// `Steps` is part of the type: more of them are a longer graph.
template <int Steps> struct sequence {
  static constexpr int steps = Steps;
  st::tensor<double, batch, in> x[Steps];
  st::tensor<double, batch, hidden> weight[Steps];
};

/// The same loss as one graph with all steps, and its gradient.
constexpr auto unrolled = st::fused([](const auto& cell, const auto& all, const auto& first,
                                       const auto& v) {
  constexpr bool two = !st::is_tensor<std::decay_t<decltype(first)>> &&
                       st::detail::tuple_like<std::decay_t<decltype(first)>>;
  st::symbol loss;
  if constexpr (two) {
    auto now = std::tuple(std::get<0>(first).traced(), std::get<1>(first).traced());
    for (int t = 0; t < all.steps; ++t) {
      now = cell(st::lift(all.x[t]), std::get<0>(now), std::get<1>(now));
      const st::symbol own = sum(std::get<0>(now) * all.weight[t]);
      loss = t == 0 ? own : st::symbol(loss + own);
    }
    loss = loss + sum(std::get<0>(now) * std::get<0>(v)) + sum(std::get<1>(now) * std::get<1>(v));
  } else {
    st::symbol now = lift(first);
    for (int t = 0; t < all.steps; ++t) {
      now = cell(st::lift(all.x[t]), now);
      const st::symbol own = sum(now * all.weight[t]);
      loss = t == 0 ? own : st::symbol(loss + own);
    }
    loss = loss + sum(now * v);
  }
  return std::tuple(gradient(loss, cell), gradient(loss, all), gradient(loss, first));
});

template <class Cell, class State, int Steps> void check_unrolled() {
  const Cell cell;
  const inputs x = st::random::normal(Steps, rows);
  const State first = random_states<State>(), v = random_states<State>();
  const auto run = st::forward_through_time(cell, x, first);
  std::decay_t<decltype(run.outputs)> w = st::random::normal(Steps, rows);
  sequence<Steps> all;
  for (int t = 0; t < Steps; ++t) {
    all.x[t] = st::tensor_view<const double, batch, in>(x.data() + t * rows * in, rows);
    all.weight[t] =
        st::tensor_view<const double, batch, hidden>(w.data() + t * rows * hidden, rows);
  }
  const auto d = st::back_through_time(cell, x, run, w, v);
  const auto [d_cell, d_all, d_first] = unrolled(cell, all, first, v);
  // The same products and sums in another order: values of at most 10, sums of at most 30 terms.
  constexpr double rounding = 30 * 10 * 2.3e-16;
  CHECK(difference(d.cell, d_cell) <= rounding);
  CHECK(difference(d.state, d_first) <= rounding);
  double worst = 0;
  for (int t = 0; t < Steps; ++t)
    for (int i = 0; i < rows * in; ++i)
      worst = std::fmax(worst, std::abs(d.inputs.data()[t * rows * in + i] -
                                        d_all.x[t].data()[i]));
  CHECK(worst <= rounding);
}

}  // namespace

TEST_CASE("back_through_time: two and three steps against the same unrolled in one graph") {
  st::random::seed(7);
  check_unrolled<rnn, state, 3>();
  check_unrolled<gru, state, 2>();
  check_unrolled<lstm, two_states, 2>();
}
