// SPDX-License-Identifier: Apache-2.0

// Where tensors lie, in a program without a target beside the CPU.

#include <doctest/doctest.h>

#include <sinter/nn.hpp>

namespace st = sinter;

TEST_CASE("to: the same place is a copy") {
  st::tensor<float, 3> x = {1, 2, 3};
  const auto copy = x.to(st::cpu);
  x(0) = 7;
  CHECK(copy(0) == 1);
  CHECK(copy.where() == st::cpu);
  CHECK(x.slice(0, 1, 3).where() == st::cpu);
  const st::linear<3, 2> layer;
  const auto same = st::to(st::cpu, layer);
  CHECK(same.weight(2, 1) == layer.weight(2, 1));
  CHECK(same.weight.data() != layer.weight.data());
}

TEST_CASE("to: a device in a program without one is an error that says what to do") {
  const st::tensor<float, 3> x = {1, 2, 3};
  CHECK_THROWS_WITH_AS((void)x.to(st::cuda),
                       "to: this program has no CUDA target; include sinter/cuda.hpp, and compile "
                       "with nvcc",
                       st::device_error);
  CHECK_THROWS_AS((void)st::to(st::cuda_device(1), st::linear<3, 2>{}), st::device_error);
  CHECK(x(2) == 3);
}

TEST_CASE("to: empty tensors, and those that were moved from") {
  const st::tensor<float, st::dyn> none(0);
  CHECK(none.to(st::cpu).extent(0) == 0);
  st::tensor<float, 2> x = {1, 2};
  const st::tensor y = std::move(x);
  const auto gone = x.to(st::cpu);  // NOLINT: what a moved-from tensor gives
  CHECK(gone.data() == nullptr);
  CHECK_THROWS_AS(st::tensor(gone + y), st::value_error);
}
