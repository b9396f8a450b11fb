// SPDX-License-Identifier: Apache-2.0

// Losses as PyTorch has them, with gradients; labels that are ignored, and labels that are wrong.

#include "unit/ops_cases.hpp"

#include <tuple>

namespace st = sinter;
using st::testing::check_case;
using st::testing::draw;

namespace {

/// A loss of scores with respect to them.
template <class F, class... A>
void check_loss(const char* name, F, const st::tensor<double, st::dyn, 5>& scores,
                const A&... operands) {
  const auto both = st::fused([](auto s, auto... x) {
    auto y = F{}(s, x...);
    return std::tuple(y, gradient(sum(y), s));
  });
  const auto [y, slope] = both(scores, operands...);
  check_case(name, y);
  check_case((std::string(name) + "_gradient").c_str(), slope);
}

}  // namespace

TEST_CASE("losses: values and gradients as PyTorch's") {
  st::tensor<double, st::dyn, 5> scores(6), other(6), third(6);
  draw(scores, 29);
  draw(other, 17);
  draw(third, 11);
  const st::tensor<double, st::dyn, 5> soft = softmax(other);
  const st::tensor<int, st::dyn> label = [] {
    st::tensor<int, st::dyn> x(6);
    const int values[] = {0, 4, 2, -100, 1, -100};
    for (int i = 0; i < 6; ++i) x(i) = values[i];
    return x;
  }();
  const st::tensor<double, 5> weights{0.5, 1, 2, 0.25, 3};
  check_loss("cross_entropy", [](auto s, auto l) { return st::cross_entropy<-100>(s, l); }, scores,
             label);
  check_loss("smoothed", [](auto s, auto l) { return st::cross_entropy<-100>(s, l, 0.125); },
             scores, label);
  check_loss("weighted",
             [](auto s, auto l, auto w) { return st::weighted_cross_entropy<-100>(s, l, w); },
             scores, label, weights);
  check_loss("weighted_smoothed",
             [](auto s, auto l, auto w) {
               return st::weighted_cross_entropy<-100>(s, l, w, 0.125);
             },
             scores, label, weights);
  check_loss("soft", [](auto s, auto p) { return soft_cross_entropy(s, p); }, scores, soft);
  check_loss("binary", [](auto s, auto t) { return binary_cross_entropy(30 * s, t); }, scores,
             soft);
  check_loss("mse", [](auto a, auto b) { return mse(a, b); }, scores, soft);
  check_loss("mae", [](auto a, auto b) { return mae(a, b); }, scores, soft);
  check_loss("huber", [](auto a, auto b) { return huber(a, b); }, scores, soft);
  check_loss("huber_2", [](auto a, auto b) { return huber(a, b, 2); }, scores, soft);
  check_loss("kl", [](auto a, auto b) { return kl_divergence(a, b); }, scores, soft);
  check_loss("cosine", [](auto a, auto b) { return cosine_similarity(a, b); }, scores, soft);
  check_loss("triplet", [](auto a, auto b, auto c) { return triplet_margin(a, b, c); }, scores,
             soft, third);
}

TEST_CASE("losses: similarity of nothing is 0, and halves of rows") {
  st::tensor<double, 2, 3> nothing, ones;
  nothing = 0 * nothing;
  ones = nothing + 1;
  check_case("cosine_of_zeros", st::tensor<double, 2>(cosine_similarity(nothing, ones)));
  st::tensor<double, 3, 8> x;
  draw(x);
  check_case("glu", st::tensor<double, 3, 4>(glu(x)));
  check_case("swiglu", st::tensor<double, 3, 4>(swiglu(x)));
}

TEST_CASE("losses: hinge by hand, and its gradient at the edge") {
  const st::tensor<double, 4> score{0.25, -2, 1, 3}, sign{1, 1, 1, -1};
  const st::tensor<double, 4> y = hinge(score, sign);
  CHECK(y(0) == 0.75);
  CHECK(y(1) == 3);
  CHECK(y(2) == 0);
  CHECK(y(3) == 4);
}

TEST_CASE("losses: a label to ignore is that number, whatever the labels' type") {
  st::tensor<float, 3, 4> scores;
  draw(scores);
  // -100 and 156 share the bits of a u8: only what is written counts.
  const st::tensor<std::uint8_t, 3> label{3, 0, 1};
  const st::tensor<float, 3> plain = cross_entropy(scores, label);
  const st::tensor<float, 3> ignored = st::cross_entropy<0>(scores, label);
  const st::tensor<float, 3> none = st::cross_entropy<-100>(scores, label);
  for (int i = 0; i < 3; ++i) {
    CHECK(ignored(i) == (i == 1 ? 0 : plain(i)));
    CHECK(none(i) == plain(i));
  }
}

TEST_CASE("losses: a label outside its classes is refused, but for the one that is ignored") {
  st::tensor<float, 3, 4> scores;
  draw(scores);
  st::tensor<int, 3> label{3, -100, 1};
  st::tensor<float, 3> y;
  CHECK_THROWS_AS(y = cross_entropy(scores, label), st::value_error);
  CHECK_THROWS_AS(y = st::cross_entropy<-1>(scores, label), st::value_error);
  y = st::cross_entropy<-100>(scores, label);
  CHECK(y(1) == 0);
  label(2) = 4;
  CHECK_THROWS_AS(y = st::cross_entropy<-100>(scores, label), st::value_error);
}
