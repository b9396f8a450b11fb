// SPDX-License-Identifier: Apache-2.0

// Products on warpgroups, in the emulator and against the reference: operands in both orientations,
// edges, clusters, parts of sums, every kind of epilogue.

#include <doctest/doctest.h>

#include <algorithm>

#include "kernel/altered_launcher.hpp"
#include "kernel/filled.hpp"
#include "kernel/launch_record.hpp"
#include "kernel/product_functions.hpp"

namespace {

namespace st = sinter;
using namespace sinter::testing;
using st::dyn;

using with_wide_indices = altered_launcher<alteration{.wide = true, .warpgroup_columns = 64}>;

template <int Rows>
using of_few_rows = altered_launcher<alteration{.few_rows = Rows}>;

constexpr auto three = st::fused([](auto x, auto q, auto k, auto v) {
  return std::tuple(matmul(x, q), matmul(x, k), matmul(x, v));
});
constexpr auto folded_gates = st::fused([](auto x, auto w, auto v) {
  auto a = matmul(x, w), b = matmul(x, transpose(v));
  return std::tuple(a + b, st::sum<1>(a * b));
});

template <class T, int Rows, int Inner, int Columns>
launch_record launched(launch_record launch = {}, std::uintptr_t address = 0) {
  return record(product, launch, address, static_cast<st::tensor<T, Rows, Inner>*>(nullptr),
                static_cast<st::tensor<T, Inner, Columns>*>(nullptr));
}

}  // namespace

TEST_CASE("products on warpgroups: chosen by the device, extents, types and alignment") {
  CHECK(launched<st::bf16, 256, 128, 256>().on_warpgroups);
  CHECK(launched<st::f16, 256, 128, 256>().on_warpgroups);
  CHECK_FALSE(launched<st::bf16, 256, 128, 256>({.has_warpgroups = false}).on_warpgroups);
  CHECK_FALSE(launched<float, 256, 128, 256>().on_warpgroups);
  CHECK(launched<st::bf16, 65, 128, 256>().rows == 128);
  CHECK(launched<st::bf16, 64, 128, 256>().rows == 64);
  CHECK(launched<st::bf16, 1, 128, 256>().rows == 8);
  CHECK_FALSE(launched<st::bf16, 1, 128, 64>().on_warpgroups);     // half a tile of columns
  CHECK_FALSE(launched<st::bf16, 256, 64, 256>().on_warpgroups);   // one step
  CHECK_FALSE(launched<st::bf16, 256, 128, 32>().on_warpgroups);   // half a tile of columns
  CHECK_FALSE(launched<st::bf16, 256, 132, 256>().on_warpgroups);  // rows that are not aligned
  CHECK_FALSE(launched<st::bf16, 256, 128, 256>({}, 8).on_warpgroups);
}

TEST_CASE("products on warpgroups: tiles are as wide as keeps the device busy") {
  CHECK(launched<st::bf16, 8192, 1024, 8192>().columns == 256);
  CHECK(launched<st::bf16, 8192, 1024, 8192>().cluster == 2);
  CHECK(launched<st::bf16, 1024, 1024, 1024>().columns == 64);   // 128 tiles
  CHECK(launched<st::bf16, 2048, 1024, 1024>().columns == 128);  // 128 tiles
  CHECK(launched<st::bf16, 8192, 1024, 784>().columns == 256);
  CHECK(launched<st::bf16, 128, 1024, 65536>().cluster == 1);  // one tile of rows
  CHECK(launched<st::bf16, 128, 4096, 512>().parts == 16);
  using x = st::tensor<st::bf16, 8192, 1024>;
  using w = st::tensor<st::bf16, 1024, 1024>;
  x* const no_x = nullptr;
  w* const no_w = nullptr;
  CHECK(record(gated, {}, 0, no_x, no_w, no_w).columns == 128);
  CHECK(record(three, {}, 0, no_x, no_w, no_w, no_w).columns == 64);
}

TEST_CASE_TEMPLATE("products on warpgroups: dense layers, edges", T, st::bf16, st::f16) {
  auto x = filled<st::tensor<T, 136, 200>>();
  auto w = filled<st::tensor<T, 200, 144>>();
  auto b = filled<st::tensor<T, 144>>();
  for (const auto& chosen : schedules()) {
    CHECK(emulated_difference<on_warpgroups<64>>(chosen, dense, x, w, b) == "");
    CHECK(emulated_difference<on_warpgroups<256>>(chosen, dense, x, w, b) == "");
    CHECK(emulated_difference<on_warpgroups<128, 2>>(chosen, dense, x, w, b) == "");
    CHECK(emulated_difference<in_parts<128>>(chosen, dense, x, w, b) == "");
  }
  CHECK(emulated_difference<with_wide_indices>({}, dense, x, w, b) == "");
}

