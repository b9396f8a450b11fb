// SPDX-License-Identifier: Apache-2.0

// Runs a fuzz target on changed seeds, always the same ones: fuzz_NAME [--rounds N | --seconds N].
// With --seeds FOLDER it writes the seeds there, for libFuzzer.

#include "fuzz/fuzz.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>

namespace {

std::uint64_t state = 1;
std::size_t next(std::size_t n) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return static_cast<std::size_t>(state >> 33) % n;
}

/// Bytes that readers treat apart: signs, ends of ranges, notation.
char letter() {
  constexpr char special[] = "\0\1\x7f\x80\xff\xfe(){}[]',:\"\\ 0129<>PK";
  return next(2) > 0 ? special[next(sizeof special - 1)] : static_cast<char>(next(256));
}

void change(std::string& bytes, const std::vector<std::string>& seeds) {
  const std::size_t size = bytes.size();
  const std::size_t at = size > 0 ? next(next(2) > 0 ? size : std::min<std::size_t>(size, 64)) : 0;
  const std::size_t length = size > at ? 1 + next(std::min<std::size_t>(size - at, 32)) : 0;
  switch (next(8)) {
    case 0: bytes.resize(at); break;
    case 1: bytes.insert(at, 1 + next(8), letter()); break;
    case 2: bytes.erase(at, length); break;
    case 3: bytes.insert(size > 0 ? next(size) : 0, bytes.substr(at, length)); break;
    case 4: {
      const std::string& other = seeds[next(seeds.size())];
      if (!other.empty()) bytes.replace(at, length, other.substr(next(other.size()), length));
      break;
    }
    case 5:
      for (std::size_t i = 0; i < length && i < 8; ++i) bytes[at + i] = letter();
      break;
    default:
      if (size > 0) bytes[at] = letter();
  }
}

bool run(const std::string& bytes, unsigned long long round) {
  try {
    // On the heap and of the very size, so that the address sanitizer sees a step beyond.
    const std::vector<std::uint8_t> exact(bytes.begin(), bytes.end());
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
    return true;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "round %llu, %zu bytes: no io_error but: %s\n", round, bytes.size(),
                 e.what());
    return false;
  }
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> seeds = fuzz_seeds();
  if (count == 3 && std::strcmp(words[1], "--seeds") == 0) {
    for (std::size_t i = 0; i < seeds.size(); ++i)
      std::ofstream(words[2] + ("/seed" + std::to_string(i)), std::ios::binary) << seeds[i];
    return 0;
  }
  const bool timed = count == 3 && std::strcmp(words[1], "--seconds") == 0;
  if (!timed && (count != 3 || std::strcmp(words[1], "--rounds") != 0)) {
    std::fprintf(stderr, "usage: %s --rounds N | --seconds N | --seeds FOLDER\n", words[0]);
    return 2;
  }
  const auto limit = std::strtoull(words[2], nullptr, 10);
  const auto begin = std::chrono::steady_clock::now();
  const auto is_over = [&](unsigned long long round) {
    return timed ? std::chrono::steady_clock::now() - begin >= std::chrono::seconds(limit)
                 : round >= limit;
  };
  unsigned long long round = 0;
  for (; !is_over(round); ++round) {
    std::string bytes = seeds[round % seeds.size()];
    if (round >= seeds.size())
      for (std::size_t changes = 1 + next(5); changes > 0; --changes) change(bytes, seeds);
    if (!run(bytes, round)) return 1;
  }
  std::printf("%llu files were read or refused\n", round);
}
