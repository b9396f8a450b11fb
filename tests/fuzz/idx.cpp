// SPDX-License-Identifier: Apache-2.0

#include "fuzz/fuzz.hpp"

#include <sinter/idx.hpp>

namespace st = sinter;
using st::dyn;

std::vector<std::string> fuzz_seeds() {
  return {{0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6},
          {0, 0, 13, 1, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8},
          {0, 0, 14, 0, 1, 2, 3, 4, 5, 6, 7, 8}};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz_bytes(data, size);
  allow_refusal([&] { (void)st::load_idx<st::tensor<std::uint8_t, dyn, dyn>>(bytes); });
  allow_refusal([&] { (void)st::load_idx<st::tensor<float, dyn>>(bytes); });
  allow_refusal([&] { (void)st::load_idx<st::tensor<double>>(bytes); });
  return 0;
}
