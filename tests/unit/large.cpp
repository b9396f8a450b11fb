// SPDX-License-Identifier: Apache-2.0

// Graphs far larger than a layer's compile within the limits that compilers set by themselves.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>

#include <cmath>

namespace st = sinter;

TEST_CASE("fused: 2,000 nodes, f32 against the same steps in double") {
  constexpr auto chain = st::fused([](auto x, auto y) {
    st::symbol z = x;
    for (int i = 0; i < 999; ++i) z = tanh(z) * y;
    return z;
  });
  const st::tensor<float, 3, 5> x = st::random::uniform(-1, 1), y = st::random::uniform(1.2, 2);
  const st::tensor z = chain(x, y);
  for (int i = 0; i < 15; ++i) {
    double want = static_cast<double>(x.data()[i]);
    for (int k = 0; k < 999; ++k) want = std::tanh(want) * static_cast<double>(y.data()[i]);
    // The map has a stable fixed point, so errors do not grow along the chain.
    CHECK(z.data()[i] == doctest::Approx(want).epsilon(1e-5));
  }
}
