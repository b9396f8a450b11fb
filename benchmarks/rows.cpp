// SPDX-License-Identifier: Apache-2.0
// Rows and sums against other C++ libraries: short rows, long ones, and one that is all there is.

#include <sinter/sinter.hpp>

#include <cmath>
#include <memory>

#include "measure.hpp"
#include "peers/eigen.hpp"
#include "peers/onednn.hpp"
#include "peers/openblas.hpp"

namespace st = sinter;
using bench::side;

using list = st::tensor<float, st::dyn>;
using matrix = st::tensor<float, st::dyn, st::dyn>;

/// What a workload works on: x [rows, columns], two row vectors, and results.
struct operands {
  std::int64_t rows, columns;
  matrix x = st::random::normal(rows, columns), y = matrix(rows, columns), z = y;
  list scale = st::random::normal(columns), shift = st::random::normal(columns);
  list u = list(columns), v = list(columns);
  st::tensor<float> total{}, other{};
};

bench::workload of(const char* name, const operands& o, double bytes, double flops) {
  return {name, std::to_string(o.rows) + "x" + std::to_string(o.columns), "f32", bytes, flops,
          {}, {}};
}
std::shared_ptr<operands> operands_of(std::int64_t rows, std::int64_t columns) {
  return std::shared_ptr<operands>(new operands{rows, columns});
}

bench::workload softmax_rows(std::int64_t rows, std::int64_t columns) {
  const auto o = operands_of(rows, columns);
  const auto n = static_cast<double>(rows * columns);
  bench::workload w = of("softmax", *o, 8 * n, 19 * n);
  w.contestants.push_back({"sinter", side::ours, [o] { o->y = softmax(o->x); }});
#if defined(BENCH_EIGEN)
  w.contestants.push_back({"Eigen", side::peer, [o] {
BENCH_PRAGMA(omp parallel for num_threads(bench::team(o->x.size())))
    for (std::int64_t i = 0; i < o->rows; ++i)
      bench::eigen_softmax(o->x.data() + i * o->columns, o->z.data() + i * o->columns, o->columns);
  }});
#endif
#if defined(BENCH_ONEDNN)
  const auto peer = std::make_shared<bench::dnnl_softmax>(o->x.data(), o->z.data(), rows, columns);
  w.contestants.push_back({"oneDNN", side::peer, [peer] { (*peer)(); }});
#endif
  w.difference = [o] { return bench::difference(o->y, o->z); };
  return w;
}

bench::workload norm_rows(std::int64_t rows, std::int64_t columns) {
  const auto o = operands_of(rows, columns);
  const auto n = static_cast<double>(rows * columns);
  bench::workload w = of("layer_norm", *o, 8 * n, 8 * n);
  w.contestants.push_back({"sinter", side::ours, [o] {
    o->y = layer_norm(o->x, o->scale, o->shift);
  }});
#if defined(BENCH_EIGEN)
  w.contestants.push_back({"Eigen", side::peer, [o] {
    const bench::eigen_array scale(o->scale.data(), o->columns), shift(o->shift.data(), o->columns);
BENCH_PRAGMA(omp parallel for num_threads(bench::team(o->x.size())))
    for (std::int64_t i = 0; i < o->rows; ++i) {
      const bench::eigen_array from(o->x.data() + i * o->columns, o->columns);
      bench::eigen_array to(o->z.data() + i * o->columns, o->columns);
      const float mean = from.mean();
      const float factor = 1 / std::sqrt((from - mean).square().mean() + 1e-5f);
      to = (from - mean) * factor * scale + shift;
    }
  }});
#endif
#if defined(BENCH_ONEDNN)
  const auto peer = std::make_shared<bench::dnnl_layer_norm>(
      o->x.data(), o->scale.data(), o->shift.data(), o->z.data(), rows, columns);
  w.contestants.push_back({"oneDNN", side::peer, [peer] { (*peer)(); }});
#endif
  w.difference = [o] { return bench::difference(o->y, o->z); };
  return w;
}

bench::workload full_sum(std::int64_t n) {
  const auto o = operands_of(1, n);
  bench::workload w = of("sum", *o, 4. * static_cast<double>(n), static_cast<double>(n));
  w.contestants.push_back({"sinter", side::ours, [o] { o->total = sum(o->x); }});
#if defined(BENCH_EIGEN)
  w.contestants.push_back({"Eigen", side::peer, [o, n] {
    float parts[256] = {};
    const int count = bench::team(n);
BENCH_PRAGMA(omp parallel for num_threads(count))
    for (int p = 0; p < count; ++p)
      parts[p] = bench::eigen_array(o->x.data() + n * p / count,
                                    n * (p + 1) / count - n * p / count).sum();
    o->other = bench::eigen_array(parts, count).sum();
  }});
#endif
  // Of terms of both signs: what they sum up to is small.
  w.difference = [o, n] {
    return std::abs(double{o->total.item()} - double{o->other.item()}) / std::sqrt(double(n));
  };
  return w;
}

bench::workload column_mean(std::int64_t rows, std::int64_t columns) {
  const auto o = operands_of(rows, columns);
  const auto n = static_cast<double>(rows * columns);
  bench::workload w = of("column mean", *o, 4 * n, n);
  w.contestants.push_back({"sinter", side::ours, [o] { o->u = st::mean<0>(o->x); }});
#if defined(BENCH_EIGEN)
  w.contestants.push_back({"Eigen", side::peer, [o] {
    const int count = bench::team(o->rows * o->columns);
BENCH_PRAGMA(omp parallel for num_threads(count))
    for (int p = 0; p < count; ++p) {
      const std::int64_t first = o->columns * p / count, last = o->columns * (p + 1) / count;
      const bench::eigen_rows all(o->x.data(), o->rows, o->columns);
      Eigen::Map<Eigen::Array<float, 1, Eigen::Dynamic>>(o->v.data() + first, last - first) =
          all.middleCols(first, last - first).colwise().mean();
    }
  }});
#endif
#if defined(BENCH_OPENBLAS)
  const auto ones = std::make_shared<list>(rows);
  *ones = 1.f / static_cast<float>(rows);
  w.contestants.push_back({"OpenBLAS", side::peer, [o, ones] {
    cblas_sgemv(CblasRowMajor, CblasTrans, static_cast<int>(o->rows), static_cast<int>(o->columns),
                1, o->x.data(), static_cast<int>(o->columns), ones->data(), 1, 0, o->v.data(), 1);
  }});
#endif
  w.difference = [o] { return bench::difference(o->u, o->v); };
  return w;
}

int main(int argc, char** argv) {
  return bench::run_main(argc, argv, bench::this_cpu, [](bench::runner& runner) {
    for (const auto& [rows, columns] :
         {std::pair{32768, 32}, {4096, 1024}, {64, 32000}, {16, 1000}}) {
      runner.run(softmax_rows(rows, columns));
      runner.run(norm_rows(rows, columns));
    }
    for (const std::int64_t n : {10'000, 1'000'000, 30'000'000}) runner.run(full_sum(n));
    for (const auto& [rows, columns] : {std::pair{300, 100}, {30000, 1000}})
      runner.run(column_mean(rows, columns));
  });
}
