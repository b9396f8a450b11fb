// SPDX-License-Identifier: Apache-2.0

// Cells along sequences against plain loops in double, and one step's kernels.

#include <doctest/doctest.h>

#include <sinter/nn.hpp>
#include <sinter/report/explain.hpp>

#include <cmath>
#include <string>
#include <tuple>
#include <vector>

namespace st = sinter;

namespace {

inline constexpr st::axis batch{"batch"}, moment{"moment"};
constexpr int in = 3, hidden = 5;
using inputs = st::tensor<float, moment, batch, in>;
using state = st::tensor<float, batch, hidden>;
using two_states = std::tuple<state, state>;

using row = std::vector<double>;

/// A layer of a cell in double, on one row.
template <class Layer> row apply(const Layer& layer, const row& x) {
  const auto width = static_cast<std::size_t>(layer.bias.extent(0));
  row y(width);
  for (std::size_t j = 0; j < width; ++j) {
    y[j] = static_cast<double>(layer.bias.data()[j]);
    for (std::size_t i = 0; i < x.size(); ++i)
      y[j] += x[i] * static_cast<double>(layer.weight.data()[i * width + j]);
  }
  return y;
}
double logistic(double x) { return 1 / (1 + std::exp(-x)); }

/// The formulas of the cells, written once more: the state of one row after a step. A state is h,
/// and for the LSTM c behind it.
row after(const st::rnn_cell<in, hidden>& cell, const row& x, const row& h) {
  row a = apply(cell.input, x), b = apply(cell.state, h);
  for (std::size_t j = 0; j < a.size(); ++j) a[j] = std::tanh(a[j] + b[j]);
  return a;
}
row after(const st::gru_cell<in, hidden>& cell, const row& x, const row& h) {
  row next(h.size());
  row a[3], b[3];
  for (int k = 0; k < 3; ++k) a[k] = apply(cell.input[k], x), b[k] = apply(cell.state[k], h);
  for (std::size_t j = 0; j < h.size(); ++j) {
    const double r = logistic(a[0][j] + b[0][j]), z = logistic(a[1][j] + b[1][j]);
    next[j] = (1 - z) * std::tanh(a[2][j] + r * b[2][j]) + z * h[j];
  }
  return next;
}
row after(const st::lstm_cell<in, hidden>& cell, const row& x, const row& both) {
  const row h(both.begin(), both.begin() + hidden);
  row next(both.size()), a[4], b[4];
  for (int k = 0; k < 4; ++k) a[k] = apply(cell.input[k], x), b[k] = apply(cell.state[k], h);
  for (std::size_t j = 0; j < h.size(); ++j) {
    const double c = logistic(a[1][j] + b[1][j]) * both[hidden + j] +
                     logistic(a[0][j] + b[0][j]) * std::tanh(a[2][j] + b[2][j]);
    next[hidden + j] = c;
    next[j] = logistic(a[3][j] + b[3][j]) * std::tanh(c);
  }
  return next;
}

row start_of(const state& s, std::int64_t b) {
  const float* p = s.data() + b * hidden;
  return row(p, p + hidden);
}
row start_of(const two_states& s, std::int64_t b) {
  row both = start_of(std::get<0>(s), b);
  const row c = start_of(std::get<1>(s), b);
  both.insert(both.end(), c.begin(), c.end());
  return both;
}

state random_state(int rows) { return st::random::uniform(-1, 1, rows); }
template <class State> State initial(int rows) {
  if constexpr (st::is_tensor<State>) return random_state(rows);
  else return {random_state(rows), random_state(rows)};
}

/// Values of at most 1 from sums of 10 products of at most 1. What a step is off by reaches the
/// next one with a factor of less than 2 in these cells, and so adds up to little more.
constexpr double tolerance = 16 * 10 * 6e-8;

/// All steps of a cell against the formulas.
template <class Cell, class State> void check(std::int64_t steps, int rows) {
  CAPTURE(steps);
  CAPTURE(rows);
  const Cell cell;
  const inputs x = st::random::uniform(-1, 1, steps, rows);
  const State first = initial<State>(rows);
  const auto [outputs, last] = st::through_time(cell, x, first);
  const auto kept = st::forward_through_time(cell, x, first);
  REQUIRE(outputs.extent(0) == steps);
  REQUIRE(outputs.extent(1) == rows);
  double worst = 0;
  for (std::int64_t b = 0; b < rows; ++b) {
    row s = start_of(first, b);
    for (std::int64_t t = 0; t < steps; ++t) {
      const float* p = x.data() + (t * rows + b) * in;
      s = after(cell, row(p, p + in), s);
      for (int j = 0; j < hidden; ++j)
        worst = std::fmax(worst, std::abs(s[static_cast<std::size_t>(j)] -
                                          static_cast<double>(outputs(t, b, j))));
    }
    const row found = start_of(last, b);
    for (std::size_t j = 0; j < s.size(); ++j) worst = std::fmax(worst, std::abs(s[j] - found[j]));
    CHECK(start_of(kept.state, b) == found);
  }
  CHECK(worst <= tolerance);
  for (std::int64_t i = 0; i < outputs.size(); ++i)
    REQUIRE(kept.outputs.data()[i] == outputs.data()[i]);
}

/// Steps are counted, in integers, beside a state that leaks: a state that is a structure, and an
/// output that is no part of it.
struct leak_state {
  st::tensor<double, batch> level;
  st::tensor<int, 1> count;
};
struct leak_cell {
  st::tensor<double> rate = 0.5;
  constexpr auto operator()(const auto& x, const leak_state& s) const {
    leak_state next = s;
    next.level = rate * s.level + x;
    next.count = s.count + 1;
    return st::emitted{st::symbol(next.level.traced() * 10 + next.count), next};
  }
};

}  // namespace

