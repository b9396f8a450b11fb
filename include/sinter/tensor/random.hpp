// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Random numbers, counter-based: element i of stream s under seed k is a function of (k, s, i), so
/// they are the same on every machine and for any number of threads, and two numbers are all the
/// state there is. Each generator takes the next stream; `random::seed` begins anew.

#include <concepts>
#include <cstdint>

#include "sinter/core/extents.hpp"
#include "sinter/core/philox.hpp"

namespace sinter::random {

/// The seed and the next stream of the calling thread.
struct generator_state {
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;
};
inline generator_state& state() {
  thread_local generator_state own;
  return own;
}

/// Begins the sequence of streams anew.
inline void seed(std::uint64_t value) { state() = {value, 0}; }

/// Fills a tensor when one is made from it; `open` are the extents that its type leaves open.
struct filler {
  enum class distribution { uniform, normal, constant };
  distribution kind = distribution::uniform;
  double first = 0, second = 1;  ///< bounds, or mean and standard deviation, or the value
  bool by_fan_in = false;        ///< divided by the square root of the first extent
  std::int64_t open[max_rank]{};

  template <class T> void fill(T* to, std::int64_t count, const std::int64_t* extents) const {
    if (kind == distribution::constant) {  // which takes no random numbers
      for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<T>(first);
      return;
    }
    generator_state& own = state();
    const std::uint64_t stream = own.stream++;
    const double rows = by_fan_in && extents[0] > 0 ? static_cast<double>(extents[0]) : 1;
    const double scale = 1 / math::sqrt(rows);
    for (std::int64_t i = 0; i < count; i += 4) {
      const block b = philox(own.seed, stream, static_cast<std::uint64_t>(i / 4));
      double value[4];
      for (int j = 0; j < 4; ++j) value[j] = first + (second - first) * to_unit(b.word[j]);
      if (kind == distribution::normal)
        for (int j = 0; j < 4; j += 2) {
          const double unit = to_unit(b.word[j]), turn = to_unit(b.word[j + 1]);
          value[j] = first + second * normal_of(unit, turn);
          value[j + 1] = first + second * normal_of(unit, turn - 0.25);
        }
      for (int j = 0; j < 4 && i + j < count; ++j) to[i + j] = static_cast<T>(value[j] * scale);
    }
  }
};

/// Standard normal numbers; the arguments are the extents that the tensor's type leaves open.
/// @example st::tensor<float, batch, 784> x = st::random::normal(512);
template <std::integral... N> constexpr filler normal(N... open) {
  filler f{filler::distribution::normal};
  std::int64_t* next = f.open;
  ((*next++ = static_cast<std::int64_t>(open)), ...);
  return f;
}

/// Numbers between two bounds; further arguments as above.
template <std::integral... N> constexpr filler uniform(double low, double high, N... open) {
  filler f = normal(open...);
  f.kind = filler::distribution::uniform;
  f.first = low;
  f.second = high;
  return f;
}

}  // namespace sinter::random
