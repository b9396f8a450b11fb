// SPDX-License-Identifier: Apache-2.0

// Norms before products on the CPU, against the reference: where the product takes the rows' scales
// behind it, and where it does not.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "cpu_call.hpp"
#include "kernel/filled.hpp"
#include "norm_functions.hpp"
#include "sinter/report/explain.hpp"

namespace {

namespace st = sinter;
using namespace sinter::testing;
using st::dyn;

template <class F, class... A> bool says(const char* words, const F& f, A&... args) {
  return st::explain(f, args...).find(words) != std::string::npos;
}

}  // namespace

TEST_CASE_TEMPLATE("norms before products: rows of all kinds", T, float, double) {
  auto w = filled<st::tensor<T, 300, 40>>(), v = w;
  std::reverse(v.data(), v.data() + v.size());
  auto last = filled<st::tensor<T, 40, 10>>();
  for (const int rows : {0, 1, 5, 64, 250}) {
    CAPTURE(rows);
    auto x = filled<st::tensor<T, dyn, 300>>(rows);
    CHECK(difference(norm_product, x, w) == "");
    CHECK(difference(norm_siblings, x, w, v) == "");
    CHECK(difference(norm_chain, x, w, last) == "");
  }
  auto open = filled<st::tensor<T, dyn, dyn>>(7, 19);
  auto open_w = filled<st::tensor<T, dyn, dyn>>(19, 6);
  CHECK(difference(norm_product, open, open_w) == "");
}

TEST_CASE("norms before products: scales of columns, batches, residuals, gradients") {
  auto x = filled<st::tensor<float, 40, 300>>();
  auto scale = filled<st::tensor<float, 300>>();
  auto w = filled<st::tensor<float, 300, 33>>();
  auto turned = filled<st::tensor<float, 33, 300>>();
  auto b = filled<st::tensor<float, 33>>();
  CHECK(difference(scaled_norm_product, x, scale, w, b) == "");
  CHECK(difference(norm_soft, x, scale, turned) == "");
  CHECK(difference(norm_split, x, scale, w) == "");
  CHECK(difference(norm_training, x, scale, w) == "");
  CHECK(difference(norm_frozen, x, w) == "");
  auto items = filled<st::tensor<float, 3, 20, 300>>();
  auto own = filled<st::tensor<float, 3, 300, 8>>();
  auto biases = filled<st::tensor<float, 8>>();
  CHECK(difference(norm_product, items, own) == "");
  CHECK(difference(scaled_norm_product, items, scale, own, biases) == "");
  auto stream = filled<st::tensor<float, dyn, 264>>(9);
  st::tensor<float, 264, 264> first = st::random::uniform(-0.02, 0.02);
  CHECK(difference(norm_residual, stream, first, first, first) == "");
  CHECK(difference(norm_update, stream, first) == "");
}

TEST_CASE("norms before products: where the scales come behind") {
  st::tensor<float, 40, 300> x;
  st::tensor<float, dyn, 300> open;
  st::tensor<float, 31, 300> few;
  st::tensor<float, 300> scale;
  st::tensor<float, 300, 33> w;
  st::tensor<float, 33> b;
  CHECK(says("relu(matmul(x0, x2 * x1) * m1 + x3)", scaled_norm_product, x, scale, w, b));
  CHECK(says("matmul(tf32x3(x0), tf32x3(x2 * x1)) * m1", norm_split, x, scale, w));
  CHECK(says("matmul(x0, x1) * m1", norm_product, open, w));
  // Not where x2 * x1 might be computed for few rows; nor where the norm is needed itself, as by
  // the gradient of w; nor in 16 bits, in which the scales would be stored; nor behind a mean.
  CHECK(says("relu(matmul(m1, x2) + x3)", scaled_norm_product, few, scale, w, b));
  CHECK(says("relu(matmul(m1, x2) + x3)", scaled_norm_product, open, scale, w, b));
  CHECK_FALSE(says("matmul(x0, x2 * x1)", norm_training, x, scale, w));
  st::tensor<st::bf16, 40, 300> half;
  st::tensor<st::bf16, 300, 33> half_w;
  CHECK(says("matmul(m1, x1)", norm_product, half, half_w));
  constexpr auto centred = st::fused([](auto y, auto v) { return matmul(st::layer_norm(y), v); });
  CHECK(says("matmul(m1, x1)", centred, x, w));
  constexpr auto returned = st::fused([](auto y, auto v) {
    auto n = st::rms_norm(y);
    return std::tuple(n, matmul(n, v));
  });
  CHECK(says("matmul(out0, x1)", returned, x, w));
  constexpr auto computed = st::fused([](auto y, auto v) {
    return matmul(st::rms_norm(exp(y)), v);  // exp(y) would be stored
  });
  CHECK(says("matmul(m1, x1)", computed, x, w));
}

TEST_CASE("norms before products: zeros, infinities, and the widest range") {
  st::tensor<float, 5, 300> x;
  st::tensor<float, 300, 4> w;
  for (std::int64_t i = 0; i < w.size(); ++i) w.data()[i] = 1;
  for (int k = 0; k < 300; ++k) {
    x(0, k) = 0;
    x(1, k) = 1e18f;
    x(2, k) = 1e-30f;
    x(3, k) = k == 7 ? HUGE_VALF : 1;
    x(4, k) = k == 7 ? __builtin_nanf("") : 1;
  }
  const st::tensor<float, 5, 4> y = norm_product(x, w);
  for (int j = 0; j < 4; ++j) {
    CHECK(y(0, j) == 0);
    CHECK(y(1, j) == doctest::Approx(300));
    CHECK(y(2, j) == doctest::Approx(300e-30 / std::sqrt(1e-5)));
    CHECK(std::isnan(y(3, j)));  // infinity / infinity is an element of the norm
    CHECK(std::isnan(y(4, j)));
  }
}

TEST_CASE("norms before products: another scale than that of the row's own norm stays before it") {
  constexpr auto scaled = st::fused([](auto x, auto s, auto w) {
    return matmul(x * (1.f / sqrt(s + 1.f)), w);
  });
  st::tensor<float, 2, 300> x;
  st::tensor<float, 300, 4> w;
  for (std::int64_t i = 0; i < x.size(); ++i) x.data()[i] = 1e30f;
  for (std::int64_t i = 0; i < w.size(); ++i) w.data()[i] = 1e10f;  // x w is beyond all floats
  const st::tensor<float, 2, 1> s = {1e36f, 1e36f};
  CHECK(difference(scaled, x, s, w) == "");
}
