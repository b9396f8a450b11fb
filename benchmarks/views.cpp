// SPDX-License-Identifier: Apache-2.0
// Operands that are no plain memory: broadcast along an axis, every other column, transposed, and
// sliding windows, by which a convolution is three products, against other C++ libraries.

#include <sinter/sinter.hpp>

#include <memory>

#include "accuracy.hpp"
#include "measure.hpp"
#include "peers/eigen.hpp"
#include "peers/eigen_tensor.hpp"
#include "peers/onednn.hpp"
#include "peers/parts.hpp"
#include "peers/torch.hpp"

namespace st = sinter;
using bench::side;

using list = st::tensor<float, st::dyn>;
using matrix = st::tensor<float, st::dyn, st::dyn>;

std::string spelled(std::int64_t m, std::int64_t n) {
  return std::to_string(m) + "x" + std::to_string(n);
}

struct operands {
  std::int64_t m, n;
  matrix x = st::random::normal(m, 2 * n), y = matrix(m, n), z = y;
  list row = st::random::normal(n);
  st::tensor<float, st::dyn, 1> column = st::random::normal(m);
};

template <class Element>
void tell_errors(bench::workload& w, const std::shared_ptr<operands>& o, const Element& element) {
  w.difference = [o] { return bench::difference(o->y, o->z); };
  bench::tell_errors(
      w, [o]() -> const auto& { return o->y; }, [o]() -> const auto& { return o->z; },
      {o->m * o->n, [o, element](std::int64_t i) { return element(i / o->n, i % o->n); }});
}

// --- Broadcast -----------------------------------------------------------------------------------

[[gnu::noinline]] void grid_loop(const float* x, const float* row, const float* column,
                                 float* __restrict y, std::int64_t m, std::int64_t n) {
  for (std::int64_t i = 0; i < m; ++i)
BENCH_PRAGMA(omp simd)
    for (std::int64_t j = 0; j < n; ++j) y[i * n + j] = x[i * n + j] * row[j] + column[i];
}

/// x row + column, [m, n].
bench::workload grid(std::int64_t m, std::int64_t n) {
  const auto o = std::shared_ptr<operands>(new operands{m, n});
  const auto x = std::make_shared<matrix>(st::random::normal(m, n));
  const double size = static_cast<double>(m * n);
  bench::workload w{"x row + column", spelled(m, n), "f32",
                    4 * (2 * size + static_cast<double>(m + n)), 2 * size, {}, {}};
  w.written = 4 * size;
  w.contestants.push_back({"sinter", side::ours, [o, x] { o->y = *x * o->row + o->column; }});
  w.contestants.push_back({"loop", side::peer, [o, x] {
    bench::in_parts(o->m, [&](std::int64_t i, std::int64_t count) {
      grid_loop(x->data() + i * o->n, o->row.data(), o->column.data() + i,
                o->z.data() + i * o->n, count, o->n);
    }, o->n);
  }});
#if defined(BENCH_EIGEN)
  w.contestants.push_back({"Eigen", side::peer, [o, x] {
    bench::in_parts(o->m, [&](std::int64_t first, std::int64_t count) {
      const bench::eigen_array row(o->row.data(), o->n);
      for (std::int64_t i = first; i < first + count; ++i)
        bench::eigen_array(o->z.data() + i * o->n, o->n) =
            bench::eigen_array(x->data() + i * o->n, o->n) * row + o->column.data()[i];
    }, o->n);
  }});
#endif
#if defined(BENCH_TORCH)
  w.contestants.push_back({"LibTorch", side::peer,
                           bench::torch::grid(x->data(), o->row.data(), o->column.data(),
                                              o->z.data(), m, n)});
#endif
  tell_errors(w, o, [o, x](std::int64_t i, std::int64_t j) {
    return double{(*x)(i, j)} * double{o->row(j)} + double{o->column(i, 0)};
  });
  return w;
}

// --- Every other column --------------------------------------------------------------------------

