// SPDX-License-Identifier: Apache-2.0
// A recurrent network learns to write, letter by letter: it reads four chapters of a book as often
// as asked, guesses at each letter which comes next, and goes on from a word at last. The network
// is a cell; through_time runs it along the text, and back_through_time finds the gradient.

#include <sinter/report/progress.hpp>
#include <sinter/training.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace st = sinter;

inline constexpr st::axis batch{"batch"}, moment{"moment"};
constexpr int letters = 96, width = 192;  // a new line, and what ASCII prints
using text = st::tensor<std::int32_t, moment, batch>;
using state = st::tensor<float, batch, width>;
int number_of(char c) { return c == '\n' ? 0 : c - 31; }
char letter_of(int number) { return static_cast<char>(number == 0 ? '\n' : number + 31); }

struct network {
  st::embedding_table<letters, 64> letter;
  st::gru_cell<64, width> memory;
  st::linear<width, letters> readout;
  constexpr auto operator()(const auto& x, const auto& before) const {
    const st::symbol after = memory(letter(x), before);
    return st::emitted{readout(after), after};
  }
};

constexpr auto loss_of = st::fused([](auto scores, auto next) {
  auto loss = mean(cross_entropy(scores, next));
  return std::tuple(loss, gradient(loss, scores));
});
constexpr auto update = st::fused([](auto& net, auto& optimizer, const auto& gradient) {
  optimizer.update(net, st::clip_by_norm(gradient, 1.f));
});

// With Gumbel's noise added, the largest score is a letter drawn by the probabilities.
constexpr auto draw = st::fused([](auto scores, auto step) {
  return argmax(scores / 0.5f - log(-log(st::uniform_like(scores, 3, step))));
});

std::string write(const network& net, std::string written, int count) {
  text x(static_cast<int>(written.size()), 1);
  for (std::size_t i = 0; i < written.size(); ++i) x.data()[i] = number_of(written[i]);
  state now(1);
  for (int i = 0; i < count; ++i) {
    const auto [scores, next] = st::through_time(net, x, now);
    const auto drawn = draw(scores, i);
    x = text(1, 1);
    x(0, 0) = static_cast<std::int32_t>(drawn(drawn.extent(0) - 1, 0));
    written += letter_of(x(0, 0));
    now = next;
  }
  return written;
}

int main(int argc, char** argv) try {
  constexpr int streams = 32, length = 64;  // the book is read at 32 places side by side
  std::ifstream file("examples/data/alice.txt");
  const std::string book{std::istreambuf_iterator<char>(file), {}};
  const int part = (static_cast<int>(book.size()) - 1) / streams, steps = part / length;
  if (steps == 0) throw st::io_error("examples/data/alice.txt is missing, or too short");
  const int epochs = argc > 1 ? std::atoi(argv[1]) : 30;
  st::random::seed(8);
  network net;
  st::adam<network> optimizer;
  text x(length, streams), next(length, streams);
  double mean = 0;
  st::progress bar(epochs * steps, {.unit = "letters", .per_step = streams * length});
  for (int epoch = 0; epoch < epochs; ++epoch) {
    state now(streams);
    mean = 0;
    for (int step = 0; step < steps; ++step) {
      for (int i = 0; i < length * streams; ++i) {
        const char* at = &book[i % streams * part + step * length + i / streams];
        x.data()[i] = number_of(at[0]);
        next.data()[i] = number_of(at[1]);
      }
      optimizer.learning_rate = 5e-3f * st::cosine_decay(epoch * steps + step, epochs * steps);
      const auto run = st::forward_through_time(net, x, now);
      const auto [loss, d_scores] = loss_of(run.outputs, next);
      update(net, optimizer, st::back_through_time(net, x, run, d_scores).cell);
      now = run.state;  // the next piece begins here, and gradients end here
      mean += static_cast<double>(loss.item()) / steps;
      bar.metric("loss", static_cast<double>(loss.item()));
      bar.advance();
    }
  }
  bar.finish();
  std::printf("loss %.2f; of a guess without knowledge %.2f\n\n%s ...\n", mean,
              std::log(letters), write(net, "Alice ", 480).c_str());
  return mean < 2.2 ? 0 : 1;
} catch (const st::error& e) {
  std::fprintf(stderr, "characters: %s\n", e.what());
  return 2;
}
