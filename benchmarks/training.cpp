// SPDX-License-Identifier: Apache-2.0
// A small network, forward and in training, and optimisers alone, against other C++ libraries.

#include <sinter/nn.hpp>

#include <array>
#include <cmath>
#include <memory>

#include "accuracy.hpp"
#include "measure.hpp"
#include "peers/blis.hpp"
#include "peers/eigen.hpp"
#include "peers/onednn.hpp"
#include "peers/openblas.hpp"
#include "peers/parts.hpp"
#include "peers/step.hpp"
#include "peers/torch.hpp"

namespace st = sinter;
using bench::side;

template <std::int64_t A, std::int64_t B, std::int64_t C, std::int64_t D> struct network_of {
  static constexpr std::array<std::int64_t, 4> widths = {A, B, C, D};
  st::linear<A, B> first;
  st::linear<B, C> second;
  st::linear<C, D> third;
  constexpr auto operator()(const auto& x) const { return third(relu(second(relu(first(x))))); }
};
using network = network_of<784, 256, 128, 10>;
using network_memory = bench::memory_of_network<float>;

template <class Network> network_memory memory(Network& net) {
  return {{net.first.weight.data(), net.second.weight.data(), net.third.weight.data()},
          {net.first.bias.data(), net.second.bias.data(), net.third.bias.data()}};
}

#if defined(BENCH_TORCH)
template <class Network>
bench::torch::network seen(const network_memory& net, std::int64_t batch) {
  return {batch, 3, Network::widths.data(), net.weights, net.biases};
}
#endif

// --- Forward -------------------------------------------------------------------------------------

template <class Network> struct forward_operands {
  static constexpr auto& widths = Network::widths;
  std::int64_t batch;
  Network net{};
  st::tensor<float, st::dyn, widths[0]> x = st::random::normal(batch);
  st::tensor<float, st::dyn, widths[1]> h = st::tensor<float, st::dyn, widths[1]>(batch);
  st::tensor<float, st::dyn, widths[2]> g = st::tensor<float, st::dyn, widths[2]>(batch);
  st::tensor<float, st::dyn, widths[3]> y = st::tensor<float, st::dyn, widths[3]>(batch), z = y;
};

template <class Library, class Network>
void add_forward(bench::workload& w, const std::shared_ptr<forward_operands<Network>>& o) {
  constexpr auto& widths = Network::widths;
  w.contestants.push_back({Library::name, side::peer, [o, library = Library()]() mutable {
    const network_memory net = memory(o->net);
    const float* from = o->x.data();
    float* const to[] = {o->h.data(), o->g.data(), o->z.data()};
    for (int i = 0; i < 3; from = to[i++])
      Library::layer(library, from, net.weights[i], net.biases[i], to[i], o->batch, widths[i],
                     widths[i + 1], i < 2);
  }});
}