[[gnu::noinline]] void every_other_loop(const float* x, const float* scale, float* __restrict y,
                                        std::int64_t m, std::int64_t n) {
  for (std::int64_t i = 0; i < m; ++i)
BENCH_PRAGMA(omp simd)
    for (std::int64_t j = 0; j < n; ++j) y[i * n + j] = x[2 * (i * n + j)] * scale[j];
}

/// Columns 0, 2, ... of x [m, 2 n], times a row.
bench::workload every_other(std::int64_t m, std::int64_t n) {
  const auto o = std::shared_ptr<operands>(new operands{m, n});
  const double size = static_cast<double>(m * n);
  // Memory brings whole lines, the other columns too.
  bench::workload w{"x[:, ::2] row", spelled(m, 2 * n), "f32",
                    4 * (3 * size + static_cast<double>(n)), size, {}, {}};
  w.written = 4 * size;
  w.contestants.push_back({"sinter", side::ours, [o, half = o->x.slice(1, 0, 2 * n, 2)] {
    o->y = half * o->row;
  }});
  w.contestants.push_back({"loop", side::peer, [o] {
    bench::in_parts(o->m, [&](std::int64_t i, std::int64_t count) {
      every_other_loop(o->x.data() + i * 2 * o->n, o->row.data(), o->z.data() + i * o->n, count,
                       o->n);
    }, o->n);
  }});
#if defined(BENCH_EIGEN)
  w.contestants.push_back({"Eigen", side::peer, [o] {
    using strided = Eigen::Map<Eigen::ArrayXf, 0, Eigen::InnerStride<2>>;
    bench::in_parts(o->m, [&](std::int64_t first, std::int64_t count) {
      for (std::int64_t i = first; i < first + count; ++i)
        bench::eigen_array(o->z.data() + i * o->n, o->n) =
            strided(o->x.data() + i * 2 * o->n, o->n) * bench::eigen_array(o->row.data(), o->n);
    }, o->n);
  }});
#endif
#if defined(BENCH_EIGEN_TENSOR)
  w.contestants.push_back({"Eigen Tensor", side::peer,
                           bench::eigen_tensor::every_other(o->x.data(), o->row.data(),
                                                            o->z.data(), m, n)});
#endif
#if defined(BENCH_TORCH)
  w.contestants.push_back({"LibTorch", side::peer,
                           bench::torch::every_other(o->x.data(), o->row.data(), o->z.data(), m,
                                                     n)});
#endif
  tell_errors(w, o, [o](std::int64_t i, std::int64_t j) {
    return double{o->x(i, 2 * j)} * double{o->row(j)};
  });
  return w;
}

// --- Transposed ----------------------------------------------------------------------------------

/// x^T + y, [n, n].
bench::workload turned(std::int64_t n) {
  const auto o = std::shared_ptr<operands>(new operands{n, n});
  const auto x = std::make_shared<matrix>(st::random::normal(n, n));
  const auto y = std::make_shared<matrix>(st::random::normal(n, n));
  const double size = static_cast<double>(n * n);
  bench::workload w{"x^T + y", spelled(n, n), "f32", 12 * size, size, {}, {}};
  w.written = 4 * size;
  w.contestants.push_back({"sinter", side::ours, [=] { o->y = transpose(*x) + *y; }});
#if defined(BENCH_EIGEN)
  w.contestants.push_back({"Eigen", side::peer, [=] {
    // In tiles of 64 x 64: as one expression it is four times slower once it leaves the cache.
    const bench::eigen_rows a(x->data(), n, n), b(y->data(), n, n);
    bench::eigen_rows to(o->z.data(), n, n);
    bench::in_parts((n + 63) / 64, [&](std::int64_t first, std::int64_t count) {
      for (std::int64_t i = 64 * first; i < std::min(64 * (first + count), n); i += 64)
        for (std::int64_t j = 0; j < n; j += 64) {
          const std::int64_t rows = std::min<std::int64_t>(64, n - i);
          const std::int64_t columns = std::min<std::int64_t>(64, n - j);
          to.block(i, j, rows, columns) =
              a.block(j, i, columns, rows).transpose() + b.block(i, j, rows, columns);
        }
    }, 64 * n);
  }});
#endif
#if defined(BENCH_TORCH)
  w.contestants.push_back({"LibTorch", side::peer,
                           bench::torch::turned(x->data(), y->data(), o->z.data(), n)});
#endif
  tell_errors(w, o, [=](std::int64_t i, std::int64_t j) {
    return double{(*x)(j, i)} + double{(*y)(i, j)};
  });
  return w;
}

