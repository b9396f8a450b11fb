// SPDX-License-Identifier: Apache-2.0

#include "fuzz/fuzz.hpp"

#include <sinter/png.hpp>

namespace st = sinter;
using st::dyn;

namespace {

const fuzz_case cases[] = {
#include "unit/png_cases.inc"
};

}  // namespace

std::vector<std::string> fuzz_seeds() { return seeds_of(cases, ""); }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz_bytes(data, size);
  allow_refusal([&] { (void)st::load_png<st::tensor<std::uint8_t, dyn, dyn, dyn>>(bytes); });
  allow_refusal([&] { (void)st::load_png<st::tensor<std::uint16_t, dyn, dyn, dyn>>(bytes); });
  return 0;
}
