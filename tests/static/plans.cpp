// SPDX-License-Identifier: Apache-2.0

// How many kernels expressions and fused functions take: plans are constants.

#include <sinter/nn.hpp>

namespace st = sinter;
using st::dyn;

namespace {

inline constexpr st::axis batch{"batch"};

st::tensor<float, batch, 784> image;
st::tensor<float, 784, 256> weight, gate;
st::tensor<float, 256> bias, scale, shift;
st::tensor<float, batch, 256> hidden, residual;
st::tensor<int, batch> label;
st::tensor<float, dyn, dyn> matrix;
st::tensor<float, 64, 64> query, key, value;

// Products with what surrounds them.
static_assert(st::kernels(matmul(image, weight)) == 1);
static_assert(st::kernels(relu(matmul(image, weight) + bias)) == 1);
static_assert(st::kernels(silu(matmul(image, weight)) * matmul(image, gate)) == 1);
static_assert(st::kernels(softmax(matmul(image, weight) + bias)) == 1);
static_assert(st::kernels(cross_entropy(matmul(image, weight) + bias, label)) == 1);
static_assert(st::kernels(cross_entropy(softmax(matmul(image, weight) + bias), label)) == 1);
static_assert(st::kernels(matmul(exp(query), transpose(key))) <= 2);

// Tiles of whole rows, and of all products of a kernel, fit the memory of a block.
template <class T, int Columns> st::tensor<T, 64, Columns> columns;
template <class T> st::tensor<T, batch, 64> features;
template <class T, int Columns>
constexpr int of_softmax = st::kernels(softmax(matmul(features<T>, columns<T, Columns>)));
static_assert(of_softmax<float, 2048> == 1);
static_assert(of_softmax<float, 2049> > 1);
static_assert(of_softmax<double, 1024> == 1);
static_assert(of_softmax<double, 1025> > 1);
template <class T, int Columns>
constexpr int of_gates = st::kernels(softmax(matmul(features<T>, columns<T, Columns>) *
                                             matmul(features<T>, exp(columns<T, Columns>))));
static_assert(of_gates<float, 1024> <= 2, "and one for the exponential");
static_assert(of_gates<float, 1025> > 2);
constexpr auto heads = st::fused([](auto x, auto q, auto k, auto v) {
  return std::tuple(matmul(x, q), matmul(x, k), matmul(x, v));
});
template <class T>
constexpr int of_heads = st::kernels(heads, features<T>, columns<T, 64>, columns<T, 64>,
                                     columns<T, 64>);
static_assert(of_heads<float> == 1);
static_assert(of_heads<double> == 2, "two products of 64-bit sums to a kernel");

// Updates by what has the same run-time extents: checked by the call, so nothing repeats.
constexpr auto set_to_exp = st::fused([](auto x, auto& y) { y = exp(x); });
constexpr auto add_softmax = st::fused([](auto& y, auto x, auto z) { y = y + softmax(x) * z; });
st::tensor<float, 8, 8> small_matrix;
static_assert(st::kernels(set_to_exp, matrix, matrix) == 1);
static_assert(st::kernels(set_to_exp, matrix, small_matrix) == 1);
static_assert(st::kernels(add_softmax, matrix, matrix, matrix) == 1);

// Rows.
static_assert(st::kernels(softmax(hidden)) == 1);
static_assert(st::kernels(log_softmax(hidden)) == 1);
static_assert(st::kernels(layer_norm(hidden + residual, scale, shift)) == 1);
static_assert(st::kernels(layer_norm(hidden, scale, shift) + residual) == 1);
static_assert(st::kernels(argmax(hidden)) == 1);
static_assert(st::kernels(softmax(matrix)) == 1, "a row of any length");

// Elementwise and folds.
static_assert(st::kernels(sum(square(hidden - residual))) == 1);
static_assert(st::kernels(gelu(hidden) + residual) == 1);
static_assert(st::kernels(st::sum<0>(hidden * residual)) == 1, "a fold of the first axis");
static_assert(st::kernels(mean(cross_entropy(hidden, label))) <= 2);
static_assert(st::kernels(transpose(hidden) + 1) == 1);

// AdamW's update of one parameter: four tensors are read, three overwritten, in one pass.
constexpr auto adamw = st::fused([](auto& w, auto& m, auto& v, auto g, auto rate, auto decay,
                                    auto correction1, auto correction2) {
  m = 0.9f * m + 0.1f * g;
  v = 0.999f * v + 0.001f * g * g;
  w = w - rate * (m / correction1 / (sqrt(v / correction2) + 1e-8f) + decay * w);
});
st::tensor<float, 784, 256> mean_state, square_state, gradient;
static_assert(st::kernels(adamw, weight, mean_state, square_state, gradient, 1e-3f, 1e-2f, 0.1f,
                          1e-3f) == 1);

struct parameter {
  st::tensor<float, 784, 256> w;
};
constexpr auto update = st::fused([](auto& net, auto& optimizer, const auto& slope) {
  optimizer.update(net, slope);
});
parameter net, slope;
st::sgd<parameter> momentum;
static_assert(st::kernels(update, net, momentum, slope) == 1, "sgd: one parameter");
st::adamw<parameter> adam;
// The powers of beta are scalars: kernels of one element beside the one that does the work.
static_assert(st::kernels(update, net, adam, slope) <= 3, "adamw: one parameter");

// Maps that do not need each other are one kernel, whatever their shapes: a network's update.
struct network {
  parameter first;
  st::tensor<float, 256> bias;
  st::tensor<float, 256, 10> last;
};
network layers, layer_slopes;
st::sgd<network> network_momentum;
st::adamw<network> network_adam;
static_assert(st::kernels(update, layers, network_momentum, layer_slopes) == 1, "sgd");
static_assert(st::kernels(update, layers, network_adam, layer_slopes) <= 2, "adamw");
// Maps that need each other stay in order, as do a new value and who reads the old one.
constexpr auto in_order = st::fused([](auto x) {
  auto y = sum(exp(x));
  return std::tuple(x * y, transpose(x) + 1);
});
static_assert(st::kernels(in_order, matrix) == 2);
constexpr auto old_values = st::fused([](auto& a, auto b) {
  auto first = transpose(a) + transpose(b);  // by another kernel: the space is another one
  a = a * 2;
  return first;
});
static_assert(st::kernels(old_values, matrix, matrix) == 2);
// A kernel holds at most 32 maps.
template <int Count, int... I>
constexpr auto many_maps_of(std::integer_sequence<int, I...>) {
  return st::fused([](auto x, auto y) {
    return std::tuple(st::slice<0, 0, I + 1>(x) + y...);
  });
}
template <int Count>
constexpr auto many_maps = many_maps_of<Count>(std::make_integer_sequence<int, Count>{});
st::tensor<float, 64, 4096> tall;
st::tensor<float, 4096> wide;
static_assert(st::kernels(many_maps<32>, tall, wide) == 1);
static_assert(st::kernels(many_maps<33>, tall, wide) == 2);

// What cannot share a kernel is split, never refused.
constexpr auto attend = st::fused([](auto q, auto k, auto v) {
  return matmul(softmax(matmul(q, transpose(k)) / st::sqrt(64.f)), v);
});
// A row of scores is a kernel's own, so attention over few keys is one.
static_assert(st::kernels(attend, query, key, value) == 1);
constexpr auto deep = st::fused([](auto x) {
  for (int i = 0; i < 4; ++i) x = relu(matmul(x, x));
  return x;
});
static_assert(st::kernels(deep, query) == 4);

// Siblings over one input share a kernel, independent of their number.
constexpr auto several = st::fused([](auto x) { return std::tuple(x + 1, exp(x), tanh(x)); });
static_assert(st::kernels(several, hidden) == 1);
constexpr auto statistics = st::fused([](auto x) {
  return std::tuple(st::mean<1>(x), st::max<1>(x), st::min<1>(x));
});
static_assert(st::kernels(statistics, hidden) == 1);

// Products of one left operand share a kernel, which reads it once; at most four of one size.
constexpr auto projections = st::fused([](auto x, auto a, auto b, auto c) {
  return std::tuple(matmul(x, a), matmul(x, b), relu(matmul(x, c)));
});
static_assert(st::kernels(projections, query, key, value, query) == 1);
constexpr auto self_attention = st::fused([](auto x, auto a, auto b, auto c) {
  auto q = matmul(x, a), k = matmul(x, b), v = matmul(x, c);
  return matmul(softmax(matmul(q, transpose(k)) / 8), v);
});
static_assert(st::kernels(self_attention, query, key, value, query) == 2);
constexpr auto many_products = st::fused([](auto x, auto w) {
  st::symbol sum = matmul(x, w);
  for (int i = 1; i < 5; ++i) sum = sum + matmul(x, w + i);
  return sum;
});
// The fifth product follows the others in the same rows.
static_assert(st::kernels(many_products, query, key) == 1);

// A kernel holds at most 96 operations: what is longer is split.
template <int Count>
constexpr auto chain = st::fused([](auto x, auto y) {
  st::symbol z = x;
  for (int i = 0; i < Count; ++i) z = tanh(z) * y;
  return z;
});
static_assert(st::kernels(chain<48>, query, key) == 1);
static_assert(st::kernels(chain<49>, query, key) == 2);

// A fused function that does nothing but hand back its argument, and one that is only constants.
constexpr auto same = st::fused([](auto x) { return x; });
static_assert(st::kernels(same, hidden) <= 1);

// Running folds fuse with what is elementwise and with folds of the same row; those of one kernel
// run one way.
st::tensor<float, 64, 100> many, more;
st::tensor<float, 1, 100000> lone;
static_assert(st::kernels(exp(st::cumsum(many * 2) + more)) == 1);
static_assert(st::kernels(st::cumsum(softmax(many))) == 1);
static_assert(st::kernels(softmax(st::cumsum(many))) == 1);
static_assert(st::kernels(st::sum<1>(st::cumsum(matrix) * matrix)) == 1);
static_assert(st::kernels(st::cumsum<0>(many * more) + many) == 1);
static_assert(st::kernels(st::cumsum<0>(many) + st::cummax<0>(more)) == 1);
static_assert(st::kernels(st::cumsum(lone) / 2) == 1);
static_assert(st::kernels(st::cumsum(many) + st::cumsum<st::backwards>(many)) == 2);
static_assert(st::kernels(st::cumsum<0>(st::cumsum<1>(many))) == 2);
static_assert(st::kernels(st::sum<0>(st::cumsum<0>(many))) == 2);
static_assert(st::kernels(st::cumsum(matmul(many, transpose(more)))) == 2);

}  // namespace
