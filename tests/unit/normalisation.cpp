// SPDX-License-Identifier: Apache-2.0

// Layers that normalise, residuals and tables, against loops in double.

#include <doctest/doctest.h>

#include <sinter/nn.hpp>

#include <cmath>

namespace st = sinter;
using st::dyn;

namespace {

constexpr int rows = 7, columns = 5;
using matrix = st::tensor<float, dyn, columns>;
using norm_layer = st::batch_normalisation<columns>;

matrix sample(int seed) {
  matrix x(rows);
  for (int i = 0; i < rows * columns; ++i)
    x.data()[i] = std::sin(static_cast<float>(i * 3 + seed)) * 2 + static_cast<float>(i % columns);
  return x;
}

struct moments {
  double mean = 0, squares = 0;  // the second about the mean
};
template <class F> moments moments_of(int count, F value) {
  moments m;
  for (int i = 0; i < count; ++i) m.mean += value(i) / count;
  for (int i = 0; i < count; ++i) m.squares += (value(i) - m.mean) * (value(i) - m.mean);
  return m;
}

constexpr auto learn = st::fused([](auto& norm, auto x) { return norm.learn(x, 0.25f); });
constexpr auto infer = st::fused([](const auto& norm, auto x) { return norm(x); });
constexpr auto slopes = st::fused([](auto norm, auto x, auto g) {
  auto loss = sum(norm.learn(x, 0.25f) * g);
  return std::tuple(gradient(loss, x), gradient(loss, norm.scale), gradient(loss, norm.shift));
});

// Roundings of float, of some dozen operations on numbers below 10.
doctest::Approx near(double x) { return doctest::Approx(x).epsilon(2e-5); }

}  // namespace

TEST_CASE("normalisation: by rows") {
  const matrix x = sample(1);
  st::layer_normalisation<columns> by_mean;
  st::rms_normalisation<columns> by_square;
  by_mean.bias(2) = 0.5f;
  by_square.weight(3) = 2;
  const st::tensor y = infer(by_mean, x), z = infer(by_square, x);
  for (int i = 0; i < rows; ++i) {
    const auto at = [&](int j) { return double{x(i, j)}; };
    const moments m = moments_of(columns, at);
    const double square = m.squares / columns + m.mean * m.mean;
    for (int j = 0; j < columns; ++j) {
      const double centred = (at(j) - m.mean) / std::sqrt(m.squares / columns + 1e-5);
      CHECK(y(i, j) == near(centred + (j == 2 ? 0.5 : 0)));
      CHECK(z(i, j) == near(at(j) / std::sqrt(square + 1e-5) * (j == 3 ? 2 : 1)));
    }
  }
  static_assert(st::kernels(infer, by_square, x) == 1);
}

TEST_CASE("batch normalisation: learns from batches, and infers by what it has learnt") {
  norm_layer norm;
  norm.scale(1) = 3;
  norm.shift(4) = -1;
  double mean[columns] = {}, variance[columns];
  for (double& v : variance) v = 1;
  for (int step = 0; step < 3; ++step) {
    const matrix x = sample(step);
    const st::tensor y = learn(norm, x);
    for (int j = 0; j < columns; ++j) {
      const auto at = [&](int i) { return double{x(i, j)}; };
      const moments m = moments_of(rows, at);
      mean[j] += 0.25 * (m.mean - mean[j]);
      variance[j] += 0.25 * (m.squares / (rows - 1) - variance[j]);
      CHECK(norm.mean(j) == near(mean[j]));
      CHECK(norm.variance(j) == near(variance[j]));
      for (int i = 0; i < rows; ++i) {
        const double centred = (at(i) - m.mean) / std::sqrt(m.squares / rows + 1e-5);
        CHECK(y(i, j) == near(centred * (j == 1 ? 3 : 1) + (j == 4 ? -1 : 0)));
      }
    }
  }
  const matrix x = sample(9);
  const st::tensor y = infer(norm, x);
  static_assert(st::kernels(infer, norm, x) <= 2);  // the columns' factors may have their own
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < columns; ++j)
      CHECK(y(i, j) == near((x(i, j) - mean[j]) / std::sqrt(variance[j] + 1e-5) *
                            (j == 1 ? 3 : 1) + (j == 4 ? -1 : 0)));
}

