// SPDX-License-Identifier: Apache-2.0

// Elements by their indices, their gradients, views with steps and random numbers, in the emulator,
// against the reference.

#include <doctest/doctest.h>

#include "kernel/emulated_plan.hpp"
#include "kernel/filled.hpp"

namespace {

namespace st = sinter;
using namespace sinter::testing;
using st::dyn;

constexpr auto rows = st::fused([](auto table, auto which, auto rest) {
  const auto found = st::embedding(table, which);
  return std::tuple(found * 2 + rest, st::gradient(sum(found * rest), table));
});
constexpr auto columns = st::fused([](auto x, auto which) {
  const auto found = st::lookup<1>(x, which);
  return std::tuple(found, st::gradient(sum(found * found), x));
});
constexpr auto along = st::fused([](auto x, auto which) {
  const auto found = st::lookup_along<1>(x, which);
  return std::tuple(found, st::gradient(sum(found * found), x), st::sum<1>(found));
});
constexpr auto steps = st::fused([](auto x, auto y) {
  return std::tuple(st::flip<1>(x) + x, st::slice<1, -1, st::open_end, -2>(x),
                    st::sum<2>(st::windows<1, 3>(x)), st::concatenate<1>(x, y, x),
                    st::diagonal(x) * 2, st::gradient(sum(square(st::windows<0, 2, 2>(x))), x));
});

constexpr auto noise = st::fused([](auto x, auto p, auto seed, auto stream) {
  const auto y = st::dropout(x, p, seed, stream) + st::normal_like(x, seed, 1);
  return std::tuple(y, st::gradient(sum(y * y), x), st::truncated_normal_like(x, -1, p, seed, 2),
                    st::bernoulli(x * 0 + p, seed, stream));
});

template <class I> st::tensor<I, dyn> indices(int count, int below) {
  st::tensor<I, dyn> which(count);
  for (int i = 0; i < count; ++i) which(i) = static_cast<I>(i * 7 % below);
  return which;
}

}  // namespace

TEST_CASE_TEMPLATE("embedding: rows of a table and their gradient, repeated and missing", I,
                   std::uint8_t, std::int32_t, std::int64_t) {
  for (const int count : {0, 1, 40})
    for (const int width : {1, 20, 300}) {
      CAPTURE(count);
      CAPTURE(width);
      auto table = filled<st::tensor<float, dyn, dyn>>(11, width);
      auto rest = filled<st::tensor<float, dyn, dyn>>(count, width);
      auto which = indices<I>(count, 9);
      CHECK(emulated_difference({}, rows, table, which, rest) == "");
    }
}

TEST_CASE_TEMPLATE("lookup: columns, and one of each row", T, float, double, st::bf16) {
  auto x = filled<st::tensor<T, 5, 12>>();
  auto which = indices<std::int32_t>(30, 12);
  CHECK(emulated_difference({}, columns, x, which) == "");
  st::tensor<std::int64_t, 5, 7> places;
  for (int i = 0; i < 35; ++i) places.data()[i] = i * 5 % 12;
  for (const auto& chosen : schedules()) CHECK(emulated_difference(chosen, along, x, places) == "");
}

TEST_CASE("steps, windows, diagonals and what is put together, f32") {
  auto x = filled<st::tensor<float, 6, 16>>();
  auto y = filled<st::tensor<float, 6, 4>>();
  CHECK(emulated_difference({}, steps, x, y) == "");
}

TEST_CASE("random numbers: the reference's, in a map, f32") {
  auto x = filled<st::tensor<float, dyn, 33>>(7);
  float p = 0.25f;
  std::uint64_t seed = 1234567, stream = 3;
  CHECK(emulated_difference({}, noise, x, p, seed, stream) == "");
}
