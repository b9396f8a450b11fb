// SPDX-License-Identifier: Apache-2.0

// A set of functions that covers the kernel families, compiled for the CPU and run over many
// extents, thread counts and types, against the reference and against the same function unfused.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>
#include <sinter/tensor/random.hpp>

#include "cpu_call.hpp"
#include "sinter/target/cpu/parallel.hpp"

namespace {

namespace st = sinter;
using namespace sinter::testing;

constexpr std::int64_t sizes[] = {0, 1, 2, 7, 15, 16, 17, 33, 64, 100, 257};

constexpr auto maps = st::fused([](auto a, auto b, auto row) {
  auto s = sigmoid(a) * tanh(b) + row;
  return std::tuple{s, where(a < b, exp(-abs(a)), log1p(b * b)), gelu(a) - softplus(b)};
});

constexpr auto rows = st::fused([](auto x, auto scale, auto shift, auto label) {
  auto n = layer_norm(x, scale, shift);
  return std::tuple{softmax(x) + x, n * x, log_softmax(n), cross_entropy(x, label),
                    st::max<-1>(x) - st::min<-1>(x)};
});

constexpr auto folds = st::fused([](auto x, auto y) {
  return std::tuple{
      sum(square(x - y)),  st::sum<0>(x * y), mean(exp(x * 0.1)), st::sum<st::keep, 0>(y),
      st::mean<0>(abs(x)), sum(x * 2),        st::sum<1>(x)};
});

constexpr auto layers = st::fused([](auto x, auto w, auto v, auto b) {
  auto h = matmul(x, w);
  return std::tuple{relu(h + b), silu(h) * matmul(x, v), softmax(matmul(x, v) + b),
                    matmul(transpose(x), h), matmul(x * 2 + 1, w)};
});

constexpr auto batches = st::fused([](auto q, auto k, auto v) {
  return matmul(softmax(matmul(q, transpose(k)) / 4.0), v);
});

constexpr auto descent = st::fused([](auto& w, auto& b, auto x, auto y) {
  auto loss = mean(square(matmul(x, w) + b - y));
  auto dw = st::gradient(loss, w);
  auto db = st::gradient(loss, b);
  w = w - 0.1 * dw;
  b = b - 0.1 * db;
  return loss;
});

constexpr auto views = st::fused([](auto x, auto y) {
  auto t = transpose(x);
  return std::tuple{t * 2 + y, st::slice<0, 1, 4>(y) * 3, st::reshape<35>(t * t), st::sum<0>(t)};
});

/// The same layer, one operation at a time.
template <class T> st::tensor<T, st::dyn, 48> unfused_layer(const auto& x, const auto& w,
                                                            const auto& b) {
  const st::tensor<T, st::dyn, 48> product = matmul(x, w);
  const st::tensor<T, st::dyn, 48> shifted = product + b;
  return relu(shifted);
}

template <class T> void check_layers() {
  for (const std::int64_t m : sizes) {
    st::tensor<T, st::dyn, 20> x = st::random::normal(m);
    const st::tensor<T, 20, 48> w = st::random::normal(), v = st::random::normal();
    const st::tensor<T, 48> b = st::random::normal();
    CAPTURE(m);
    CHECK(difference(layers, x, w, v, b) == "");
  }
}

}  // namespace

TEST_CASE("cpu, map: [m, n] with a row, f32, sizes around the vector's width") {
  st::random::seed(3);
  for (const std::int64_t m : sizes)
    for (const std::int64_t n : {std::int64_t{1}, std::int64_t{17}, std::int64_t{300}}) {
      st::tensor<float, st::dyn, st::dyn> a = st::random::normal(m, n),
                                          b = st::random::normal(m, n);
      st::tensor<float, st::dyn> row = st::random::normal(n);
      CAPTURE(m);
      CAPTURE(n);
      CHECK(difference(maps, a, b, row) == "");
    }
}

