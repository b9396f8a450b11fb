// SPDX-License-Identifier: Apache-2.0

#include "fuzz/fuzz.hpp"

#include <sinter/csv.hpp>

namespace st = sinter;
using st::dyn;

std::vector<std::string> fuzz_seeds() {
  return {"1,2\n3,4\n", "a,b\r\n+1.5e3, -inf\r\nnan,0\r\n\r\n", "\xef\xbb\xbf" "7\n8", "",
          "1e999,\n"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz_bytes(data, size);
  using bytes_matrix = st::tensor<std::uint8_t, dyn, dyn>;
  allow_refusal([&] { (void)st::load_csv<st::tensor<float, dyn, dyn>>(bytes); });
  allow_refusal([&] { (void)st::load_csv<bytes_matrix>(bytes, {.header = true}); });
  return 0;
}
