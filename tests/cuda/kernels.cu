// SPDX-License-Identifier: Apache-2.0

// The bodies of plans as kernels, compiled for each architecture: tests/artefact/check.sh says what
// is checked of the result.
//
// entries: 64
// contains: mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32
// contains: mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32
// contains: ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16
// contains: ldmatrix.sync.aligned.m8n8.x4.shared.b16
// contains: cp.async.cg.shared.global
// contains on sm_90a: wgmma.mma_async.sync.aligned.m64n256k16.f32.bf16.bf16
// contains on sm_90a: wgmma.mma_async.sync.aligned.m64n128k16.f32.f16.f16
// contains on sm_90a: cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes
// contains on sm_90a: wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16
// contains on sm_90a: wgmma.mma_async.sync.aligned.m64n128k32.f32.e4m3.e4m3
// contains on sm_90a: wgmma.mma_async.sync.aligned.m64n256k32.s32.s8.s8
// contains on sm_90a: wgmma.mma_async.sync.aligned.m64n64k8.f32.tf32.tf32
// contains on sm_90a: .multicast::cluster
// contains on sm_90a: setmaxnreg.inc.sync.aligned.u32 240

#include <sinter/cuda.hpp>
#include <sinter/nn.hpp>

namespace {

namespace st = sinter;
using st::dyn;

constexpr auto chain = st::fused([](auto x, auto scale, auto shift, auto rest) {
  return relu(x * scale + shift) * 0.5f + rest;
});
constexpr auto soft = st::fused([](auto x) { return softmax(x); });
constexpr auto normed = st::fused([](auto x, auto scale, auto shift) {
  return layer_norm(x, scale, shift);
});
constexpr auto norm_slope = st::fused([](auto x, auto g) {
  return st::gradient(sum(layer_norm(x) * g), x);
});
constexpr auto total = st::fused([](auto x) { return sum(square(x)); });
constexpr auto columns = st::fused([](auto x) { return st::sum<0>(x); });

constexpr auto running = st::fused([](auto x) { return cumsum(softmax(x)) * x; });
constexpr auto upwards = st::fused([](auto x) { return st::cumsum<st::backwards, 0>(x) * 2; });

constexpr auto dense = st::fused([](auto x, auto w, auto b) { return relu(matmul(x, w) + b); });
constexpr auto scores = st::fused([](auto x, auto w) { return softmax(matmul(x, w)); });
constexpr auto gates = st::fused([](auto x, auto w, auto v) {
  return silu(matmul(x, w)) * matmul(x, v);
});
constexpr auto slopes = st::fused([](auto x, auto g, auto w) {
  return std::tuple(matmul(transpose(x), g), matmul(g, transpose(w)));
});

// Operands in 8 bits and in tf32 are read as they lie if terms are neighbours.
constexpr auto dense_turned = st::fused([](auto x, auto w, auto b) {
  return relu(matmul(x, transpose(w)) + b);
});
constexpr auto whole = st::fused([](auto x, auto w, auto scale) {
  return st::cast<float>(matmul(st::cast<int>(x), transpose(st::cast<int>(w)))) * scale;
});
constexpr auto coarse_scores = st::fused([](auto x, auto w) {
  return softmax(matmul(st::tf32(x), transpose(st::tf32(w))));
});

constexpr auto split_scores = st::fused([](auto x, auto w) {
  return softmax(matmul(st::tf32x3(x), st::tf32x3(w)));
});

constexpr auto layers = st::fused([](auto x, auto w, auto b, auto u) {
  auto h = relu(matmul(x, w) + b);
  return softmax(matmul(relu(matmul(h, w) + b) + h, u));
});
constexpr auto cast_layers = st::fused([](auto x, auto w, auto b, auto u) {
  const auto half = [](auto y) { return st::cast<st::bf16>(y); };
  auto h = half(relu(matmul(half(x), half(w)) + b));
  return softmax(matmul(half(relu(matmul(h * 2, half(w)) + b)), half(u)));
});

constexpr auto gradients = st::fused([](auto x, auto w, auto b, auto v, auto want) {
  auto loss = st::mean(st::square(matmul(tanh(matmul(x, w) + b), v) - want));
  const st::symbol dw = gradient(loss, w), db = gradient(loss, b), dv = gradient(loss, v);
  return std::tuple(loss, dw, db, dv);
});
constexpr auto norm_layers = st::fused([](auto x, auto w, auto b, auto u) {
  auto h = relu(matmul(layer_norm(x), w) + b);
  return softmax(matmul(relu(matmul(h, w) + b) + h, u));
});

struct network {
  st::tensor<float, 1024, 512> first;
  st::tensor<float, 512> bias;
  st::tensor<float, 512, 10> last;
  st::tensor<float, 10> last_bias;
};
constexpr auto update = st::fused([](auto& net, auto& optimizer, const auto& slope) {
  optimizer.update(net, slope);
});

/// The call of a function on a device; never made where there is none.
template <class F, class... A> auto launch(const st::fused_function<F>&, A&...) {
  return &st::cuda_target::run_plan<st::plan_of<st::detail::fused_call<F, A...>>>;
}

}  // namespace

