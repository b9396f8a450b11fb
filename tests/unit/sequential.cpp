// SPDX-License-Identifier: Apache-2.0

// Layers one after another: the values, the plan, the gradient and the parameters of the same
// layers written out.

#include <doctest/doctest.h>

#include <sinter/nn.hpp>
#include <sinter/training.hpp>

#include <string>
#include <type_traits>

namespace {

namespace st = sinter;

inline constexpr st::axis batch{"batch"};
constexpr auto activate = [](const auto& x) { return relu(x); };
using network = st::sequential<st::linear<5, 7>, decltype(activate), st::linear<7, 3>>;

constexpr auto apply = st::fused([](const auto& net, auto x) { return net(x); });
constexpr auto written_out = st::fused([](const auto& first, const auto& last, auto x) {
  return last(relu(first(x)));
});
constexpr auto slope = st::fused([](const auto& net, auto x) {
  return gradient(sum(square(net(x))), net);
});
constexpr auto step = st::fused([](auto& net, auto& optimizer, auto x, auto label) {
  auto loss = mean(cross_entropy(net(x), label));
  optimizer.update(net, gradient(loss, net));
  return loss;
});

}  // namespace

TEST_CASE("sequential: what the layers written out give, by one kernel") {
  st::random::seed(3);
  const network net;
  const st::tensor<float, batch, 5> x = st::random::normal(11);
  const st::linear<5, 7>& first = std::get<0>(net.layers);
  const st::linear<7, 3>& last = std::get<2>(net.layers);
  const st::tensor<float, batch, 3> want = written_out(first, last, x);
  const st::tensor<float, batch, 3> got = apply(net, x), eager = net(x);
  for (std::int64_t i = 0; i < want.size(); ++i) {
    CHECK(got.data()[i] == want.data()[i]);
    CHECK(eager.data()[i] == want.data()[i]);
  }
  static_assert(st::kernels(apply, network(), x) == 1);
}

TEST_CASE("sequential: parameters, sequences within sequences, none at all") {
  const network net;
  CHECK(st::parameter_count(net) == 5 * 7 + 7 + 7 * 3 + 3);
  const st::sequential inner{st::linear<5, 7>(), activate};
  const st::sequential nested{inner, st::linear<7, 3>()};
  CHECK(st::parameter_count(nested) == st::parameter_count(net));
  const st::tensor<float, batch, 5> x = st::random::normal(4);
  const st::tensor<float, batch, 3> y = nested(x);
  CHECK(y.extent(0) == 4);
  std::string names;
  st::detail::for_each_named([&](const std::string& name, const auto&) { names += name + ' '; },
                             net);
  CHECK(names == "0.weight 0.bias 2.weight 2.bias ");
  const st::sequential<> none;
  static_assert(std::is_same_v<decltype(none(x)), st::tensor<float, batch, 5>>);
  CHECK(st::parameter_count(none) == 0);
}

TEST_CASE("sequential: trained by an optimiser") {
  st::random::seed(5);
  network net;
  st::adam<network> optimizer{.learning_rate = 0.05f};
  st::tensor<float, batch, 5> x = st::random::normal(30);
  st::tensor<int, batch> label(30);
  for (int i = 0; i < 30; ++i) label(i) = x(i, 0) > 0 ? (x(i, 1) > 0 ? 2 : 1) : 0;
  const float before = step(net, optimizer, x, label).item();
  float after = before;
  for (int i = 0; i < 100; ++i) after = step(net, optimizer, x, label).item();
  CHECK(after < before / 4);
  const network g = slope(net, x);
  CHECK(std::get<2>(g.layers).bias.extent(0) == 3);
}