TEST_CASE("through_time: cells over 0, 1, 2 and 9 steps, rows 0, 1 and 7, against double") {
  st::random::seed(11);
  const inputs x(2, 2);
  const state h(2);
  const two_states both(h, h);
  static_assert(st::kernels(st::through_time, st::rnn_cell<in, hidden>(), x, h) == 1);
  static_assert(st::kernels(st::through_time, st::gru_cell<in, hidden>(), x, h) == 1);
  static_assert(st::kernels(st::through_time, st::lstm_cell<in, hidden>(), x, both) == 1);
  const st::lstm_cell<in, hidden> cell;
  const std::string plan = st::explain(st::plan(st::through_time, cell, x, both));
  CHECK(plan.find("plan: 1 kernel\n") == 0);
  for (const int steps : {0, 1, 2, 9})
    for (const int rows : {0, 1, 7}) {
      check<st::rnn_cell<in, hidden>, state>(steps, rows);
      check<st::gru_cell<in, hidden>, state>(steps, rows);
      check<st::lstm_cell<in, hidden>, two_states>(steps, rows);
    }
}

TEST_CASE("through_time: a state that is a structure, an output beside it, rank 1 inputs") {
  const leak_cell cell;
  st::tensor<double, st::dyn, batch> x(4, 2);
  for (int t = 0; t < 4; ++t) x(t, 0) = t, x(t, 1) = 1;
  leak_state first{st::tensor<double, batch>(2), st::tensor<int, 1>{5}};
  first.level(0) = 8;
  const auto [y, last] = st::through_time(cell, x, first);
  static_assert(std::is_same_v<decltype(y), const st::tensor<double, st::dyn, batch>>);
  double level = 8;
  for (int t = 0; t < 4; ++t) {
    level = level / 2 + t;
    CHECK(y(t, 0) == level * 10 + 6 + t);
  }
  CHECK(last.level(0) == level);
  CHECK(last.count(0) == 9);
  CHECK(first.count(0) == 5);
  CHECK(first.level(0) == 8);

  const st::tensor<double, st::dyn, batch> none(0, 2);
  const auto [nothing, same] = st::through_time(cell, none, first);
  CHECK(nothing.extent(0) == 0);
  CHECK(nothing.extent(1) == 2);
  CHECK(same.level(0) == 8);
  CHECK(same.count(0) == 5);
}

