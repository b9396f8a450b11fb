// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Values to sort and scan: few different ones, so that there are duplicates, and what is special
/// about a type: NaN, infinities, both zeros, the least and the greatest.

#include <doctest/doctest.h>

#include <sinter/algorithms.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <vector>

namespace st = sinter;
using st::dyn;

#define EVERY_TYPE                                                                           \
  float, double, st::f16, st::bf16, std::int8_t, std::int16_t, std::int32_t, std::int64_t,   \
      std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t, bool

template <class T> inline constexpr bool is_real = st::is_floating(st::dtype_of<T>);

template <class T> T special(std::uint32_t word) {
  if constexpr (is_real<T>) {
    const float values[] = {NAN, INFINITY, -INFINITY, 0.0f, -0.0f, -NAN};
    return static_cast<T>(values[word % 6]);
  } else {
    return word % 2 == 0 ? std::numeric_limits<T>::lowest() : std::numeric_limits<T>::max();
  }
}

/// Fills a tensor; of the values one in eight is special, or none.
template <class Tensor> Tensor drawn(std::uint64_t seed, Tensor x = {}, bool specials = true) {
  using T = typename Tensor::element;
  for (std::int64_t i = 0; i < x.size(); ++i) {
    const auto b = st::random::philox(seed, 1, static_cast<std::uint64_t>(i));
    const int small = static_cast<int>(b.word[0] % 12) - (std::is_unsigned_v<T> ? 0 : 6);
    x.data()[i] = specials && b.word[1] % 8 == 0 ? special<T>(b.word[2]) : static_cast<T>(small);
  }
  return x;
}

/// The order that is documented, written apart from the library's: on long double, which holds
/// every value of every type.
template <class T> bool precedes(T a, T b) {
  const auto x = static_cast<long double>(a), y = static_cast<long double>(b);
  if (std::isnan(x)) return false;
  return std::isnan(y) || x < y;
}

template <class T> bool same_bits(T a, T b) { return std::memcmp(&a, &b, sizeof(T)) == 0; }

template <class A, class B> bool same_elements(const A& a, const B& b) {
  if (a.size() != b.size()) return false;
  for (std::int64_t i = 0; i < a.size(); ++i)
    if (!same_bits(a.data()[i], b.data()[i])) return false;
  return true;
}
template <class T, class A> bool holds(const A& a, const std::vector<T>& wanted) {
  if (a.size() != static_cast<std::int64_t>(wanted.size())) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (!same_bits<T>(a.data()[i], wanted[i])) return false;
  return true;
}

/// The lines of a row-major array [outer, length, inner] along its middle axis.
template <class T> struct array_lines {
  T* data;
  std::int64_t outer, length, inner;
  template <class F> void each(F&& f) const {
    for (std::int64_t o = 0; o < outer; ++o)
      for (std::int64_t i = 0; i < inner; ++i)
        f([this, o, i](std::int64_t j) -> T& { return data[(o * length + j) * inner + i]; });
  }
};

/// Threads for as long as this lives.
struct with_threads {
  explicit with_threads(int count) { st::set_threads(count); }
  ~with_threads() { st::set_threads(0); }
};
