// SPDX-License-Identifier: Apache-2.0

#include "fuzz/fuzz.hpp"

#include <sinter/npz.hpp>

namespace st = sinter;
using st::dyn;

namespace {

const fuzz_case cases[] = {
#include "unit/archive_cases.inc"
};

}  // namespace

std::vector<std::string> fuzz_seeds() { return seeds_of(cases, "npz"); }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  allow_refusal([&] {
    const st::npz_file file(fuzz_bytes(data, size));
    for (const std::string& name : file.names()) {
      allow_refusal([&] { (void)file.load<st::tensor<float, dyn, dyn>>(name); });
      allow_refusal([&] { (void)file.load<st::tensor<double, dyn>>(name); });
      allow_refusal([&] { (void)file.load<st::tensor<bool, dyn>>(name); });
    }
  });
  return 0;
}
