// SPDX-License-Identifier: Apache-2.0
// Dense layers and a small network against other C++ libraries, from one row to thousands.

#include <sinter/nn.hpp>

#include <memory>

#include "measure.hpp"
#include "peers/eigen.hpp"
#include "peers/onednn.hpp"
#include "peers/openblas.hpp"

namespace st = sinter;
using bench::side;

template <class T> using matrix = st::tensor<T, st::dyn, st::dyn>;

template <class T> struct operands {
  std::int64_t m, k, n;
  matrix<T> x = st::random::normal(m, k), w = st::random::normal(k, n), y = matrix<T>(m, n), z = y;
  st::tensor<float, st::dyn> b = st::random::normal(n);
};

/// relu(x w + b). Each contestant packs the weights as it likes, before it is timed if it can.
template <class T> bench::workload dense(std::int64_t m, std::int64_t k, std::int64_t n) {
  const auto o = std::shared_ptr<operands<T>>(new operands<T>{m, k, n});
  const std::string shape =
      std::to_string(m) + "x" + std::to_string(k) + "x" + std::to_string(n);
  const double size = sizeof(T);
  bench::workload w{"dense", shape, sizeof(T) == 4 ? "f32" : "bf16",
                    size * static_cast<double>(m * k + k * n + m * n),
                    2. * static_cast<double>(m) * static_cast<double>(k) * static_cast<double>(n),
                    {}, {}};
  w.contestants.push_back({"sinter", side::ours, [o] { o->y = relu(matmul(o->x, o->w) + o->b); }});
#if defined(BENCH_ONEDNN)
  try {
    const auto peer = std::make_shared<bench::dnnl_dense<T>>(
        o->x.data(), o->w.data(), o->b.data(), o->z.data(), m, k, n);
    w.contestants.push_back({"oneDNN", side::peer, [peer] { (*peer)(); }});
  } catch (const dnnl::error&) {  // it has no bf16 for this processor
  }
#endif
  if constexpr (std::is_same_v<T, float>) {
#if defined(BENCH_EIGEN)
    w.contestants.push_back({"Eigen", side::peer, [o] {
      bench::eigen_matrix z(o->z.data(), o->m, o->n);
      z.noalias() = bench::eigen_matrix(o->x.data(), o->m, o->k) *
                    bench::eigen_matrix(o->w.data(), o->k, o->n);
      z = (z.rowwise() + bench::eigen_row(o->b.data(), o->n)).cwiseMax(0.f);
    }});
#endif
#if defined(BENCH_OPENBLAS)
    w.contestants.push_back({"OpenBLAS", side::peer, [o] {
      bench::blas_product(o->x.data(), o->w.data(), o->z.data(), o->m, o->k, o->n);
      float* z = o->z.data();
      const float* b = o->b.data();
      for (std::int64_t i = 0; i < o->m; ++i)
BENCH_PRAGMA(omp simd)
        for (std::int64_t j = 0; j < o->n; ++j) {
          const float v = z[i * o->n + j] + b[j];
          z[i * o->n + j] = v > 0 ? v : 0;
        }
    }});
#endif
  }
  w.difference = [o] { return bench::difference(o->y, o->z); };
  w.tolerance = sizeof(T) == 4 ? 1e-4 : 1e-2;
  return w;
}

struct network {
  st::linear<784, 256> first;
  st::linear<256, 128> second;
  st::linear<128, 10> third;
  constexpr auto operator()(const auto& x) const { return third(relu(second(relu(first(x))))); }
};
constexpr auto forward_of = st::fused([](const auto& net, auto x) { return net(x); });

bench::workload forward(std::int64_t batch) {
  struct state {
    std::int64_t batch;
    network net{};
    st::tensor<float, st::dyn, 784> x = st::random::normal(batch);
    st::tensor<float, st::dyn, 10> y = st::tensor<float, st::dyn, 10>(batch);
    matrix<float> h = matrix<float>(batch, 256), g = matrix<float>(batch, 128);
    matrix<float> z = matrix<float>(batch, 10);
  };
  const auto s = std::shared_ptr<state>(new state{batch});
  const double weights = 784 * 256 + 256 * 128 + 128 * 10, rows = static_cast<double>(batch);
  bench::workload w{"network", std::to_string(batch) + "x784-256-128-10", "f32",
                    4 * (weights + rows * 794), 2 * weights * rows, {}, {}};
  w.contestants.push_back({"sinter", side::ours, [s] { s->y = forward_of(s->net, s->x); }});
#if defined(BENCH_ONEDNN)
  using layer = bench::dnnl_dense<float>;
  const auto layer_of = [](const auto& l, const float* x, float* y, std::int64_t m, std::int64_t k,
                           std::int64_t n, bool relu) {
    return std::make_shared<layer>(x, l.weight.data(), l.bias.data(), y, m, k, n, relu);
  };
  const auto a = layer_of(s->net.first, s->x.data(), s->h.data(), batch, 784, 256, true);
  const auto b = layer_of(s->net.second, s->h.data(), s->g.data(), batch, 256, 128, true);
  const auto c = layer_of(s->net.third, s->g.data(), s->z.data(), batch, 128, 10, false);
  w.contestants.push_back({"oneDNN", side::peer, [a, b, c] { (*a)(), (*b)(), (*c)(); }});
#endif
#if defined(BENCH_EIGEN)
  w.contestants.push_back({"Eigen", side::peer, [s] {
    const auto pass = [&](auto& l, float* x, float* y, std::int64_t k, std::int64_t n) {
      bench::eigen_matrix to(y, s->batch, n);
      to.noalias() = bench::eigen_matrix(x, s->batch, k) *
                     bench::eigen_matrix(l.weight.data(), k, n);
      to.rowwise() += bench::eigen_row(l.bias.data(), n);
    };
    pass(s->net.first, s->x.data(), s->h.data(), 784, 256);
    bench::eigen_matrix h(s->h.data(), s->batch, 256), g(s->g.data(), s->batch, 128);
    h = h.cwiseMax(0.f);
    pass(s->net.second, s->h.data(), s->g.data(), 256, 128);
    g = g.cwiseMax(0.f);
    pass(s->net.third, s->g.data(), s->z.data(), 128, 10);
  }});
#endif
  w.difference = [s] { return bench::difference(s->y, s->z); };
  return w;
}

int main(int argc, char** argv) {
  return bench::run_main(argc, argv, bench::this_cpu, [](bench::runner& runner) {
    for (const auto [m, k, n] : {std::array{1, 784, 256}, {64, 784, 256}, {512, 1024, 1024},
                                 {4096, 1024, 1024}})
      runner.run(dense<float>(m, k, n));
    for (const auto [m, k, n] : {std::array{64, 784, 256}, {1024, 1024, 1024}})
      runner.run(dense<st::bf16>(m, k, n));
    for (const std::int64_t batch : {1, 64, 4096}) runner.run(forward(batch));
  });
}
