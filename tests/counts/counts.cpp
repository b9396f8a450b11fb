// SPDX-License-Identifier: Apache-2.0

// Small workloads whose instructions are counted, one by one, by Valgrind's tool callgrind: time
// drifts on a shared machine, and these numbers do not. CMakeLists.txt compiles this for a fixed
// instruction set, without threads; check.sh compares the counts.

#include <valgrind/callgrind.h>

#include <cstdint>
#include <cstdio>
#include <cstring>

#include "sinter/nn.hpp"

namespace st = sinter;

using list = st::tensor<float, st::dyn>;
using matrix = st::tensor<float, st::dyn, st::dyn>;

list normal(std::int64_t n) { return st::random::normal(n); }
matrix normal(std::int64_t m, std::int64_t n) { return st::random::normal(m, n); }

/// Counts the third of three calls: before it, memory is taken and its pages are touched. A macro,
/// as callgrind's are: the name has to be a literal.
#define COUNT(name, ...)                    \
  do {                                      \
    const auto call = [&] { __VA_ARGS__; }; \
    call();                                 \
    call();                                 \
    CALLGRIND_TOGGLE_COLLECT;               \
    call();                                 \
    CALLGRIND_TOGGLE_COLLECT;               \
    CALLGRIND_DUMP_STATS_AT(name);          \
  } while (false)

void maps() {
  for (const std::int64_t n : {10, 10'000}) {
    const list a = normal(n), b = normal(n), c = normal(n), d = normal(n), e = normal(n);
    list y(n);
    if (n == 10) COUNT("chain 10", y = relu(a * b + c) * d - e);
    else COUNT("chain 10000", y = relu(a * b + c) * d - e);
  }
  const matrix x = normal(100, 100), z = normal(100, 100);
  matrix y(100, 100);
  COUNT("transpose 100x100", y = transpose(x) + z);
}

void rows() {
  const matrix x = normal(16, 1000);
  const list scale = normal(1000), shift = normal(1000), long_list = normal(10'000);
  matrix y(16, 1000);
  st::tensor<float> total;
  COUNT("softmax 16x1000", y = softmax(x));
  COUNT("layer_norm 16x1000", y = layer_norm(x, scale, shift));
  COUNT("sum 10000", total = sum(long_list));
}

void dense_layers() {
  const matrix row = normal(1, 784), w = normal(784, 256), x = normal(64, 64), v = normal(64, 64);
  const list b = normal(256), c = normal(64);
  matrix y(1, 256), z(64, 64);
  COUNT("dense 1x784x256", y = relu(matmul(row, w) + b));
  COUNT("dense 64x64x64", z = relu(matmul(x, v) + c));
}

struct network {
  st::linear<784, 256> first;
  st::linear<256, 128> second;
  st::linear<128, 10> third;
  constexpr auto operator()(const auto& x) const { return third(relu(second(relu(first(x))))); }
};
constexpr auto forward_of = st::fused([](const auto& net, auto x) { return net(x); });

void forward() {
  const network net;
  const st::tensor<float, st::dyn, 784> x = st::random::normal(1);
  st::tensor<float, st::dyn, 10> y(1);
  COUNT("network 1x784-256-128-10", y = forward_of(net, x));
}

/// As in examples/10_digits.cpp.
struct classifier {
  st::linear<64, 128> hidden;
  st::linear<128, 10> readout;
  constexpr auto operator()(const auto& image) const { return readout(relu(hidden(image))); }
};
constexpr auto step = st::fused([](auto& net, auto& optimizer, auto& total, auto image,
                                   auto label) {
  auto loss = cross_entropy(net(image), label);
  optimizer.update(net, gradient(mean(loss), net));
  total = total + sum(loss);
});

void training() {
  classifier net;
  st::adamw<classifier> optimizer;
  st::tensor<float> total;
  const st::tensor<float, st::dyn, 64> image = st::random::normal(32);
  st::tensor<std::int32_t, st::dyn> label(32);
  for (int i = 0; i < 32; ++i) label(i) = i % 10;
  COUNT("training step of 32 digits", step(net, optimizer, total, image, label));
}

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--compiler") == 0) {
    std::printf("g++ %d\n", __GNUC__);
    return 0;
  }
  sinter::set_threads(1);  // each instruction by the thread that is watched
  maps();
  rows();
  dense_layers();
  forward();
  training();
}