TEST_CASE("products on warpgroups: a ring that is used more than once, clusters, parts") {
  auto x = filled<st::tensor<st::bf16, 132, 328>>();
  auto w = filled<st::tensor<st::bf16, 328, 136>>();
  for (const auto& chosen : schedules()) {
    CHECK(emulated_difference<on_warpgroups<128, 2>>(chosen, product, x, w) == "");
    CHECK(emulated_difference<in_parts<128, 2>>(chosen, product, x, w) == "");
  }
  auto tall = filled<st::tensor<st::bf16, 260, 72>>();
  auto wide = filled<st::tensor<st::bf16, 72, 264>>();
  CHECK(emulated_difference<on_warpgroups<256, 2>>({}, product, tall, wide) == "");
}

TEST_CASE("products on warpgroups: operands in both orientations") {
  for (const int inner : {37, 100}) {
    CAPTURE(inner);
    auto x = filled<st::tensor<st::bf16, dyn, 136>>(inner);
    auto w = filled<st::tensor<st::bf16, dyn, 152>>(inner);
    for (const auto& chosen : schedules())
      CHECK(emulated_difference<on_warpgroups<128>>(chosen, left_turned, x, w) == "");
    CHECK(emulated_difference<in_parts<128, 2>>({}, left_turned, x, w) == "");
  }
  auto x = filled<st::tensor<st::bf16, 131, 72>>();
  auto w = filled<st::tensor<st::bf16, 136, 72>>();
  for (const auto& chosen : schedules())
    CHECK(emulated_difference<on_warpgroups<128, 2>>(chosen, right_turned, x, w) == "");
  auto y = filled<st::tensor<st::bf16, 72, 136>>();
  CHECK(emulated_difference<on_warpgroups<64>>({}, both_turned, y, w) == "");
  // Of rows of 40 and 136 elements, 37 and 128 take part: the others must not be read as terms.
  constexpr auto partly = st::fused([](auto a, auto b) {
    return matmul(st::slice<1, 0, 37>(a), st::slice<1, 0, 128>(st::slice<0, 0, 37>(b)));
  });
  auto a = filled<st::tensor<st::bf16, 130, 40>>();
  auto b = filled<st::tensor<st::bf16, 40, 136>>();
  for (int i = 0; i < 130; ++i)
    for (int k = 37; k < 40; ++k) a(i, k) = st::bf16(__builtin_nanf(""));
  for (int k = 37; k < 40; ++k)
    for (int j = 0; j < 136; ++j) b(k, j) = st::bf16(__builtin_nanf(""));
  CHECK(emulated_difference<on_warpgroups<128>>({}, partly, a, b) == "");
}

TEST_CASE("products on warpgroups: batches, with operands that some of them share") {
  auto q = filled<st::tensor<st::f16, 3, 130, 40>>();
  auto k = filled<st::tensor<st::f16, 3, 40, 136>>();
  CHECK(emulated_difference<on_warpgroups<64>>({}, product, q, k) == "");
  CHECK(emulated_difference<on_warpgroups<128, 2>>({}, product, q, k) == "");
  // Heads lie between rows and columns; the sums of one item must not take terms of the next.
  constexpr auto scores = st::fused([](auto queries, auto keys) {
    return matmul(st::permute<0, 2, 1, 3>(queries), st::permute<0, 2, 3, 1>(keys));
  });
  auto queries = filled<st::tensor<st::bf16, 2, 72, 3, 24>>();
  auto keys = filled<st::tensor<st::bf16, 2, 72, 3, 24>>();
  CHECK(emulated_difference<on_warpgroups<64>>({}, scores, queries, keys) == "");
  constexpr auto weighted = st::fused([](auto weights, auto values) {
    return matmul(weights, st::permute<0, 2, 1, 3>(values));
  });
  auto weights = filled<st::tensor<st::bf16, 2, 3, 72, 72>>();
  CHECK(emulated_difference<on_warpgroups<64>>({}, weighted, weights, queries) == "");
  auto x = filled<st::tensor<st::bf16, 2, 72, 40>>();
  auto shared = filled<st::tensor<st::bf16, 40, 64>>();
  constexpr auto layer = st::fused([](auto a, auto b) {
    return matmul(a, st::broadcast<2, 40, 64>(b));
  });
  CHECK(emulated_difference<on_warpgroups<64>>({}, layer, x, shared) == "");
}

