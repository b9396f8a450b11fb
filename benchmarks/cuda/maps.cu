// SPDX-License-Identifier: Apache-2.0
// Elementwise chains on a device: one kernel, against the library's own operations one by one, and
// against a call of Thrust for each.

#include "device.cuh"

#include "../one_by_one.hpp"

#include <thrust/device_ptr.h>
#include <thrust/execution_policy.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/transform.h>

namespace st = sinter;
using bench::side;

constexpr auto chain_of = st::fused([](auto x, auto scale, auto shift, auto rest) {
  return relu(x * scale + shift) * 0.5f + rest;
});

template <class T, std::int64_t Rows, std::int64_t Columns> bench::workload chain() {
  static auto x = bench::normal<T, Rows, Columns>(), rest = bench::normal<T, Rows, Columns>();
  static auto scale = bench::normal<T, Columns>(), shift = bench::normal<T, Columns>();
  static auto y = bench::zeros<T, Rows, Columns>(), z = y, u = y;
  const auto cost = bench::needs(chain_of, x, scale, shift, rest);
  return {"chain", std::to_string(Rows) + 'x' + std::to_string(Columns), bench::type_name<T>(),
          cost.bytes(), cost.flops,
          {{"sinter", side::ours, [] { y = relu(x * scale + shift) * 0.5f + rest; }},
           {"unfused", side::ours, [] { bench::one_by_one::chain(z, x, scale, shift, rest); }},
           {"thrust", side::peer, [] {
              const T *a = scale.data(), *b = shift.data();
              T* const to = u.data();
              const auto all = thrust::make_counting_iterator(std::int64_t{0});
              const auto each = [&](auto f) {
                thrust::transform(thrust::cuda::par_nosync, all, all + Rows * Columns,
                                  thrust::device_pointer_cast(to), f);
              };
              const T *from = x.data(), *more = rest.data();
              each([=] __device__(std::int64_t i) { return T(from[i] * a[i % Columns]); });
              each([=] __device__(std::int64_t i) { return T(to[i] + b[i % Columns]); });
              each([=] __device__(std::int64_t i) { return to[i] > T(0) ? to[i] : T(0); });
              each([=] __device__(std::int64_t i) { return T(to[i] * 0.5f); });
              each([=] __device__(std::int64_t i) { return T(to[i] + more[i]); });
            }}},
          [] {
            return std::max(bench::difference_there(y, z), bench::difference_there(y, u));
          },
          bench::rounding<T>()};
}

constexpr auto gelu_of = st::fused([](auto x) { return gelu(x); });

template <class T, std::int64_t N> bench::workload gelu_chain() {
  static auto x = bench::normal<T, N>();
  static auto y = bench::zeros<T, N>(), z = y;
  const auto cost = bench::needs(gelu_of, x);
  return {"gelu", std::to_string(N), bench::type_name<T>(), cost.bytes(), cost.flops,
          {{"sinter", side::ours, [] { y = gelu(x); }},
           {"thrust", side::peer, [] {
              const T* from = x.data();
              thrust::transform(thrust::cuda::par_nosync, thrust::device_pointer_cast(from),
                                thrust::device_pointer_cast(from) + N,
                                thrust::device_pointer_cast(z.data()), [] __device__(T v) {
                                  const float f = static_cast<float>(v);
                                  return T(0.5f * f * (1 + erff(f * 0.70710678f)));
                                });
            }}},
          [] { return bench::difference_there(y, z); }, bench::rounding<T>()};
}

int main(int argc, char** argv) {
  return bench::run_all(argc, argv,
                        std::initializer_list<bench::workload (*)()>{
                            chain<float, 128, 1024>, chain<float, 4096, 1024>,
                            chain<float, 32768, 1024>, chain<st::bf16, 32768, 1024>,
                            gelu_chain<float, 1 << 16>, gelu_chain<float, 1 << 26>});
}
