// SPDX-License-Identifier: Apache-2.0
// Rows and sums against other C++ libraries: short rows, long ones, and one that is all there is.

#include <sinter/sinter.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <numeric>

#include "accuracy.hpp"
#include "measure.hpp"
#include "peers/eigen.hpp"
#include "peers/eigen_tensor.hpp"
#include "peers/onednn.hpp"
#include "peers/openblas.hpp"
#include "peers/torch.hpp"

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

/// The errors of results [rows, columns]: `element(row, column)` in double.
template <class Element>
void tell_errors(bench::workload& w, const std::shared_ptr<operands>& o, const Element& element) {
  bench::tell_errors(
      w, [o]() -> const auto& { return o->y; }, [o]() -> const auto& { return o->z; },
      {o->rows * o->columns, [o, element](std::int64_t i) {
         return element(o->x.data() + i / o->columns * o->columns, i % o->columns);
       }});
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
#if defined(BENCH_EIGEN_TENSOR)
  w.contestants.push_back({"Eigen Tensor", side::peer,
                           bench::eigen_tensor::softmax(o->x.data(), o->z.data(), rows, columns)});
#endif
#if defined(BENCH_TORCH)
  w.contestants.push_back({"LibTorch", side::peer,
                           bench::torch::softmax(o->x.data(), o->z.data(), rows, columns)});
#endif
  w.written = 4 * n;
  w.exponentials = n;
  tell_errors(w, o, [columns](const float* row, std::int64_t j) {
    const bench::exact_exponentials all(row, columns);
    return std::exp(row[j] - all.most) / all.sum;
  });
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
#if defined(BENCH_TORCH)
  w.contestants.push_back({"LibTorch", side::peer,
                           bench::torch::layer_norm(o->x.data(), o->scale.data(), o->shift.data(),
                                                    o->z.data(), rows, columns)});
#endif
  w.written = 4 * n;
  tell_errors(w, o, [o](const float* row, std::int64_t j) {
    const double count = static_cast<double>(o->columns), one = 1;
    const double mean = bench::exact_dot(row, 1, &one, 0, o->columns) / count;
    double square = 0;
    for (std::int64_t i = 0; i < o->columns; ++i) square += (row[i] - mean) * (row[i] - mean);
    return (row[j] - mean) / std::sqrt(square / count + 1e-5) * double{o->scale(j)} +
           double{o->shift(j)};
  });
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
#if defined(BENCH_EIGEN_TENSOR)
  w.contestants.push_back({"Eigen Tensor", side::peer,
                           bench::eigen_tensor::sum(o->x.data(), o->other.data(), n)});
#endif
#if defined(BENCH_TORCH)
  w.contestants.push_back({"LibTorch", side::peer,
                           bench::torch::sum(o->x.data(), o->other.data(), n)});
#endif
  w.written = 4;
  // Of terms of both signs: what they sum up to is small.
  const auto off = [o, n](const st::tensor<float>& result, double want) {
    return std::abs(double{result.item()} - want) / std::sqrt(double(n));
  };
  w.difference = [o, off] { return off(o->other, double{o->total.item()}); };
  for (bench::contestant& c : w.contestants)
    c.error = [o, n, off, ours = c.of == side::ours] {
      const double one = 1;
      return off(ours ? o->total : o->other, bench::exact_dot(o->x.data(), 1, &one, 0, n));
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
      // Row by row: its own mean of columns walks down each of them.
      bench::eigen_array sums(o->v.data() + first, last - first);
      sums.setZero();
      for (std::int64_t i = 0; i < o->rows; ++i)
        sums += bench::eigen_array(o->x.data() + i * o->columns + first, last - first);
      sums *= 1 / static_cast<float>(o->rows);
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
#if defined(BENCH_EIGEN_TENSOR)
  w.contestants.push_back({"Eigen Tensor", side::peer,
                           bench::eigen_tensor::column_mean(o->x.data(), o->v.data(), rows,
                                                            columns)});
#endif
#if defined(BENCH_TORCH)
  w.contestants.push_back({"LibTorch", side::peer,
                           bench::torch::column_mean(o->x.data(), o->v.data(), rows, columns)});
#endif
  w.written = 4 * static_cast<double>(columns);
  bench::tell_errors(
      w, [o]() -> const auto& { return o->u; }, [o]() -> const auto& { return o->v; },
      {columns, [o](std::int64_t j) {
         const double one = 1;
         return bench::exact_dot(o->x.data() + j, o->columns, &one, 0, o->rows) /
                static_cast<double>(o->rows);
       }});
  w.difference = [o] { return bench::difference(o->u, o->v); };
  return w;
}

template <int Axis> bench::workload running_sums(std::int64_t rows, std::int64_t columns) {
  const auto o = operands_of(rows, columns);
  const auto n = static_cast<double>(rows * columns);
  bench::workload w = of(Axis == 1 ? "cumsum" : "cumsum of columns", *o, 8 * n, n);
  w.contestants.push_back({"sinter", side::ours, [o] { o->y = st::cumsum<Axis>(o->x); }});
  w.contestants.push_back({"std", side::peer, [o] {
    const auto row = [&](std::int64_t i) { return o->x.data() + i * o->columns; };
    const auto to = [&](std::int64_t i) { return o->z.data() + i * o->columns; };
    if (Axis == 0 && o->rows > 0) std::copy(row(0), row(1), to(0));
BENCH_PRAGMA(omp parallel for if (Axis == 1) num_threads(bench::team(o->x.size())))
    for (std::int64_t i = 1 - Axis; i < o->rows; ++i)
      if (Axis == 1) std::partial_sum(row(i), row(i + 1), to(i));
      else std::transform(to(i - 1), to(i), row(i), to(i), std::plus<float>{});
  }});
#if defined(BENCH_TORCH)
  w.contestants.push_back({"LibTorch", side::peer,
                           bench::torch::running_sum(o->x.data(), o->z.data(), rows, columns,
                                                     Axis)});
#endif
  w.written = 4 * n;
  tell_errors(w, o, [o](const float* row, std::int64_t j) {
    const double one = 1;
    return Axis == 1 ? bench::exact_dot(row, 1, &one, 0, j + 1)
                     : bench::exact_dot(o->x.data() + j, o->columns, &one, 0,
                                        (row - o->x.data()) / o->columns + 1);
  });
  w.difference = [o] { return bench::difference(o->y, o->z); };
  return w;
}

struct loss_operands {
  std::int64_t rows, columns;
  matrix x = st::random::normal(rows, columns), slope = matrix(rows, columns), other_slope = slope;
  st::tensor<std::int32_t, st::dyn> label = st::tensor<std::int32_t, st::dyn>(rows);
  list loss = list(rows), other = loss;
};

constexpr auto loss_and_slope = st::fused([](auto x, auto label, auto& loss, auto& slope) {
  loss = cross_entropy(x, label);
  slope = gradient(sum(loss), x);
});

/// What the peers do after a softmax: a loss for each row, and the slope in place.
void from_softmax(loss_operands& o) {
  float *loss = o.other.data(), *slope = o.other_slope.data();
  for (std::int64_t i = 0; i < o.rows; ++i) {
    float& hit = slope[i * o.columns + o.label.data()[i]];
    loss[i] = -std::log(hit);
    hit -= 1;
  }
}

#if defined(BENCH_EIGEN)
void eigen_losses(loss_operands& o, bool with_slope) {
  bench::in_parts(o.rows, [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t i = first; i < first + count; ++i) {
      const bench::eigen_array x(o.x.data() + i * o.columns, o.columns);
      const std::int32_t label = o.label.data()[i];
      const float most = x.maxCoeff();
      float sum = 0;
      if (with_slope) {
        bench::eigen_array slope(o.other_slope.data() + i * o.columns, o.columns);
        slope = (x - most).exp();
        sum = slope.sum();
        slope *= 1 / sum;
        slope[label] -= 1;
      } else {
        sum = (x - most).exp().sum();
      }
      o.other.data()[i] = std::log(sum) - (x[label] - most);
    }
  }, o.columns);
}
#endif

