// SPDX-License-Identifier: Apache-2.0

// Graphs as constants: simplification, common subexpressions, size, and operations of users.

#include <sinter/sinter.hpp>

#include <cmath>

namespace st = sinter;
using st::dyn;
using st::symbol;

// An operation of a user's that no expression gives: one struct, and a function if it is to be
// called by name.
template <> struct st::primitive<st::id("arctan")> {
  template <class T> SINTER_HD static T value(T x) { return std::atan(x); }
  static constexpr auto derivative(auto x, auto /*y*/) { return 1 / (1 + x * x); }
  static constexpr st::cost cost{.flops = 25};
};
template <st::operand X> constexpr auto arctan(X&& x) {
  return st::element<st::id("arctan")>(std::forward<X>(x));
}

namespace {

st::tensor<float, 2, 3> x, y;
st::tensor<float> s;
st::tensor<float, dyn, 3> rows;

template <class F, class... A> constexpr int size_of(const st::fused_function<F>&, A&...) {
  return st::graph_of<st::detail::fused_call<F, A...>>.view().size;
}
template <class Rule, class... Operands>
constexpr int size_of(const st::call<Rule, Operands...>&) {
  return st::graph_of<st::call<Rule, Operands...>>.view().size;
}

// Simplification: what changes nothing adds no node.
static_assert(size_of(st::fused([](auto a) { return a * 1; }), x) == 1, "x * 1");
static_assert(size_of(st::fused([](auto a) { return 1 * a; }), x) == 1, "1 * x");
static_assert(size_of(st::fused([](auto a) { return a + 0; }), x) == 1, "x + 0");
static_assert(size_of(st::fused([](auto a) { return 0 + a; }), x) == 1, "0 + x");
static_assert(size_of(st::fused([](auto a) { return a - 0; }), x) == 1, "x - 0");
static_assert(size_of(st::fused([](auto a) { return a / 1; }), x) == 1, "x / 1");
static_assert(size_of(st::fused([](auto a) { return -(-a); }), x) == 1, "-(-x)");
static_assert(size_of(st::fused([](auto a) { return transpose(transpose(a)); }), x) == 1);
static_assert(size_of(st::fused([](auto a) { return st::permute<0, 1>(a); }), x) == 1);
static_assert(size_of(st::fused([](auto a) {
                return st::reshape<2, 3>(st::reshape<6>(a));
              }), x) == 1, "reshape: there and back");
static_assert(size_of(st::fused([](auto a) { return st::slice<0, 0, 2>(a); }), x) == 1);
static_assert(size_of(st::fused([](auto a) { return st::broadcast<2, 3>(a); }), x) == 1);
static_assert(size_of(st::fused([](auto a) { return st::cast<float>(a); }), x) == 1);
static_assert(size_of(st::fused([](auto a) { return st::sum<1>(st::sum<st::keep, 1>(a)); }), x) ==
              size_of(st::fused([](auto a) { return st::sum<1>(a); }), x),
              "sum: over an axis of extent 1");
static_assert(size_of(st::fused([](auto a) { return st::slice<1, 1, 2>(st::slice<1, 1, 3>(a)); }),
                      x) == 2, "slice: of a slice is one slice");

// Constants are computed by the compiler: input, one constant, its broadcast, one operation.
static_assert(size_of(st::fused([](auto a) { return a * (a * 0 + 3); }), x) >= 4,
              "x * 0 is not 0 where x is NaN");
static_assert(size_of(st::fused([](auto a) { return a * 2 * 1; }), x) == 4);
static_assert(size_of(x * 2.f) == size_of(x * y) + 1, "a number is an input and its broadcast");

// Common subexpressions are one node.
static_assert(size_of(st::fused([](auto a) { return exp(a) * exp(a); }), x) == 3);
static_assert(size_of(st::fused([](auto a, auto b) { return (a + b) * (b + a); }), x, y) == 4,
              "a + b and b + a");
static_assert(size_of(st::fused([](auto a, auto b) { return (a - b) * (b - a); }), x, y) == 5,
              "a - b and b - a differ");
static_assert(size_of(exp(x) * exp(x)) == 5, "in a line, each mention is an operand of its own");
static_assert(size_of(square(exp(x))) == 3, "an operation computes its operand once");
constexpr auto twice = st::fused([](auto a) { return softmax(a) + softmax(a); });
constexpr auto once = st::fused([](auto a) { return softmax(a); });
static_assert(size_of(twice, x) == size_of(once, x) + 1);

// What no output needs is not there; inputs stay, since they are counted.
static_assert(size_of(st::fused([](auto a, auto) { (void)exp(a); return a + a; }), x, y) == 3);

// Loops and arrays inside a traced function. 2,000 nodes within every compiler's limits.
constexpr auto long_chain = st::fused([](auto a, auto b) {
  symbol sum = a;
  for (int i = 0; i < 999; ++i) sum = tanh(sum) * b;
  return sum;
});
static_assert(size_of(long_chain, x, y) == 2000, "a loop of 999 rounds");
constexpr auto wide = st::fused([](auto a, auto b) {
  symbol level[64];
  for (symbol& v : level) v = a, a = a + b;
  for (int width = 32; width > 0; width /= 2)
    for (int i = 0; i < width; ++i) level[i] = level[2 * i] * level[2 * i + 1];
  return level[0];
});
static_assert(size_of(wide, x, y) == 2 + 63 + 63, "a chain of sums under a tree of products");

// Users' operations take part like the library's: in fusion and in gradients.
constexpr auto own_mish(const auto& a) { return a * tanh(log1p(exp(a))); }

static_assert(st::kernels(arctan(x) + 1) == 1, "arctan: a user's primitive");
constexpr auto slope_of_arctan = st::fused([](auto a) { return gradient(sum(arctan(a)), a); });
static_assert(st::kernels(slope_of_arctan, x) == 1, "arctan: its gradient");
static_assert(size_of(slope_of_arctan, x) <= 7, "arctan: 1 / (1 + x x) and constants");
constexpr auto bend_of_mish = st::fused([](auto a) {
  return gradient(sum(gradient(sum(own_mish(a)), a)), a);
});
static_assert(st::kernels(bend_of_mish, x) == 1, "mish: a user's composite, twice derived");
static_assert(st::kernels(own_mish(x)) == 1);

// A gradient shares the nodes of what it differentiates.
constexpr auto value_and_slope = st::fused([](auto a) {
  auto v = exp(a);
  return std::tuple(v, gradient(sum(v), a));
});
static_assert(size_of(value_and_slope, x) == 2, "exp: the derivative is the value");

}  // namespace
