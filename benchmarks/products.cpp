// SPDX-License-Identifier: Apache-2.0
// Dense and gated layers against other C++ libraries, from one row to thousands.

#include <sinter/sinter.hpp>

#include <cmath>
#include <memory>

#include "accuracy.hpp"
#include "measure.hpp"
#include "peers/blis.hpp"
#include "peers/eigen.hpp"
#include "peers/onednn.hpp"
#include "peers/openblas.hpp"
#include "peers/torch.hpp"

namespace st = sinter;
using bench::side;

template <class T> using matrix = st::tensor<T, st::dyn, st::dyn>;

template <class T> struct operands {
  std::int64_t m, k, n;
  matrix<T> x = st::random::normal(m, k), w = st::random::normal(k, n), y = matrix<T>(m, n), z = y;
  st::tensor<float, st::dyn> b = st::random::normal(n);
};

std::string spelled(std::int64_t m, std::int64_t k, std::int64_t n) {
  return std::to_string(m) + "x" + std::to_string(k) + "x" + std::to_string(n);
}

/// By a library of products.
template <class Library>
void add_layer(bench::workload& w, const std::shared_ptr<operands<float>>& o) {
  w.contestants.push_back({Library::name, side::peer, [o, library = Library()]() mutable {
    Library::layer(library, o->x.data(), o->w.data(), o->b.data(), o->z.data(), o->m, o->k, o->n,
                   true);
  }});
}

/// The errors of results [m, n]: `element(row, column)` in double.
template <class Operands, class Element>
void tell_errors(bench::workload& w, const std::shared_ptr<Operands>& o, const Element& element) {
  w.difference = [o] { return bench::difference(o->y, o->z); };
  bench::tell_errors(
      w, [o]() -> const auto& { return o->y; }, [o]() -> const auto& { return o->z; },
      {o->m * o->n, [o, element](std::int64_t i) { return element(i / o->n, i % o->n); }});
}

/// relu(x w + b). Each contestant packs the weights as it likes, before it is timed if it can.
template <class T> bench::workload dense(std::int64_t m, std::int64_t k, std::int64_t n) {
  const auto o = std::shared_ptr<operands<T>>(new operands<T>{m, k, n});
  const double size = sizeof(T);
  bench::workload w{"dense", spelled(m, k, n), sizeof(T) == 4 ? "f32" : "bf16",
                    size * static_cast<double>(m * k + k * n + m * n),
                    2. * static_cast<double>(m) * static_cast<double>(k) * static_cast<double>(n),
                    {}, {}};
  w.contestants.push_back({"sinter", side::ours, [o] { o->y = relu(matmul(o->x, o->w) + o->b); }});
#if defined(BENCH_ONEDNN)
  try {
    const auto peer = std::make_shared<bench::dnnl_product<T>>(
        bench::product{m, k, n}, o->x.data(), o->w.data(), o->z.data(),
        bench::dnnl_after<T>{o->b.data(), true}, true);
    w.contestants.push_back({"oneDNN", side::peer, [peer] { (*peer)(); }});
  } catch (const dnnl::error&) {  // it has no bf16 for this processor
  }
#endif
  if constexpr (std::is_same_v<T, float>) {
#if defined(BENCH_EIGEN)
    add_layer<bench::eigen>(w, o);
#endif
#if defined(BENCH_OPENBLAS)
    add_layer<bench::openblas>(w, o);
#endif
#if defined(BENCH_BLIS)
    add_layer<bench::blis>(w, o);
#endif
  }
#if defined(BENCH_TORCH)
  const auto b = std::make_shared<st::tensor<T, st::dyn>>(st::cast<T>(o->b));
  w.contestants.push_back({"LibTorch", side::peer, [b, call = bench::torch::dense(
      o->x.data(), o->w.data(), b->data(), o->z.data(), m, k, n, sizeof(T) == 2)] { call(); }});
#endif
  w.written = size * static_cast<double>(m * n);
  tell_errors(w, o, [o](std::int64_t i, std::int64_t j) {
    const double sum = bench::exact_dot(o->x.data() + i * o->k, 1, o->w.data() + j, o->n, o->k);
    return std::max(sum + double{o->b(j)}, 0.);
  });
  w.tolerance = sizeof(T) == 4 ? 1e-4 : 1e-2;
  return w;
}

/// relu(x w + b) of bytes, widened to i32, which results stay in. What is exact has no tolerance.
bench::workload dense_of_bytes(std::int64_t m, std::int64_t k, std::int64_t n) {
  struct byte_operands {
    std::int64_t m, k, n;
    matrix<float> left = st::random::normal(m, k), right = st::random::normal(k, n);
    matrix<std::int8_t> x = st::cast<std::int8_t>(left * 30), w = st::cast<std::int8_t>(right * 30);
    st::tensor<std::int32_t, st::dyn> b = st::tensor<std::int32_t, st::dyn>(n);
    matrix<std::int32_t> y = matrix<std::int32_t>(m, n), z = y;
  };
  const auto o = std::shared_ptr<byte_operands>(new byte_operands{m, k, n});
  const double rows = static_cast<double>(m), in = static_cast<double>(k),
               out = static_cast<double>(n);
  bench::workload w{"dense", spelled(m, k, n), "i8", rows * in + in * out + 4 * rows * out,
                    2 * rows * in * out, {}, {}};
  w.contestants.push_back({"sinter", side::ours, [o] {
    o->y = relu(matmul(st::cast<std::int32_t>(o->x), st::cast<std::int32_t>(o->w)) + o->b);
  }});
#if defined(BENCH_ONEDNN)
  try {
    const auto peer = std::make_shared<bench::dnnl_product<std::int8_t, std::int32_t>>(
        bench::product{m, k, n}, o->x.data(), o->w.data(), o->z.data(),
        bench::dnnl_after<std::int32_t>{o->b.data(), true}, true);
    w.contestants.push_back({"oneDNN", side::peer, [peer] { (*peer)(); }});
  } catch (const dnnl::error&) {  // it has no bytes for this processor
  }
#endif
  w.written = 4 * rows * out;
  tell_errors(w, o, [o](std::int64_t i, std::int64_t j) {
    const double sum = bench::exact_dot(o->x.data() + i * o->k, 1, o->w.data() + j, o->n, o->k);
    return std::max(sum + double(o->b(j)), 0.);
  });
  w.tolerance = 0;
  return w;
}

