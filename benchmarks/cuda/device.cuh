// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the benchmarks on a device share: where they run, their operands, and their main function.

#include <sinter/cuda.hpp>
#include <sinter/target/cuda/limits.cuh>

#include "../measure.hpp"

namespace bench {

namespace st = sinter;

inline machine this_device() {
  static st::cuda_target::device_timeline time(st::cuda);
  return {"cuda", time, st::cuda_target::measured_limits(st::cuda)};
}

/// A tensor on the device, normally distributed: products of zeros would draw less power, and run
/// faster than any real ones.
template <class T, st::extent_t... E> st::tensor<T, E...> normal(float scale = 1) {
  st::tensor<float, E...> values = st::random::normal();
  const st::tensor<T, E...> scaled = st::cast<T>(values * scale);
  return scaled.to(st::cuda);
}
template <class T, st::extent_t... E> st::tensor<T, E...> zeros() {
  return st::tensor<T, E...>().to(st::cuda);
}

template <class A, class B> double difference_there(const A& a, const B& b) {
  return difference(a.to(st::cpu), b.to(st::cpu));
}

/// The rounding of one element, over the largest: what two orders of a long sum may differ by.
template <class T> double rounding() { return std::is_same_v<T, float> ? 1e-4 : 2e-2; }
template <class T> const char* type_name() {
  return st::properties(st::dtype_of<T>).name;
}

template <class Makers> int run_all(int argc, char** argv, const Makers& makers) {
  return run_main(argc, argv, this_device, [&](runner& run) {
    for (const auto& make : makers) run.run(make());
  });
}

}  // namespace bench
