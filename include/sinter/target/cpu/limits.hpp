// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The limits of this machine's CPU, measured: a copy between arrays that no cache holds, and fused
/// multiply-adds on registers, by as many threads as kernels use.

#include <memory>
#include <utility>

#include "sinter/target/cpu/parallel.hpp"
#include "sinter/target/cpu/timeline.hpp"
#include "sinter/target/limits.hpp"
#if !defined(__CUDA_ARCH__)  // nvcc's device pass has no vectors
#include "sinter/target/cpu/simd_vector.hpp"
#endif

namespace sinter::cpu_target {

namespace detail {

/// Bytes in a second, read and written.
inline double copy_rate() {
  constexpr std::int64_t bytes = std::int64_t{64} << 20, piece = 1 << 20;
  const std::unique_ptr<char[]> from(new char[bytes]), to(new char[bytes]);
  const auto copy = [a = from.get(), b = to.get()](std::int64_t i) {
    __builtin_memcpy(b + i * piece, a + i * piece, piece);
  };
  // Touched by the threads that copy: memory is near the one that first writes it.
  parallel_for(bytes / piece, [a = from.get(), b = to.get()](std::int64_t i) {
    __builtin_memset(a + i * piece, 1, piece);
    __builtin_memset(b + i * piece, 2, piece);
  });
  host_timeline time;
  return 2.0 * static_cast<double>(bytes) /
         target::shortest(time, 7, [&] { parallel_for(bytes / piece, copy); });
}

/// Flops in a second. Twelve sums at a time: more than a core has multiply-adds
/// under way, and few enough for sixteen registers.
template <class T> double fma_rate() {
#if defined(__CUDA_ARCH__)
  return 0;
#else
  using vector = typename sinter::detail::vector_of<T, native_lanes<T>>::type;
  constexpr int sums = 12, turns = 1 << 16;
  const std::int64_t count = threads();
  const auto run = [](std::int64_t) {
    const vector by = vector{} + static_cast<T>(0.999), add = vector{} + T{1};
    vector sum[sums];
    for (int s = 0; s < sums; ++s) sum[s] = vector{} + static_cast<T>(s);  // none equals another
    [&]<int... S>(std::integer_sequence<int, S...>) {
      for (int t = 0; t < turns; ++t) ((sum[S] = sum[S] * by + add), ...);
    }(std::make_integer_sequence<int, sums>{});
    vector all = sum[0];
    for (int s = 1; s < sums; ++s) all += sum[s];
    const volatile T kept = all[0];  // so that the sums are needed
    (void)kept;
  };
  host_timeline time;
  const double seconds = target::shortest(time, 20, [&] { parallel_for(count, run); });
  return 2.0 * sums * turns * native_lanes<T> * static_cast<double>(count) / seconds;
#endif
}

}  // namespace detail

/// Takes about a fifth of a second, the first time that a number of threads is asked for.
inline const target::limits& measured_limits() {
  thread_local target::limits known;
  thread_local int with = 0;
  if (with != threads()) {
    known.bandwidth = detail::copy_rate();
    known.flops = known.flops_half = detail::fma_rate<float>();  // halves are computed in f32
    known.flops_f64 = detail::fma_rate<double>();
    with = threads();
    known.name = std::to_string(with) + (with == 1 ? " thread" : " threads");
  }
  return known;
}

}  // namespace sinter::cpu_target
