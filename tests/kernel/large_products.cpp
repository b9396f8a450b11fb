// SPDX-License-Identifier: Apache-2.0

// Large tiles of products of 16-bit memory, in the emulator and against the reference: operands in
// both orientations, edges, parts of sums, every kind of epilogue.

#include <doctest/doctest.h>

#include <algorithm>

#include "kernel/altered_launcher.hpp"
#include "kernel/filled.hpp"
#include "kernel/layers.hpp"
#include "kernel/product_functions.hpp"

namespace {

namespace st = sinter;
using namespace sinter::testing;
using st::dyn;
using large = altered_launcher<alteration{.large = true}>;
using large_cut = altered_launcher<alteration{.shortest_part = 64, .large = true}>;
using large_wide = altered_launcher<alteration{.large = true, .wide = true}>;

constexpr auto added = st::fused([](auto x, auto w, auto y, auto v) {
  auto a = matmul(x, w), b = matmul(y, transpose(v));
  return std::tuple(a + b, st::sum<1>(a * b));
});

/// What the library would launch where there are no warpgroups: the rows of its tiles, and how many
/// blocks.
struct launch_record {
  int tile_rows = 0, launches = 0;
  std::int64_t grid = 0, parts = 0;

  template <class Body, class Arguments>
  void operator()(const Body&, std::int64_t blocks, const Arguments&,
                  const sinter::device::contract_shape& shape) {
    tile_rows = Body::tile_rows;
    grid = blocks;
    parts = shape.parts;
    ++launches;
  }
  void scratch(sinter::device::part_memory&, std::int64_t, std::int64_t) {}
  template <class Body, class Arguments> static bool runs() { return false; }
  template <class... Launch> void persistent(const Launch&...) {}
};
template <class F, class... A>
launch_record record(const st::fused_function<F>&, std::uintptr_t left_address, A*...) {
  launch_record launch;
  sinter::device::kernel_arguments<4, 0> arguments{};
  arguments.address[0] = reinterpret_cast<void*>(left_address);
  using plan = st::plan_of<st::detail::fused_call<F, A...>>;
  sinter::device::kernel_launch<typename plan::template kernel<0>>::run(arguments, launch);
  CHECK(launch.launches == 1);
  return launch;
}
template <class T, int Rows, int Inner, int Columns>
launch_record launched(std::uintptr_t left_address = 0) {
  return record(product, left_address, static_cast<st::tensor<T, Rows, Inner>*>(nullptr),
                static_cast<st::tensor<T, Inner, Columns>*>(nullptr));
}
template <int Rows, int Inner, int Columns>
launch_record launched_turned(std::uintptr_t left_address = 0) {
  return record(left_turned, left_address,
                static_cast<st::tensor<st::bf16, Inner, Rows>*>(nullptr),
                static_cast<st::tensor<st::bf16, Inner, Columns>*>(nullptr));
}

/// Whether each of eight rows that are read or written together has banks of its own.
template <int Chunks> constexpr bool spreads() {
  for (int row = 0; row < 128; row += 8)
    for (int chunk = 0; chunk < Chunks; ++chunk) {
      unsigned banks = 0;  // eight of 16 bytes
      for (int r = row; r < row + 8; ++r)
        banks |= 1u << sinter::device::permuted_chunk<Chunks>(r, chunk) / 8 % 8;
      if (banks != 0xff) return false;
    }
  return true;
}
static_assert(spreads<4>() && spreads<8>() && spreads<16>());

/// The same of the pairs of sums that half a warp stores.
struct half_product {
  using value = float;
  static constexpr auto format = sinter::matrix_format::bf16;
  static constexpr int tf32_products = 0;
};
constexpr bool sums_spread() {
  using namespace sinter::device;
  using tile = contract_tile<lane_layout{}, 128, 128, false, void, half_product>;
  for (int half = 0; half < 2; ++half) {
    unsigned banks = 0;  // sixteen of 8 bytes
    for (int lane = 16 * half; lane < 16 * half + 16; ++lane)
      banks |= 1u << tile::place(accumulator_row(lane, 0), accumulator_column(lane, 0)) / 2 % 16;
    if (banks != 0xffff) return false;
  }
  return true;
}
static_assert(sums_spread());

}  // namespace

TEST_CASE("large products: chosen by extents, types and alignment") {
  const auto is_large = [](const launch_record& r) { return r.tile_rows == 128; };
  CHECK(is_large(launched<st::bf16, 128 * 66, 64, 128>()));
  CHECK(is_large(launched<st::f16, 128 * 33, 64, 256>()));
  CHECK_FALSE(is_large(launched<st::bf16, 128 * 65, 64, 128>()));  // too few
  CHECK_FALSE(is_large(launched<st::bf16, 128 * 66, 64, 64>()));   // half empty
  CHECK_FALSE(is_large(launched<st::bf16, 128 * 66, 32, 128>()));  // one step
  CHECK_FALSE(is_large(launched<float, 128 * 66, 64, 128>()));
  CHECK_FALSE(is_large(launched<st::bf16, 128 * 66, 60, 128>()));  // rows that are not aligned
  CHECK_FALSE(is_large(launched<st::bf16, 128 * 66, 64, 128>(8)));
  CHECK(is_large(launched_turned<128 * 66, 60, 128>()));  // terms are any number then
  CHECK_FALSE(is_large(launched_turned<128 * 66, 60, 128>(8)));
  CHECK_FALSE(is_large(launched_turned<128 * 66 - 4, 60, 128>()));
  using x = st::tensor<st::bf16, 128 * 33, 64>;
  using w = st::tensor<st::bf16, 64, 128>;
  x* const no_x = nullptr;
  w* const no_w = nullptr;
  CHECK(is_large(record(gated, 0, no_x, no_w, no_w)));  // 64 columns of each product
  CHECK(launched<st::bf16, 128 * 66, 64, 128>().grid == 66);
  CHECK(launched<st::bf16, 128 * 66, 512, 128>().parts == 2);
  CHECK(launched<st::bf16, 128 * 67, 512, 128>().parts == 1);
}