void launch_all() {
  st::tensor<float, 4096, 1024> x, y;
  st::tensor<float, 1024> scale, shift;
  (void)launch(chain, x, scale, shift, y);
  (void)launch(soft, x);
  (void)launch(normed, x, scale, shift);
  st::tensor<float, 64, 8192> longest, slope;  // the longest row that stays in registers
  (void)launch(norm_slope, longest, slope);
  (void)launch(total, x);
  (void)launch(columns, x);
  (void)launch(running, x);
  (void)launch(upwards, x);
  st::tensor<float, 1024, 256> w;
  st::tensor<float, 256> b;
  (void)launch(dense, x, w, b);
  (void)launch(scores, x, w);
  st::tensor<st::bf16, 4096, 1024> half;
  st::tensor<st::bf16, 1024, 1024> weight;
  st::tensor<st::bf16, 1024> bias;
  (void)launch(dense, half, weight, bias);  // large tiles or warpgroups, where memory is aligned
  (void)launch(gates, half, weight, weight);
  st::tensor<st::bf16, 4, 1024> token;
  (void)launch(gates, token, weight, weight);  // few rows
  st::tensor<st::bf16, 8192, 2048> image;
  st::tensor<st::bf16, 8192, 1024> slope_of_image;
  st::tensor<st::bf16, 2048, 1024> turned;
  (void)launch(slopes, image, slope_of_image, turned);  // these may have small ones even then
  st::tensor<st::f16, 16384, 256> tokens;
  st::tensor<st::f16, 256, 128> classes;
  (void)launch(scores, tokens, classes);
  st::tensor<st::e4m3, 8192, 1024> small;
  st::tensor<st::e4m3, 1024, 1024> small_weight;
  (void)launch(dense_turned, small, small_weight, scale);
  st::tensor<std::int8_t, 8192, 1024> quantised;
  st::tensor<std::int8_t, 1024, 1024> quantised_weight;
  (void)launch(whole, quantised, quantised_weight, scale);
  st::tensor<float, 64, 1024> turned_classes;
  (void)launch(coarse_scores, x, turned_classes);
  (void)launch(split_scores, x, w);
  st::tensor<st::bf16, dyn, 64> narrow;  // chains, for operands that are aligned and others
  st::tensor<st::bf16, 64, 64> square;
  st::tensor<st::bf16, 64> shifts;
  st::tensor<st::bf16, 64, 16> few;
  (void)launch(layers, narrow, square, shifts, few);
  st::tensor<st::f16, dyn, 128> wider;
  st::tensor<st::f16, 128, 128> wider_square;
  st::tensor<st::f16, 128> wider_shifts;
  st::tensor<st::f16, 128, 10> ten;
  (void)launch(layers, wider, wider_square, wider_shifts, ten);
  st::tensor<float, dyn, 64> single;  // operands that are computed on their way in
  st::tensor<float, 64, 64> single_square;
  st::tensor<float, 64> single_shifts;
  st::tensor<float, 64, 16> single_few;
  (void)launch(cast_layers, single, single_square, single_shifts, single_few);
  st::tensor<st::bf16, dyn, dyn, 64> items;
  (void)launch(norm_layers, items, square, shifts, few);
  st::tensor<st::bf16, dyn, 16> wanted;  // sums over the rows of a chain, and what follows them
  (void)launch(gradients, narrow, square, shifts, few, wanted);
  network net, slopes;
  st::sgd<network> optimizer;
  (void)launch(update, net, optimizer, slopes);  // one kernel for all parameters
}
