// SPDX-License-Identifier: Apache-2.0

// Random numbers: the generator's published answers, reproducibility, and moments.

#include <doctest/doctest.h>

#include <sinter/nn.hpp>

#include <cmath>

namespace st = sinter;
using st::dyn;

namespace {

bool equals(st::random::block b, std::uint32_t w0, std::uint32_t w1, std::uint32_t w2,
            std::uint32_t w3) {
  return b.word[0] == w0 && b.word[1] == w1 && b.word[2] == w2 && b.word[3] == w3;
}

struct moments {
  double mean, variance, low, high;
};

template <class Tensor> moments moments_of(const Tensor& x) {
  moments m{0, 0, HUGE_VAL, -HUGE_VAL};
  const auto count = static_cast<double>(x.size());
  for (std::int64_t i = 0; i < x.size(); ++i) m.mean += static_cast<double>(x.data()[i]) / count;
  for (std::int64_t i = 0; i < x.size(); ++i) {
    const auto v = static_cast<double>(x.data()[i]);
    m.variance += (v - m.mean) * (v - m.mean) / count;
    m.low = std::fmin(m.low, v);
    m.high = std::fmax(m.high, v);
  }
  return m;
}

}  // namespace

TEST_CASE("philox 4x32-10: the answers that the Random123 distribution publishes") {
  using st::random::philox;
  CHECK(equals(philox(0, 0, 0), 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
  const std::uint64_t ones = ~std::uint64_t{0};
  CHECK(equals(philox(ones, ones, ones), 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
  // Counter 243f6a88 85a308d3 13198a2e 03707344, key a4093822 299f31d0: digits of pi.
  CHECK(equals(philox(0x299f31d0a4093822, 0x0370734413198a2e, 0x85a308d3243f6a88), 0xd16cfe09,
               0x94fdcceb, 0x5001e420, 0x24126ea1));
  static_assert(philox(0, 0, 0).word[0] == 0x6627e8d5);
}

TEST_CASE("random: a seed repeats the sequence, whatever the sizes before were") {
  st::random::seed(5);
  const st::tensor<float, 100> a = st::random::normal(), b = st::random::normal();
  st::random::seed(5);
  const st::tensor<float, dyn> c = st::random::normal(33);
  const st::tensor<float, 100> d = st::random::normal();
  for (int i = 0; i < 33; ++i) CHECK(c(i) == a(i));
  for (int i = 0; i < 100; ++i) CHECK(d(i) == b(i));
  int equal = 0;
  for (int i = 0; i < 100; ++i) equal += a(i) == b(i);
  CHECK(equal < 3);
  st::random::seed(6);
  const st::tensor<float, 100> e = st::random::normal();
  CHECK(e(0) != a(0));
  CHECK(st::tensor<float, dyn>(st::random::normal(0)).size() == 0);
}

TEST_CASE("random: means and variances of 100,000 numbers, within five standard errors") {
  st::random::seed(1);
  const double root = std::sqrt(100000.0);
  const auto normal = moments_of(st::tensor<double, dyn>(st::random::normal(100000)));
  CHECK(std::abs(normal.mean) <= 5 / root);
  CHECK(std::abs(normal.variance - 1) <= 5 * std::sqrt(2.0) / root);
  const auto uniform = moments_of(st::tensor<float, dyn>(st::random::uniform(-2, 4, 100000)));
  CHECK(std::abs(uniform.mean - 1) <= 5 * std::sqrt(3.0) / root);
  CHECK(std::abs(uniform.variance - 3) <= 5 * std::sqrt(7.2) / root);
  CHECK(uniform.low >= -2);
  CHECK(uniform.high <= 4);
}

TEST_CASE("initialisers: variances 2 / rows and 1 / rows") {
  st::random::seed(2);
  const auto he = moments_of(st::tensor<float, 400, 250>(st::he_normal()));
  CHECK(he.variance == doctest::Approx(2.0 / 400).epsilon(0.03));
  CHECK(std::abs(he.mean) < 0.001);
  const auto lecun = moments_of(st::tensor<st::bf16, 400, 250>(st::lecun_uniform()));
  CHECK(lecun.variance == doctest::Approx(1.0 / 400).epsilon(0.03));
  CHECK(lecun.high <= 0.0869);
}
