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

// x tanh(softplus(x)). The operand is computed once, whatever expression it is.
constexpr auto mish = st::fused([](auto x) { return x * tanh(log1p(exp(x))); });

// The inverse tangent. `y`, the result, may be used by the derivative too.
template <> struct st::primitive<st::id("atan")> {
  template <class T> SINTER_HD static T value(T x) { return std::atan(x); }
  static constexpr auto derivative(auto x, auto /*y*/) { return 1 / (1 + x * x); }
  static constexpr st::cost cost{.flops = 25};
};
template <st::operand X> constexpr auto atan(X&& x) {
  return st::element<st::id("atan")>(std::forward<X>(x));
}

constexpr auto both = st::fused([](auto x) {
  auto y = mish(x) + atan(x);
  return std::tuple(y, gradient(sum(y), x));
});

int main() {
  st::tensor<double, 7> x{-3, -1, -0.1, 0, 0.1, 1, 3};
  static_assert(st::kernels(mish, x) == 1 && st::kernels(both, x) == 1);
  static_assert(st::kernels(mish(2 * x) + atan(x)) == 1);

  st::tensor m = mish(x);
  st::tensor a = atan(x);
  st::print(m);
  st::print(a);
  auto [y, slope] = both(x);
  st::print(st::explain(both, x));

  double worst = 0;
  for (int i = 0; i < 7; ++i) {
    const auto f = [](double v) { return v * std::tanh(std::log1p(std::exp(v))) + std::atan(v); };
    const double numeric = (f(x(i) + 1e-5) - f(x(i) - 1e-5)) / 2e-5;
    worst = std::fmax(worst, std::abs(f(x(i)) - y(i)));
    worst = std::fmax(worst, std::abs(numeric - slope(i)));
  }
  std::printf("value and slope against <cmath>: %.1e\n", worst);
  return worst < 1e-9 && std::abs(m(5) + a(5) - y(5)) < 1e-15 ? 0 : 1;
}
