// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What the reference is made of: its tensors, walks over them, exact sums, and integer arithmetic
/// done in doubles.

#include <vector>

#include "sinter/core/dtype.hpp"
#include "sinter/core/math.hpp"
#include "sinter/core/shape.hpp"

namespace sinter::reference {

/// A tensor of the reference: extents as numbers, elements in row-major order.
struct value {
  shape extents;
  std::vector<double> elements;
};

namespace detail {

constexpr extent_t count(const shape& s) {
  extent_t product = 1;
  for (int i = 0; i < s.rank; ++i) product *= s[i];
  return product;
}

struct strides {
  extent_t axis[max_rank]{};
};

constexpr strides row_major(const shape& s) {
  strides result;
  extent_t step = 1;
  for (int i = s.rank; i-- > 0; step *= s[i]) result.axis[i] = step;
  return result;
}

/// Calls f(i, place) for each index of a shape in row-major order: i counts the calls, and place is
/// the offset plus the sum of index times stride. Every view, pad and fold is one such walk.
template <class F>
constexpr void walk(const shape& s, const strides& by, extent_t offset, F f) {
  extent_t index[max_rank]{};
  const extent_t all = count(s);
  for (extent_t i = 0, place = offset; i < all; ++i) {
    f(i, place);
    for (int a = s.rank; a-- > 0;) {
      place += by.axis[a];
      if (++index[a] < s[a]) break;
      place -= by.axis[a] * s[a];
      index[a] = 0;
    }
  }
}

struct exact_sum {
  double total = 0, lost = 0;

  constexpr void add(double x) {
    const double next = total + x;
    lost += math::abs(total) >= math::abs(x) ? (total - next) + x : (x - next) + total;
    total = next;
  }
  /// Infinities leave a NaN behind in `lost`, which says nothing about the total.
  constexpr double result() const { return lost == lost ? total + lost : total; }
};

/// What an integer type or bool keeps of a whole number. Exact: 2^bits scales without rounding.
constexpr double wrap(double x, dtype type) {
  if (is_floating(type)) return x;
  if (type == dtype::boolean) return x != 0 ? 1 : 0;
  const int bits = properties(type).size * 8;
  const double modulus = bits == 64 ? 0x1p64 : static_cast<double>(std::int64_t{1} << bits);
  const double lowest = is_signed_integer(type) ? -modulus / 2 : 0;
  if (x >= lowest && x < lowest + modulus) return x;
  const double rest = x - math::floor(x / modulus) * modulus;
  return rest >= lowest + modulus ? rest - modulus : rest;
}

/// As static_cast, which C++ leaves undefined for what does not fit: here it wraps, and NaN and
/// infinities give 0.
constexpr double convert(double x, dtype from, dtype to) {
  if (!is_floating(from) || !is_integer(to)) return wrap(x, to);
  if (!(math::abs(x) < 0x1p1000)) return 0;
  return wrap(x < 0 ? -math::floor(-x) : math::floor(x), to);
}

}  // namespace detail

}  // namespace sinter::reference
