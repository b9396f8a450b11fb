// SPDX-License-Identifier: Apache-2.0
// Elementwise layers against other C++ libraries, in cache and in memory.

#include <sinter/sinter.hpp>

#include <cmath>
#include <memory>

#include "accuracy.hpp"
#include "measure.hpp"
#include "peers/eigen.hpp"
#include "peers/eigen_tensor.hpp"
#include "peers/onednn.hpp"
#include "peers/torch.hpp"
#include "peers/xtensor.hpp"

namespace st = sinter;
using bench::side;

using list = st::tensor<float, st::dyn>;

list normal(std::int64_t n) { return st::random::normal(n); }

/// Of n elements, each so many floats that are read or written, and so many operations.
bench::workload of(const char* name, std::int64_t n, double floats, double flops) {
  const auto count = static_cast<double>(n);
  return {name, std::to_string(n), "f32", 4 * floats * count, flops * count, {}, {}};
}

/// `own()` and `others()` are the results, `element(i)` what they ought to be.
template <class Own, class Others, class Element>
void tell_errors(bench::workload& w, const Own& own, const Others& others, const Element& element) {
  w.written = 4 * static_cast<double>(own().size());
  w.difference = [=] { return bench::difference(own(), others()); };
  bench::tell_errors(w, own, others, {own().size(), element, 10'001});
}

bench::workload chain(std::int64_t n) {
  struct operands {
    list a, b, c, d, e, y, z;
  };
  const auto o = std::make_shared<operands>(operands{normal(n), normal(n), normal(n), normal(n),
                                                     normal(n), list(n), list(n)});
  bench::workload w = of("chain", n, 6, 5);
  w.contestants.push_back({"sinter", side::ours, [o] {
    o->y = relu(o->a * o->b + o->c) * o->d - o->e;
  }});
  w.contestants.push_back({"loop", side::peer, [o, n] {
    const float *a = o->a.data(), *b = o->b.data(), *c = o->c.data(), *d = o->d.data(),
                *e = o->e.data();
    float* __restrict y = o->z.data();
    const int parts = bench::team(n);
BENCH_PRAGMA(omp parallel for simd num_threads(parts))
    for (std::int64_t i = 0; i < n; ++i) {
      const float v = a[i] * b[i] + c[i];
      y[i] = (v > 0 ? v : 0) * d[i] - e[i];
    }
  }});
#if defined(BENCH_EIGEN)
  w.contestants.push_back({"Eigen", side::peer, [o, n] {
    bench::in_parts(n, [&](std::int64_t i, std::int64_t count) {
      const auto at = [&](list& x) { return bench::eigen_array(x.data() + i, count); };
      at(o->z) = (at(o->a) * at(o->b) + at(o->c)).max(0.f) * at(o->d) - at(o->e);
    });
  }});
#endif
#if defined(BENCH_XTENSOR)
  w.contestants.push_back({"xtensor", side::peer, [o, n] {
    bench::in_parts(n, [&](std::int64_t i, std::int64_t count) {
      const auto at = [&](list& x) { return bench::seen(x.data() + i, count); };
      auto z = at(o->z);
      xt::noalias(z) = xt::fmax(at(o->a) * at(o->b) + at(o->c), 0.f) * at(o->d) - at(o->e);
    });
  }});
#endif
#if defined(BENCH_EIGEN_TENSOR)
  w.contestants.push_back({"Eigen Tensor", side::peer,
                           bench::eigen_tensor::chain(o->a.data(), o->b.data(), o->c.data(),
                                                      o->d.data(), o->e.data(), o->z.data(), n)});
#endif
#if defined(BENCH_TORCH)
  w.contestants.push_back({"LibTorch", side::peer,
                           bench::torch::chain(o->a.data(), o->b.data(), o->c.data(), o->d.data(),
                                               o->e.data(), o->z.data(), n)});
#endif
  tell_errors(w, [o]() -> const list& { return o->y; }, [o]() -> const list& { return o->z; },
              [o](std::int64_t i) {
                const auto at = [i](const list& x) { return double{x(i)}; };
                return std::max(at(o->a) * at(o->b) + at(o->c), 0.) * at(o->d) - at(o->e);
              });
  return w;
}

/// What offers gelu as one operation.
void add_gelu_peers(bench::workload& w, const list& x, list& z, bool by_tanh) {
  const std::int64_t n = x.size();
#if defined(BENCH_ONEDNN)
  const auto peer = std::make_shared<bench::dnnl_each>(
      by_tanh ? dnnl::algorithm::eltwise_gelu_tanh : dnnl::algorithm::eltwise_gelu_erf, x.data(),
      z.data(), n);
  w.contestants.push_back({"oneDNN", side::peer, [peer] { (*peer)(); }});
#endif
#if defined(BENCH_TORCH)
  w.contestants.push_back({"LibTorch", side::peer,
                           bench::torch::gelu(x.data(), z.data(), n, by_tanh)});
#endif
  (void)w, (void)z, (void)n, (void)by_tanh;
}

bench::workload gelu_erf(std::int64_t n) {
  const auto x = std::make_shared<list>(normal(n)), y = std::make_shared<list>(n),
             z = std::make_shared<list>(n);
  bench::workload w = of("gelu", n, 2, 26);
  w.contestants.push_back({"sinter", side::ours, [=] { *y = gelu(*x); }});
#if defined(BENCH_EIGEN)
  w.contestants.push_back({"Eigen", side::peer, [=] {
    bench::in_parts(n, [&](std::int64_t i, std::int64_t count) {
      const bench::eigen_array from(x->data() + i, count);
      bench::eigen_array(z->data() + i, count) =
          0.5f * from * (1 + (0.7071067812f * from).erf());
    });
  }});
#endif
  add_gelu_peers(w, *x, *z, false);
  tell_errors(w, [y]() -> const list& { return *y; }, [z]() -> const list& { return *z; },
              [x](std::int64_t i) {
                const double v = (*x)(i);
                return 0.5 * v * std::erfc(-v * std::sqrt(0.5));
              });
  return w;
}

bench::workload gelu_tanh(std::int64_t n) {
  const auto x = std::make_shared<list>(normal(n)), y = std::make_shared<list>(n),
             z = std::make_shared<list>(n);
  bench::workload w = of("gelu tanh", n, 2, 26);
  w.contestants.push_back({"sinter", side::ours, [=] {
    *y = 0.5f * *x * (1 + tanh(0.7978845608f * (*x + 0.044715f * *x * *x * *x)));
  }});
#if defined(BENCH_EIGEN)
  w.contestants.push_back({"Eigen", side::peer, [=] {
    bench::in_parts(n, [&](std::int64_t i, std::int64_t count) {
      const bench::eigen_array from(x->data() + i, count);
      bench::eigen_array(z->data() + i, count) =
          0.5f * from * (1 + (0.7978845608f * (from + 0.044715f * from.cube())).tanh());
    });
  }});
#endif
#if defined(BENCH_EIGEN_TENSOR)
  w.contestants.push_back({"Eigen Tensor", side::peer,
                           bench::eigen_tensor::gelu_tanh(x->data(), z->data(), n)});
#endif
  add_gelu_peers(w, *x, *z, true);
  w.exponentials = static_cast<double>(n);
  tell_errors(w, [y]() -> const list& { return *y; }, [z]() -> const list& { return *z; },
              [x](std::int64_t i) {
                const double v = (*x)(i);
                return 0.5 * v * (1 + std::tanh(0.7978845608028654 * (v + 0.044715 * v * v * v)));
              });
  return w;
}

bench::workload gate(std::int64_t n) {
  const auto x = std::make_shared<list>(normal(n)), y = std::make_shared<list>(normal(n)),
             u = std::make_shared<list>(n), z = std::make_shared<list>(n);
  bench::workload w = of("sigmoid tanh", n, 3, 37);
  w.contestants.push_back({"sinter", side::ours, [=] { *u = sigmoid(*x) * tanh(*y); }});
#if defined(BENCH_EIGEN)
  w.contestants.push_back({"Eigen", side::peer, [=] {
    bench::in_parts(n, [&](std::int64_t i, std::int64_t count) {
      const bench::eigen_array a(x->data() + i, count), b(y->data() + i, count);
      bench::eigen_array(z->data() + i, count) = a.logistic() * b.tanh();
    });
  }});
#endif
#if defined(BENCH_EIGEN_TENSOR)
  w.contestants.push_back({"Eigen Tensor", side::peer,
                           bench::eigen_tensor::gate(x->data(), y->data(), z->data(), n)});
#endif
#if defined(BENCH_TORCH)
  w.contestants.push_back({"LibTorch", side::peer,
                           bench::torch::gate(x->data(), y->data(), z->data(), n)});
#endif
  w.exponentials = 2 * static_cast<double>(n);
  tell_errors(w, [u]() -> const list& { return *u; }, [z]() -> const list& { return *z; },
              [x, y](std::int64_t i) {
                return std::tanh(double{(*y)(i)}) / (1 + std::exp(-double{(*x)(i)}));
              });
  return w;
}

/// Units in the last place between a result and its value in double.
double ulps(float got, double want) {
  int exponent = 0;
  std::frexp(want, &exponent);
  return std::abs(got - want) / std::ldexp(1, std::max(exponent - 24, -149));
}

/// How exact the functions of the workloads are: the largest error on [-12, 12].
void print_accuracy() {
  constexpr std::int64_t n = 1'000'000;
  list x(n);
  for (std::int64_t i = 0; i < n; ++i) x(i) = static_cast<float>(24. * double(i) / n - 12);
  const auto worst = [&](const float* got, auto exact) {
    double most = 0;
    for (std::int64_t i = 0; i < n; ++i) most = std::max(most, ulps(got[i], exact(double{x(i)})));
    return most;
  };
  const auto exact_tanh = [](double v) { return std::tanh(v); };
  const auto exact_sigmoid = [](double v) { return 1 / (1 + std::exp(-v)); };
  const list t = tanh(x), s = sigmoid(x);
  std::printf("\nlargest error on [-12, 12]: tanh: sinter %.1f ulp", worst(t.data(), exact_tanh));
#if defined(BENCH_EIGEN)
  const bench::eigen_array from(x.data(), n);
  const Eigen::ArrayXf eigen_tanh = from.tanh(), eigen_sigmoid = from.logistic();
  std::printf(", Eigen %.1f", worst(eigen_tanh.data(), exact_tanh));
#endif
  std::printf("; sigmoid: sinter %.1f ulp", worst(s.data(), exact_sigmoid));
#if defined(BENCH_EIGEN)
  std::printf(", Eigen %.1f", worst(eigen_sigmoid.data(), exact_sigmoid));
#endif
  std::printf("\n");
}

int main(int argc, char** argv) {
  return bench::run_main(argc, argv, bench::this_cpu, [](bench::runner& runner) {
    for (const std::int64_t n : {10, 10'000, 1'000'000, 30'000'000}) runner.run(chain(n));
    for (const std::int64_t n : {10'000, 10'000'000}) runner.run(gelu_erf(n));
    for (const std::int64_t n : {10'000, 10'000'000}) runner.run(gelu_tanh(n));
    for (const std::int64_t n : {10'000, 10'000'000}) runner.run(gate(n));
    print_accuracy();
  });
}
