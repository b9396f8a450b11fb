// SPDX-License-Identifier: Apache-2.0
// Rows on a device, from short to very long ones: one kernel, against the library's own operations
// one by one.

#include "device.cuh"

#include "../one_by_one.hpp"

namespace st = sinter;
using bench::side;

constexpr auto softmax_of = st::fused([](auto x) { return softmax(x); });

template <class T, std::int64_t Rows, std::int64_t Columns> bench::workload softmax_rows() {
  static auto x = bench::normal<T, Rows, Columns>();
  static auto y = bench::zeros<T, Rows, Columns>();
  static auto z = bench::zeros<float, Rows, Columns>();
  static auto fold = bench::zeros<float, Rows, 1>();
  const auto cost = bench::needs(softmax_of, x);
  return {"softmax", std::to_string(Rows) + 'x' + std::to_string(Columns), bench::type_name<T>(),
          cost.bytes(), cost.flops,
          {{"sinter", side::ours, [] { y = softmax(x); }},
           {"unfused", side::ours, [] { bench::one_by_one::softmax(z, x, fold); }}},
          [] { return bench::difference_there(y, z); }, bench::rounding<T>()};
}

constexpr auto norm_of = st::fused([](auto x, auto s, auto b) { return layer_norm(x, s, b); });

template <class T, std::int64_t Rows, std::int64_t Columns> bench::workload layer_norm_rows() {
  static auto x = bench::normal<T, Rows, Columns>();
  static auto scale = bench::normal<T, Columns>(), shift = bench::normal<T, Columns>();
  static auto y = bench::zeros<T, Rows, Columns>();
  static auto z = bench::zeros<float, Rows, Columns>(), squares = z;
  static auto fold = bench::zeros<float, Rows, 1>();
  const auto cost = bench::needs(norm_of, x, scale, shift);
  return {"layer_norm", std::to_string(Rows) + 'x' + std::to_string(Columns),
          bench::type_name<T>(), cost.bytes(), cost.flops,
          {{"sinter", side::ours, [] { y = layer_norm(x, scale, shift); }},
           {"unfused", side::ours, [] {
              bench::one_by_one::layer_norm(z, x, scale, shift, squares, fold);
            }}},
          [] { return bench::difference_there(y, z); }, bench::rounding<T>()};
}

int main(int argc, char** argv) {
  return bench::run_all(
      argc, argv,
      std::initializer_list<bench::workload (*)()>{
          softmax_rows<float, 65536, 64>, softmax_rows<float, 4096, 1024>,
          softmax_rows<st::bf16, 32768, 1024>, softmax_rows<float, 64, 262144>,
          layer_norm_rows<float, 4096, 1024>, layer_norm_rows<st::bf16, 32768, 4096>});
}
