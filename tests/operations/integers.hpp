// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The operations on integers that others do not have, or do otherwise, as operations/elements.hpp
/// has the others.

#include <cmath>

#include <sinter/sinter.hpp>

namespace sinter::testing {

struct integer_facts {
  const char* spelling;
  const char* meaning;
  bool takes_bool = false;
};

/// The truth is a function of 64-bit numbers, of which the type keeps its own bits; `bits` is how
/// many it has.
template <class Visit> void integer_operations(Visit visit) {
  using whole = std::int64_t;
  const auto opposite = [](whole x) {
    return static_cast<whole>(0 - static_cast<std::uint64_t>(x));
  };
  visit(integer_facts{"x & y", "bitwise and", true}, [](auto x, auto y) { return x & y; },
        [](whole x, whole y, int) { return x & y; });
  visit(integer_facts{"x \\| y", "bitwise or", true}, [](auto x, auto y) { return x | y; },
        [](whole x, whole y, int) { return x | y; });
  visit(integer_facts{"x ^ y", "bitwise exclusive or", true},
        [](auto x, auto y) { return x ^ y; }, [](whole x, whole y, int) { return x ^ y; });
  visit(integer_facts{"~x", "all bits turned", true}, [](auto x, auto) { return ~x; },
        [](whole x, whole, int) { return -x - 1; });
  visit(integer_facts{"x << y", "times 2^y; 0 if y is not below the bits"},
        [](auto x, auto y) { return x << y; },
        [](whole x, whole y, int bits) {
          return y < 0 || y >= bits ? 0 : static_cast<whole>(static_cast<std::uint64_t>(x) << y);
        });
  visit(integer_facts{"x >> y", "over 2^y, down; 0 or -1 if y is not below the bits"},
        [](auto x, auto y) { return x >> y; },
        [](whole x, whole y, int bits) { return y < 0 || y >= bits ? -whole(x < 0) : x >> y; });
  visit(integer_facts{"floor_divide(x, y)", "quotient, down; 0 by 0"},
        [](auto x, auto y) { return floor_divide(x, y); },
        [=](whole x, whole y, int) {
          if (y == 0 || y == -1) return y == 0 ? 0 : opposite(x);
          return static_cast<whole>(std::floor(static_cast<long double>(x) / y));
        });
  visit(integer_facts{"remainder(x, y)", "remainder with the sign of y; 0 by 0"},
        [](auto x, auto y) { return remainder(x, y); },
        [](whole x, whole y, int) { return y == 0 || y == -1 ? 0 : (x % y + y) % y; });
  visit(integer_facts{"fmod(x, y)", "remainder with the sign of x; 0 by 0"},
        [](auto x, auto y) { return fmod(x, y); },
        [](whole x, whole y, int) { return y == 0 || y == -1 ? 0 : x % y; });
}

}  // namespace sinter::testing
