// SPDX-License-Identifier: Apache-2.0

// Printing against NumPy: every expected text in print_cases.inc was printed by NumPy itself.

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "sinter/core/half.hpp"
#include "sinter/tensor/print.hpp"

namespace {

template <class T>
using given_type =
    std::conditional_t<std::is_same_v<T, sinter::f16> || std::is_same_v<T, sinter::bf16>,
                       std::uint16_t, T>;

/// Fills 4096 elements with the values in turn and compares what is printed.
template <class T>
void check(const std::vector<std::int64_t>& extents, const std::vector<given_type<T>>& values,
           const std::string& expected, std::int64_t offset = 0,
           std::vector<std::int64_t> strides = {}, const sinter::print_options& options = {}) {
  constexpr std::size_t size = 4096;
  const auto storage = std::make_unique<T[]>(size);
  for (std::size_t i = 0; i < size && !values.empty(); ++i)
    storage[i] = std::bit_cast<T>(static_cast<given_type<T>>(values[i % values.size()]));
  if (strides.empty()) {
    strides.resize(extents.size(), 1);
    for (std::size_t axis = extents.size(); axis-- > 1;)
      strides[axis - 1] = strides[axis] * extents[axis];
  }
  CHECK(sinter::format_array(storage.get() + offset, static_cast<int>(extents.size()),
                             extents.data(), strides.data(), options) == expected);
}

}  // namespace

TEST_CASE("print: arrays of every dtype, as NumPy prints them"){
#include "print_cases.inc"
}

TEST_CASE("print: f16 and bf16, every bit pattern reads back from its text") {
  int wrong = 0;
  for (std::uint32_t bits = 0; bits < 65536; ++bits) {
    const auto half = std::bit_cast<sinter::f16>(static_cast<std::uint16_t>(bits));
    const auto brain = std::bit_cast<sinter::bf16>(static_cast<std::uint16_t>(bits));
    if (const float x = half; std::isfinite(x))
      wrong += static_cast<float>(sinter::f16(std::stod(sinter::format_scalar(half)))) != x;
    if (const float x = brain; std::isfinite(x))
      wrong += static_cast<float>(sinter::bf16(std::stod(sinter::format_scalar(brain)))) != x;
  }
  CHECK(wrong == 0);
}

TEST_CASE("print: options that leave nothing to show") {
  const double x[] = {1, 2, 3};
  const std::int64_t extent = 3, stride = 1;
  CHECK(sinter::format_array(x, 1, &extent, &stride, {8, 2, 0, 75}) == "[...]");
  CHECK(sinter::format_array(x, 1, &extent, &stride, {-1, 1000, 3, -5}) == "[1.\n 2.\n 3.]");
}
