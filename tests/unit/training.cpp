// SPDX-License-Identifier: Apache-2.0

// Checkpoints, to the bit; batches, accuracy, early stopping, interruption.

#include "unit/files.hpp"

#include <sinter/training.hpp>

#include <signal.h>

#include <cmath>
#include <cstring>
#include <vector>

namespace st = sinter;
using st::dyn;

namespace {

inline constexpr st::axis batch{"batch"};

struct network {
  st::linear<3, 4> hidden;
  st::linear<4, 2> last;
  constexpr auto operator()(const auto& x) const { return last(tanh(hidden(x))); }
};
struct wider {
  st::linear<3, 5> hidden;
  st::linear<5, 2> last;
};

constexpr auto step = st::fused([](auto& net, auto& optimizer, auto x, auto want) {
  auto loss = mean(square(net(x) - want));
  optimizer.update(net, gradient(loss, net));
  return loss;
});

/// Steps on batches that the random numbers decide.
void train(network& net, st::adamw<network>& optimizer, int steps) {
  for (int i = 0; i < steps; ++i) {
    const st::tensor<float, batch, 3> x = st::random::normal(8);
    const st::tensor<float, batch, 2> want = st::random::normal(8);
    (void)step(net, optimizer, x, want);
  }
}

template <class Structure> std::string bits(const Structure& x) {
  std::string all;
  st::for_each_tensor(
      [&](const auto& t) {
        all.append(reinterpret_cast<const char*>(t.data()),
                   static_cast<std::size_t>(t.size()) * sizeof(*t.data()));
      },
      x);
  return all;
}

}  // namespace

TEST_CASE("checkpoint: 10 steps, saved, 10 more are the bits of those after loading") {
  const test_folder here("SINTER_CHECKPOINT_FOLDER");
  st::random::seed(5);
  network net;
  st::adamw<network> optimizer;
  train(net, optimizer, 10);
  st::save_checkpoint(here.file("c.safetensors"), net, optimizer, 10);
  train(net, optimizer, 10);

  st::random::seed(77);
  network again;
  st::adamw<network> other;
  train(again, other, 3);
  CHECK(st::load_checkpoint(here.file("c.safetensors"), again, other) == 10);
  CHECK(bits(again) != bits(net));
  train(again, other, 10);
  CHECK(bits(again) == bits(net));
  CHECK(bits(other) == bits(optimizer));

  const auto names = st::safetensors_file(here.file("c.safetensors")).names();
  CHECK(std::find(names.begin(), names.end(), "network.0.weight") != names.end());
}

TEST_CASE("checkpoint: another network's changes nothing, and says what is wrong") {
  const test_folder here("SINTER_CHECKPOINT_FOLDER");
  const wider wide;
  st::save_checkpoint(here.file("w.safetensors"), wide, st::adamw<wider>{}, 1);
  network net;
  st::adamw<network> optimizer;
  st::sgd<network> plain;
  const std::string before = bits(net);
  st::random::seed(3);
  check_says(io_mistake([&] {
               (void)st::load_checkpoint(here.file("w.safetensors"), net, optimizer);
             }),
             "its extents are [3, 5], and the tensor's [3, 4]");
  st::save_checkpoint(here.file("n.safetensors"), network{}, optimizer, 1);
  check_says(io_mistake([&] {
               (void)st::load_checkpoint(here.file("n.safetensors"), net, plain);
             }),
             "it has no tensor 'optimizer.2.0.weight'");
  check_says(io_mistake([&] {
               (void)st::load_checkpoint(here.file("none.safetensors"), net, plain);
             }),
             "No such file");
  CHECK(bits(net) == before);
}

TEST_CASE("shuffled: every number once, the same for the same seed and epoch; rows") {
  const auto order = st::shuffled(100, 1, 2);
  CHECK(order == st::shuffled(100, 1, 2));
  CHECK(order != st::shuffled(100, 1, 3));
  CHECK(order != st::shuffled(100, 2, 2));
  std::vector<int> seen(100);
  for (const auto i : order) ++seen.at(static_cast<std::size_t>(i));
  CHECK(seen == std::vector<int>(100, 1));
  CHECK(st::shuffled(0, 1).empty());
  // Of 24 orders of four each comes about 250 times in 6,000 epochs: within five deviations.
  std::map<std::vector<std::int64_t>, int> found;
  for (std::uint64_t epoch = 0; epoch < 6000; ++epoch) ++found[st::shuffled(4, 9, epoch)];
  CHECK(found.size() == 24);
  for (const auto& [o, count] : found) CHECK(std::abs(count - 250) < 5 * std::sqrt(250.0));

  const st::tensor<float, batch, 2> x = st::random::normal(5);
  const std::int64_t which[] = {4, 0, 4};
  const auto some = st::rows(x, which);
  REQUIRE(some.extent(0) == 3);
  CHECK((some(0, 1) == x(4, 1) && some(1, 0) == x(0, 0) && some(2, 1) == x(4, 1)));
  CHECK(st::rows(x, std::span<const std::int64_t>()).size() == 0);
  const std::int64_t outside[] = {5};
  CHECK_THROWS_WITH_AS((void)st::rows(x, outside), "rows: there is no row 5 of 5", st::shape_error);
}

TEST_CASE("accuracy: the greatest and the k greatest, ties, NaN, labels that are no class") {
  const float nan = std::nanf("");
  const st::tensor<float, 5, 3> scores{3, 2, 1, 1, 1, 0, nan, 2, 1, 0, 0, 0, 1, 2, 3};
  const st::tensor<int, 5> labels{1, 0, 1, 2, -1};
  // Ranks from 0: 1; 0, the first of two equals; 1, behind NaN; 2; none.
  CHECK(st::accuracy(scores, labels) == 1 / 5.0);
  CHECK(st::accuracy(scores, labels, 2) == 3 / 5.0);
  CHECK(st::accuracy(scores, labels, 3) == 4 / 5.0);
  const st::tensor<float, dyn, 3> none(0);
  const st::tensor<int, dyn> no_labels(0);
  CHECK(std::isnan(st::accuracy(none, no_labels)));
  CHECK_THROWS_AS((void)st::accuracy(scores, no_labels), st::shape_error);
  CHECK_THROWS_AS((void)st::accuracy(scores, labels, 0), st::value_error);
}

TEST_CASE("early stopping: after so many losses without a fall; interruption: by a signal") {
  st::early_stopping stopping{.patience = 2, .least = 0.1};
  const double losses[] = {1, 0.95, 0.8, 0.75, std::nan(""), 0.1};
  const bool stops[] = {false, false, false, false, true, false};
  for (int i = 0; i < 6; ++i) CHECK(stopping(losses[i]) == stops[i]);
  CHECK(stopping.best == 0.1);

  CHECK(!st::interrupted());
  ::raise(SIGINT);
  CHECK(st::interrupted());
}
