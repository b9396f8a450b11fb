// SPDX-License-Identifier: Apache-2.0
// What fusion brings on this machine: layers as one plan, against the same operations one by one
// through tensors that exist already, and against a plain loop, with OpenMP's pragmas, where that
// is simple. GB/s and GFLOP/s count what the computation needs at least, so that a variant that
// moves more shows less.

#include <sinter/nn.hpp>

#include <cmath>
#include <cstdint>

#include "measure.hpp"
#include "one_by_one.hpp"

namespace st = sinter;
using bench::side;

template <std::int64_t... E> st::tensor<float, E...> normal() { return st::random::normal(); }

/// A pass over memory, for comparison: nothing that reads and writes as much can be faster.
bench::workload copy() {
  static auto x = normal<4 << 20>();
  static st::tensor<float, 4 << 20> y;
  return {"copy", "4194304", "f32", 2.0 * 4 * (4 << 20), 0,
          {{"memcpy", side::peer, [] { std::copy(x.data(), x.data() + x.size(), y.data()); }}}, {}};
}

constexpr auto chain_of = st::fused([](auto x, auto scale, auto shift, auto rest) {
  return relu(x * scale + shift) * 0.5f + rest;
});

bench::workload chain() {
  constexpr std::int64_t rows = 4096, columns = 1024;
  static auto x = normal<rows, columns>(), rest = normal<rows, columns>();
  static auto scale = normal<columns>(), shift = normal<columns>();
  static st::tensor<float, rows, columns> y, z, u;
  const auto cost = bench::needs(chain_of, x, scale, shift, rest);
  return {"chain", "4096x1024", "f32", cost.bytes(), cost.flops,
          {{"sinter", side::ours, [] { y = relu(x * scale + shift) * 0.5f + rest; }},
           {"unfused", side::ours, [] { bench::one_by_one::chain(z, x, scale, shift, rest); }},
           {"loop", side::peer, [] {
              const float *from = x.data(), *a = scale.data(), *b = shift.data(), *r = rest.data();
              float* __restrict to = u.data();
BENCH_PRAGMA(omp parallel for)
              for (std::int64_t i = 0; i < rows; ++i)
BENCH_PRAGMA(omp simd)
                for (std::int64_t j = 0; j < columns; ++j) {
                  const float v = from[i * columns + j] * a[j] + b[j];
                  to[i * columns + j] = (v > 0 ? v : 0) * 0.5f + r[i * columns + j];
                }
            }}},
          [] { return std::max(bench::difference(y, z), bench::difference(y, u)); }};
}

constexpr auto softmax_of = st::fused([](auto x) { return softmax(x); });

bench::workload softmax_rows() {
  constexpr std::int64_t rows = 4096, columns = 1024;
  static auto x = normal<rows, columns>();
  static st::tensor<float, rows, columns> y, z, u;
  static st::tensor<float, rows, 1> fold;
  const auto cost = bench::needs(softmax_of, x);
  return {"softmax", "4096x1024", "f32", cost.bytes(), cost.flops,
          {{"sinter", side::ours, [] { y = softmax(x); }},
           {"unfused", side::ours, [] { bench::one_by_one::softmax(z, x, fold); }},
           {"loop", side::peer, [] {
              const float* first = x.data();
              float* result = u.data();
BENCH_PRAGMA(omp parallel for)
              for (std::int64_t i = 0; i < rows; ++i) {
                const float* from = first + i * columns;
                float* __restrict to = result + i * columns;
                float most = from[0], sum = 0;
BENCH_PRAGMA(omp simd reduction(max : most))
                for (std::int64_t j = 1; j < columns; ++j) most = std::max(most, from[j]);
                for (std::int64_t j = 0; j < columns; ++j) sum += to[j] = std::exp(from[j] - most);
BENCH_PRAGMA(omp simd)
                for (std::int64_t j = 0; j < columns; ++j) to[j] /= sum;
              }
            }}},
          [] { return std::max(bench::difference(y, z), bench::difference(y, u)); }};
}

constexpr auto norm_of = st::fused([](auto x, auto s, auto b) { return layer_norm(x, s, b); });

