// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Layers one after another, as one layer.

#include <cstddef>
#include <tuple>
#include <utility>

#include "sinter/nn/layer.hpp"

namespace sinter {

/// Each layer takes what the one before it gives. A layer is anything that can be called: a
/// structure with tensors, another sequence, or a function object without, such as an activation.
/// In files layers have their numbers, as in PyTorch: 0.weight, 2.weight.
/// @shape   x as the first layer takes it -> what the last one gives; without layers, x
/// @cost    that of the layers in one expression, so the plan fuses across them
/// @example constexpr auto activate = [](const auto& x) { return relu(x); };
///          st::sequential net{st::linear<64, 128>(), activate, st::linear<128, 10>()};
template <class... Layers> struct sequential {
  std::tuple<Layers...> layers;

  constexpr sequential() = default;
  constexpr explicit sequential(Layers... own)
    requires(sizeof...(Layers) > 0)
      : layers(std::move(own)...) {}

  template <class X> constexpr auto operator()(const X& x) const { return from<0>(x); }

  constexpr auto members() { return detail::members_of(layers); }
  constexpr auto members() const { return detail::members_of(layers); }

 private:
  template <std::size_t I, class X> constexpr auto from(const X& x) const {
    if constexpr (I == sizeof...(Layers)) {
      return x;
    } else {
      static_assert(requires { std::get<I>(layers)(x); },
                    "sinter: sequential: a layer cannot be called with what the one before it "
                    "gives");
      if constexpr (I + 1 == sizeof...(Layers)) return std::get<I>(layers)(x);
      else return from<I + 1>(std::get<I>(layers)(x));
    }
  }
};
template <class... Layers> sequential(Layers...) -> sequential<Layers...>;

}  // namespace sinter
