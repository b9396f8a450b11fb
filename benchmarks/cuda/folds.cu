// SPDX-License-Identifier: Apache-2.0
// Folds of everything and of columns on a device: one kernel, against CUB, and against the
// library's own operations one by one.

#include "device.cuh"

#include <cub/device/device_reduce.cuh>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>

namespace st = sinter;
using bench::side;

constexpr auto sum_of = st::fused([](auto x) { return sum(x); });
constexpr auto distance_of = st::fused([](auto x, auto y) { return sum(square(x - y)); });
constexpr auto mean_of = st::fused([](auto x) { return st::mean<0>(x); });

/// CUB's sum of what an iterator gives, with its workspace taken once.
template <class Iterator> class cub_sum {
 public:
  cub_sum(Iterator from, float* to, std::int64_t count) : from_(from), to_(to), count_(count) {
    run(nullptr);
    st::cuda_target::check(cudaMalloc(&workspace_, bytes_), "CUB's workspace");
  }
  void operator()() { run(workspace_); }

 private:
  void run(void* workspace) {
    st::cuda_target::check(cub::DeviceReduce::Sum(workspace, bytes_, from_, to_, count_),
                           "CUB's sum");
  }
  Iterator from_;
  float* to_;
  std::int64_t count_;
  void* workspace_ = nullptr;
  std::size_t bytes_ = 0;
};

template <std::int64_t N> bench::workload full_sum() {
  static auto x = bench::normal<float, N>();
  static auto y = bench::zeros<float>(), z = y;
  static cub_sum<const float*> by_cub(x.data(), z.data(), N);
  const auto cost = bench::needs(sum_of, x);
  return {"sum", std::to_string(N), "f32", cost.bytes(), cost.flops,
          {{"sinter", side::ours, [] { y = sum(x); }}, {"cub", side::peer, [] { by_cub(); }}},
          [] { return bench::difference_there(y, z); }, 1e-2};  // the sum is small beside its terms
}

struct squared_difference {
  const float *x, *y;
  __host__ __device__ float operator()(std::int64_t i) const {
    const float d = x[i] - y[i];
    return d * d;
  }
};

template <std::int64_t N> bench::workload squared_distance() {
  static auto a = bench::normal<float, N>(), b = bench::normal<float, N>();
  static auto y = bench::zeros<float>(), z = y, u = y;
  static auto part = bench::zeros<float, N>();
  static const auto terms = thrust::make_transform_iterator(
      thrust::make_counting_iterator(std::int64_t{0}), squared_difference{a.data(), b.data()});
  static cub_sum<std::remove_const_t<decltype(terms)>> by_cub(terms, z.data(), N);
  const auto cost = bench::needs(distance_of, a, b);
  return {"distance", std::to_string(N), "f32", cost.bytes(), cost.flops,
          {{"sinter", side::ours, [] { y = sum(square(a - b)); }},
           {"unfused", side::ours, [] {
              part = a - b;
              part = square(part);
              u = sum(part);
            }},
           {"cub", side::peer, [] { by_cub(); }}},
          [] {
            return std::max(bench::difference_there(y, z), bench::difference_there(y, u));
          }};
}

template <std::int64_t Rows, std::int64_t Columns> bench::workload column_means() {
  static auto x = bench::normal<float, Rows, Columns>();
  static auto y = bench::zeros<float, Columns>(), z = y;
  const auto cost = bench::needs(mean_of, x);
  return {"column_mean", std::to_string(Rows) + 'x' + std::to_string(Columns), "f32",
          cost.bytes(), cost.flops,
          {{"sinter", side::ours, [] { y = st::mean<0>(x); }},
           {"unfused", side::ours, [] {
              z = st::sum<0>(x);
              z = z * (1.f / Rows);
            }}},
          [] { return bench::difference_there(y, z); }};
}

int main(int argc, char** argv) {
  return bench::run_all(argc, argv,
                        std::initializer_list<bench::workload (*)()>{
                            full_sum<1 << 16>, full_sum<1 << 28>, squared_distance<1 << 26>,
                            column_means<4096, 1024>, column_means<65536, 1024>});
}
