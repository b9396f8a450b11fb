// SPDX-License-Identifier: Apache-2.0

// Elementwise operations, activations and reductions as NumPy and PyTorch have them, at special
// values and at their kinks, with gradients.

#include "unit/ops_cases.hpp"

#include <algorithm>
#include <initializer_list>
#include <tuple>

namespace st = sinter;
using st::testing::check_case;
using st::testing::draw;

namespace {

constexpr double inf = HUGE_VAL;

template <class F> void check_activation(const char* name, F, double bound = 1e-14) {
  const st::tensor<double, 13> x{-100, -6.5, -3,   -1,   -0.25, -0.0, 0,
                                 0.5,  1,    3,    5.75, 6,     100};
  const auto both = st::fused([](auto v) {
    auto y = F{}(v);
    return std::tuple(y, gradient(sum(y), v));
  });
  const auto [y, slope] = both(x);
  check_case(name, y);
  check_case((std::string(name) + "_gradient").c_str(), slope, bound);
}

template <int Rows, int Columns>
st::tensor<double, Rows, Columns> rows_of(std::initializer_list<double> values) {
  st::tensor<double, Rows, Columns> x;
  std::copy(values.begin(), values.end(), x.data());
  return x;
}

}  // namespace

TEST_CASE("activations: values and gradients as PyTorch's, at kinks and where exp overflows") {
  check_activation("sigmoid", [](auto x) { return sigmoid(x); });
  check_activation("silu", [](auto x) { return silu(x); });
  check_activation("gelu", [](auto x) { return gelu(x); });
  check_activation("gelu_tanh", [](auto x) { return gelu_tanh(x); });
  check_activation("softplus", [](auto x) { return softplus(x); });
  check_activation("log_sigmoid", [](auto x) { return log_sigmoid(x); });
  check_activation("mish", [](auto x) { return mish(x); });
  check_activation("relu6", [](auto x) { return relu6(x); });
  check_activation("hard_tanh", [](auto x) { return hard_tanh(x); });
  // A sixth is a float in PyTorch.
  check_activation("hard_sigmoid", [](auto x) { return hard_sigmoid(x); }, 1e-8);
  check_activation("hard_swish", [](auto x) { return hard_swish(x); });
  check_activation("softsign", [](auto x) { return softsign(x); });
  check_activation("selu", [](auto x) { return selu(x); });
  check_activation("elu", [](auto x) { return elu(x); });
  check_activation("celu", [](auto x) { return celu(x, 0.5); });
  check_activation("leaky_relu", [](auto x) { return leaky_relu(x); });
  check_activation("relu", [](auto x) { return relu(x); });
  check_activation("abs", [](auto x) { return abs(x); });
  check_activation("sign", [](auto x) { return sign(x); });
  check_activation("clamp", [](auto x) { return clamp(x, -1, 3); });
}

TEST_CASE("elementwise: pairs of special values as NumPy's, in f64") {
  const double special[] = {0.0, -0.0, 1, -1, 2, -2.5, 3, 7.75, -7.75, inf, -inf, NAN};
  st::tensor<double, 144> a, b;
  for (int i = 0; i < 144; ++i) a(i) = special[i / 12], b(i) = special[i % 12];
  const auto check = [](const char* name, const st::tensor<double, 144>& got) {
    check_case(name, got, 1e-15, true);
  };
  check("remainder", remainder(a, b));
  check("fmod", fmod(a, b));
  check("floor_divide", floor_divide(a, b));
  check("hypot", hypot(a, b));
  check("power", pow(a, b));
  check("arctan2", atan2(a, b));
  check_case("copysign", st::tensor<double, 144>(copysign(a, b)));  // NumPy's NaN has a sign here
  check_case("maximum", st::tensor<double, 144>(maximum(a, b)));
  check_case("minimum", st::tensor<double, 144>(minimum(a, b)));
  st::tensor<double, 17> x{0.0, -0.0, 1, -1, 2, -2.5, 3, 7.75, -7.75, inf, -inf, NAN, 0.5, 1.5,
                           2.5, -0.5, -1.5};
  check_case("rint", st::tensor<double, 17>(round(x)), 0, true);
  check_case("floor", st::tensor<double, 17>(floor(x)), 0, true);
  check_case("ceil", st::tensor<double, 17>(ceil(x)), 0, true);
  check_case("trunc", st::tensor<double, 17>(trunc(x)), 0, true);
  check_case("cbrt", st::tensor<double, 17>(cbrt(x)), 1e-15, true);
  check_case("exp2", st::tensor<double, 17>(exp2(x)), 1e-15, true);
}

TEST_CASE("reductions: over some axes of [3, 5, 7] as PyTorch's") {
  st::tensor<double, 3, st::dyn, 7> x(5);
  draw(x);
  const auto check = [](const char* name, const auto& call) {
    const st::tensor got = call;
    check_case(name, got);
  };
  check("variance_1", st::variance<1>(x));
  check("variance_biased_02", st::variance<0, st::biased, 2>(x));
  check("variance_biased_02", st::variance<st::keep, st::biased, 0, 2>(x));
  check("standard_deviation", standard_deviation(x));
  check("norm_02", st::norm<0, 2>(x));
  check("l1_norm_1", st::l1_norm<1>(x));
  check("max_norm_2", st::max_norm<2>(x));
  check("argmin_1", st::argmin<1>(x));
  check("argmax_0", st::argmax<0>(x));
  check("prod_2", st::prod<2>(x));
  check("logsumexp_02", st::logsumexp<0, 2>(x));
  check("logsumexp_02", st::logsumexp<st::keep, 0, 2>(x));
  st::tensor<double, 3, 1> one;
  one = 0 * one + 1;
  check("one_variance", st::variance<1>(one));
  st::tensor<double, 3, st::dyn> some(1);
  some = 0 * some + 1;
  check("one_variance", st::variance<1>(some));
}

TEST_CASE("reductions: NaN, infinities and zeros as PyTorch's") {
  const auto rows = rows_of<5, 3>({NAN, 0, 0, 0, 0, 0, -0.0, 0, 0, 1, 2, 3, 0, inf, 1});
  check_case("any", st::tensor<bool, 5>(st::any<1>(rows)));
  check_case("all", st::tensor<bool, 5>(st::all<1>(rows)));
  check_case("count_nonzero", st::tensor<std::int64_t, 5>(st::count_nonzero<1>(rows)));
  const auto extreme = rows_of<6, 3>({-inf, -inf, -inf, -inf, 0, 1, inf, 0, 1,
                                      1e300, 1e300, 0, -inf, inf, 0, NAN, 0, 0});
  check_case("logsumexp_extreme", st::tensor<double, 6>(st::logsumexp<1>(extreme)));
  check_case("argmin_nan", st::tensor<int, 6>(argmin(extreme)));
}

TEST_CASE("reductions: gradients where elements are 0, as PyTorch's") {
  const auto zeros = rows_of<4, 4>({2, 3, 4, 5, 2, 0, 4, 5, 0, 3, 0, 5, 0, 0, 0, 0});
  const auto of = []<class F>(F) {
    return st::fused([](auto v) { return gradient(sum(F{}(v)), v); });
  };
  check_case("prod_gradient", of([](auto v) { return st::prod<1>(v); })(zeros));
  const auto none = rows_of<2, 3>({0, 0, 0, 0, 0, 0});
  check_case("norm_gradient_at_0", of([](auto v) { return st::norm<1>(v); })(none));
  st::tensor<double, 2, 5> x;
  draw(x);
  check_case("standard_deviation_gradient",
             of([](auto v) { return st::standard_deviation<1>(v); })(x));
}
