// SPDX-License-Identifier: Apache-2.0

#include "fuzz/fuzz.hpp"

#include <sinter/safetensors.hpp>

namespace st = sinter;
using st::dyn;

namespace {

const fuzz_case cases[] = {
#include "unit/archive_cases.inc"
};

}  // namespace

std::vector<std::string> fuzz_seeds() { return seeds_of(cases, "safetensors"); }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  allow_refusal([&] {
    const st::safetensors_file file(fuzz_bytes(data, size));
    for (const std::string& name : file.names()) {
      allow_refusal([&] { (void)file.load<st::tensor<float, dyn, dyn>>(name); });
      allow_refusal([&] { (void)file.load<st::tensor<double, dyn>>(name); });
      allow_refusal([&] { (void)file.load<st::tensor<bool, dyn>>(name); });
      using low = st::tensor<st::bf16, dyn, dyn>;
      allow_refusal([&] { (void)file.load<low, st::conversion::any>(name); });
    }
  });
  return 0;
}
