// SPDX-License-Identifier: Apache-2.0
// The demonstration bodies with operands and right answers: rows, reductions, clusters.
#include "kernel/bodies/cluster_norm.hpp"
#include "kernel/bodies/last_block_sum.hpp"
#include "kernel/bodies/multicast_sum.hpp"
#include "kernel/bodies/pipeline.hpp"
#include "kernel/bodies/row_softmax.hpp"
#include "kernel/body_case.hpp"

namespace sinter::kernel_test {

namespace {

outcome softmax(const options& o, int rows, int columns) {
  const auto count = static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
  const auto x = normal_numbers(count, 1);
  buffer<float> in(x), out(count);
  outcome result{run_body(o, bodies::row_softmax{}, {.grid_x = rows}, in.constant(), out.data(),
                          rows, columns)};
  for (std::size_t row = 0; row < count; row += static_cast<std::size_t>(columns)) {
    const std::size_t end = row + static_cast<std::size_t>(columns);
    double sum = 0;
    for (std::size_t i = row; i < end; ++i) sum += std::exp(x[i]);
    for (std::size_t i = row; i < end; ++i) {
      const double want = std::exp(x[i]) / sum;
      result.error = worse(result.error, deviation(out[i], want, 1e-5 * want));
    }
  }
  return result;
}

template <bool Bulk>
outcome matrix_vector(const options& o, int m, int k) {
  const auto rows = static_cast<std::size_t>(m), columns = static_cast<std::size_t>(k);
  const auto a = normal_numbers(rows * columns, 2), x = normal_numbers(columns, 3);
  buffer<float> matrix(a), vector(x), out(rows);
  outcome result{run_body(o, bodies::pipeline<Bulk>{}, {.grid_x = (m + 63) / 64},
                          matrix.constant(), vector.constant(), out.data(), m, k)};
  for (std::size_t row = 0; row < rows; ++row) {
    double want = 0;
    for (std::size_t i = 0; i < columns; ++i) {
      want += static_cast<double>(a[row * columns + i]) * x[i];
    }
    result.error = worse(result.error, deviation(out[row], want, 1e-4));
  }
  return result;
}

outcome sum(const options& o, int blocks, int count) {
  const auto x = normal_numbers(static_cast<std::size_t>(count), 4);
  buffer<float> in(x), partial(static_cast<std::size_t>(blocks)), out(1);
  buffer<unsigned> counter(std::vector<unsigned>(1));
  outcome result{run_body(o, bodies::last_block_sum{}, {.grid_x = blocks}, in.constant(),
                          partial.data(), counter.data(), out.data(), count)};
  double want = 0;
  for (const float v : x) want += v;
  result.error = worse(deviation(out[0], want, 1e-4), deviation(counter[0], 0, 0.5));
  return result;
}

outcome norm(const options& o, int rows, int segment) {
  const auto length = static_cast<std::size_t>(segment) * bodies::cluster_norm::cluster;
  auto x = normal_numbers(static_cast<std::size_t>(rows) * length, 5);
  for (float& v : x) v = std::abs(v) + 0.1f;
  buffer<float> in(x), out(x.size());
  outcome result{run_body(o, bodies::cluster_norm{},
                          {.grid_x = rows * bodies::cluster_norm::cluster}, in.constant(),
                          out.data(), rows, segment)};
  for (std::size_t row = 0; row < x.size(); row += length) {
    double total = 0;
    for (std::size_t i = row; i < row + length; ++i) total += x[i];
    for (std::size_t i = row; i < row + length; ++i) {
      result.error = worse(result.error, deviation(out[i], x[i] / total, 1e-6));
    }
  }
  return result;
}

outcome columns(const options& o, int rows) {
  using body = bodies::multicast_sum;
  const auto x = normal_numbers(static_cast<std::size_t>(rows) * body::columns, 6);
  buffer<float> in(x), out(2 * body::columns);
  const auto map = map_matrix(in, rows, body::columns, body::box_rows, body::columns);
  outcome result{run_body(o, body{}, {.grid_x = body::cluster}, map, out.data(), rows)};
  for (std::size_t column = 0; column < body::columns; ++column) {
    double want = 0;
    for (std::size_t i = column; i < x.size(); i += body::columns) want += x[i];
    for (const std::size_t copy : {column, column + body::columns}) {
      result.error = worse(result.error, deviation(out[copy], want, 1e-5));
    }
  }
  return result;
}

const body_case cases[] = {
    {"softmax: [2, 300]", [](const options& o) { return softmax(o, 2, 300); }},
    {"softmax: [1, 1200]", [](const options& o) { return softmax(o, 1, 1200); }},
    {"pipeline, bulk copies: [70, 100]",
     [](const options& o) { return matrix_vector<true>(o, 70, 100); }},
    {"pipeline, copies of threads: [70, 100]",
     [](const options& o) { return matrix_vector<false>(o, 70, 100); }},
    {"sum by the last block: 5 blocks", [](const options& o) { return sum(o, 5, 1000); }},
    {"norm by a cluster: [2, 4 x 100]", [](const options& o) { return norm(o, 2, 100); }},
    {"column sums by multicast: [28, 32]", [](const options& o) { return columns(o, 28); }},
};

}  // namespace

}  // namespace sinter::kernel_test