TEST_CASE("batch normalisation: gradients against differences") {
  const matrix x = sample(2), g = sample(5);
  norm_layer norm;
  norm.scale(1) = 3;
  const auto [dx, dscale, dshift] = slopes(norm, x, g);
  const auto loss = [&](const matrix& at, const norm_layer& by) {
    double sum = 0;
    for (int j = 0; j < columns; ++j) {
      const moments m = moments_of(rows, [&](int i) { return double{at(i, j)}; });
      for (int i = 0; i < rows; ++i)
        sum += g(i, j) * ((at(i, j) - m.mean) / std::sqrt(m.squares / rows + 1e-5) * by.scale(j) +
                          by.shift(j));
    }
    return sum;
  };
  // Differences of 2^-8 are off by its square times a third derivative, some 1e-3 here.
  const float step = 0x1p-8f;
  for (int i = 0; i < rows * columns; i += 4) {
    matrix more = x, less = x;
    more.data()[i] += step;
    less.data()[i] -= step;
    const double slope = (loss(more, norm) - loss(less, norm)) / (2 * double{step});
    CHECK(dx.data()[i] == doctest::Approx(slope).epsilon(2e-3).scale(1));
  }
  for (int j = 0; j < columns; ++j) {
    norm_layer more = norm, less = norm;
    more.scale(j) += 1;
    less.scale(j) -= 1;
    CHECK(dscale(j) == near((loss(x, more) - loss(x, less)) / 2).scale(1));
    double shift = 0;
    for (int i = 0; i < rows; ++i) shift += g(i, j);
    CHECK(dshift(j) == near(shift));
  }
}

TEST_CASE("batch normalisation: folded into the layer before it") {
  st::random::seed(3);
  st::linear<4, columns> before;
  before.bias(2) = 0.75f;
  norm_layer norm;
  learn(norm, sample(4));
  norm.shift(0) = 2;
  st::tensor<float, dyn, 4> x(rows);
  for (int i = 0; i < rows * 4; ++i) x.data()[i] = std::cos(static_cast<float>(i));
  const auto apart = st::fused([](const auto& a, const auto& b, auto in) { return b(a(in)); });
  const st::tensor want = apart(before, norm, x), got = infer(st::folded(before, norm), x);
  for (int i = 0; i < rows * columns; ++i)
    CHECK(got.data()[i] == doctest::Approx(double{want.data()[i]}).epsilon(1e-5).scale(1));
}

TEST_CASE("residual, embedding_table: in chains and alone") {
  st::random::seed(4);
  st::embedding_table<10, columns> table;
  const st::tensor<int, 2, 3> words{1, 9, 0, 3, 3, 1};
  const st::tensor y = infer(table, words);
  for (int i = 0; i < 6; ++i)
    for (int j = 0; j < columns; ++j)
      CHECK(y.data()[i * columns + j] == table.weight(words.data()[i], j));
  CHECK_THROWS_AS(infer(table, st::tensor<int, 1>{10}), st::value_error);

  const auto net = st::residual{st::linear<columns, columns>{}} | st::layer([](auto x) {
                     return relu(x);
                   });
  const matrix x = sample(6);
  const st::tensor z = infer(net, x);
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < columns; ++j) {
      double want = double{x(i, j)} + net.first.inner.bias(j);
      for (int k = 0; k < columns; ++k)
        want += double{x(i, k)} * double{net.first.inner.weight(k, j)};
      CHECK(z(i, j) == doctest::Approx(std::fmax(want, 0)).epsilon(1e-5).scale(1));
    }
  CHECK(st::parameter_count(net) == 30);
}