template <class Network> bench::workload forward(const char* name, std::int64_t batch) {
  using operands = forward_operands<Network>;
  constexpr auto& widths = Network::widths;
  const auto o = std::shared_ptr<operands>(new operands{batch});
  double weights = 0;
  std::string sizes = std::to_string(batch) + 'x' + std::to_string(widths[0]);
  for (std::size_t i = 0; i < 3; ++i) {
    weights += static_cast<double>(widths[i] * widths[i + 1]);
    sizes += '-' + std::to_string(widths[i + 1]);
  }
  const double rows = static_cast<double>(batch);
  const auto across = static_cast<double>(widths[0] + widths[3]);
  bench::workload w{name, sizes, "f32", 4 * (weights + rows * across), 2 * weights * rows, {}, {}};
  w.contestants.push_back({"sinter", side::ours, [o] { o->y = o->net(o->x); }});
#if defined(BENCH_ONEDNN)
  const network_memory net = memory(o->net);
  const auto layer_of = [&](int i, const float* x, float* y) {
    return std::make_shared<bench::dnnl_product<float>>(
        bench::product{batch, widths[i], widths[i + 1]}, x, net.weights[i], y,
        bench::dnnl_after<float>{net.biases[i], i < 2}, true);
  };
  const auto a = layer_of(0, o->x.data(), o->h.data());
  const auto b = layer_of(1, o->h.data(), o->g.data());
  const auto c = layer_of(2, o->g.data(), o->z.data());
  w.contestants.push_back({"oneDNN", side::peer, [a, b, c] { (*a)(), (*b)(), (*c)(); }});
#endif
#if defined(BENCH_EIGEN)
  add_forward<bench::eigen>(w, o);
#endif
#if defined(BENCH_OPENBLAS)
  add_forward<bench::openblas>(w, o);
#endif
#if defined(BENCH_BLIS)
  add_forward<bench::blis>(w, o);
#endif
#if defined(BENCH_TORCH)
  w.contestants.push_back({"LibTorch", side::peer,
                           bench::torch::forward(seen<Network>(memory(o->net), batch), o->x.data(),
                                                 o->z.data())});
#endif
  w.written = 4 * static_cast<double>(widths[3]) * rows;
  w.difference = [o] { return bench::difference(o->y, o->z); };
  // What each row's result is in double is computed for a few rows, layer by layer.
  bench::tell_errors(
      w, [o]() -> const auto& { return o->y; }, [o]() -> const auto& { return o->z; },
      {widths[3] * batch, [o](std::int64_t i) {
         const network_memory own = memory(o->net);
         std::vector<double> row(o->x.data() + i / widths[3] * widths[0],
                                 o->x.data() + (i / widths[3] + 1) * widths[0]);
         for (std::size_t layer = 0; layer < 3; ++layer) {
           std::vector<double> next(own.biases[layer], own.biases[layer] + widths[layer + 1]);
           for (std::size_t j = 0; j < next.size(); ++j) {
             next[j] += bench::exact_dot(row.data(), 1, own.weights[layer] + j, widths[layer + 1],
                                         widths[layer]);
             if (layer < 2) next[j] = std::max(next[j], 0.);
           }
           row = next;
         }
         return row[static_cast<std::size_t>(i % widths[3])];
       }, 33});
  return w;
}

// --- Training ------------------------------------------------------------------------------------

constexpr auto& widths = network::widths;
constexpr double weights = 784 * 256 + 256 * 128 + 128 * 10;

/// Contestants change what they train, so each has its own, and fresh ones are compared.
template <class State> struct trainer {
  const char* who;
  std::function<std::function<void()>(const std::shared_ptr<State>&)> bind;
};

/// `result(state)` is the tensor whose values after some steps `exact()` gives in double.
constexpr int steps_compared = 3;
template <class State, class Result, class Exact>
void add_trainers(bench::workload& w, const std::vector<trainer<State>>& all, const Result& result,
                  const Exact& exact) {
  const auto values = std::make_shared<std::vector<double>>();
  for (const trainer<State>& t : all)
    w.contestants.push_back({t.who, &t == all.data() ? side::ours : side::peer,
                             t.bind(std::make_shared<State>()), [=] {
      if (values->empty()) *values = exact();
      const auto state = std::make_shared<State>();
      const auto step = t.bind(state);
      for (int i = 0; i < steps_compared; ++i) step();
      const auto n = static_cast<std::int64_t>(values->size());
      const auto at = [&](std::int64_t i) { return (*values)[static_cast<std::size_t>(i)]; };
      return bench::exact_part(n, at, n).error(result(*state).data());
    }});
}

/// Equal for all, as its random numbers begin anew.
template <std::int64_t Batch> struct lesson {
  bool again = (st::random::seed(1), true);
  st::tensor<float, Batch, 784> x = st::random::normal();
  st::tensor<std::int32_t, Batch> label;
  network net{};
  st::sgd<network> optimizer;

  lesson() {
    for (std::int64_t i = 0; i < Batch; ++i) label(i) = static_cast<std::int32_t>(i * 7 % 10);
  }
};
constexpr float rate = 0.01f, momentum = 0.9f;

constexpr auto step_of = st::fused([](auto& net, auto& optimizer, auto x, auto label) {
  optimizer.update(net, gradient(mean(cross_entropy(net(x), label)), net));
});

/// A network in double.
struct exact_network {
  std::vector<double> values[6];
  explicit exact_network(network& net) {
    const network_memory from = memory(net);
    for (int i = 0; i < 3; ++i) {
      values[i].assign(from.weights[i], from.weights[i] + widths[i] * widths[i + 1]);
      values[i + 3].assign(from.biases[i], from.biases[i] + widths[i + 1]);
    }
  }
  bench::memory_of_network<double> memory_of() {
    return {{values[0].data(), values[1].data(), values[2].data()},
            {values[3].data(), values[4].data(), values[5].data()}};
  }
};

