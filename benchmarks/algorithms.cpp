// SPDX-License-Identifier: Apache-2.0
// Sorts, selections and scans against the standard library's in one thread, on lists of floats.
// The library's return fresh tensors, which are zeroed; the others copy into memory that is there.

#include <sinter/algorithms.hpp>

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "measure.hpp"

namespace st = sinter;
using bench::side;

template <std::int64_t N> st::tensor<float, N> normal() { return st::random::normal(); }

template <std::int64_t N> bench::workload sort() {
  static auto x = normal<N>();
  static st::tensor<float, N> y, z;
  return {"sort", std::to_string(N), "f32", 8.0 * N, 0,
          {{"sinter", side::ours, [] { y = st::sort(x); }},
           {"std", side::peer, [] {
              std::copy(x.data(), x.data() + N, z.data());
              std::sort(z.data(), z.data() + N);
            }}},
          [] { return bench::difference(y, z); }};
}

template <std::int64_t N> bench::workload argsort() {
  static auto x = normal<N>();
  static st::tensor<std::int64_t, N> y, z;
  return {"argsort", std::to_string(N), "f32", 12.0 * N, 0,
          {{"sinter", side::ours, [] { y = st::argsort(x); }},
           {"std", side::peer, [] {
              std::iota(z.data(), z.data() + N, 0);
              std::stable_sort(z.data(), z.data() + N, [](std::int64_t a, std::int64_t b) {
                return x.data()[a] < x.data()[b];
              });
            }}},
          [] { return bench::difference(y, z); }};
}

template <std::int64_t N> bench::workload top_k() {
  constexpr std::int64_t k = 16;
  static auto x = normal<N>();
  static st::tensor<float, k> y;
  static st::tensor<float, N> z;
  static st::tensor<float, k> best;
  return {"top16", std::to_string(N), "f32", 4.0 * N, 0,
          {{"sinter", side::ours, [] { y = st::top_k<k>(x).values; }},
           {"std", side::peer, [] {
              std::copy(x.data(), x.data() + N, z.data());
              std::partial_sort(z.data(), z.data() + k, z.data() + N, std::greater<float>{});
              std::copy(z.data(), z.data() + k, best.data());
            }}},
          [] { return bench::difference(y, best); }};
}

template <std::int64_t N> bench::workload cumsum() {
  static auto x = normal<N>();
  static st::tensor<float, N> y, z;
  return {"cumsum", std::to_string(N), "f32", 8.0 * N, 0,
          {{"sinter", side::ours, [] { y = st::cumulative_sum(x); }},
           {"std", side::peer,
            [] { std::inclusive_scan(x.data(), x.data() + N, z.data()); }}},
          [] { return bench::difference(y, z); }};
}

int main(int argc, char** argv) {
  return bench::run_main(argc, argv, bench::this_cpu, [](bench::runner& runner) {
    for (const auto& make :
         {sort<1000>, sort<100000>, sort<2000000>, argsort<1000>, argsort<100000>, argsort<2000000>,
          top_k<1000>, top_k<100000>, top_k<2000000>, cumsum<1000>, cumsum<100000>,
          cumsum<2000000>})
      runner.run(make());
  });
}
