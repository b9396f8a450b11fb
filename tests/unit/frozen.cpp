// SPDX-License-Identifier: Apache-2.0

// Frozen parts of networks: neither gradient nor update, no kernels for them, the same files.

#include "unit/files.hpp"

#include <sinter/nn.hpp>
#include <sinter/npz.hpp>
#include <sinter/report/explain.hpp>

#include <algorithm>
#include <cmath>

namespace st = sinter;

namespace {

inline constexpr st::axis batch{"batch"};

struct encoder {
  st::linear<6, 4> layer[1];
  constexpr auto operator()(const auto& x) const { return tanh(layer[0](x)); }
};
template <class Back> struct network {
  st::linear<6, 6> before;
  Back back;
  st::linear<4, 1> head;
  constexpr auto operator()(const auto& x) const { return head(back(tanh(before(x)))); }
};
using whole = network<encoder>;
using partly = network<st::frozen<encoder>>;
using chained = st::chain<st::frozen<st::linear<6, 4>>, st::linear<4, 1>>;

constexpr auto step = st::fused([](auto& net, auto& optimizer, auto x, auto want) {
  auto loss = mean(square(net(x) - want));
  optimizer.update(net, gradient(loss, net));
  return loss;
});
/// What remains without the frozen part, written by hand.
constexpr auto step_by_hand = st::fused([](auto& net, auto& before, auto& head, auto x,
                                           auto want) {
  auto loss = mean(square(net(x) - want));
  auto first = gradient(loss, net.before);
  auto last = gradient(loss, net.head);
  before.update(net.before, first);
  head.update(net.head, last);
  return loss;
});
constexpr auto slopes = st::fused([](const auto& net, auto x) {
  return gradient(sum(net(x)), net);
});

template <class F, class... A>
constexpr int outputs(const st::fused_function<F>&, A&&...) {
  return st::plan_of<st::detail::fused_call<F, A...>>::outputs;
}

template <class Network> Network started() {
  Network net;
  st::random::seed(11);
  st::for_each_tensor(
      [](auto& t) {
        const st::tensor<float, st::dyn> drawn = st::random::normal(t.size());
        std::copy_n(drawn.data(), t.size(), t.data());
      },
      net);
  return net;
}

}  // namespace

TEST_CASE("frozen: a step changes the rest as if written by hand, and not the frozen part") {
  whole by_hand = started<whole>();
  partly net = started<partly>();
  const encoder kept = net.back;
  st::adamw<partly> optimizer{.learning_rate = 0.02f};
  st::adamw<st::linear<6, 6>> before{.learning_rate = 0.02f};
  st::adamw<st::linear<4, 1>> head{.learning_rate = 0.02f};
  for (int i = 0; i < 5; ++i) {
    const st::tensor<float, batch, 6> x = st::random::normal(9);
    const st::tensor<float, batch, 1> want = st::random::normal(9);
    CHECK(step(net, optimizer, x, want).item() ==
          step_by_hand(by_hand, before, head, x, want).item());
  }
  const auto same = [](const auto& a, const auto& b) {
    return std::equal(a.data(), a.data() + a.size(), b.data());
  };
  CHECK(same(net.before.weight, by_hand.before.weight));
  CHECK(same(net.before.bias, by_hand.before.bias));
  CHECK(same(net.head.weight, by_hand.head.weight));
  CHECK(same(net.back.layer[0].weight, kept.layer[0].weight));  // weight decay too leaves it
  CHECK(same(net.back.layer[0].bias, kept.layer[0].bias));
  CHECK(!same(net.head.weight, started<partly>().head.weight));
  CHECK(optimizer.mean.back.layer[0].weight(0, 0) == 0);
}

