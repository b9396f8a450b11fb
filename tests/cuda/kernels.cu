// SPDX-License-Identifier: Apache-2.0

// The bodies of plans as kernels, compiled for each architecture: tests/artefact/check.sh says what
// is checked of the result.
//
// entries: 16
// contains: mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32
// contains: ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16

#include <sinter/sinter.hpp>

#include "sinter/kernel/launch.hpp"
#include "sinter/target/cuda/context.cuh"

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
constexpr auto total = st::fused([](auto x) { return sum(square(x)); });
constexpr auto columns = st::fused([](auto x) { return st::sum<0>(x); });

constexpr auto dense = st::fused([](auto x, auto w, auto b) { return relu(matmul(x, w) + b); });
constexpr auto scores = st::fused([](auto x, auto w) { return softmax(matmul(x, w)); });

/// Launches bodies; never run where there is no device.
struct launcher {
  template <class Body, class Arguments, class Shape>
  void operator()(const Body&, std::int64_t grid, const Arguments& arguments, const Shape& shape) {
    std::size_t shared = 0;
    if constexpr (requires { Body::shared_bytes; }) shared = Body::shared_bytes;
    st::cuda::launch_body<Body><<<static_cast<unsigned>(grid), Body::block_threads, shared>>>(
        arguments, shape);
  }
  void scratch(st::device::reduce_shape&, std::int64_t, std::int64_t) {}
};

template <class Plan, int At, int... I>
void launch_kernel(std::integer_sequence<int, I...>) {
  constexpr const st::kernel_data& k = Plan::data.kernels[At];
  st::device::kernel_arguments<k.buffer_count, k.integer_count> arguments{};
  st::device::kernel_launch<Plan::template words<At>()[I]...>::run(arguments, launcher{});
}

template <class F, class... A> void launch(const st::fused_function<F>&, A&...) {
  using plan = st::plan_of<st::detail::fused_call<F, A...>>;
  [&]<int... At>(std::integer_sequence<int, At...>) {
    (launch_kernel<plan, At>(
         std::make_integer_sequence<int, plan::template words<At>().count>{}),
     ...);
  }(std::make_integer_sequence<int, plan::kernels>{});
}

}  // namespace

void launch_all() {
  st::tensor<float, 4096, 1024> x, y;
  st::tensor<float, 1024> scale, shift;
  launch(chain, x, scale, shift, y);
  launch(soft, x);
  launch(normed, x, scale, shift);
  launch(total, x);
  launch(columns, x);
  st::tensor<float, 1024, 256> w;
  st::tensor<float, 256> b;
  launch(dense, x, w, b);
  launch(scores, x, w);
  st::tensor<st::bf16, 4096, 1024> half;
  st::tensor<st::bf16, 1024, 1024> weight;
  st::tensor<st::bf16, 1024> bias;
  launch(dense, half, weight, bias);
}
