// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Tensors with values for tests of bodies: small numbers that differ from their neighbours.

#include <sinter/sinter.hpp>

#include <type_traits>

namespace sinter::testing {

/// Values step, 2 step ... modulo a prime, around 0.
template <class Tensor> Tensor filled(auto... open) {
  Tensor t;
  if constexpr (sizeof...(open) > 0) t = Tensor(open...);
  using T = typename Tensor::element;
  for (std::int64_t i = 0; i < t.size(); ++i)
    t.data()[i] = static_cast<T>(static_cast<float>(i * 37 % 101 - 50) *
                                 (std::is_integral_v<T> ? 1.f : 0.03f));
  return t;
}

}  // namespace sinter::testing