/// u = silu(u) y, after the products.
void gate(const matrix<float>& u, matrix<float>& y) {
#if defined(BENCH_EIGEN)
  bench::in_parts(u.size(), [&](std::int64_t first, std::int64_t count) {
    const bench::eigen_array from(const_cast<float*>(u.data()) + first, count);
    bench::eigen_array to(y.data() + first, count);
    to *= from * from.logistic();
  });
#else
  for (std::int64_t i = 0; i < u.size(); ++i)
    y.data()[i] *= u.data()[i] / (1 + std::exp(-u.data()[i]));
#endif
}

struct gated_operands {
  std::int64_t m, k, n;
  matrix<float> x = st::random::normal(m, k), w = st::random::normal(k, n),
                v = st::random::normal(k, n), y = matrix<float>(m, n), u = y, z = y;
};

template <class Library>
void add_gated(bench::workload& w, const std::shared_ptr<gated_operands>& o) {
  w.contestants.push_back({Library::name, side::peer, [o, library = Library()]() mutable {
    library.multiply({o->m, o->k, o->n}, o->x.data(), o->w.data(), o->u.data());
    library.multiply({o->m, o->k, o->n}, o->x.data(), o->v.data(), o->z.data());
    gate(o->u, o->z);
  }});
}

bench::workload gated(std::int64_t m, std::int64_t k, std::int64_t n) {
  const auto o = std::shared_ptr<gated_operands>(new gated_operands{m, k, n});
  const double rows = static_cast<double>(m), in = static_cast<double>(k),
               out = static_cast<double>(n);
  bench::workload w{"gated", spelled(m, k, n), "f32", 4 * (rows * in + 2 * in * out + rows * out),
                    4 * rows * in * out + 21 * rows * out, {}, {}};
  w.contestants.push_back({"sinter", side::ours, [o] {
    o->y = silu(matmul(o->x, o->w)) * matmul(o->x, o->v);
  }});
#if defined(BENCH_ONEDNN)
  const auto first = std::make_shared<bench::dnnl_product<float>>(
      bench::product{m, k, n}, o->x.data(), o->w.data(), o->u.data(),
      bench::dnnl_after<float>{.swish = true}, true);
  const auto second = std::make_shared<bench::dnnl_product<float>>(
      bench::product{m, k, n}, o->x.data(), o->v.data(), o->z.data(),
      bench::dnnl_after<float>{.times = o->u.data()}, true);
  w.contestants.push_back({"oneDNN", side::peer, [first, second] { (*first)(), (*second)(); }});
#endif
#if defined(BENCH_EIGEN)
  add_gated<bench::eigen>(w, o);
#endif
#if defined(BENCH_OPENBLAS)
  add_gated<bench::openblas>(w, o);
#endif
#if defined(BENCH_BLIS)
  add_gated<bench::blis>(w, o);
#endif
#if defined(BENCH_TORCH)
  w.contestants.push_back({"LibTorch", side::peer,
                           bench::torch::gated(o->x.data(), o->w.data(), o->v.data(),
                                               o->z.data(), m, k, n)});
#endif
  w.written = 4 * rows * out;
  tell_errors(w, o, [o](std::int64_t i, std::int64_t j) {
    const auto dot = [&](const matrix<float>& right) {
      return bench::exact_dot(o->x.data() + i * o->k, 1, right.data() + j, o->n, o->k);
    };
    const double a = dot(o->w);
    return a / (1 + std::exp(-a)) * dot(o->v);
  });
  return w;
}

int main(int argc, char** argv) {
  return bench::run_main(argc, argv, bench::this_cpu, [](bench::runner& runner) {
    for (const auto [m, k, n] : {std::array{1, 784, 256}, {64, 784, 256}, {512, 1024, 1024},
                                 {4096, 1024, 1024}})
      runner.run(dense<float>(m, k, n));
    for (const auto [m, k, n] : {std::array{64, 784, 256}, {1024, 1024, 1024},
                                 {4096, 1024, 1024}})
      runner.run(dense<st::bf16>(m, k, n));
    for (const auto [m, k, n] : {std::array{64, 784, 256}, {1024, 1024, 1024},
                                 {4096, 1024, 1024}})
      runner.run(dense_of_bytes(m, k, n));
    for (const auto [m, k, n] : {std::array{64, 256, 256}, {512, 512, 512}, {4096, 1024, 1024}})
      runner.run(gated(m, k, n));
  });
}