TEST_CASE("products on warpgroups: epilogues of all kinds") {
  auto x = filled<st::tensor<st::bf16, 136, 72>>();
  auto w = filled<st::tensor<st::bf16, 104, 72>>();
  auto wide = filled<st::tensor<st::bf16, 232, 72>>();
  for (const auto& chosen : schedules()) {
    CHECK(emulated_difference<on_warpgroups<128>>(chosen, soft, x, w) == "");
    CHECK(emulated_difference<in_parts<128>>(chosen, soft, x, w) == "");
    CHECK(emulated_difference<on_warpgroups<256, 2>>(chosen, soft, x, wide) == "");
  }
  auto narrow = filled<st::tensor<st::bf16, 192, 72>>();
  CHECK(emulated_difference<on_warpgroups<192>>({}, soft, x, narrow) == "");
  auto v = filled<st::tensor<st::bf16, 72, 136>>();
  CHECK(emulated_difference<on_warpgroups<128>>({}, two_results, x, v) == "");
  auto weight = filled<st::tensor<st::bf16, 136, 144>>();
  auto image = filled<st::tensor<st::bf16, 50, 136>>();
  auto slope = filled<st::tensor<st::bf16, 50, 144>>();
  CHECK(emulated_difference<on_warpgroups<64>>({}, descend, weight, image, slope) == "");
}

TEST_CASE_TEMPLATE("products on warpgroups: several of one left operand", T, st::bf16, st::f16) {
  auto x = filled<st::tensor<T, 200, 72>>();
  auto w = filled<st::tensor<T, 72, 136>>(), v = w, u = w;
  std::reverse(v.data(), v.data() + v.size());
  std::reverse(u.data(), u.data() + 1000);
  for (const auto& chosen : schedules()) {
    CHECK(emulated_difference<on_warpgroups<128, 2>>(chosen, gated, x, w, v) == "");
    CHECK(emulated_difference<in_parts<64>>(chosen, gated, x, w, v) == "");
  }
  CHECK(emulated_difference<on_warpgroups<64>>({}, three, x, w, v, u) == "");
  auto narrow = filled<st::tensor<T, 72, 56>>();
  auto turned = filled<st::tensor<T, 56, 72>>();
  CHECK(emulated_difference<on_warpgroups<64>>({}, folded_gates, x, narrow, turned) == "");
}

TEST_CASE_TEMPLATE("products on warpgroups: few rows", T, st::bf16, st::f16) {
  auto x = filled<st::tensor<T, 5, 200>>();
  auto w = filled<st::tensor<T, 200, 144>>();
  auto b = filled<st::tensor<T, 144>>();
  for (const auto& chosen : schedules()) {
    CHECK(emulated_difference<of_few_rows<8>>(chosen, dense, x, w, b) == "");
    CHECK(emulated_difference<of_few_rows_in_parts<8>>(chosen, dense, x, w, b) == "");
  }
  auto y = filled<st::tensor<T, 61, 200>>();
  auto v = w;
  std::reverse(v.data(), v.data() + v.size());
  for (const auto& chosen : schedules()) {
    CHECK(emulated_difference<of_few_rows<64>>(chosen, gated, y, w, v) == "");
    CHECK(emulated_difference<of_few_rows_in_parts<32>>(chosen, gated, y, w, v) == "");
  }
  CHECK(emulated_difference<of_few_rows_in_parts<32>>({}, three, x, w, v, w) == "");
}

TEST_CASE("products on warpgroups: few rows, operands in both orientations, batches") {
  auto x = filled<st::tensor<st::bf16, 100, 24>>();
  auto v = filled<st::tensor<st::bf16, 100, 152>>();
  auto plain = filled<st::tensor<st::bf16, 24, 104>>();
  auto turned = filled<st::tensor<st::bf16, 152, 104>>();
  CHECK(emulated_difference<of_few_rows<32>>({}, left_turned, x, v) == "");
  CHECK(emulated_difference<of_few_rows<32>>({}, right_turned, plain, turned) == "");
  auto half = filled<st::tensor<st::bf16, 104, 24>>();
  CHECK(emulated_difference<of_few_rows<16>>({}, both_turned, half, turned) == "");
  auto q = filled<st::tensor<st::f16, 3, 20, 72>>();
  auto k = filled<st::tensor<st::f16, 3, 72, 136>>();
  CHECK(emulated_difference<of_few_rows<32>>({}, product, q, k) == "");
  auto u = filled<st::tensor<st::bf16, 104, 72>>();
  CHECK(emulated_difference<of_few_rows<32>>({}, two_results, plain, u) == "");
}

TEST_CASE("products on warpgroups: as launched") {
  struct launcher : emulated_launcher {
    explicit launcher(sinter::emulator::options chosen) : emulated_launcher(chosen) {
      warpgroups = true;
    }
  };
  auto x = filled<st::tensor<st::bf16, dyn, 72>>(300);
  auto w = filled<st::tensor<st::bf16, 72, 256>>();
  auto b = filled<st::tensor<st::bf16, 256>>();
  CHECK(emulated_difference<launcher>({}, dense, x, w, b) == "");
  auto few = filled<st::tensor<st::bf16, dyn, 72>>(3);
  CHECK(emulated_difference<launcher>({}, dense, few, w, b) == "");
}
