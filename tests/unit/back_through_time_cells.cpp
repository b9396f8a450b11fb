// SPDX-License-Identifier: Apache-2.0

// Gradients through time beyond plain cells: what goes out is no state, cells are stacked, the
// sequence comes in parts or is refused.

#include <doctest/doctest.h>

#include <cmath>

#include "through_time.hpp"

namespace {

using namespace time_cases;

/// Characters as numbers, whose input layer is a table, and a score that is no state.
struct character_cell {
  st::embedding_table<4, in, double> table;
  rnn inner;
  st::linear<hidden, 2, double> score;
  constexpr auto operator()(const auto& x, const auto& before) const {
    const st::symbol next = inner(table(x), before);
    return st::emitted{score(next), next};
  }
};

/// A state that is a structure, with an integer in it, which has no gradient.
struct leak_state {
  st::tensor<double, batch> level;
  st::tensor<int, 1> count;
};
struct leak_cell {
  st::tensor<double> rate = 0.5;
  constexpr auto operator()(const auto& x, const leak_state& s) const {
    leak_state next;
    next.level = rate * s.level + x * s.count;
    next.count = s.count + 1;
    return st::emitted{st::symbol(exp(next.level.traced())), next};
  }
};

}  // namespace

TEST_CASE("back_through_time: a sequence of integers, an output that is no state") {
  character_cell cell;
  st::tensor<int, moment, batch> x(5, rows);
  for (int i = 0; i < 5 * rows; ++i) x.data()[i] = i * i % 4;
  state first = random_state();
  const auto run = st::forward_through_time(cell, x, first);
  const st::tensor<double, moment, batch, 2> w = st::random::normal(5, rows);
  const auto d = st::back_through_time(cell, x, run, w);
  const auto value = [&] { return weighted(st::through_time(cell, x, first).outputs, w); };
  CHECK(off_by(cell, d.cell, value) <= tolerance);
  CHECK(off_by(first, d.state, value) <= tolerance);
  static_assert(std::tuple_size_v<decltype(d.inputs)> == 0);

  x(3, 1) = 4;  // found at its step; nothing that the caller holds has changed
  CHECK_THROWS_AS((void)st::through_time(cell, x, first), st::value_error);
}

TEST_CASE("back_through_time: a state that is a structure with integers, inputs of rank 1") {
  leak_cell cell;
  st::tensor<double, st::dyn, batch> x = st::random::uniform(-0.2, 0.2, 4, rows);
  leak_state first{st::random::uniform(-1, 1, rows), {1}};
  const auto run = st::forward_through_time(cell, x, first);
  const st::tensor<double, st::dyn, batch> w = st::random::normal(4, rows);
  const auto d = st::back_through_time(cell, x, run, w);
  const auto value = [&] { return weighted(st::through_time(cell, x, first).outputs, w); };
  CHECK(run.state.count(0) == 5);
  CHECK(off_by(cell, d.cell, value) <= tolerance);
  CHECK(off_by(x, d.inputs, value) <= tolerance);
  CHECK(off_by(first.level, d.state.level, value) <= tolerance);
  CHECK(d.state.count(0) == 0);
}

TEST_CASE("back_through_time: stacked cells against differences") {
  st::stacked<lstm, st::rnn_cell<hidden, 2, double>> cell;
  inputs x = st::random::normal(4, rows);
  std::tuple first(random_states<two_states>(),
                   st::tensor<double, batch, 2>(st::random::normal(rows)));
  const auto run = st::forward_through_time(cell, x, first);
  const st::tensor<double, moment, batch, 2> w = st::random::normal(4, rows);
  const auto d = st::back_through_time(cell, x, run, w);
  const auto value = [&] { return weighted(st::through_time(cell, x, first).outputs, w); };
  CHECK(off_by(cell, d.cell, value) <= tolerance);
  CHECK(off_by(x, d.inputs, value) <= tolerance);
  CHECK(off_by(first, d.state, value) <= tolerance);
}

TEST_CASE("back_through_time: two parts, the second one's gradient handed to the first") {
  const gru cell;
  const inputs x = st::random::normal(6, rows);
  const state first = random_state();
  const auto whole = st::forward_through_time(cell, x, first);
  std::decay_t<decltype(whole.outputs)> w = st::random::normal(6, rows);
  const auto want = st::back_through_time(cell, x, whole, w);

  // The parts are views; their gradients are tensors.
  const auto a = st::forward_through_time(cell, x.slice(0, 0, 3), first);
  const auto b = st::forward_through_time(cell, x.slice(0, 3, 6), a.state);
  const auto db = st::back_through_time(cell, x.slice(0, 3, 6), b, w.slice(0, 3, 6));
  const auto da = st::back_through_time(cell, x.slice(0, 0, 3), a, w.slice(0, 0, 3), db.state);
  double worst = 0;
  for (int i = 0; i < rows * hidden; ++i) {
    worst = std::fmax(worst, std::abs(b.state.data()[i] - whole.state.data()[i]));
    worst = std::fmax(worst, std::abs(da.state.data()[i] - want.state.data()[i]));
  }
  for (int i = 0; i < hidden; ++i)
    worst = std::fmax(worst, std::abs(da.cell.state[2].bias(i) + db.cell.state[2].bias(i) -
                                      want.cell.state[2].bias(i)));
  for (int t = 0; t < 6; ++t)
    for (int i = 0; i < rows * in; ++i) {
      const auto& own = t < 3 ? da.inputs : db.inputs;
      worst = std::fmax(worst, std::abs(own.data()[t % 3 * rows * in + i] -
                                        want.inputs.data()[t * rows * in + i]));
    }
  CHECK(worst <= 1e-14);  // sums of some tens of terms of about 1 in another order
}

TEST_CASE("back_through_time: sequences and gradients of other lengths are refused") {
  const rnn cell;
  const inputs x(4, rows);
  const auto run = st::forward_through_time(cell, x, state(rows));
  std::decay_t<decltype(run.outputs)> w(3, rows), wide(4, rows + 1);
  CHECK_THROWS_AS((void)st::back_through_time(cell, x, run, w), st::shape_error);
  CHECK_THROWS_AS((void)st::back_through_time(cell, x, run, wide), st::shape_error);
  CHECK_THROWS_AS((void)st::back_through_time(cell, inputs(3, rows), run, run.outputs),
                  st::shape_error);
}