bench::workload layer_norm_rows() {
  constexpr std::int64_t rows = 4096, columns = 1024;
  static auto x = normal<rows, columns>();
  static auto scale = normal<columns>(), shift = normal<columns>();
  static st::tensor<float, rows, columns> y, z, squares;
  static st::tensor<float, rows, 1> fold;
  const auto cost = bench::needs(norm_of, x, scale, shift);
  return {"layer_norm", "4096x1024", "f32", cost.bytes(), cost.flops,
          {{"sinter", side::ours, [] { y = layer_norm(x, scale, shift); }},
           {"unfused", side::ours, [] {
              bench::one_by_one::layer_norm(z, x, scale, shift, squares, fold);
            }}},
          [] { return bench::difference(y, z); }};
}

constexpr auto dense_of = st::fused([](auto x, auto w, auto b) { return relu(matmul(x, w) + b); });

bench::workload dense() {
  static auto x = normal<512, 784>();
  static auto w = normal<784, 256>();
  static auto b = normal<256>();
  static st::tensor<float, 512, 256> y, z, u;
  const auto cost = bench::needs(dense_of, x, w, b);
  return {"dense", "512x784x256", "f32", cost.bytes(), cost.flops,
          {{"sinter", side::ours, [] { y = relu(matmul(x, w) + b); }},
           {"unfused", side::ours, [] {
              z = matmul(x, w);
              z = z + b;
              z = relu(z);
            }},
           {"loop", side::peer, [] {
              const float *left = x.data(), *right = w.data(), *bias = b.data();
              float* result = u.data();
BENCH_PRAGMA(omp parallel for)
              for (std::int64_t i = 0; i < 512; ++i) {
                float* __restrict to = result + i * 256;
                std::copy(bias, bias + 256, to);
                for (std::int64_t k = 0; k < 784; ++k)
BENCH_PRAGMA(omp simd)
                  for (std::int64_t j = 0; j < 256; ++j)
                    to[j] += left[i * 784 + k] * right[k * 256 + j];
BENCH_PRAGMA(omp simd)
                for (std::int64_t j = 0; j < 256; ++j) to[j] = to[j] > 0 ? to[j] : 0;
              }
            }}},
          [] { return std::max(bench::difference(y, z), bench::difference(y, u)); }};
}

constexpr auto gated_of = st::fused([](auto x, auto w, auto v) {
  return silu(matmul(x, w)) * matmul(x, v);
});

bench::workload gated() {
  static auto x = normal<512, 512>(), w = normal<512, 512>(), v = normal<512, 512>();
  static st::tensor<float, 512, 512> y, z, gate;
  const auto cost = bench::needs(gated_of, x, w, v);
  return {"gated", "512x512x512", "f32", cost.bytes(), cost.flops,
          {{"sinter", side::ours, [] { y = gated_of(x, w, v); }},
           {"unfused", side::ours, [] {
              z = matmul(x, w);
              gate = sigmoid(z);
              z = z * gate;
              gate = matmul(x, v);
              z = z * gate;
            }}},
          [] { return bench::difference(y, z); }};
}

struct network {
  st::linear<64, 128> hidden;
  st::linear<128, 10> readout;
  constexpr auto operator()(const auto& image) const { return readout(relu(hidden(image))); }
};

constexpr auto step = st::fused([](auto& net, auto& optimizer, auto image, auto label) {
  auto loss = mean(cross_entropy(net(image), label));
  optimizer.update(net, gradient(loss, net));
  return loss;
});

/// One operation at a time, forward and back, by hand.
class unfused_step {
 public:
  explicit unfused_step(const st::tensor<std::int32_t, 32>& label) {
    one_hot = st::cast<float>(st::iota_like<-1>(one_hot) == st::unsqueeze<-1>(label));
  }