// --- Windows -------------------------------------------------------------------------------------

/// Neighbouring windows share memory: row r of a window is 3 From neighbours in x.
template <std::int64_t Images, std::int64_t Side, std::int64_t From, std::int64_t To>
struct convolution_operands {
  static constexpr std::int64_t wide = Side + 2;
  st::tensor<float, Images, wide, wide, From> x = st::random::normal();
  st::tensor<float, 3, 3 * From, To> w = st::random::normal();
  st::tensor<float, Images, Side, Side, To> y, z;

  auto windows(std::int64_t row) const {
    return st::tensor_view<const float, Images, Side, Side, 3 * From>(
        x.data() + row * wide * From, {Images, Side, Side, 3 * From},
        {wide * wide * From, wide * From, From, 1});
  }
  auto weights(std::int64_t row) const {
    return st::tensor_view<const float, 3 * From, To>(w.data() + row * 3 * From * To);
  }
};

/// 3 x 3, on images that have a border already, channels last.
template <std::int64_t Images, std::int64_t Side, std::int64_t From, std::int64_t To>
bench::workload convolution() {
  using state = convolution_operands<Images, Side, From, To>;
  const auto o = std::shared_ptr<state>(new state);
  constexpr double points = double{Images} * Side * Side;
  bench::workload w{"convolution",
                    spelled(Images, From) + "x" + spelled(Side, Side) + " to " + std::to_string(To),
                    "f32", 4 * (double{Images} * (Side + 2) * (Side + 2) * From + 9. * From * To +
                                points * To),
                    18 * points * From * To, {}, {}};
  w.written = 4 * points * To;
  w.contestants.push_back({"sinter", side::ours, [o] {
    o->y = matmul(o->windows(0), o->weights(0)) + matmul(o->windows(1), o->weights(1)) +
           matmul(o->windows(2), o->weights(2));
  }});
#if defined(BENCH_ONEDNN)
  const auto peer = std::make_shared<bench::dnnl_convolution>(
      o->x.data(), o->w.data(), o->z.data(), Images, Side, From, To);
  w.contestants.push_back({"oneDNN", side::peer, [o, peer] { (*peer)(); }});
#endif
#if defined(BENCH_TORCH)
  w.contestants.push_back({"LibTorch", side::peer,
                           [o, call = bench::torch::convolution(o->x.data(), o->w.data(),
                                                                o->z.data(), Images, Side, From,
                                                                To)] { call(); }});
#endif
  w.difference = [o] { return bench::difference(o->y, o->z); };
  bench::tell_errors(
      w, [o]() -> const auto& { return o->y; }, [o]() -> const auto& { return o->z; },
      {o->y.size(), [o](std::int64_t i) {
         const std::int64_t to = i % To, at = i / To;
         double sum = 0;
         for (int row = 0; row < 3; ++row)
           sum += bench::exact_dot(&o->windows(row)(at / Side / Side, at / Side % Side, at % Side,
                                                    0),
                                   1, o->w.data() + row * 3 * From * To + to, To, 3 * From);
         return sum;
       }});
  return w;
}

int main(int argc, char** argv) {
  return bench::run_main(argc, argv, bench::this_cpu, [](bench::runner& runner) {
    for (const auto& [m, n] : {std::pair{100, 100}, {1000, 1000}, {8192, 4096}}) {
      runner.run(grid(m, n));
      runner.run(every_other(m, n));
    }
    for (const std::int64_t n : {100, 1000, 2000}) runner.run(turned(n));
    for (const auto& make : {convolution<1, 28, 32, 32>, convolution<8, 56, 64, 64>})
      runner.run(make());
  });
}
