// SPDX-License-Identifier: Apache-2.0
// The demonstration bodies with operands and right answers: matrix products.
#include "kernel/bodies/matrix_product.hpp"
#include "kernel/bodies/warpgroup_product.hpp"
#include "kernel/body_case.hpp"

namespace sinter::kernel_test {

namespace {

int tiles(int extent) { return (extent + 63) / 64; }

outcome product(const options& o, int m, int n, int k) {
  const auto rows = static_cast<std::size_t>(m), columns = static_cast<std::size_t>(n),
             depth = static_cast<std::size_t>(k);
  buffer<bf16> a(normal_numbers(rows * depth, 1)), b(normal_numbers(depth * columns, 2));
  buffer<float> bias(normal_numbers(columns, 3)), out(rows * columns);
  outcome result{run_body(o, bodies::matrix_product{}, {.grid_x = tiles(n), .grid_y = tiles(m)},
                          a.constant(), b.constant(), bias.constant(), out.data(), m, n, k)};
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      double want = bias[j];
      for (std::size_t l = 0; l < depth; ++l) {
        want += static_cast<double>(a[i * depth + l]) * b[l * columns + j];
      }
      want = std::max(want, 0.0);
      result.error = worse(result.error, deviation(out[i * columns + j], want, 1e-4));
    }
  }
  return result;
}

outcome warpgroup_product(const options& o, int m, int n, int k) {
  const auto rows = static_cast<std::size_t>(m), columns = static_cast<std::size_t>(n),
             depth = static_cast<std::size_t>(k);
  buffer<bf16> a(normal_numbers(rows * depth, 4)), b(normal_numbers(columns * depth, 5));
  buffer<bf16> out(rows * columns);
  const bodies::product_maps<emulator::tensor_map> maps{
      map_matrix(a, m, k, 64, 64), map_matrix(b, n, k, 64, 64), map_matrix(out, m, n, 64, 64)};
  outcome result{run_body(o, bodies::warpgroup_product{},
                          {.grid_x = tiles(n), .grid_y = tiles(m)}, maps, k)};
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      double want = 0;
      for (std::size_t l = 0; l < depth; ++l) {
        want += static_cast<double>(a[i * depth + l]) * b[j * depth + l];
      }
      result.error = worse(result.error, deviation(out[i * columns + j], want,
                                                   0.005 * std::abs(want) + 1e-3));
    }
  }
  return result;
}

const body_case cases[] = {
    {"product, mma.sync: [70, 80] x [80, 72]",
     [](const options& o) { return product(o, 70, 72, 80); }},
    {"product, wgmma: [70, 264] x [264, 72]",
     [](const options& o) { return warpgroup_product(o, 70, 72, 264); }},
};

}  // namespace

}  // namespace sinter::kernel_test