/// The first weight's velocity, which is made of gradients.
template <std::int64_t Batch> std::vector<double> exact_velocity() {
  lesson<Batch> l;
  exact_network net(l.net), velocity(l.optimizer.velocity);
  const std::vector<double> x(l.x.data(), l.x.data() + l.x.size());
  bench::step_by_products<bench::exact_products, double> step(
      {Batch, widths.data(), rate, momentum}, net.memory_of(), velocity.memory_of(), x.data(),
      l.label.data());
  for (int i = 0; i < steps_compared; ++i) step();
  return velocity.values[0];
}

template <class Library, std::int64_t Batch> trainer<lesson<Batch>> hand_written() {
  return {Library::name, [](const std::shared_ptr<lesson<Batch>>& l) {
    const auto step = std::make_shared<bench::step_by_products<Library>>(
        bench::step_sizes{Batch, widths.data(), rate, momentum}, memory(l->net),
        memory(l->optimizer.velocity), l->x.data(), l->label.data());
    return [l, step] { (*step)(); };
  }};
}

template <std::int64_t Batch> bench::workload training_step() {
  using state = lesson<Batch>;
  using own = std::shared_ptr<state>;
  std::vector<trainer<state>> all = {{"sinter", [](const own& l) {
    return [l] { step_of(l->net, l->optimizer, l->x, l->label); };
  }}};
#if defined(BENCH_ONEDNN)
  all.push_back(hand_written<bench::onednn, Batch>());
#endif
#if defined(BENCH_EIGEN)
  all.push_back(hand_written<bench::eigen, Batch>());
#endif
#if defined(BENCH_OPENBLAS)
  all.push_back(hand_written<bench::openblas, Batch>());
#endif
#if defined(BENCH_BLIS)
  all.push_back(hand_written<bench::blis, Batch>());
#endif
#if defined(BENCH_TORCH)
  all.push_back({"LibTorch", [](const own& l) {
    const network_memory velocity = memory(l->optimizer.velocity);
    return [l, step = bench::torch::training_step(
                   seen<network>(memory(l->net), Batch), velocity.weights, velocity.biases,
                   l->x.data(), l->label.data(), rate, momentum)] { step(); };
  }});
#endif
  const double rows = Batch;
  // Weights and velocities are read and written; products forward, to the weights, and back.
  bench::workload w{"training", std::to_string(Batch) + "x784-256-128-10", "f32",
                    4 * (4 * weights + rows * 785),
                    2 * rows * (3 * weights - 784 * 256) + 4 * weights, {}, {}};
  add_trainers(w, all,
               [](const state& l) -> const auto& { return l.optimizer.velocity.first.weight; },
               exact_velocity<Batch>);
  return w;
}

// --- Optimisers ----------------------------------------------------------------------------------

template <std::int64_t N> struct single {
  st::tensor<float, N> weight = st::random::normal();
};

template <class Optimizer, std::int64_t N> struct update_state {
  bool again = (st::random::seed(2), true);
  single<N> net, slope;
  Optimizer optimizer;
};

constexpr auto update_of = st::fused([](auto& net, auto& optimizer, const auto& slope) {
  optimizer.update(net, slope);
});

template <std::int64_t N> bench::workload sgd() {
  using state = update_state<st::sgd<single<N>>, N>;
  using own = std::shared_ptr<state>;
  std::vector<trainer<state>> all = {{"sinter", [](const own& s) {
    return [s] { update_of(s->net, s->optimizer, s->slope); };
  }}, {"loop", [](const own& s) {
    return [s] {
      bench::in_parts(N, [&](std::int64_t i, std::int64_t count) {
        bench::sgd_loop(s->net.weight.data() + i, s->optimizer.velocity.weight.data() + i,
                        s->slope.weight.data() + i, count, rate, momentum);
      });
    };
  }}};
#if defined(BENCH_EIGEN)
  all.push_back({"Eigen", [](const own& s) {
    return [s] {
      bench::in_blocks(N, [&](std::int64_t i, std::int64_t count) {
        const auto at = [&](auto& x) { return bench::eigen_array(x.weight.data() + i, count); };
        at(s->optimizer.velocity) = momentum * at(s->optimizer.velocity) + at(s->slope);
        at(s->net) -= rate * at(s->optimizer.velocity);
      });
    };
  }});
#endif
#if defined(BENCH_TORCH)
  all.push_back({"LibTorch", [](const own& s) {
    return [s, step = bench::torch::sgd(s->net.weight.data(), s->optimizer.velocity.weight.data(),
                                        s->slope.weight.data(), N, rate, momentum)] { step(); };
  }});
#endif
  bench::workload w{"sgd", std::to_string(N), "f32", 4 * 5. * N, 4. * N, {}, {}};
  w.written = 4 * 2. * N;
  add_trainers(w, all, [](const state& s) -> const auto& { return s.net.weight; }, [] {
    const state s;
    std::vector<double> result(s.net.weight.data(), s.net.weight.data() + N);
    for (std::int64_t i = 0; i < N; ++i)
      for (double v = 0, g = s.slope.weight(i), step = 0; step < steps_compared; ++step) {
        v = double{momentum} * v + g;
        result[static_cast<std::size_t>(i)] -= double{rate} * v;
      }
    return result;
  });
  return w;
}

