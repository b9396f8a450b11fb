// SPDX-License-Identifier: Apache-2.0

// Products of f32 that are made of three in tf32, in the emulator: against the reference, how far
// they are from double beside products in f32 and in tf32, and what becomes of infinities.

#include <doctest/doctest.h>

#include <cmath>

#include "kernel/emulated_plan.hpp"
#include "kernel/filled.hpp"
#include "kernel/layers.hpp"
#include "sinter/report/explain.hpp"

namespace {

namespace st = sinter;
using namespace sinter::testing;
using st::dyn;

constexpr auto layer = st::fused([](auto x, auto w, auto b) {
  auto y = matmul(st::tf32x3(x), st::tf32x3(w * 2)) + b;
  return std::tuple(relu(y), st::gradient(sum(square(y)), w));
});
constexpr auto scores = st::fused([](auto x, auto w, auto v) {
  return softmax(matmul(st::tf32x3(x), transpose(st::tf32x3(w)))) * matmul(x, transpose(v));
});
constexpr auto soft = st::fused([](auto x, auto w) {
  return softmax(matmul(st::tf32x3(x), st::tf32x3(w)));
});
constexpr auto product = st::fused([](auto x, auto w) {
  return matmul(st::tf32x3(x), st::tf32x3(w));
});
constexpr auto network = st::fused([](auto x, auto w, auto v) {
  auto h = relu(matmul(st::tf32x3(x), st::tf32x3(w)));
  return softmax(matmul(st::tf32x3(h), st::tf32x3(v)));
});
constexpr auto all_three = st::fused([](auto x, auto w) {
  return std::tuple(matmul(x, w), matmul(st::tf32x3(x), st::tf32x3(w)),
                    matmul(st::tf32(x), st::tf32(w)));
});

/// The outputs of a call in the emulator.
template <class F, class... A>
std::vector<std::vector<double>> emulated_outputs(const st::fused_function<F>&, A&... args) {
  using call = st::detail::fused_call<F, A...>;
  const call c{F{}, {st::detail::fused_operand(args)...}};
  gathered_call<call> e(c);
  emulated_plan<st::plan_of<call>> plan(e);
  const auto found = plan.template run<emulated_launcher>({});
  CHECK_MESSAGE(found.clean(), found.text());
  std::vector<std::vector<double>> outputs;
  for (int o = 0; o < st::plan_of<call>::data.output_count; ++o) outputs.push_back(plan.output(o));
  return outputs;
}

/// The largest error of an element of x w, relative to the sum of the magnitudes of its terms.
struct product_errors {
  double single = 0, split = 0, coarse = 0;
};
product_errors errors_of_products(const st::tensor<float, 16, dyn>& x,
                                  const st::tensor<float, dyn, 24>& w) {
  const auto got = emulated_outputs(all_three, x, w);
  product_errors errors;
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 24; ++j) {
      double want = 0, magnitudes = 0;
      for (std::int64_t k = 0; k < w.extents()[0]; ++k) {
        const double term = static_cast<double>(x(i, k)) * static_cast<double>(w(k, j));
        want += term;
        magnitudes += std::fabs(term);
      }
      const auto at = static_cast<std::size_t>(24 * i + j);
      const auto keep = [&](double& most, std::size_t output) {
        most = std::fmax(most, std::fabs(got[output][at] - want) / magnitudes);
      };
      keep(errors.single, 0);
      keep(errors.split, 1);
      keep(errors.coarse, 2);
    }
  return errors;
}

/// The rows of the tile that a product of [64, 32] and so many columns is launched with.
struct tile_record {
  int rows = 0;
  template <class Body, class Arguments> bool runs() const { return true; }
  template <st::device::lane_layout Layout, int Rows, class... Rest, int Columns, bool Whole,
            class Arguments>
  void operator()(const st::device::contract_body<Layout, Rows, Columns, Whole, Rest...>&,
                  std::int64_t, const Arguments&, const st::device::contract_shape&) {
    rows = Rows;
  }
  void scratch(st::device::part_memory&, std::int64_t, std::int64_t) {}
};

}  // namespace

