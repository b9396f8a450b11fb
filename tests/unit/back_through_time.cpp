// SPDX-License-Identifier: Apache-2.0

// Gradients through time, in double, against central differences of what through_time computes.

#include <doctest/doctest.h>

#include "through_time.hpp"

namespace {

using namespace time_cases;

/// All gradients of sum(outputs * w) + sum(last state * v) against differences.
template <class Cell, class State> void check_differences(std::int64_t steps) {
  CAPTURE(steps);
  Cell cell;
  inputs x = st::random::normal(steps, rows);
  State first = random_states<State>(), v = random_states<State>();
  const auto run = st::forward_through_time(cell, x, first);
  std::decay_t<decltype(run.outputs)> w = st::random::normal(steps, rows);
  const auto d = st::back_through_time(cell, x, run, w, v);
  const auto value = [&] {
    const auto [outputs, last] = st::through_time(cell, x, first);
    return weighted(outputs, w) + weighted(last, v);
  };
  CHECK(off_by(cell, d.cell, value) <= tolerance);
  CHECK(off_by(x, d.inputs, value) <= tolerance);
  CHECK(off_by(first, d.state, value) <= tolerance);
}

}  // namespace

TEST_CASE("back_through_time: a step in f32 is one kernel, whatever the number of steps") {
  using st::kernels;
  const st::tensor<float, moment, batch, in> x(1, rows);
  const st::tensor<float, batch, hidden> s(rows);
  const std::tuple both(s, s);
  static_assert(kernels(st::back_through_time, st::rnn_cell<in, hidden>(), x, s) == 1);
  static_assert(kernels(st::back_through_time, st::gru_cell<in, hidden>(), x, s) == 1);
  static_assert(kernels(st::back_through_time, st::lstm_cell<in, hidden>(), x, both) == 1);
}

TEST_CASE("back_through_time: rnn and gru cells, 0, 1 and 7 steps, against differences") {
  st::random::seed(5);
  for (const int steps : {0, 1, 7}) {
    check_differences<rnn, state>(steps);
    check_differences<gru, state>(steps);
  }
}

TEST_CASE("back_through_time: lstm cells, 0, 1 and 7 steps, against differences") {
  st::random::seed(6);
  for (const int steps : {0, 1, 7}) check_differences<lstm, two_states>(steps);
}