  void operator()(network& net, st::sgd<network>& optimizer, const st::tensor<float, 32, 64>& x) {
    h = matmul(x, net.hidden.weight);
    h = h + net.hidden.bias;
    h = relu(h);
    s = matmul(h, net.readout.weight);
    s = s + net.readout.bias;
    fold = st::max<st::keep, -1>(s);
    s = s - fold;
    d = exp(s);
    fold = st::sum<st::keep, -1>(d);
    d = d / fold;
    s = log(d);
    s = s * one_hot;
    loss = sum(s);
    loss = loss * (-1 / 32.f);
    d = d - one_hot;
    d = d * (1 / 32.f);
    g.readout.weight = matmul(transpose(h), d);
    g.readout.bias = st::sum<0>(d);
    dh = matmul(d, transpose(net.readout.weight));
    dh = where(h > 0, dh, 0);
    g.hidden.weight = matmul(transpose(x), dh);
    g.hidden.bias = st::sum<0>(dh);
    st::for_each_tensor(
        [](auto& w, auto& v, auto& gradient) {
          v = v * 0.9f;
          v = v + gradient;
          gradient = v * 0.01f;
          w = w - gradient;
        },
        net, optimizer.velocity, g);
  }

 private:
  st::tensor<float, 32, 128> h, dh;
  st::tensor<float, 32, 10> s, d, one_hot;
  st::tensor<float, 32, 1> fold;
  st::tensor<float> loss;
  network g;
};

/// The step of examples/10_digits.cpp, with SGD: 32 images, 9,610 parameters.
bench::workload training_step() {
  static const auto image = normal<32, 64>();
  static st::tensor<std::int32_t, 32> label;
  for (int i = 0; i < 32; ++i) label(i) = i % 10;
  static network a, b;
  static st::sgd<network> optimizer, other;
  static unfused_step by_hand(label);
  b = a;
  const auto cost = bench::needs(step, a, optimizer, image, label);
  return {"training_step", "batch 32", "f32", cost.bytes(), cost.flops,
          {{"sinter", side::ours, [] { step(a, optimizer, image, label); }},
           {"unfused", side::ours, [] { by_hand(b, other, image); }}},
          [] {
            network one, two = one;
            st::sgd<network> first, second;
            for (int i = 0; i < 3; ++i) {
              step(one, first, image, label);
              by_hand(two, second, image);
            }
            return bench::difference(one.hidden.weight, two.hidden.weight);
          }};
}

struct deep_network {
  st::linear<300, 300> first;
  st::linear<300, 301> second;
  st::linear<301, 302> third;
  st::linear<302, 303> fourth;
  st::linear<303, 304> fifth;
  st::linear<304, 305> sixth;
};

constexpr auto update_all = st::fused([](auto& net, auto& optimizer, const auto& slope) {
  optimizer.update(net, slope);
});
constexpr auto update_one = st::fused([](auto& w, auto& v, auto slope, auto rate, auto momentum) {
  v = momentum * v + slope;
  w = w - rate * v;
});

void update_one_by_one(deep_network& net, st::sgd<deep_network>& optimizer,
                       const deep_network& slope) {
  st::for_each_tensor(
      [&](auto& w, auto& v, auto& g) {
        update_one(w, v, g, optimizer.learning_rate, optimizer.momentum);
      },
      net, optimizer.velocity, slope);
}

/// SGD's update of twelve parameters in one kernel, against a kernel for each.
bench::workload network_update() {
  static deep_network a, b, slope;
  static st::sgd<deep_network> optimizer, other;
  b = a;
  const auto cost = bench::needs(update_all, a, optimizer, slope);
  return {"network_update", "549,000", "f32", cost.bytes(), cost.flops,
          {{"sinter", side::ours, [] { update_all(a, optimizer, slope); }},
           {"one by one", side::ours, [] { update_one_by_one(b, other, slope); }}},
          [] {
            deep_network one, two = one;
            st::sgd<deep_network> first, second;
            for (int i = 0; i < 3; ++i) {
              update_all(one, first, slope);
              update_one_by_one(two, second, slope);
            }
            return bench::difference(one.sixth.weight, two.sixth.weight);
          }};
}

int main(int argc, char** argv) {
  return bench::run_main(argc, argv, bench::this_cpu, [](bench::runner& runner) {
    for (const auto& make : {copy, chain, softmax_rows, layer_norm_rows, dense, gated,
                             training_step, network_update})
      runner.run(make());
  });
}
