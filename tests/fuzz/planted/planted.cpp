// SPDX-License-Identifier: Apache-2.0

// A reader with mistakes, one for each way to be found: see check.sh.

#include "fuzz/fuzz.hpp"

#include <csignal>
#include <cstdlib>
#include <stdexcept>

std::vector<std::string> fuzz_seeds() {
  return {std::string(40, 'a'), std::string(40, 'b')};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const char* const planted = std::getenv("PLANTED");
  const std::string_view kind = planted != nullptr ? planted : "";
  if (size == 0 || data[0] == 'a' || data[0] == 'b') return 0;
  if (size % 3 != 0) allow_refusal([] { throw sinter::io_error("refused"); });
  if (size % 7 != 0) return 0;
  if (kind == "exception") throw std::length_error("planted");
  if (kind == "abort") std::abort();
  if (kind == "signal") std::raise(SIGSEGV);
  if (kind == "memory") {
    std::vector<char> large(std::size_t{1100} << 20, 1);
    volatile const char* const used = large.data();
    return static_cast<int>(used[size]) - 1;
  }
  return 0;
}
