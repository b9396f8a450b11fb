// SPDX-License-Identifier: Apache-2.0
// Layers on a device: products with what follows them, against cuBLASLt with its own epilogue where
// it has one, and with the library's kernels behind it where it has none. Limits are what cuBLASLt
// reaches with plain products of 8192 x 8192 in the same run.

#include "cublaslt.cuh"

namespace st = sinter;
using bench::side;

template <std::int64_t M, std::int64_t N, std::int64_t K> std::string shape() {
  return std::to_string(M) + 'x' + std::to_string(N) + 'x' + std::to_string(K);
}

constexpr auto dense_of = st::fused([](auto x, auto w, auto b) { return relu(matmul(x, w) + b); });

template <class T, std::int64_t M, std::int64_t N, std::int64_t K>
bench::workload dense(const char* name = "dense") {
  static auto x = bench::normal<T, M, K>();
  static auto w = bench::normal<T, K, N>(1 / std::sqrt(float{K}));
  static auto b = bench::normal<T, N>();
  static auto y = bench::zeros<T, M, N>(), z = y, u = y;
  static bench::lt_product<T> by_lt(M, N, K, x.data(), w.data(), b.data(), z.data());
  const auto cost = bench::needs(dense_of, x, w, b);
  return {name, shape<M, N, K>(), bench::type_name<T>(), cost.bytes(), cost.flops,
          {{"sinter", side::ours, [] { y = relu(matmul(x, w) + b); }},
           {"unfused", side::ours, [] {
              u = matmul(x, w);
              u = u + b;
              u = relu(u);
            }},
           {"cublaslt", side::peer, [] { by_lt(); }}},
          [] {
            return std::max(bench::difference_there(y, z), bench::difference_there(y, u));
          },
          bench::rounding<T>()};
}

/// Few rows, whose time is that of the weights' way from memory.
template <class T, std::int64_t M, std::int64_t N, std::int64_t K> bench::workload decode() {
  return dense<T, M, N, K>("decode");
}
template <class T, std::int64_t M, std::int64_t N, std::int64_t K> bench::workload layer() {
  return dense<T, M, N, K>();
}

constexpr auto gated_of = st::fused([](auto x, auto w, auto v) {
  return silu(matmul(x, w)) * matmul(x, v);
});

template <class T, std::int64_t M, std::int64_t N, std::int64_t K> bench::workload gated() {
  static auto x = bench::normal<T, M, K>();
  static auto w = bench::normal<T, K, N>(1 / std::sqrt(float{K}));
  static auto v = bench::normal<T, K, N>(1 / std::sqrt(float{K}));
  static auto y = bench::zeros<T, M, N>(), z = y, gate = y, other = y;
  static bench::lt_product<T> first(M, N, K, x.data(), w.data(), nullptr, gate.data());
  static bench::lt_product<T> second(M, N, K, x.data(), v.data(), nullptr, other.data());
  const auto cost = bench::needs(gated_of, x, w, v);
  return {"gated", shape<M, N, K>(), bench::type_name<T>(), cost.bytes(), cost.flops,
          {{"sinter", side::ours, [] { y = gated_of(x, w, v); }},
           {"cublaslt + map", side::peer, [] {
              first();
              second();
              z = silu(gate) * other;
            }}},
          [] { return bench::difference_there(y, z); }, 2 * bench::rounding<T>()};
}

constexpr auto classes_of = st::fused([](auto x, auto w, auto b) {
  return softmax(matmul(x, w) + b);
});

template <class T, std::int64_t M, std::int64_t N, std::int64_t K> bench::workload classes() {
  static auto x = bench::normal<T, M, K>();
  static auto w = bench::normal<T, K, N>(1 / std::sqrt(float{K}));
  static auto b = bench::normal<T, N>();
  static auto y = bench::zeros<T, M, N>(), z = y, scores = y;
  static bench::lt_product<T> by_lt(M, N, K, x.data(), w.data(), nullptr, scores.data());
  const auto cost = bench::needs(classes_of, x, w, b);
  return {"softmax_layer", shape<M, N, K>(), bench::type_name<T>(), cost.bytes(), cost.flops,
          {{"sinter", side::ours, [] { y = softmax(matmul(x, w) + b); }},
           {"cublaslt + row", side::peer, [] {
              by_lt();
              z = softmax(scores + b);
            }}},
          [] { return bench::difference_there(y, z); }, 2 * bench::rounding<T>()};
}

/// Flops in a second of a plain product.
template <class T> double ceiling(st::target::timeline& time) {
  constexpr std::int64_t n = 8192;
  const auto x = bench::normal<T, n, n>(), w = bench::normal<T, n, n>();
  auto y = bench::zeros<T, n, n>();
  bench::lt_product<T> product(n, n, n, x.data(), w.data(), nullptr, y.data());
  return 2.0 * n * n * n / st::target::shortest(time, 10, [&] { product(); });
}

int main(int argc, char** argv) {
  const auto device = [] {
    bench::machine found = bench::this_device();
    found.limits.flops_half = ceiling<st::bf16>(found.time);
    found.limits.flops = ceiling<float>(found.time);
    return found;
  };
  return bench::run_main(argc, argv, device, [](bench::runner& run) {
    for (const auto& make : std::initializer_list<bench::workload (*)()>{
             layer<st::bf16, 8192, 8192, 8192>, layer<st::bf16, 4096, 4096, 4096>,
             layer<st::bf16, 4096, 1024, 1024>, layer<st::bf16, 512, 1024, 1024>,
             layer<float, 2048, 2048, 2048>, decode<st::bf16, 1, 4096, 4096>,
             decode<st::bf16, 16, 4096, 4096>, decode<st::bf16, 64, 16384, 4096>,
             decode<st::bf16, 64, 256, 8192>, gated<st::bf16, 4096, 1024, 1024>,
             classes<st::bf16, 65536, 256, 256>, classes<float, 4096, 256, 256>})
      run.run(make());
  });
}
