// SPDX-License-Identifier: Apache-2.0

// Recurrent cells, three time steps in one fused function, against PyTorch in double
// (recurrent_cases.py).

#include <doctest/doctest.h>

#include <sinter/nn.hpp>

#include <cmath>
#include <string_view>
#include <tuple>

namespace st = sinter;

namespace {

inline constexpr st::axis batch{"batch"};
using input = st::tensor<float, batch, 3>;
using state = st::tensor<float, batch, 4>;

struct one_case {
  const char* name;
  double values[8];
};
const one_case cases[] = {
#include "recurrent_cases.inc"
};

void check(const state& h, std::string_view name) {
  for (const one_case& c : cases)
    if (c.name == name)
      for (int i = 0; i < 8; ++i) {
        CAPTURE(i);
        // Values of at most 1, from sums of at most 9 products of at most 1, three times over.
        CHECK(std::abs(h.data()[i] - c.values[i]) <= 3 * 9 * 6e-8);
      }
}

int number = 0;
template <class Tensor> void fill(Tensor& t) {
  for (std::int64_t i = 0; i < t.size(); ++i)
    t.data()[i] = static_cast<float>(std::sin(3.0 * number++));
}
template <class Cell> Cell filled() {
  Cell cell;
  number = 0;
  st::for_each_tensor([](auto& t) { fill(t); }, cell);
  return cell;
}
struct sequence {
  input at[3] = {input(2), input(2), input(2)};
};
sequence filled_sequence() {
  sequence x;
  number = 1000;
  for (input& now : x.at) fill(now);
  return x;
}

constexpr auto run = st::fused([](const auto& cell, const auto& x, auto h) {
  st::symbol next = lift(h);
  for (const auto& now : x.at) next = cell(now, next);
  return next;
});

// A time step is one kernel: products of the input and of the state follow one another.
constexpr auto step = st::fused([](const auto& cell, auto... x) { return cell(x...); });
const st::rnn_cell<3, 4> rnn;
const st::gru_cell<3, 4> gru;
const st::lstm_cell<3, 4> lstm;
const input one_input(2);
const state one_state(2);
static_assert(st::kernels(step, rnn, one_input, one_state) == 1);
static_assert(st::kernels(step, gru, one_input, one_state) == 1);
static_assert(st::kernels(step, lstm, one_input, one_state, one_state) == 1);

}  // namespace

TEST_CASE("rnn and gru cells: three steps against PyTorch") {
  const sequence x = filled_sequence();
  state h(2);
  h.clear();
  check(run(filled<st::rnn_cell<3, 4>>(), x, h), "rnn");
  check(run(filled<st::gru_cell<3, 4>>(), x, h), "gru");
}

TEST_CASE("lstm cell: three steps against PyTorch") {
  constexpr auto run_lstm = st::fused([](const auto& cell, const auto& x, auto h, auto c) {
    auto now = std::tuple(st::symbol(lift(h)), st::symbol(lift(c)));
    for (const auto& in : x.at) now = cell(in, std::get<0>(now), std::get<1>(now));
    return now;
  });
  const sequence x = filled_sequence();
  state zero(2);
  zero.clear();
  const auto [h, c] = run_lstm(filled<st::lstm_cell<3, 4>>(), x, zero, zero);
  check(h, "lstm");
  check(c, "lstm_cell");
}
