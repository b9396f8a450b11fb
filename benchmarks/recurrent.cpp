// SPDX-License-Identifier: Apache-2.0
// Recurrent cells along a sequence, against LibTorch: time x batch x inputs-hidden. Time and batch
// are open extents.

#include <sinter/nn.hpp>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "accuracy.hpp"
#include "measure.hpp"
#include "peers/torch.hpp"

namespace st = sinter;
using bench::side;

inline constexpr st::axis batch{"batch"}, moment{"moment"};
constexpr std::int64_t in = 64, hidden = 128;

template <class Cell> constexpr int gates = std::extent_v<decltype(Cell::input)>;
using state = st::tensor<float, batch, hidden>;
template <class Cell>
using state_of = std::conditional_t<gates<Cell> == 4, std::tuple<state, state>, state>;

template <class Cell> struct operands {
  Cell cell;
  st::tensor<float, moment, batch, in> x;
  state_of<Cell> first;
  st::tensor<float, moment, batch, hidden> y, z;

  operands(std::int64_t time, std::int64_t rows) : x(st::random::normal(time, rows)) {
    st::for_each_tensor([&](auto& t) { t.resize(rows); }, first);
    z.resize(time, rows);
  }
};

/// The outputs of one row of the batch, in double.
template <class Cell>
std::vector<double> exact(const Cell& cell, const st::tensor<float, moment, batch, in>& x,
                          std::int64_t row) {
  constexpr int count = gates<Cell>;
  const auto logistic = [](double v) { return 1 / (1 + std::exp(-v)); };
  std::vector<double> result, h(hidden), c(hidden);
  for (std::int64_t t = 0; t < x.extent(0); ++t) {
    const std::vector<double> before = h;
    for (std::int64_t j = 0; j < hidden; ++j) {
      double a[count], b[count];
      for (int k = 0; k < count; ++k) {
        a[k] = cell.input[k].bias(j) +
               bench::exact_dot(&x(t, row, 0), 1, &cell.input[k].weight(0, j), hidden, in);
        b[k] = cell.state[k].bias(j) +
               bench::exact_dot(before.data(), 1, &cell.state[k].weight(0, j), hidden, hidden);
      }
      const auto at = static_cast<std::size_t>(j);
      if constexpr (count == 4) {
        c[at] = logistic(a[1] + b[1]) * c[at] +
                logistic(a[0] + b[0]) * std::tanh(a[2] + b[2]);
        h[at] = logistic(a[3] + b[3]) * std::tanh(c[at]);
      } else {
        const double z = logistic(a[1] + b[1]), r = logistic(a[0] + b[0]);
        h[at] = (1 - z) * std::tanh(a[2] + r * b[2]) + z * before[at];
      }
    }
    result.insert(result.end(), h.begin(), h.end());
  }
  return result;
}

template <class Cell>
bench::workload through_time(const char* name, std::int64_t time, std::int64_t rows) {
  constexpr int count = gates<Cell>;
  const auto o = std::make_shared<operands<Cell>>(time, rows);
  const double steps = static_cast<double>(time * rows);
  constexpr double weights = count * hidden * (in + hidden);
  bench::workload w{name,
                    std::to_string(time) + "x" + std::to_string(rows) + "x" + std::to_string(in) +
                        "-" + std::to_string(hidden),
                    "f32", 4 * (weights + steps * (in + hidden)), 2 * steps * weights, {}, {}};
  w.written = 4 * steps * hidden;
  w.exponentials = steps * hidden * (count == 4 ? 5 : 3);
  w.contestants.push_back({"sinter", side::ours, [o] {
    o->y = st::through_time(o->cell, o->x, o->first).outputs;
  }});
#if defined(BENCH_TORCH)
  const float *input_weights[count], *input_biases[count], *state_weights[count],
      *state_biases[count];
  for (int k = 0; k < count; ++k) {
    input_weights[k] = o->cell.input[k].weight.data();
    input_biases[k] = o->cell.input[k].bias.data();
    state_weights[k] = o->cell.state[k].weight.data();
    state_biases[k] = o->cell.state[k].bias.data();
  }
  w.contestants.push_back(
      {"LibTorch", side::peer,
       [o, run = bench::torch::through_time({time, rows, in, hidden, count, input_weights,
                                             input_biases, state_weights, state_biases},
                                            o->x.data(), o->z.data())] { run(); }});
#endif
  w.difference = [o] { return bench::difference(o->y, o->z); };
  bench::tell_errors(
      w, [o]() -> const auto& { return o->y; }, [o]() -> const auto& { return o->z; },
      {time * rows * hidden, [o, rows](std::int64_t i) {
         const std::int64_t row = i / hidden % rows, step = i / hidden / rows;
         return exact(o->cell, o->x, row)[static_cast<std::size_t>(step * hidden + i % hidden)];
       }, 33});
  return w;
}

int main(int argc, char** argv) {
  return bench::run_main(argc, argv, bench::this_cpu, [](bench::runner& runner) {
    for (const std::int64_t rows : {1, 32, 256}) {
      runner.run(through_time<st::lstm_cell<in, hidden>>("lstm", 64, rows));
      runner.run(through_time<st::gru_cell<in, hidden>>("gru", 64, rows));
    }
  });
}
