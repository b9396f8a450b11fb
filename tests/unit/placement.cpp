// SPDX-License-Identifier: Apache-2.0

// Where tensors lie, in a program without a target beside the CPU.

#include <doctest/doctest.h>

#include <sinter/nn.hpp>
#include <sinter/report/print.hpp>

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

TEST_CASE("view: of device memory, whose elements are out of reach") {
  float memory[3] = {1, 2, 3};  // stands for device memory, which is never touched
  const st::tensor_view<float, 3> x(memory, {3}, {1}, st::cuda_device(1));
  const char* const text =
      "the elements of a tensor on cuda:1 are out of reach; bring it here by to(st::cpu)";
  CHECK_THROWS_WITH_AS((void)x(0), text, st::placement_error);
  CHECK_THROWS_WITH_AS((void)st::to_string(x.slice(0, 1, 3)), text, st::placement_error);
  CHECK_THROWS_AS(st::tensor(x + x), st::device_error);
  const st::tensor<float, 3> here = {1, 2, 3};
  CHECK_THROWS_WITH_AS(st::tensor(here + x),
                       "operands 0 and 1 are in different places, cpu and cuda:1; bring them "
                       "together by to(...)",
                       st::placement_error);
}

TEST_CASE("to: empty tensors, and those that were moved from") {
  const st::tensor<float, st::dyn> none(0);
  CHECK(none.to(st::cpu).extent(0) == 0);
  st::tensor<float, 2> x = {1, 2};
  const st::tensor y = std::move(x);
  const auto gone = x.to(st::cpu);  // NOLINT: what a moved-from tensor gives
  CHECK(gone.data() == nullptr);
  CHECK_THROWS_AS(st::tensor(gone + y), st::value_error);
  st::tensor<float> s = 3.f;
  const auto kept = std::move(s);
  CHECK(kept.item() == 3);
  CHECK_THROWS_AS((void)s.item(), st::value_error);  // NOLINT
  s.clear();
}
