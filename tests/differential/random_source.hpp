// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Random numbers that are the same on every machine: integers, and exact arithmetic on them.
/// @source Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195 (SplitMix64)

#include <cstdint>
#include <cstdlib>

namespace sinter::testing {

class random_source {
 public:
  explicit random_source(std::uint64_t seed) : state_(seed * 0xD1342543DE82EF95u) {}

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  /// 0, ..., count - 1.
  int below(std::int64_t count) {
    return static_cast<int>(next() % static_cast<std::uint64_t>(count));
  }
  int between(int low, int high) { return low + below(high - low + 1); }
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  bool chance(double p) { return uniform() < p; }

  /// Nearly normal(0, 1), within -6 .. 6: the sum of twelve uniform numbers. No library function,
  /// so the bits are the same everywhere.
  double normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += static_cast<double>(next() >> 32) * 0x1p-32;
    return sum;
  }

  template <class T, int N> T one_of(const T (&list)[N]) { return list[below(N)]; }

 private:
  std::uint64_t state_;
};

/// The seed of this run: the environment variable SINTER_SEED, or 1.
inline std::uint64_t chosen_seed() {
  const char* text = std::getenv("SINTER_SEED");
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

}  // namespace sinter::testing