constexpr float speed = 1e-3f, beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f, decay = 1e-2f;

template <std::int64_t N> bench::workload adamw() {
  using state = update_state<st::adamw<single<N>>, N>;
  using own = std::shared_ptr<state>;
  std::vector<trainer<state>> all = {{"sinter", [](const own& s) {
    return [s] { update_of(s->net, s->optimizer, s->slope); };
  }}};
#if defined(BENCH_EIGEN)
  all.push_back({"Eigen", [](const own& s) {
    return [s, steps = 0]() mutable {
      ++steps;
      const float first = speed / static_cast<float>(1 - std::pow(double{beta1}, steps));
      const float second = 1 / static_cast<float>(1 - std::pow(double{beta2}, steps));
      bench::in_blocks(N, [&](std::int64_t i, std::int64_t count) {
        const auto at = [&](auto& x) { return bench::eigen_array(x.weight.data() + i, count); };
        auto m = at(s->optimizer.mean), v = at(s->optimizer.square_mean), w = at(s->net),
             g = at(s->slope);
        m = beta1 * m + (1 - beta1) * g;
        v = beta2 * v + (1 - beta2) * g.square();
        w = (1 - speed * decay) * w - first * m / ((second * v).sqrt() + epsilon);
      });
    };
  }});
#endif
#if defined(BENCH_TORCH)
  all.push_back({"LibTorch", [](const own& s) {
    return [s, step = bench::torch::adamw(
                   s->net.weight.data(), s->optimizer.mean.weight.data(),
                   s->optimizer.square_mean.weight.data(), s->slope.weight.data(), N, speed, beta1,
                   beta2, epsilon, decay, 0)] { step(); };
  }});
#endif
  bench::workload w{"adamw", std::to_string(N), "f32", 4 * 7. * N, 17. * N, {}, {}};
  w.written = 4 * 3. * N;
  add_trainers(w, all, [](const state& s) -> const auto& { return s.net.weight; }, [] {
    const state s;
    std::vector<double> result(s.net.weight.data(), s.net.weight.data() + N);
    for (std::int64_t i = 0; i < N; ++i) {
      double m = 0, v = 0, &at = result[static_cast<std::size_t>(i)];
      const double g = s.slope.weight(i), b1 = beta1, b2 = beta2;
      for (int step = 1; step <= steps_compared; ++step) {
        m = b1 * m + (1 - b1) * g;
        v = b2 * v + (1 - b2) * g * g;
        const double root = std::sqrt(v / (1 - std::pow(b2, step))) + double{epsilon};
        at -= double{speed} * (m / (1 - std::pow(b1, step)) / root + double{decay} * at);
      }
    }
    return result;
  });
  return w;
}

int main(int argc, char** argv) {
  return bench::run_main(argc, argv, bench::this_cpu, [](bench::runner& runner) {
    for (const std::int64_t batch : {1, 64, 4096}) runner.run(forward<network>("network", batch));
    for (const std::int64_t batch : {1, 64, 512, 16384})
      runner.run(forward<network_of<64, 64, 64, 64>>("mlp", batch));
    for (const auto& make : {training_step<64>, training_step<512>, sgd<10'000>, sgd<1'000'000>,
                             adamw<10'000>, adamw<1'000'000>})
      runner.run(make());
  });
}
