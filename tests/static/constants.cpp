// SPDX-License-Identifier: Apache-2.0

// Kernels, bytes and flops of a call are constants; constants wrap as values do.

#include <sinter/report/explain.hpp>
#include <sinter/sinter.hpp>

namespace sinter_constants {

namespace st = sinter;

constexpr auto layer = st::fused([](auto x, auto w, auto b) { return relu(matmul(x, w) + b); });

extern const st::tensor<float, 32, 64> x;
extern const st::tensor<float, 64, 16> w;
extern const st::tensor<float, 16> b;

static_assert(st::kernels(layer, x, w, b) == 1);
static_assert(st::bytes(layer, x, w, b) == 4 * (32 * 64 + 64 * 16 + 16 + 32 * 16));
static_assert(st::flops(layer, x, w, b) == 2 * 32 * 64 * 16 + 2 * 32 * 16);

/// 300 by way of a type, as an i32.
constexpr std::int64_t cast_through(st::dtype type) {
  st::graph_builder g;
  const int narrow = st::rules::cast(g, st::rules::constant(g, st::dtype::f32, 300), type);
  return g[st::rules::cast(g, narrow, st::dtype::i32)].attribute[0];
}
static_assert(cast_through(st::dtype::u8) == 44);
static_assert(cast_through(st::dtype::i8) == 44);
static_assert(cast_through(st::dtype::i16) == 300);
static_assert(cast_through(st::dtype::boolean) == 1);

}  // namespace sinter_constants
