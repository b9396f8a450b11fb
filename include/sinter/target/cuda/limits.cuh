// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The limits of a device: copies and launches measured, arithmetic from what its multiprocessors
/// issue at their highest clock. For nvcc alone.

#include <algorithm>

#include "sinter/target/cuda/timeline.cuh"
#include "sinter/target/limits.hpp"

namespace sinter::cuda_target {

namespace detail {

template <int> __global__ void nothing() {}

inline int attribute(cudaDeviceAttr which, placement where) {
  int value = 0;
  check(cudaDeviceGetAttribute(&value, which, where.device), "what a device can do");
  return value;
}

inline double copy_rate(target::timeline& time) {
  constexpr std::size_t bytes = std::size_t{256} << 20;
  const pooled_memory from(bytes), to(bytes);
  check(cudaMemsetAsync(from.get(), 1, bytes, current_stream()), "measuring a copy");
  return 2.0 * bytes / target::shortest(time, 10, [&] {
           check(cudaMemcpyAsync(to.get(), from.get(), bytes, cudaMemcpyDeviceToDevice,
                                 current_stream()),
                 "measuring a copy");
         });
}

/// Flops of one multiprocessor in a cycle: fused multiply-adds in f32, and products of 16-bit
/// matrices with sums in f32.
/// @source NVIDIA's data sheets, divided by multiprocessors and boost clock: A100 19.5 and 312
///         Tflop/s of 108 at 1.41 GHz; H100 SXM 67 and 989 of 132 at 1.98 and 1.83; L40S 91.6 and
///         362 of 142 at 2.52 and 2.49; B200 80 and 2,250 of 148 at 1.85
struct issue_rate {
  double fma, matrix;
};
constexpr issue_rate issued(int major, int minor) {
  if (major == 8 && minor == 0) return {128, 2048};
  if (major == 9) return {256, 4096};
  if (major == 10) return {256, 8192};
  return {256, 1024};
}

}  // namespace detail

/// @errors device_error; memory_error where the device cannot hold two arrays of 256 MiB
inline target::limits measured_limits(placement where) {
  use(where);
  device_timeline time(where);
  target::limits m;
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, where.device), "what a device can do");
  m.name = properties.name;
  m.bandwidth = detail::copy_rate(time);
  constexpr int launches = 100;
  m.launch = target::shortest(time, 5, [stream = current_stream()] {
               for (int i = 0; i < launches; ++i) detail::nothing<0><<<1, 32, 0, stream>>>();
               check(cudaGetLastError(), "measuring a launch");
             }) / launches;
  const detail::issue_rate rate = detail::issued(properties.major, properties.minor);
  const double cycles = detail::attribute(cudaDevAttrMultiProcessorCount, where) *
                        (detail::attribute(cudaDevAttrClockRate, where) * 1e3);
  const int ratio = detail::attribute(cudaDevAttrSingleToDoublePrecisionPerfRatio, where);
  m.flops = cycles * rate.fma;
  m.flops_f64 = m.flops / std::max(ratio, 1);
  m.flops_half = cycles * rate.matrix;
  return m;
}

}  // namespace sinter::cuda_target