TEST_CASE("split products: [rows, inner] x [inner, columns] f32 against double") {
  check_layers<float>(layer, {0, 1, 17, 65}, {0, 1, 8, 20, 33}, {3, 64, 70});
  auto x = filled<st::tensor<float, 20, 24>>();
  auto w = filled<st::tensor<float, 32, 24>>(), v = w;
  for (const auto& chosen : schedules()) CHECK(emulated_difference(chosen, scores, x, w, v) == "");
  auto first = filled<st::tensor<float, 24, 16>>();
  auto last = filled<st::tensor<float, 16, 10>>();
  CHECK(emulated_difference({}, network, x, first, last) == "");  // a chain
}

// Bounds, in parts of the sum of magnitudes, u = 2^-24. In f32, K roundings of sums and products:
// K u (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1). In tf32, beside them,
// 2^-11 for each of two operands. Of three products, each operand is within 2^-23 of the sum of its
// parts, and small a small b, which is left out, below 2^-22: together 2^-21; products of two parts
// are exact in f32; of 48 terms, 16 in three products, the sums round 48 times, and K / 16 times
// when they are added up.
TEST_CASE("split products: how far they are from double, beside f32 and tf32") {
  constexpr double u = 0x1p-24, second_order = 1 + 0x1p-9;
  for (const int inner : {8, 64, 512}) {
    CAPTURE(inner);
    st::random::seed(static_cast<std::uint64_t>(inner));
    for (const bool positive : {false, true}) {
      st::tensor<float, 16, dyn> x = st::random::normal(inner);
      st::tensor<float, dyn, 24> w = st::random::normal(inner);
      for (std::int64_t i = 0; positive && i < x.size(); ++i)
        x.data()[i] = std::fabs(x.data()[i]);
      for (std::int64_t i = 0; positive && i < w.size(); ++i)
        w.data()[i] = std::fabs(w.data()[i]);
      const product_errors errors = errors_of_products(x, w);
      CHECK(errors.single <= inner * u * second_order);
      CHECK(errors.split <= (0x1p-21 + (48 + inner / 16) * u) * second_order);
      CHECK(errors.coarse <= (0x1p-10 + inner * u) * second_order);
      CHECK(64 * errors.split < errors.coarse);
    }
  }
}

TEST_CASE("split products: infinities, NaN, and what rounds to infinity in tf32") {
  constexpr float infinity = HUGE_VALF, nan = __builtin_nanf(""), most = 0x1.fffp127f;
  const st::tensor<float, 13, 1> x = {0.f,  2.f,  -1.f,      1 + 0x1p-23f, 0x1.fffffep-1f,
                                      most, -most, infinity, -infinity,    nan,
                                      0x1p-100f, 0x1.234567p-90f, 0x1p-126f};
  st::tensor<float, 1, 13> w;
  for (int i = 0; i < 13; ++i) w(0, i) = x(i, 0);
  const auto got = emulated_outputs(product, x, w);
  for (int i = 0; i < 13; ++i)
    for (int j = 0; j < 13; ++j) {
      const float a = x(i, 0), b = w(0, j), want = a * b;
      const double own = got[0][static_cast<std::size_t>(13 * i + j)];
      CAPTURE(a);
      CAPTURE(b);
      if (want != want) CHECK(own != own);
      else if (std::isinf(want)) CHECK(own == static_cast<double>(want));
      else CHECK(std::fabs(own - want) <= 0x1p-21 * std::fabs(want) + 0x1p-149f);
    }
}

TEST_CASE("split products: explain says which way they go") {
  const auto check = [&]<int Columns>(bool split) {
    using x = st::tensor<float, 64, 32>;
    using w = st::tensor<float, 32, Columns>;
    tile_record tile;
    const std::string text = st::explain(soft, x(), w());
    const auto says = [&](const char* words) { return text.find(words) != std::string::npos; };
    CHECK(says("three products in tf32") == split);
    CHECK(says("multiply-adds in f32") != split);
    st::device::kernel_arguments<5, 0> arguments{};
    using plan = st::plan_of<st::detail::fused_call<std::decay_t<decltype(soft)>, x, w>>;
    st::device::kernel_launch<typename plan::template kernel<0>>::run(arguments, tile);
    CHECK((tile.rows == 64) == split);
  };
  check.template operator()<10>(true);
  check.template operator()<320>(true);
  check.template operator()<321>(false);
}
