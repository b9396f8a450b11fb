// SPDX-License-Identifier: Apache-2.0

// Products on warpgroups of elements of 8 and 32 bits, in the emulator and against the reference:
// 8-bit floats, whose sums are added up in f32 every 128 terms; i8, whose sums are exact; tf32.

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
using st::e4m3;
using st::e5m2;

constexpr auto layer = st::fused([](auto x, auto w, auto b) {
  return relu(matmul(x, transpose(w)) + b);
});
constexpr auto gates = st::fused([](auto x, auto w, auto v) {
  return silu(matmul(x, transpose(w))) * matmul(x, transpose(v));
});
constexpr auto whole = st::fused([](auto x, auto w, auto scale) {
  return st::cast<float>(matmul(st::cast<int>(x), transpose(st::cast<int>(w)))) * scale;
});
constexpr auto whole_sums = st::fused([](auto x, auto w) {
  return matmul(st::cast<int>(x), transpose(st::cast<int>(w)));
});
constexpr auto whole_plain = st::fused([](auto x, auto w) {
  return matmul(st::cast<int>(x), st::cast<int>(w));
});
constexpr auto bytes = st::fused([](auto x, auto w) { return matmul(x, transpose(w)); });
constexpr auto coarse = st::fused([](auto x, auto w) {
  return matmul(st::tf32(x), transpose(st::tf32(w)));
});
constexpr auto coarse_plain = st::fused([](auto x, auto w) {
  return matmul(st::tf32(x), st::tf32(w));
});
constexpr auto coarse_scores = st::fused([](auto x, auto w) {
  return softmax(matmul(st::tf32(x), transpose(st::tf32(w))));
});

template <class T, int Rows, int Inner, int Columns, class F>
launch_record launched(const st::fused_function<F>& f, launch_record launch = {},
                       std::uintptr_t address = 0) {
  return record(f, launch, address, static_cast<st::tensor<T, Rows, Inner>*>(nullptr),
                static_cast<st::tensor<T, Columns, Inner>*>(nullptr));
}
template <class T, class F> launch_record launched_plain(const st::fused_function<F>& f) {
  return record(f, {}, 0, static_cast<st::tensor<T, 256, 256>*>(nullptr),
                static_cast<st::tensor<T, 256, 256>*>(nullptr));
}

}  // namespace

TEST_CASE("formats on warpgroups: chosen by types, the place of terms, extents and alignment") {
  CHECK(launched<e4m3, 256, 128, 256>(right_turned).on_warpgroups);
  CHECK(launched<e5m2, 256, 128, 256>(right_turned).on_warpgroups);
  CHECK(launched<std::int8_t, 256, 128, 256>(whole_sums).on_warpgroups);
  CHECK(launched<float, 256, 128, 256>(coarse).on_warpgroups);
  CHECK_FALSE(launched<e4m3, 256, 128, 256>(right_turned, {.has_warpgroups = false}).on_warpgroups);
  CHECK_FALSE(launched_plain<e4m3>(product).on_warpgroups);  // terms are not neighbours
  CHECK_FALSE(launched_plain<std::int8_t>(whole_plain).on_warpgroups);
  CHECK_FALSE(launched_plain<float>(coarse_plain).on_warpgroups);
  CHECK_FALSE(launched<float, 256, 128, 256>(right_turned).on_warpgroups);     // not in tf32
  CHECK_FALSE(launched<std::int8_t, 256, 128, 256>(bytes).on_warpgroups);      // sums in 8 bits
  CHECK_FALSE(launched<e4m3, 256, 64, 256>(right_turned).on_warpgroups);       // few terms
  CHECK_FALSE(launched<e4m3, 256, 136, 256>(right_turned).on_warpgroups);      // 8 bytes aligned
  CHECK_FALSE(launched<e4m3, 256, 128, 256>(right_turned, {}, 8).on_warpgroups);
  CHECK(launched<e4m3, 1, 128, 256>(right_turned).rows == 8);
  CHECK(launched<e4m3, 8192, 1024, 8192>(right_turned).columns == 128);  // a step's sums as well
  CHECK(launched<std::int8_t, 8192, 1024, 8192>(whole_sums).columns == 256);
  CHECK(launched<float, 8192, 1024, 8192>(coarse).columns == 256);
  using left = st::tensor<e4m3, 256, 128>;
  using right = st::tensor<e5m2, 256, 128>;
  CHECK_FALSE(record(right_turned, {}, 0, static_cast<left*>(nullptr),
                     static_cast<right*>(nullptr)).on_warpgroups);
}

