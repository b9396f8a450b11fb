// SPDX-License-Identifier: Apache-2.0

// The CUDA target where there is no device: that is what every call has to say.

#include <sinter/cuda.hpp>

#include <cstdio>
#include <string>

#include "device/common.cuh"

#include <doctest/doctest.h>

namespace st = sinter;
using sinter::testing::has_device;

TEST_CASE("device: where there is none, the error says so" * doctest::skip(has_device())) {
  const st::tensor<float, 3> x = {1, 2, 3};
  std::string text;
  try {
    (void)x.to(st::cuda);
  } catch (const st::device_error& e) {
    text = e.what();
  }
  CAPTURE(text);
  CHECK((text.find("no CUDA device") != std::string::npos ||
         text.find("no CUDA driver") != std::string::npos));
  CHECK(st::tensor(x + x)(2) == 6);  // and the CPU goes on
  std::puts("device: this machine has none; kernels were compiled and not run");
}
