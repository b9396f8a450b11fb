// SPDX-License-Identifier: Apache-2.0
// A gradient is more graph: one pass appends it to the graph of the loss, so it shares what the
// loss computed, is fused with it, and can be differentiated again.

#include <sinter/report/explain.hpp>
#include <sinter/report/print.hpp>
#include <sinter/sinter.hpp>

#include <cmath>
#include <cstdio>
#include <tuple>

namespace st = sinter;

// Value, slope and bend at every element at once: the gradient of a sum has the shape of x.
constexpr auto bump = st::fused([](auto x) {
  auto y = x * exp(-square(x));
  auto slope = gradient(sum(y), x);         // (1 - 2 x^2) exp(-x^2)
  auto bend = gradient(sum(slope), x);      // (4 x^3 - 6 x) exp(-x^2)
  return std::tuple(y, slope, bend);
});

// Newton's method asks for the Hessian times a vector: the gradient of (gradient . v).
constexpr auto rosenbrock = [](auto x) {
  auto a = st::slice<0, 0, 1>(x), b = st::slice<0, 1, 2>(x);
  return sum(100 * square(b - square(a)) + square(1 - a));
};
constexpr auto hessian_times = st::fused([](auto x, auto v) {
  return gradient(sum(gradient(rosenbrock(x), x) * v), x);
});

// Through a product, with respect to both sides.
constexpr auto fit = st::fused([](auto w, auto x, auto target) {
  auto loss = mean(square(matmul(x, w) - target));
  return std::tuple(loss, gradient(loss, w), gradient(loss, x));
});

int main() {
  st::tensor<double, 5> x{-1, -0.5, 0, 0.5, 1};
  static_assert(st::kernels(bump, x) == 1);  // value and both derivatives in one pass
  auto [y, slope, bend] = bump(x);
  st::print(y);
  st::print(slope);
  st::print(bend);
  st::print(st::explain(bump, x));

  st::tensor<double, 2> at{-1.2, 1}, first{1, 0}, second{0, 1};
  st::tensor column0 = hessian_times(at, first);
  st::tensor column1 = hessian_times(at, second);
  std::printf("Hessian of Rosenbrock's function at (-1.2, 1): %g %g / %g %g\n", column0(0),
              column1(0), column0(1), column1(1));

  // Against central differences.
  st::tensor<double, 3, 2> w{0.1, -0.2, 0.3, 0.4, -0.5, 0.6};
  st::tensor<double, 4, 3> data{1, 2, 3, -1, 0, 1, 2, 2, 2, 0, 1, 0};
  st::tensor<double, 4, 2> target{1, 0, 0, 1, 1, 1, 0, 0};
  const auto [loss, by_w, by_data] = fit(w, data, target);
  double worst = 0;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 2; ++j) {
      constexpr double h = 1e-5;
      st::tensor up = w, down = w;
      up(i, j) += h, down(i, j) -= h;
      const double above = std::get<0>(fit(up, data, target)).item();
      const double below = std::get<0>(fit(down, data, target)).item();
      worst = std::fmax(worst, std::abs((above - below) / (2 * h) - by_w(i, j)));
    }
  std::printf("loss %.4f; gradient against central differences: %.1e\n", loss.item(), worst);

  const double e = std::exp(-1.);
  const bool right = std::abs(slope(4) + e) < 1e-12 && std::abs(bend(4) + 2 * e) < 1e-12 &&
                     std::abs(column0(0) - 1330) < 1e-9 && std::abs(column1(0) - 480) < 1e-9 &&
                     std::abs(column0(1) - 480) < 1e-9 && std::abs(column1(1) - 200) < 1e-9 &&
                     worst < 1e-9 && by_data.size() == 12;
  return right ? 0 : 1;
}