TEST_CASE("formats on warpgroups: 8-bit floats, edges, clusters, parts") {
  auto x = filled<st::tensor<e4m3, 136, 336>>();
  auto w = filled<st::tensor<e4m3, 144, 336>>();
  auto b = filled<st::tensor<float, 144>>();
  for (const auto& chosen : schedules()) {
    CHECK(emulated_difference<on_warpgroups<64>>(chosen, layer, x, w, b) == "");
    CHECK(emulated_difference<in_parts<128, 2>>(chosen, layer, x, w, b) == "");
  }
  auto y = filled<st::tensor<e5m2, 5, 272>>();
  auto v = filled<st::tensor<e5m2, 144, 272>>(), u = v;
  std::reverse(u.data(), u.data() + u.size());
  for (const auto& chosen : schedules())
    CHECK(emulated_difference<of_few_rows_in_parts<8>>(chosen, gates, y, v, u) == "");
}

TEST_CASE("formats on warpgroups: several products of 8-bit floats, batches") {
  auto x = filled<st::tensor<e4m3, 130, 144>>();
  auto w = filled<st::tensor<e4m3, 136, 144>>(), v = w;
  std::reverse(v.data(), v.data() + v.size());
  CHECK(emulated_difference<on_warpgroups<128>>({}, gates, x, w, v) == "");
  constexpr auto scores = st::fused([](auto queries, auto keys) {
    return matmul(st::permute<0, 2, 1, 3>(queries), st::permute<0, 2, 3, 1>(keys));
  });
  auto queries = filled<st::tensor<e4m3, 2, 72, 3, 80>>();
  auto keys = filled<st::tensor<e4m3, 2, 72, 3, 80>>();
  CHECK(emulated_difference<on_warpgroups<64>>({}, scores, queries, keys) == "");
}

// 2^14 and, 128 terms later, 1: a sum of 14 bits has no place for both.
TEST_CASE("formats on warpgroups: sums of 8-bit floats begin again every 128 terms") {
  st::tensor<e5m2, 128, 256> x;
  st::tensor<e5m2, 64, 256> w;
  std::fill(x.data(), x.data() + x.size(), e5m2(1));
  for (int column = 0; column < 64; ++column) w(column, 0) = e5m2(16384), w(column, 128) = e5m2(1);
  sinter::emulator::options chosen;
  chosen.short_sums = true;
  CHECK(emulated_difference<on_warpgroups<64>>(chosen, right_turned, x, w) == "");
}

TEST_CASE("formats on warpgroups: i8, edges, parts, few rows") {
  auto x = filled<st::tensor<std::int8_t, 136, 336>>();
  auto w = filled<st::tensor<std::int8_t, 144, 336>>();
  auto scale = filled<st::tensor<float, 144>>();
  for (const auto& chosen : schedules()) {
    CHECK(emulated_difference<on_warpgroups<64>>(chosen, whole, x, w, scale) == "");
    CHECK(emulated_difference<in_parts<128, 2>>(chosen, whole_sums, x, w) == "");
  }
  auto few = filled<st::tensor<std::int8_t, 21, 336>>();
  CHECK(emulated_difference<of_few_rows_in_parts<32>>({}, whole_sums, few, w) == "");
  // The largest sums that there are, of 2^14 each.
  st::tensor<std::int8_t, 128, 4096> low;
  st::tensor<std::int8_t, 64, 4096> also_low;
  std::fill(low.data(), low.data() + low.size(), std::int8_t{-128});
  std::fill(also_low.data(), also_low.data() + also_low.size(), std::int8_t{-128});
  CHECK(emulated_difference<on_warpgroups<64>>({}, whole_sums, low, also_low) == "");
}

TEST_CASE("formats on warpgroups: tf32, rounded on the way, edges, folds of rows, few rows") {
  auto x = filled<st::tensor<float, 136, 100>>();
  auto w = filled<st::tensor<float, 104, 100>>();
  for (const auto& chosen : schedules()) {
    CHECK(emulated_difference<on_warpgroups<128>>(chosen, coarse_scores, x, w) == "");
    CHECK(emulated_difference<in_parts<64>>(chosen, coarse, x, w) == "");
  }
  auto few = filled<st::tensor<float, 5, 100>>();
  CHECK(emulated_difference<of_few_rows_in_parts<8>>({}, coarse, few, w) == "");
}
