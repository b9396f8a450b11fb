// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A fuzz target is a file that defines these two. libFuzzer calls the first with bytes of its own;
/// where there is none, driver.cpp changes the second's in a fixed order.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sinter/core/error.hpp>

/// Reads bytes as a file of the format. A reader refuses by io_error, and by nothing else.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// Whole files of the format, to begin with.
std::vector<std::string> fuzz_seeds();

/// A file as the unit tests hold it.
struct fuzz_case {
  const char *name, *bytes;
  std::size_t size;
};
/// Those whose names begin so.
inline std::vector<std::string> seeds_of(std::span<const fuzz_case> cases, const char* name) {
  std::vector<std::string> seeds;
  for (const fuzz_case& c : cases)
    if (std::string_view(c.name).starts_with(name)) seeds.emplace_back(c.bytes, c.size);
  return seeds;
}

/// Calls f, which may throw io_error.
template <class F> void allow_refusal(F&& f) {
  try {
    f();
  } catch (const sinter::io_error&) {
  }
}

inline std::span<const std::byte> fuzz_bytes(const std::uint8_t* data, std::size_t size) {
  return std::as_bytes(std::span(data, size));
}
