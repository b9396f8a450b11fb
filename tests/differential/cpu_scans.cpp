// SPDX-License-Identifier: Apache-2.0

// Running folds along rows on the CPU, over many extents and types, against the reference.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>

#include "cpu_call.hpp"

namespace {

namespace st = sinter;
using namespace sinter::testing;

constexpr std::int64_t sizes[] = {0, 1, 2, 7, 15, 16, 17, 33, 64, 100, 257};

constexpr auto along_rows = st::fused([](auto x) {
  const auto s = cumsum(x * 2);
  return std::tuple{s, st::cumsum<st::backwards>(x) + 1, st::cummax(x) - x,
                    st::cummin<1, st::backwards>(x), st::cumprod(x * 0.01f + 1),
                    logcumsumexp(x)};
});

/// What a row's folds give, used by its running ones and the other way round.
constexpr auto with_folds = st::fused([](auto x) {
  const auto p = softmax(x);
  const auto up_to = cumsum(p);
  return std::tuple{where(up_to - p < 0.9f, p, 0), st::sum<1>(up_to * x),
                    cumsum(x - st::mean<st::keep, 1>(up_to)) * up_to};
});

constexpr auto from_the_end = st::fused([](auto x) {
  const auto share = x * x / (st::sum<st::keep, 1>(x * x) + 1);
  const auto rest = st::cumsum<st::backwards>(share);
  return std::tuple{rest - share, st::max<1>(rest), rest / st::max<st::keep, 1>(rest + 1)};
});

constexpr auto integers = st::fused([](auto x) {
  return std::tuple{cumsum(x), st::cumsum<0>(x), st::cummax(x), st::cummin<0>(x)};
});

}  // namespace

TEST_CASE_TEMPLATE("cpu, scans: along rows, alone and with folds of the row", T, float, double,
                   st::bf16, st::f16) {
  st::random::seed(31);
  for (const std::int64_t n : sizes) {
    CAPTURE(n);
    st::tensor<T, st::dyn, st::dyn> x = st::random::normal(5, n);
    CHECK(difference(along_rows, x) == "");
    if (n > 1) CHECK(difference(with_folds, x) == "");  // of one element little is left
    if (n > 0) CHECK(difference(from_the_end, x) == "");
  }
  st::tensor<T, 3, 129> whole = st::random::normal();
  CHECK(difference(along_rows, whole) == "");
  CHECK(difference(with_folds, whole) == "");
}

TEST_CASE_TEMPLATE("cpu, scans: integers", T, bool, std::uint8_t, std::int8_t, std::int32_t,
                   std::uint64_t) {
  for (const std::int64_t n : sizes) {
    CAPTURE(n);
    st::tensor<T, st::dyn, st::dyn> x(4, n);
    for (std::int64_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<T>(i * 37 % 101);
    CHECK(difference(integers, x) == "");
  }
}
