// SPDX-License-Identifier: Apache-2.0
// The main job: a network as a struct, a training step as one fused function, trained on 1,438
// handwritten digits and tested on 359 others. Pictures go to the folder SINTER_OUTPUT. Compiled by
// nvcc it trains on a GPU as well: --target cuda.

#include <sinter/cuda.hpp>
#include <sinter/nn.hpp>
#include <sinter/report/confusion.hpp>
#include <sinter/report/explain.hpp>
#include <sinter/report/plan_picture.hpp>
#include <sinter/report/plot.hpp>
#include <sinter/report/progress.hpp>

#include <cstdio>
#include <cstdlib>

#include "digits.hpp"

namespace st = sinter;

struct classifier {
  st::linear<64, 128> hidden;
  st::linear<128, 10> readout;
  constexpr auto operator()(const auto& image) const { return readout(relu(hidden(image))); }
};

constexpr auto step = st::fused([](auto& net, auto& optimizer, auto& total, auto image,
                                   auto label) {
  auto loss = cross_entropy(net(image), label);
  optimizer.update(net, gradient(mean(loss), net));
  total = total + sum(loss);
});

constexpr auto predict = st::fused([](const auto& net, auto image) { return argmax(net(image)); });

/// Network and pixels are where the training is, labels are here.
double accuracy(const classifier& net, const auto& pixel, const auto& label) {
  const auto found = predict(net, pixel).to(st::cpu);
  std::int64_t right = 0;
  for (std::int64_t i = 0; i < found.size(); ++i) right += found(i) == label(i);
  return static_cast<double>(right) / static_cast<double>(found.size());
}

void draw(const std::string& folder, const std::vector<double>& losses,
          const std::vector<double>& train, const std::vector<double>& test,
          const digits::images& images, const auto& found, const st::confusion& table) {
  st::line_plot("Training", {{.title = "Loss", .x_label = "epoch", .y_label = "cross entropy",
                              .lines = {{"train", losses}}, .logarithmic = true},
                             {.title = "Accuracy", .x_label = "epoch", .y_label = "share right",
                              .lines = {{"train", train}, {"test", test}}}})
      .save(folder + "/training.svg");
  st::heat_map(table.values(), 10, 10,
               {.title = "Test digits", .x_label = "read as", .y_label = "digit",
                .confusion = true})
      .save(folder + "/confusion.svg");
  std::vector<st::grey_image> misread;
  for (std::int64_t i = 0; i < found.size(); ++i) {
    if (found(i) == images.label(i)) continue;
    const float* p = images.pixel.data() + i * digits::pixels;
    misread.push_back({8, 8, std::vector<float>(p, p + digits::pixels),
                       std::to_string(images.label(i)) + " read as " + std::to_string(found(i))});
  }
  st::image_grid(misread, {.title = "Misread digits", .when_empty = "none was misread"})
      .save(folder + "/misread.svg");
}

int main(int argc, char** argv) try {
  constexpr int epochs = 60, batch_size = 32;
  const char* output = std::getenv("SINTER_OUTPUT");
  const std::string folder = output != nullptr ? output : ".";
  const digits::options chosen = digits::parse(argc, argv);
  const digits::data data = digits::load(chosen.path);
  st::random::seed(7);
  classifier net = st::to(chosen.target, classifier{});
  st::adamw<classifier> optimizer = st::to(chosen.target, st::adamw<classifier>{});
  const digits::data there = st::to(chosen.target, data);
  st::tensor<float> total = st::tensor<float>().to(chosen.target);
  const auto& [pixel, label] = data.train;
  std::puts(st::explain(step, net, optimizer, total, pixel, label).c_str());
  std::fflush(stdout);
  st::plan_picture(st::plan(step, net, optimizer, total, pixel, label)).save(folder + "/plan.svg");

  // A batch is gathered and sent while the step before it runs; on a GPU the step is one launch.
  digits::images gathered, batch;
  st::feed<digits::images> feed(chosen.target);
  auto train_step = st::captured(step, net, optimizer, total, batch.pixel, batch.label);

  std::vector<double> losses, train, test;
  constexpr int steps = (digits::train_count + batch_size - 1) / batch_size;
  st::progress bar(epochs * steps, {.unit = "images", .per_step = batch_size});
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const auto order = digits::shuffled(digits::train_count, 7, static_cast<unsigned>(epoch + 1));
    optimizer.learning_rate = epoch < 40 ? 2e-3f : 4e-4f;
    total = 0;
    for (int first = 0; first < digits::train_count; first += batch_size) {
      const int count = std::min(batch_size, digits::train_count - first);
      digits::gather(data.train, order, first, count, gathered);
      feed.send(gathered);
      feed.receive(batch);
      train_step();
      bar.advance();
    }
    losses.push_back(total.to(st::cpu).item() / digits::train_count);
    bar.metric("loss", losses.back());
    train.push_back(accuracy(net, there.train.pixel, data.train.label));
    test.push_back(accuracy(net, there.test.pixel, data.test.label));
  }
  bar.finish();

  const auto found = predict(net, there.test.pixel).to(st::cpu);
  st::confusion table(10);
  for (std::int64_t i = 0; i < found.size(); ++i) table.add(data.test.label(i), found(i));
  draw(folder, losses, train, test, data.test, found, table);
  std::printf("\n%s\ntest accuracy %.4f\n", table.text().c_str(), table.accuracy());
  std::printf("pictures: %s/{plan,training,confusion,misread}.svg\n", folder.c_str());
  return table.accuracy() >= 0.975 ? 0 : 1;
} catch (const st::error& e) {
  std::fprintf(stderr, "digits: %s\n", e.what());
  return 2;
}
