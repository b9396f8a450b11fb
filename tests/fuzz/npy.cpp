// SPDX-License-Identifier: Apache-2.0

#include "fuzz/fuzz.hpp"

#include <sinter/npy.hpp>

namespace st = sinter;
using st::dyn;

namespace {

const fuzz_case cases[] = {
#include "unit/npy_cases.inc"
};

}  // namespace

std::vector<std::string> fuzz_seeds() { return seeds_of(cases, ""); }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz_bytes(data, size);
  const auto load = [&]<class Tensor>() {
    allow_refusal([&] { (void)st::load_npy<Tensor>(bytes); });
  };
  load.operator()<st::tensor<float, dyn, 3, dyn>>();
  load.operator()<st::tensor<float, dyn>>();
  load.operator()<st::tensor<bool, dyn, dyn, dyn>>();
  load.operator()<st::tensor<std::int64_t, dyn, dyn, dyn>>();
  allow_refusal([&] { (void)st::load_npy<st::tensor<float, dyn>, st::conversion::any>(bytes); });
  using bytes_cube = st::tensor<std::uint8_t, dyn, dyn, dyn>;
  allow_refusal([&] { (void)st::load_npy<bytes_cube, st::conversion::lossless>(bytes); });
  return 0;
}