TEST_CASE("cpu, row: norms and losses over rows of 1 to 257, f32") {
  st::random::seed(4);
  for (const std::int64_t n : sizes) {
    if (n == 0) continue;
    st::tensor<float, st::dyn, st::dyn> x = st::random::normal(9, n);
    st::tensor<float, st::dyn> scale = st::random::normal(n), shift = st::random::normal(n);
    st::tensor<std::int32_t, st::dyn> label(9);
    for (int i = 0; i < 9; ++i) label(i) = static_cast<std::int32_t>(i % n);
    CAPTURE(n);
    CHECK(difference(rows, x, scale, shift, label) == "");
  }
}

TEST_CASE("cpu, reduce: full and leading folds, f32, also of nothing, for 1 and 2 threads alike") {
  st::random::seed(5);
  for (const std::int64_t m : {0, 1, 5, 40, 3000})
    for (const std::int64_t n : {1, 10, 33, 1200}) {
      st::tensor<float, st::dyn, st::dyn> x = st::random::normal(m, n),
                                          y = st::random::normal(m, n);
      CAPTURE(m);
      CAPTURE(n);
      CHECK(difference(folds, x, y) == "");
      st::set_threads(1);
      const auto one = folds(x, y);
      st::set_threads(2);
      const auto two = folds(x, y);
      st::set_threads(0);
      CHECK((std::get<0>(one).item() == std::get<0>(two).item() || m == 0));
      for (std::int64_t i = 0; i < n; ++i) CHECK(std::get<1>(one)(i) == std::get<1>(two)(i));
    }
}

TEST_CASE("cpu, contract: [m, 20] x [20, 48] with epilogues, f32") { check_layers<float>(); }
TEST_CASE("cpu, contract: [m, 20] x [20, 48] with epilogues, f64") { check_layers<double>(); }
TEST_CASE("cpu, contract: [m, 20] x [20, 48] with epilogues, bf16") { check_layers<st::bf16>(); }

TEST_CASE("cpu, contract: batches of attention, [3, t, 16], f32") {
  st::random::seed(6);
  for (const std::int64_t t : sizes) {
    if (t == 0) continue;
    st::tensor<float, 3, st::dyn, 16> q = st::random::normal(t), k = st::random::normal(t),
                                      v = st::random::normal(t);
    CAPTURE(t);
    CHECK(difference(batches, q, k, v) == "");
  }
}

TEST_CASE("cpu, updates: a step of descent overwrites its weights, f32") {
  st::random::seed(7);
  for (const std::int64_t m : {1, 5, 64, 200}) {
    st::tensor<float, 12, 5> w = st::random::normal();
    st::tensor<float, 5> b = st::random::normal();
    st::tensor<float, st::dyn, 12> x = st::random::normal(m);
    st::tensor<float, st::dyn, 5> y = st::random::normal(m);
    CAPTURE(m);
    CHECK(difference(descent, w, b, x, y) == "");
  }
}

TEST_CASE("cpu, views: transposed, sliced and reshaped, f32") {
  st::random::seed(8);
  st::tensor<float, 5, 7> x = st::random::normal();
  st::tensor<float, 7, 5> y = st::random::normal();
  CHECK(difference(views, x, y) == "");
}

TEST_CASE("cpu: a fused layer gives the bits of the unfused one, f32") {
  st::random::seed(9);
  for (const std::int64_t m : sizes) {
    const st::tensor<float, st::dyn, 20> x = st::random::normal(m);
    const st::tensor<float, 20, 48> w = st::random::normal();
    const st::tensor<float, 48> b = st::random::normal();
    const st::tensor<float, st::dyn, 48> fused = relu(matmul(x, w) + b);
    const auto unfused = unfused_layer<float>(x, w, b);
    for (std::int64_t i = 0; i < fused.size(); ++i)
      CHECK(fused.data()[i] == unfused.data()[i]);
  }
}
