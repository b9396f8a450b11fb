// SPDX-License-Identifier: Apache-2.0
// Two ways to an operation that the library does not have. If expressions give it, it is a
// function. If none does, it is a primitive: one struct with a value and a derivative, written as
// the library's own are. Fusion and gradients of any order come with both.

#include <sinter/report/explain.hpp>
#include <sinter/report/print.hpp>
#include <sinter/sinter.hpp>

#include <cmath>
#include <cstdio>
#include <tuple>

namespace st = sinter;

// x + sin(x)^2. The operand is computed once, whatever expression it is.
constexpr auto snake = st::fused([](auto x) { return x + square(sin(x)); });

// Lambert's function for x >= 0: the w with w exp(w) = x, by Newton's steps, a loop that no
// expression has. `y`, the result, may be used by the derivative too.
template <> struct st::primitive<st::id("lambert")> {
  template <class T> SINTER_HD static T value(T x) {
    T w = std::log1p(x);
    for (int i = 0; i < 6; ++i) w -= (w - x * std::exp(-w)) / (w + 1);
    return w;
  }
  static constexpr auto derivative(auto x, auto y) { return 1 / (x + exp(y)); }
  static constexpr st::cost cost{.flops = 150};
};
template <st::operand X> constexpr auto lambert(X&& x) {
  return st::element<st::id("lambert")>(std::forward<X>(x));
}

constexpr auto both = st::fused([](auto x) {
  auto y = snake(x) + lambert(x);
  return std::tuple(y, gradient(sum(y), x));
});

int main() {
  st::tensor<double, 7> x{0, 0.1, 0.5, 1, 2, 3, 7};
  static_assert(st::kernels(snake, x) == 1 && st::kernels(both, x) == 1);
  static_assert(st::kernels(snake(2 * x) + lambert(x)) == 1);

  st::tensor m = snake(x);
  st::tensor a = lambert(x);
  st::print(m);
  st::print(a);
  auto [y, slope] = both(x);
  st::print(st::explain(both, x));

  double worst = 0;
  for (int i = 0; i < 7; ++i) {
    const double v = x(i), w = a(i);
    const double want = 1 + std::sin(2 * v) + 1 / (std::exp(w) * (1 + w));
    worst = std::fmax(worst, std::abs(w * std::exp(w) - v));
    worst = std::fmax(worst, std::abs(v + std::pow(std::sin(v), 2) + w - y(i)));
    worst = std::fmax(worst, std::abs(want - slope(i)));
  }
  std::printf("values and slopes against <cmath>: %.1e\n", worst);
  return worst < 1e-14 && std::abs(m(5) + a(5) - y(5)) < 1e-15 ? 0 : 1;
}