bench::workload losses(std::int64_t rows, std::int64_t columns, bool with_slope) {
  const auto o = std::shared_ptr<loss_operands>(new loss_operands{rows, columns});
  for (std::int64_t i = 0; i < rows; ++i)
    o->label(i) = static_cast<std::int32_t>(i * 7919 % columns);
  const auto n = static_cast<double>(rows * columns);
  bench::workload w{with_slope ? "cross entropy'" : "cross entropy",
                    std::to_string(rows) + "x" + std::to_string(columns), "f32",
                    4 * (n * (with_slope ? 2 : 1) + 2 * static_cast<double>(rows)),
                    n * (with_slope ? 19 : 18), {}, {}};
  w.written = 4 * (n * with_slope + static_cast<double>(rows));
  w.exponentials = n;
  w.contestants.push_back({"sinter", side::ours, [o, with_slope] {
    if (with_slope) loss_and_slope(o->x, o->label, o->loss, o->slope);
    else o->loss = cross_entropy(o->x, o->label);
  }});
#if defined(BENCH_EIGEN)
  w.contestants.push_back({"Eigen", side::peer, [o, with_slope] {
    eigen_losses(*o, with_slope);
  }});
#endif
#if defined(BENCH_ONEDNN)
  const float* x = o->x.data();
  float* work = o->other_slope.data();
  if (with_slope) {
    const auto peer = std::make_shared<bench::dnnl_softmax>(x, work, rows, columns);
    w.contestants.push_back({"oneDNN", side::peer, [o, peer] { (*peer)(), from_softmax(*o); }});
  } else {
    const auto peer = std::make_shared<bench::dnnl_log_softmax>(x, work, rows, columns);
    w.contestants.push_back({"oneDNN", side::peer, [o, peer] {
      (*peer)();
      for (std::int64_t i = 0; i < o->rows; ++i)
        o->other.data()[i] = -o->other_slope.data()[i * o->columns + o->label.data()[i]];
    }});
  }
#endif
#if defined(BENCH_TORCH)
  w.contestants.push_back({"LibTorch", side::peer, [o, call = bench::torch::cross_entropy(
      o->x.data(), o->label.data(), o->other.data(), with_slope ? o->other_slope.data() : nullptr,
      rows, columns)] { call(); }});
#endif
  w.difference = [o, with_slope] {
    return std::max(bench::difference(o->loss, o->other),
                    with_slope ? bench::difference(o->slope, o->other_slope) : 0.);
  };
  bench::tell_errors(
      w, [o]() -> const auto& { return o->loss; }, [o]() -> const auto& { return o->other; },
      {rows, [o](std::int64_t i) {
         const float* row = o->x.data() + i * o->columns;
         const bench::exact_exponentials all(row, o->columns);
         return std::log(all.sum) - (row[o->label(i)] - all.most);
       }});
  return w;
}

int main(int argc, char** argv) {
  return bench::run_main(argc, argv, bench::this_cpu, [](bench::runner& runner) {
    for (const auto& [rows, columns] :
         {std::pair{32768, 32}, {4096, 1024}, {64, 32000}, {16, 1000}}) {
      runner.run(softmax_rows(rows, columns));
      runner.run(norm_rows(rows, columns));
    }
    for (const auto& [rows, columns] : {std::pair{32768, 10}, {4096, 1000}, {64, 32000}})
      for (const bool with_slope : {false, true}) runner.run(losses(rows, columns, with_slope));
    for (const std::int64_t n : {10'000, 1'000'000, 30'000'000}) runner.run(full_sum(n));
    for (const auto& [rows, columns] : {std::pair{300, 100}, {30000, 1000}})
      runner.run(column_mean(rows, columns));
    for (const auto& [rows, columns] : {std::pair{32768, 32}, {4096, 1024}, {16, 1000000}}) {
      runner.run(running_sums<1>(rows, columns));
      runner.run(running_sums<0>(rows, columns));
    }
  });
}
