// SPDX-License-Identifier: Apache-2.0

#include "fuzz/fuzz.hpp"

#include <sinter/idx.hpp>

namespace st = sinter;
using st::dyn;

namespace {

constexpr char packed[] =
    "\037\213\010\000\000\000\000\000\002\003\143\140\340\140\142\140\140\000\141\146"
    "\106\046\146\026\126\066\000\110\224\076\345\022\000\000\000";
constexpr char members[] =
    "\037\213\010\000\000\000\000\000\002\003\143\140\340\140\142\140\140\140\142\000"
    "\000\100\231\030\252\011\000\000\000\037\213\010\000\000\000\000\000\002\003\143"
    "\140\140\146\144\142\146\141\145\003\000\264\330\325\347\011\000\000\000";

}  // namespace

std::vector<std::string> fuzz_seeds() {
  return {{0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6},
          {0, 0, 13, 1, 0, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8},
          {0, 0, 14, 0, 1, 2, 3, 4, 5, 6, 7, 8},
          // The first packed by gzip, and in two members.
          std::string(packed, sizeof packed - 1), std::string(members, sizeof members - 1)};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz_bytes(data, size);
  allow_refusal([&] { (void)st::load_idx<st::tensor<std::uint8_t, dyn, dyn>>(bytes); });
  allow_refusal([&] { (void)st::load_idx<st::tensor<float, dyn>>(bytes); });
  allow_refusal([&] { (void)st::load_idx<st::tensor<double>>(bytes); });
  using low = st::tensor<st::f16, dyn, dyn>;
  allow_refusal([&] { (void)st::load_idx<low, st::conversion::any>(bytes); });
  return 0;
}
