// SPDX-License-Identifier: Apache-2.0

// Random numbers inside expressions: those of the generators, the same mask in a gradient, moments,
// and what is refused.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>
#include <sinter/target/cpu/parallel.hpp>

#include <cmath>
#include <limits>
#include <vector>

namespace {

namespace st = sinter;
using st::dyn;

constexpr auto dropped = st::fused([](auto x, auto p, auto seed, auto stream) {
  const auto y = st::dropout(x, p, seed, stream);
  return std::tuple(y, st::gradient(sum(y * y) * 0.5, x));
});

constexpr auto layer = st::fused([](auto x, auto w, auto seed, auto step) {
  const auto y = st::dropout(relu(matmul(x, w)), 0.25, seed, step);
  return std::tuple(y, st::gradient(sum(y), w));
});

}  // namespace

TEST_CASE_TEMPLATE("uniform_like, normal_like: the numbers of the generators", T, float, double,
                   st::bf16) {
  st::random::seed(123456789012345);
  const st::tensor<T, 37, 29> uniform = st::random::uniform(-3, 5);
  const st::tensor<T, dyn, 29> normal = st::random::normal(37);
  const std::uint64_t seed = 123456789012345;
  const st::tensor a = st::uniform_like(uniform, -3, 5, seed, 0);
  const st::tensor b = st::normal_like(normal, seed, 1);
  // The loop and the kernel may fuse a multiplication with an addition, or not: a unit in the last
  // place of a double, of values below 8, which rounding to a narrower type hides but for one in
  // 10^8. The kernel's logarithm and cosine are their own: 4 units.
  const double unit = sizeof(T) == 8 ? 0x1p-50 : 0;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    CHECK(std::abs(static_cast<double>(a.data()[i]) - static_cast<double>(uniform.data()[i])) <=
          unit);
    CHECK(std::abs(static_cast<double>(b.data()[i]) - static_cast<double>(normal.data()[i])) <=
          4 * unit);
  }
}

TEST_CASE("uniform_like: seed and stream are values: numbers, tensors, of any integer type") {
  const st::tensor<float, 64> like;
  const st::tensor<std::int32_t> seed = 5;
  const st::tensor<std::uint8_t> stream = std::uint8_t{2};
  const st::tensor a = st::uniform_like(like, 5, 2), b = st::uniform_like(like, seed, stream),
                   other_stream = st::uniform_like(like, 5, 3),
                   other_seed = st::uniform_like(like, 6, 2);
  int equal = 0;
  for (int i = 0; i < 64; ++i) {
    CHECK(a(i) == b(i));
    equal += (a(i) == other_stream(i)) + (a(i) == other_seed(i));
  }
  CHECK(equal < 3);
  const st::tensor huge = st::uniform_like(like, ~std::uint64_t{0}, ~std::uint64_t{0});
  const auto word = st::random::philox(~std::uint64_t{0}, ~std::uint64_t{0}, 15).word[3];
  CHECK(huge(63) == static_cast<float>(st::random::to_unit(word)));
}

TEST_CASE("dropout: scaled or 0, the gradient has the mask, for any number of threads") {
  const st::tensor<float, 300, 700> x = st::random::uniform(1, 2);
  for (const int threads : {1, 2, 3}) {
    st::set_threads(threads);
    const auto [y, slope] = dropped(x, 0.25, 11, 4);
    std::int64_t kept = 0;
    bool right = true;
    for (std::int64_t i = 0; i < x.size(); ++i) {
      const float word = static_cast<float>(
          st::random::to_unit(st::random::philox(11, 4, static_cast<std::uint64_t>(i) / 4)
                                  .word[i % 4]));
      const bool keep = word >= 0.25f;
      kept += keep;
      const float want = keep ? x.data()[i] * static_cast<float>(1 / 0.75) : 0;
      right = right && y.data()[i] == want &&
              slope.data()[i] == (keep ? want * static_cast<float>(1 / 0.75) : 0);
    }
    CHECK(right);
    // Five standard deviations of a binomial.
    const double count = static_cast<double>(x.size());
    CHECK(std::abs(static_cast<double>(kept) - 0.75 * count) <= 5 * std::sqrt(count * 0.1875));
  }
  st::set_threads(0);
}

