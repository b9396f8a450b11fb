// SPDX-License-Identifier: Apache-2.0

// Intermediates of one-line expressions that are computed once.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>

#include <cmath>

namespace st = sinter;
using st::dyn;

namespace {

inline constexpr st::axis batch{"batch"};

st::tensor<float, batch, dyn> counted(int rows, int columns) {
  st::tensor<float, batch, dyn> x(rows, columns);
  for (int i = 0; i < rows * columns; ++i) x.data()[i] = 0.1f * static_cast<float>(i);
  return x;
}

template <class Call> constexpr int operations(const Call&) {
  int count = 0;
  for (int i = 0; i < st::graph_of<Call>.view().size; ++i)
    count += st::graph_of<Call>.view()[i].what() == st::kind::element;
  return count;
}

}  // namespace

TEST_CASE("share: an intermediate that is mentioned twice is computed once, f32 against double") {
  const auto x = counted(3, 4);
  const auto h = st::share(exp(x * 2.f));
  const auto shared = h / (h + 1);
  const auto twice = exp(x * 2.f) / (exp(x * 2.f) + 1);
  CHECK(operations(shared) == operations(twice) - 2);
  const st::tensor y = shared;
  for (int i = 0; i < 12; ++i) {
    const double e = std::exp(2 * static_cast<double>(x.data()[i]));
    CHECK(y.data()[i] == doctest::Approx(e / (e + 1)).epsilon(1e-6));
  }
}

TEST_CASE("share: one inside another") {
  const auto x = counted(2, 3);
  const auto h = st::share(exp(x));
  const auto g = st::share(tanh(h) + x);
  CHECK(operations(g * g + h) == 5);
  const st::tensor y = g * g + h;
  const double e = std::exp(0.1), t = std::tanh(e) + 0.1;
  CHECK(y(0, 1) == doctest::Approx(t * t + e).epsilon(1e-6));
}

TEST_CASE("share: of a tensor, of a view, and with a product") {
  auto x = counted(4, 4);
  const auto part = x.slice(0, 0, 2).slice(1, 0, 2);
  const auto s = st::share(part);
  CHECK(st::tensor(s * s)(1, 1) == doctest::Approx(0.25));
  const auto p = st::share(matmul(part, part));
  CHECK(st::kernels(p * p) == 1);
  CHECK(st::tensor(p * p)(0, 1) == doctest::Approx(0.05 * 0.05));
}

TEST_CASE("share: different operands are told apart by a tag, and by the call without one") {
  const auto x = counted(2, 2), z = counted(2, 2);
  const st::tensor y = st::share<1>(exp(x)) + st::share<2>(exp(z));
  CHECK(y(0, 1) == doctest::Approx(2 * std::exp(0.1)));
  const auto alike = st::share(exp(x)) + st::share(exp(z));
  CHECK_THROWS_WITH_AS(st::tensor{alike},
                       "share: two intermediates that are alike have different operands, 0 and 1; "
                       "tell them apart by tags: share<1>(...), share<2>(...)",
                       st::value_error);
  CHECK_THROWS_AS(st::tensor(st::share(x * 2.f) + st::share(x * 3.f)), st::value_error);
  // Other computations are other intermediates, with or without a tag.
  CHECK(st::tensor(st::share(exp(x)) + st::share(tanh(z)))(0, 0) == 1);
}

TEST_CASE("share: in a fused function it does nothing") {
  constexpr auto f = st::fused([](auto x) {
    auto h = st::share(exp(x));
    return h * h;
  });
  CHECK(f(counted(2, 2))(0, 1) == doctest::Approx(std::exp(0.2)));
}
