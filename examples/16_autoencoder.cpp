// SPDX-License-Identifier: Apache-2.0
// Digits through a narrow place: a network puts 64 pixels into 8 numbers and back, and learns to
// lose little. What it makes of ten digits that it has not seen goes to a picture in the folder
// SINTER_OUTPUT, the digits above and what came back below.

#include <sinter/report/image_grid.hpp>
#include <sinter/report/progress.hpp>
#include <sinter/training.hpp>

#include <cstdio>
#include <cstdlib>

#include "digits.hpp"

namespace st = sinter;

struct autoencoder {
  st::linear<64, 48> wide_in;
  st::linear<48, 8> narrow;
  st::linear<8, 48> wide_out;
  st::linear<48, 64> pixel;
  constexpr auto operator()(const auto& image) const {
    const auto code = narrow(silu(wide_in(image)));
    return sigmoid(pixel(silu(wide_out(code))));
  }
};

constexpr auto step = st::fused([](auto& net, auto& optimizer, auto image) {
  auto loss = mean(square(net(image) - image));
  optimizer.update(net, gradient(loss, net));
  return loss;
});

constexpr auto restore = st::fused([](const auto& net, auto image) { return net(image); });

/// The squares of what the network gets wrong, over those of a guess that knows each pixel's mean.
double share_left(const auto& image, const auto& restored) {
  double left = 0, all = 0;
  const std::int64_t count = image.extent(0);
  for (int p = 0; p < digits::pixels; ++p) {
    double centre = 0;
    for (std::int64_t i = 0; i < count; ++i)
      centre += static_cast<double>(image(i, p)) / static_cast<double>(count);
    for (std::int64_t i = 0; i < count; ++i) {
      const double x = image(i, p), y = restored(i, p);
      left += (y - x) * (y - x);
      all += (centre - x) * (centre - x);
    }
  }
  return left / all;
}

int main() try {
  constexpr int epochs = 80, batch_size = 32;
  const char* output = std::getenv("SINTER_OUTPUT");
  const std::string path = std::string(output != nullptr ? output : ".") + "/restored.svg";
  const digits::data data = digits::load("examples/data/digits.csv");
  st::random::seed(5);
  autoencoder net;
  st::adam<autoencoder> optimizer;

  constexpr int steps = (digits::train_count + batch_size - 1) / batch_size;
  st::progress bar(epochs * steps, {.unit = "images", .per_step = batch_size});
  for (int epoch = 0; epoch < epochs; ++epoch) {
    const auto order = st::shuffled(digits::train_count, 5, static_cast<unsigned>(epoch));
    for (int i = 0; i < steps; ++i) {
      optimizer.learning_rate = 4e-3f * st::cosine_decay(epoch * steps + i, epochs * steps);
      const auto first = static_cast<std::size_t>(i * batch_size);
      const auto batch = st::rows(
          data.train.pixel, std::span(order).subspan(first).first(std::min<std::size_t>(
                                batch_size, order.size() - first)));
      const float loss = step(net, optimizer, batch).item();
      bar.metric("loss", static_cast<double>(loss));
      bar.advance();
    }
  }
  bar.finish();

  const auto& unseen = data.test.pixel;
  const st::tensor restored = restore(net, unseen);
  std::vector<st::grey_image> pictures;
  for (const auto* of : {&unseen, &restored})
    for (int digit = 0; digit < 10; ++digit) {
      std::int64_t i = 0;
      while (data.test.label(i) != digit) ++i;
      const float* p = of->data() + i * digits::pixels;
      pictures.push_back({8, 8, {p, p + digits::pixels}, of == &unseen ? "given" : "restored"});
    }
  st::image_grid(pictures, {.title = "Digits from 8 numbers each", .columns = 10}).save(path);
  const double left = share_left(unseen, restored);
  std::printf("%.1f %% of the variance is left; picture: %s\n", 100 * left, path.c_str());
  return left < 0.25 ? 0 : 1;
} catch (const st::error& e) {
  std::fprintf(stderr, "autoencoder: %s\n", e.what());
  return 2;
}