TEST_CASE("dropout: of nothing and of everything; in the epilogue of a product") {
  const st::tensor<float, 5, 40> x = st::random::normal();
  const auto [all, all_slope] = dropped(x, 0.0, 1, 2);
  const auto [none, none_slope] = dropped(x, 1.0, 1, 2);
  for (std::int64_t i = 0; i < x.size(); ++i) {
    CHECK(all.data()[i] == x.data()[i]);
    CHECK(all_slope.data()[i] == x.data()[i]);
    CHECK(none.data()[i] == 0);
    CHECK(none_slope.data()[i] == 0);
  }
  const st::tensor<float, 40, 24> w = st::random::normal();
  const auto [y, slope] = layer(x, w, 3, 8);
  const st::tensor hidden = relu(matmul(x, w));
  for (std::int64_t i = 0; i < y.size(); ++i)
    CHECK((y.data()[i] == 0 ||
           y.data()[i] == doctest::Approx(hidden.data()[i] / 0.75f).epsilon(1e-5)));
  CHECK(st::kernels(st::dropout(relu(matmul(x, w)), 0.25, 3, 8)) == 1);
}

TEST_CASE("bernoulli, dropout: what is no probability is an error before anything is written") {
  const st::tensor<float, 4> x{1, 2, 3, 4};
  st::tensor<float, 4> out{7, 7, 7, 7};
  const double low = -0.5;
  CHECK_THROWS_WITH_AS(out = st::dropout(x, 1.5f, 1, 2),
                       "dropout: 1.500000 at position 0 is no probability, which lies between 0 "
                       "and 1",
                       st::value_error);
  CHECK_THROWS_AS(out = st::dropout(x, low, 1, 2), st::value_error);
  CHECK_THROWS_AS(out = st::dropout(x, std::nan(""), 1, 2), st::value_error);
  CHECK_THROWS_WITH_AS(st::tensor(st::bernoulli(x, 1, 2)),
                       "bernoulli: 2.000000 at position 1 is no probability, which lies between 0 "
                       "and 1",
                       st::value_error);
  CHECK(out(0) == 7);
  const st::tensor<st::f16, 2> edge{st::f16(0.f), st::f16(1.f)};
  const st::tensor sure = st::bernoulli(edge, 1, 2);
  CHECK((!sure(0) && sure(1)));
  CHECK(st::tensor(st::bernoulli(st::tensor<float, dyn>(0), 1, 2)).size() == 0);
}

TEST_CASE("truncated_normal_like, bernoulli: moments of 100,000 numbers, five standard errors") {
  const st::tensor<double, 100000> like;
  const double root = std::sqrt(100000.0);
  // Between -1 and 2: mean and variance by the formulas of the truncated distribution.
  const st::tensor x = st::truncated_normal_like(like, -1, 2, 1, 0);
  double mean = 0, square = 0, least = 9, greatest = -9;
  for (const double v : std::vector<double>(x.data(), x.data() + x.size())) {
    mean += v / 100000, square += v * v / 100000;
    least = std::fmin(least, v), greatest = std::fmax(greatest, v);
  }
  const auto density = [](double t) { return std::exp(-t * t / 2) * 0.3989422804014327; };
  const double mass = 0.5 * (std::erf(std::sqrt(2.0)) + std::erf(std::sqrt(0.5)));
  const double shift = (density(-1) - density(2)) / mass;
  const double variance =
      1 + (-1 * density(-1) - 2 * density(2)) / mass - shift * shift;
  CHECK(std::abs(mean - shift) <= 5 * std::sqrt(variance) / root);
  CHECK(std::abs(square - mean * mean - variance) <= 5 * variance / root);
  CHECK((least >= -1 && greatest <= 2));
  const st::tensor hits = st::bernoulli(like * 0 + 0.3, 1, 1);
  int count = 0;
  for (std::int64_t i = 0; i < hits.size(); ++i) count += hits.data()[i];
  CHECK(std::abs(count - 30000) <= 5 * std::sqrt(100000 * 0.21));
}

TEST_CASE("normal_quantile: values of the normal distribution, and its ends") {
  // The roots of erfc(-x / sqrt 2) / 2 = p in 40 digits.
  const st::tensor<double, 9> p{0.5, 0.975, 0.025, 0.9, 1e-3, 1e-10, 1e-300, 0.0, 1.0};
  const st::tensor x = st::normal_quantile(p);
  const double infinite = std::numeric_limits<double>::infinity();
  const double want[] = {0.0, 1.9599639845400539, -1.9599639845400542, 1.2815515655446006,
                         -3.0902323061678135, -6.3613409024040562, -37.047096299361199, -infinite,
                         infinite};
  for (int i = 0; i < 7; ++i) CHECK(x(i) == doctest::Approx(want[i]).epsilon(4e-15));
  CHECK(x(7) == want[7]);
  CHECK(x(8) == want[8]);
  const st::tensor<double, 2> outside{-0.1, 1.1};
  const st::tensor none = st::normal_quantile(outside);
  CHECK((std::isnan(none(0)) && std::isnan(none(1))));
}
