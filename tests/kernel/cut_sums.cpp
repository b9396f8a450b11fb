// SPDX-License-Identifier: Apache-2.0

// Products whose sums are cut into parts, a block each, in the emulator and against the reference.

#include <doctest/doctest.h>

#include "kernel/altered_launcher.hpp"
#include "kernel/filled.hpp"
#include "kernel/layers.hpp"

namespace {

namespace st = sinter;
using namespace sinter::testing;
using st::dyn;
using cut = altered_launcher<alteration{.shortest_part = 32}>;
using cut_wide = altered_launcher<alteration{.shortest_part = 32, .wide = true}>;

constexpr auto dense = st::fused([](auto x, auto w, auto b) { return relu(matmul(x, w) + b); });
constexpr auto product = st::fused([](auto x, auto w) { return matmul(x, w); });
constexpr auto soft = st::fused([](auto x, auto w) { return softmax(matmul(x, w)); });
constexpr auto turned = st::fused([](auto x, auto g) { return matmul(transpose(x), g * 2 + 1); });
constexpr auto several = st::fused([](auto x, auto w, auto y, auto v) {
  auto a = matmul(x, w), b = matmul(y, v);
  return std::tuple(a + b, a * b, st::sum<1>(a - b));
});
constexpr auto descend = st::fused([](auto& w, auto x, auto g) {
  w = w - 0.1f * matmul(transpose(x), g);
});

/// How the library would launch a function's only kernel.
struct launch_record {
  std::int64_t grid = 0;
  int launches = 0;
  sinter::device::contract_shape shape;

  template <class Body, class Arguments>
  void operator()(const Body&, std::int64_t blocks, const Arguments&,
                  const sinter::device::contract_shape& launched) {
    grid = blocks;
    shape = launched;
    ++launches;
  }
  void scratch(sinter::device::part_memory&, std::int64_t words, std::int64_t counters) {
    partial_words = words;
    finished = counters;
  }
  std::int64_t partial_words = 0, finished = 0;
};
template <class F, class... A> launch_record record(const st::fused_function<F>&, A*...) {
  launch_record launch;
  sinter::device::kernel_arguments<3, 0> arguments{};
  using plan = st::plan_of<st::detail::fused_call<F, A...>>;
  sinter::device::kernel_launch<typename plan::template kernel<0>>::run(arguments, launch);
  return launch;
}
template <int Rows, int Inner, int Columns> launch_record launched() {
  return record(product, static_cast<st::tensor<float, Rows, Inner>*>(nullptr),
                static_cast<st::tensor<float, Inner, Columns>*>(nullptr));
}

}  // namespace

TEST_CASE("cut sums: where tiles are few and sums are long, by extents alone") {
  // 64 x 64 tiles, 132 blocks at the most, 256 terms of a part at the least.
  const auto one = launched<64, 511, 64>(), two = launched<64, 512, 64>();
  CHECK(one.shape.parts == 1);
  CHECK(one.grid == 1);
  CHECK(one.finished == 0);
  CHECK(two.shape.parts == 2);
  CHECK(two.shape.part[0] == 256);
  CHECK(two.grid == 2);
  CHECK(two.finished == 1);
  CHECK(two.partial_words == 2 * 64 * 64 / 2);
  CHECK(two.launches == 1);
  const auto ragged = launched<65, 1000, 64>();  // parts of 334 terms, rounded up
  CHECK(ragged.shape.parts == 3);
  CHECK(ragged.shape.part[0] == 352);
  CHECK(ragged.grid == 6);
  CHECK(launched<64, 1 << 20, 64>().grid == 132);
  CHECK(launched<64, 1 << 15, 64>().grid == 64);  // more would take longer to add up
  CHECK(launched<64 * 66, 1 << 20, 64>().shape.parts == 2);
  CHECK(launched<64 * 67, 1 << 20, 64>().shape.parts == 1);
  CHECK(launched<64, 0, 64>().shape.parts == 1);
}

TEST_CASE_TEMPLATE("cut sums: dense layers", T, float, double, st::bf16, std::int64_t) {
  check_layers<T, cut>(dense, {1, 70}, {0, 33, 64, 100}, {7, 64});
  auto x = filled<st::tensor<T, 20, 80>>();
  auto w = filled<st::tensor<T, 80, 72>>();
  auto b = filled<st::tensor<T, 72>>();
  for (const auto& chosen : schedules())
    CHECK(emulated_difference<cut>(chosen, dense, x, w, b) == "");
  CHECK(emulated_difference<cut_wide>({}, dense, x, w, b) == "");
}

TEST_CASE_TEMPLATE("cut sums: folds of the row, turned and computed operands", T, float, double,
                   st::f16) {
  auto x = filled<st::tensor<T, 20, 100>>();
  auto w = filled<st::tensor<T, 100, 32>>();
  auto wide = filled<st::tensor<T, 100, 300>>();
  for (const auto& chosen : schedules())
    CHECK(emulated_difference<cut>(chosen, soft, x, w) == "");
  CHECK(emulated_difference<cut>({}, soft, x, wide) == "");
  auto tall = filled<st::tensor<T, 100, 20>>();
  auto long_g = filled<st::tensor<T, 100, 7>>();
  CHECK(emulated_difference<cut>({}, turned, tall, long_g) == "");
  CHECK(emulated_difference<cut_wide>({}, soft, x, w) == "");
}

TEST_CASE("cut sums: several products, the shorter ones with empty parts; several results") {
  auto x = filled<st::tensor<float, 70, 130>>();
  auto w = filled<st::tensor<float, 130, 40>>();
  auto y = filled<st::tensor<float, 70, 30>>();
  auto v = filled<st::tensor<float, 30, 40>>();
  for (const auto& chosen : schedules())
    CHECK(emulated_difference<cut>(chosen, several, x, w, y, v) == "");
  auto none = filled<st::tensor<float, dyn, dyn>>(70, 0);
  auto also_none = filled<st::tensor<float, dyn, 40>>(0);
  auto of_doubles = filled<st::tensor<double, dyn, 40>>(130);
  auto left = filled<st::tensor<float, dyn, dyn>>(70, 130);
  CHECK(emulated_difference<cut>({}, several, left, of_doubles, none, also_none) == "");
}

TEST_CASE("cut sums: batches, an update in place") {
  auto q = filled<st::tensor<float, 3, 5, 70>>();
  auto k = filled<st::tensor<float, 3, 70, 9>>();
  CHECK(emulated_difference<cut>({}, product, q, k) == "");
  auto w = filled<st::tensor<float, 20, 30>>();
  auto x = filled<st::tensor<float, 70, 20>>();
  auto g = filled<st::tensor<float, 70, 30>>();
  for (const auto& chosen : schedules())
    CHECK(emulated_difference<cut>(chosen, descend, w, x, g) == "");
}

TEST_CASE("cut sums: as launched") {
  auto x = filled<st::tensor<float, 5, 600>>();
  auto w = filled<st::tensor<float, 600, 70>>();
  auto b = filled<st::tensor<float, 70>>();
  CHECK(emulated_difference({}, dense, x, w, b) == "");
  auto half = filled<st::tensor<st::bf16, 5, 600>>();
  auto weight = filled<st::tensor<st::bf16, 600, 72>>();
  auto bias = filled<st::tensor<st::bf16, 72>>();
  CHECK(emulated_difference({}, dense, half, weight, bias) == "");
}