TEST_CASE("frozen: plans compute nothing for frozen parts") {
  whole all;
  partly net;
  st::adamw<whole> optimizer;
  st::adamw<partly> partial;
  const st::tensor<float, batch, 6> x(3);
  const st::tensor<float, batch, 1> want(3);
  // Of every parameter three outputs, and the powers of beta and the loss.
  static_assert(outputs(step, all, optimizer, x, want) == 6 * 3 + 3);
  static_assert(outputs(step, net, partial, x, want) == 4 * 3 + 3);
  static_assert(st::kernels(step, net, partial, x, want) <=
                st::kernels(step, all, optimizer, x, want));
  const auto flops = [](const st::plan_builder& p) {
    const st::list<std::int64_t> three(p.graph.dimensions.size(), 3);
    return total(cost_of(p, dimension_values(p.graph, three))).flops;
  };
  CHECK(flops(st::plan(step, net, partial, x, want)) <
        flops(st::plan(step, all, optimizer, x, want)));
  st::adamw<st::linear<6, 6>> before;
  st::adamw<st::linear<4, 1>> head;
  static_assert(st::kernels(step, net, partial, x, want) <=
                st::kernels(step_by_hand, all, before, head, x, want));
  // Nothing before the first trainable layer has a gradient.
  chained chain;
  st::sgd<chained> plain;
  const st::tensor<float, batch, 6> wide(3);
  static_assert(outputs(step, chain, plain, wide, want) == 5);
}

TEST_CASE("frozen: counts, gradients of zeros, norms and averages of the rest") {
  partly net = started<partly>();
  CHECK(st::parameter_count(net) == 6 * 6 + 6 + 6 * 4 + 4 + 4 + 1);
  CHECK(st::trainable_count(net) == 6 * 6 + 6 + 4 + 1);
  CHECK(st::frozen_count(net) == 6 * 4 + 4);
  CHECK(st::frozen_count(whole{}) == 0);

  const st::tensor<float, batch, 6> x = st::random::normal(9);
  const auto g = slopes(net, x);
  const auto full = slopes(started<whole>(), x);
  CHECK(g.before.weight(1, 2) == full.before.weight(1, 2));
  CHECK(g.before.weight(1, 2) != 0);
  CHECK(g.head.bias(0) == 9);
  CHECK(full.back.layer[0].weight(0, 0) != 0);
  st::for_each_tensor(
      [](const auto& t) {
        CHECK(std::all_of(t.data(), t.data() + t.size(), [](float v) { return v == 0; }));
      },
      g.back);

  constexpr auto norm = st::fused([](const auto& n) { return st::global_norm(n); });
  double squares = 0;
  st::for_each_trainable(
      [&](const auto& t) {
        for (int i = 0; i < t.size(); ++i) squares += double{t.data()[i]} * double{t.data()[i]};
      },
      net);
  CHECK(norm(net).item() == doctest::Approx(std::sqrt(squares)));
  st::weight_average<partly> average{.decay = 0.5f, .average = net};
  constexpr auto averaged = st::fused([](auto& a, const auto& n) { a.update(n); });
  const float first = net.head.weight(0, 0), frozen = net.back.layer[0].weight(0, 0);
  net.head.weight(0, 0) = first + 2;
  averaged(average, net);
  CHECK(average.average.head.weight(0, 0) == doctest::Approx(first + 1));
  CHECK(average.average.back.layer[0].weight(0, 0) == frozen);
}

TEST_CASE("frozen: freezing and thawing are assignments, and files stay the same") {
  const test_folder here("SINTER_FROZEN_FOLDER");
  const whole all = started<whole>();
  st::save_npz(here.file("a.npz"), all);
  const auto net = st::load_npz<partly>(here.file("a.npz"));
  CHECK(net.back.layer[0].weight(2, 3) == all.back.layer[0].weight(2, 3));
  CHECK(st::npz_file(here.file("a.npz")).names()[2] == "1.0.0.weight");

  const partly made{.before = all.before, .back = {all.back}, .head = all.head};
  CHECK(made.back.layer[0].weight(2, 3) == all.back.layer[0].weight(2, 3));
  whole thawed;
  thawed.back = made.back;
  CHECK(thawed.back.layer[0].weight(2, 3) == all.back.layer[0].weight(2, 3));
  const auto chain = st::frozen{all.head} | st::layer([](auto x) { return relu(x); });
  CHECK(st::trainable_count(chain) == 0);
  CHECK(st::frozen_count(chain) == 5);
}
