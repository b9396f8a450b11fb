// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Layers: plain structs of tensors with an operator() on expressions. A network is a struct whose
/// members are layers, or layers joined by `|`.

#include "sinter/ops/linear.hpp"
#include "sinter/tensor/fused.hpp"
#include "sinter/tensor/random.hpp"

namespace sinter {

/// Initial weights: normal with variance 2 / rows, for layers that a relu follows.
/// @source He, Zhang, Ren and Sun 2015, arXiv:1502.01852
constexpr random::filler he_normal() {
  random::filler f = random::normal();
  f.second = 1.4142135623730951;
  f.by_fan_in = true;
  return f;
}

/// Initial weights: uniform with variance 1 / rows.
/// @source LeCun, Bottou, Orr and Mueller 1998, Efficient BackProp, doi:10.1007/3-540-49430-8_2
constexpr random::filler lecun_uniform() {
  random::filler f = random::uniform(-1.7320508075688772, 1.7320508075688772);
  f.by_fan_in = true;
  return f;
}

/// x weight + bias.
/// @shape [..., In] -> [..., Out]
template <extent_t In, extent_t Out, class T = float> struct linear {
  static constexpr bool is_layer = true;
  static constexpr const char* member_names[] = {"weight", "bias"};  // in files
  tensor<T, In, Out> weight = he_normal();
  tensor<T, Out> bias;

  constexpr auto operator()(const auto& x) const { return matmul(x, weight) + bias; }
};

/// A function of expressions as a layer, for chains: `layer([](auto x) { return relu(x); })`.
template <class F> struct function_layer {
  static constexpr bool is_layer = true;
  constexpr auto operator()(const auto& x) const { return F{}(x); }
};
template <class F> constexpr function_layer<F> layer(F) {
  static_assert(std::is_empty_v<F>, "sinter: layer: the callable must not capture");
  return {};
}

template <class T> concept chainable = requires { requires std::remove_cvref_t<T>::is_layer; };

/// Two layers, one after the other.
template <class First, class Second> struct chain {
  static constexpr bool is_layer = true;
  First first;
  Second second;

  constexpr auto operator()(const auto& x) const { return second(first(x)); }
};
template <chainable A, chainable B> constexpr auto operator|(A&& a, B&& b) {
  return chain<std::remove_cvref_t<A>, std::remove_cvref_t<B>>{std::forward<A>(a),
                                                              std::forward<B>(b)};
}

/// A layer, or a structure of layers, that training leaves as it is: it takes no gradient and no
/// update, and its plans compute none. What comes before it still gets a gradient through it.
///
///     struct classifier {
///       st::frozen<encoder> front;  // classifier net{.front = {trained}};
///       st::linear<64, 10> readout;
///       constexpr auto operator()(const auto& x) const { return readout(front(x)); }
///     };
///
/// Its members are the layer's, and so are its names in files: what was saved before a part was
/// frozen is read afterwards. Optimisers hold zeros in its place; where that memory counts, train
/// the other part alone: optimizer.update(net.readout, gradient(loss, net.readout)), with an
/// optimiser of that part.
template <class Layer> struct frozen : Layer {
  static constexpr bool is_frozen = true;

  constexpr auto members() { return detail::members_of(static_cast<Layer&>(*this)); }
  constexpr auto members() const { return detail::members_of(static_cast<const Layer&>(*this)); }
};
template <class Layer> frozen(Layer) -> frozen<Layer>;

/// The number of parameters of a network: of all, of those that training changes, and of those in
/// frozen parts.
template <class Network> std::int64_t parameter_count(const Network& net) {
  std::int64_t count = 0;
  for_each_tensor([&](const auto& t) { count += t.size(); }, net);
  return count;
}
template <class Network> std::int64_t trainable_count(const Network& net) {
  std::int64_t count = 0;
  for_each_trainable([&](const auto& t) { count += t.size(); }, net);
  return count;
}
template <class Network> std::int64_t frozen_count(const Network& net) {
  return parameter_count(net) - trainable_count(net);
}

}  // namespace sinter