TEST_CASE("through_time: views, backwards and with time as their second axis") {
  const st::rnn_cell<in, hidden> cell;
  const inputs x = st::random::normal(6, 2);
  const state first = random_state(2);
  inputs turned(6, 2);
  st::tensor<float, batch, moment, in> rows_first(2, 6);
  for (int t = 0; t < 6; ++t)
    for (int b = 0; b < 2; ++b)
      for (int j = 0; j < in; ++j)
        rows_first(b, t, j) = turned(5 - t, b, j) = x(t, b, j);
  const auto want = st::through_time(cell, x, first);
  const auto want_turned = st::through_time(cell, turned, first);

  const std::int64_t extents[st::max_rank] = {6, 2, in};
  const std::int64_t backwards[st::max_rank] = {-2 * in, in, 1};
  const std::int64_t across[st::max_rank] = {in, 6 * in, 1};
  using view = st::tensor_view<const float, moment, batch, in>;
  const auto found_turned =
      st::through_time(cell, view(x.data() + 5 * 2 * in, extents, backwards), first);
  const auto found = st::through_time(cell, view(rows_first.data(), extents, across), first);
  for (std::int64_t i = 0; i < want.outputs.size(); ++i) {
    CHECK(found.outputs.data()[i] == want.outputs.data()[i]);
    CHECK(found_turned.outputs.data()[i] == want_turned.outputs.data()[i]);
  }
}

TEST_CASE("through_time: stacked cells are the cells one after the other") {
  const st::stacked<st::lstm_cell<in, hidden>, st::rnn_cell<hidden, hidden>,
                    st::gru_cell<hidden, 2>>
      cell;
  const st::tensor<float, 4, batch, in> x = st::random::normal(3);
  const two_states lower = initial<two_states>(3);
  const state middle = random_state(3);
  const st::tensor<float, batch, 2> upper = st::random::normal(3);
  const auto [y, last] = st::through_time(cell, x, std::tuple(lower, middle, upper));
  static_assert(std::is_same_v<decltype(y), const st::tensor<float, 4, batch, 2>>);

  const auto a = st::through_time(std::get<0>(cell.cells), x, lower);
  const auto b = st::through_time(std::get<1>(cell.cells), a.outputs, middle);
  const auto c = st::through_time(std::get<2>(cell.cells), b.outputs, upper);
  for (std::int64_t i = 0; i < y.size(); ++i)
    CHECK(std::abs(y.data()[i] - c.outputs.data()[i]) <= tolerance);
  const auto close = [](const auto& s, const auto& t) {
    for (std::int64_t i = 0; i < s.size(); ++i)
      CHECK(std::abs(s.data()[i] - t.data()[i]) <= tolerance);
  };
  close(std::get<1>(std::get<0>(last)), std::get<1>(a.state));
  close(std::get<1>(last), b.state);
  close(std::get<2>(last), c.state);
}

TEST_CASE("through_time: extents that disagree are found before a step, and without steps") {
  const st::gru_cell<in, hidden> cell;
  for (const int steps : {0, 3}) {
    const inputs x(steps, 2);
    const state h(3);
    std::string what;
    try {
      (void)st::through_time(cell, x, h);
    } catch (const st::shape_error& e) {
      what = e.what();
    }
    CHECK(what.find("3") != std::string::npos);
    CHECK(what.find("2") != std::string::npos);
  }
  inputs x(3, 2);
  const inputs taken = std::move(x);
  state h(2);
  CHECK_THROWS_AS((void)st::through_time(cell, x, h), st::value_error);
  const state held = std::move(h);
  CHECK_THROWS_AS((void)st::through_time(cell, taken, h), st::value_error);
  CHECK_NOTHROW((void)st::through_time(cell, taken, held));
}
