// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A body with operands and the right answer, as the tests run it: under several schedules, where
/// it must be clean and right, and with one call changed at a time, which must be noticed. To
/// register one is one line:
///
///     const kernel_test::body_case softmax{"softmax: [3, 300]", [](const auto& o) { ... }};

#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "kernel/emulator/context.hpp"

namespace sinter::kernel_test {

using emulator::buffer;
using emulator::change;
using emulator::emulate;
using emulator::fault;
using emulator::options;
using emulator::report;
using emulator::schedule;
using emulator::shape;
using emulator::source;

/// What a launch reported, and the largest error of its results over the error allowed.
struct outcome {
  report found;
  double error = 0;

  bool right() const { return error <= 1; }
};

struct body_case {
  using runner = std::function<outcome(const options&)>;

  body_case(std::string name, runner run);

  std::string name;
  runner run;
};

/// All of them, in an order that does not depend on the linker.
std::vector<const body_case*> all_body_cases();

/// Runs a body that declares its threads and its shared memory.
template <class Body, class... Arguments>
report run_body(const options& chosen, const Body& body, shape grid,
                const Arguments&... arguments) {
  grid.threads = Body::block_threads;
  grid.shared_bytes = Body::shared_bytes;
  if constexpr (requires { Body::cluster; }) grid.cluster = Body::cluster;
  return emulate(chosen, grid, body, arguments...);
}

/// Normal numbers, the same ones each time.
inline std::vector<float> normal_numbers(std::size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& v : values) v = normal(generator);
  return values;
}

/// The larger error; a value that is no number is an error beyond all bounds.
inline double worse(double error, double other) { return other <= error ? error : other; }
inline double deviation(double got, double want, double allowed) {
  const double error = std::abs(got - want) / allowed;
  return std::isnan(error) ? 1e300 : error;
}

}  // namespace sinter::kernel_test