TEST_CASE_TEMPLATE("large products: dense layers, edges", T, st::bf16, st::f16) {
  check_layers<T, large>(dense, {1, 128, 200}, {8, 32, 72, 168}, {8, 128, 136});
  auto x = filled<st::tensor<T, 136, 200>>();
  auto w = filled<st::tensor<T, 200, 144>>();
  auto b = filled<st::tensor<T, 144>>();
  for (const auto& chosen : schedules()) {
    CHECK(emulated_difference<large>(chosen, dense, x, w, b) == "");
    CHECK(emulated_difference<large_cut>(chosen, dense, x, w, b) == "");
  }
  CHECK(emulated_difference<large_wide>({}, dense, x, w, b) == "");
}

TEST_CASE("large products: operands in both orientations, extents that no chunk divides") {
  for (const int inner : {37, 100}) {
    CAPTURE(inner);
    auto x = filled<st::tensor<st::bf16, dyn, 136>>(inner);
    auto w = filled<st::tensor<st::bf16, dyn, 152>>(inner);
    for (const auto& chosen : schedules())
      CHECK(emulated_difference<large>(chosen, left_turned, x, w) == "");
    CHECK(emulated_difference<large_cut>({}, left_turned, x, w) == "");
  }
  auto x = filled<st::tensor<st::bf16, 131, 72>>();
  auto w = filled<st::tensor<st::bf16, 133, 72>>();
  for (const auto& chosen : schedules())
    CHECK(emulated_difference<large>(chosen, right_turned, x, w) == "");
  CHECK(emulated_difference<large_wide>({}, right_turned, x, w) == "");
  auto y = filled<st::tensor<st::bf16, 72, 136>>();
  CHECK(emulated_difference<large>({}, both_turned, y, w) == "");
  // Chunks that are partly there: of rows of 40 and 136 elements, 37 and 131 take part. What comes
  // instead of the others must be zero even where the other operand is.
  constexpr auto partly = st::fused([](auto a, auto b) {
    return matmul(st::slice<1, 0, 37>(a), st::slice<1, 0, 131>(st::slice<0, 0, 37>(b)));
  });
  constexpr auto partly_turned = st::fused([](auto a, auto b) {
    return matmul(st::slice<1, 0, 37>(a), transpose(st::slice<1, 0, 37>(b)));
  });
  auto a = filled<st::tensor<st::bf16, 130, 40>>(), c = a;
  auto b = filled<st::tensor<st::bf16, 40, 136>>();
  CHECK(emulated_difference<large>({}, partly_turned, a, c) == "");
  for (int i = 0; i < 130; ++i)
    for (int k = 37; k < 40; ++k) a(i, k) = st::bf16(__builtin_nanf(""));
  CHECK(emulated_difference<large>({}, partly, a, b) == "");
}

TEST_CASE("large products: epilogues of all kinds, batches") {
  auto x = filled<st::tensor<st::bf16, 136, 72>>();
  auto w = filled<st::tensor<st::bf16, 100, 72>>();
  for (const auto& chosen : schedules()) {
    CHECK(emulated_difference<large>(chosen, soft, x, w) == "");
    CHECK(emulated_difference<large_cut>(chosen, soft, x, w) == "");
  }
  auto v = filled<st::tensor<st::bf16, 72, 136>>();
  CHECK(emulated_difference<large>({}, two_results, x, v) == "");
  auto q = filled<st::tensor<st::f16, 3, 130, 40>>();
  auto k = filled<st::tensor<st::f16, 3, 40, 136>>();
  CHECK(emulated_difference<large>({}, product, q, k) == "");
  auto weight = filled<st::tensor<st::bf16, 136, 144>>();
  auto image = filled<st::tensor<st::bf16, 50, 136>>();
  auto slope = filled<st::tensor<st::bf16, 50, 144>>();
  CHECK(emulated_difference<large>({}, descend, weight, image, slope) == "");
}

TEST_CASE_TEMPLATE("large products: two of a kernel", T, st::bf16, st::f16) {
  auto x = filled<st::tensor<T, 200, 72>>();
  auto w = filled<st::tensor<T, 72, 136>>(), v = w;
  std::reverse(v.data(), v.data() + v.size());
  for (const auto& chosen : schedules()) {
    CHECK(emulated_difference<large>(chosen, gated, x, w, v) == "");
    CHECK(emulated_difference<large_cut>(chosen, gated, x, w, v) == "");
  }
  CHECK(emulated_difference<large_wide>({}, gated, x, w, v) == "");
  // Of different length and orientation, and rows that are folded.
  auto narrow = filled<st::tensor<T, 72, 56>>();
  auto y = filled<st::tensor<T, 200, 200>>();
  auto u = filled<st::tensor<T, 56, 200>>();
  CHECK(emulated_difference<large>({}, added, x, narrow, y, u) == "");
  CHECK(emulated_difference<large_cut>({}, added, x, narrow, y, u) == "");
}

TEST_CASE("large products: as launched") {
  auto x = filled<st::tensor<st::bf16, dyn, 40>>(128 * 11);
  auto w = filled<st::tensor<st::bf16, 40, 128 * 6>>();
  auto b = filled<st::tensor<st::bf16, 128 * 6>>();
  CHECK(emulated_difference({}, dense, x, w, b) == "");
}
