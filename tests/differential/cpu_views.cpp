// SPDX-License-Identifier: Apache-2.0

// Views with steps, what is put together of parts, and elements by their indices, on the CPU, over
// many extents and types, against the reference.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>

#include "cpu_call.hpp"
#include "sinter/target/cpu/parallel.hpp"

namespace {

namespace st = sinter;
using namespace sinter::testing;

constexpr auto steps = st::fused([](auto x, auto y) {
  return std::tuple{st::flip<1>(x) + x, st::slice<0, st::open_end, st::open_end, -1>(x) * 2,
                    st::slice<1, -1, st::open_end, -3>(x), st::slice<1, 1, st::open_end, 2>(x),
                    st::sum<2>(st::windows<1, 5>(x) * 0.5), st::concatenate<1>(x, y, x) + 1,
                    st::concatenate<0>(st::slice<1, 0, 3>(x), st::slice<1, 0, 3>(y)),
                    st::pad<1, 3, 2>(x, -1), st::roll<1, 5>(x), st::repeat<1, 2>(y),
                    st::gradient(sum(square(st::windows<1, 4, 3>(x))), x),
                    matmul(st::flip<1>(x), transpose(st::slice<1, 0, 37>(st::pad<1, 0, 29>(y))))};
});

constexpr auto lookups = st::fused([](auto table, auto which, auto rest) {
  auto found = st::embedding(table, which);
  return std::tuple{found * rest, st::gradient(sum(found * rest), table),
                    st::lookup<1>(rest, which), st::lookup_along<0>(rest, st::unsqueeze<1>(which)),
                    st::gradient(sum(square(st::lookup<1>(rest, which))), rest)};
});

}  // namespace

TEST_CASE_TEMPLATE("cpu, views: steps, windows, parts put together", T, float, double, st::bf16) {
  st::random::seed(11);
  st::tensor<T, 37, 37> x = st::random::normal();
  st::tensor<T, 37, 8> y = st::random::normal();
  CHECK(difference(steps, x, y) == "");
}

TEST_CASE_TEMPLATE("cpu: elements by their indices, and their gradients", I, std::uint8_t,
                   std::int32_t, std::uint64_t) {
  st::random::seed(12);
  for (const int count : {0, 1, 2, 15, 16, 33, 100, 257})
    for (const std::int64_t width : {std::int64_t{1}, std::int64_t{17}, std::int64_t{300}}) {
      st::tensor<float, st::dyn, st::dyn> table = st::random::normal(300, width),
                                          rest = st::random::normal(count, width);
      st::tensor<I, st::dyn> which(count);
      const std::int64_t below = width < count ? width : count;
      for (int i = 0; i < count; ++i) which(i) = static_cast<I>(i * 7 % (below > 0 ? below : 1));
      CAPTURE(count);
      CAPTURE(width);
      if (count > 0) CHECK(difference(lookups, table, which, rest) == "");
    }
}

TEST_CASE("cpu: the gradient of a table has the same bits for any number of threads") {
  st::random::seed(13);
  const st::tensor<float, 50, 200> table = st::random::normal();
  const st::tensor<float, 2000, 200> rest = st::random::normal();
  st::tensor<int, 2000> which;
  for (int i = 0; i < 2000; ++i) which(i) = i * i % 47;
  constexpr auto gradient_of = st::fused([](auto t, auto i, auto r) {
    return st::gradient(sum(st::embedding(t, i) * r), t);
  });
  st::set_threads(1);
  const auto one = gradient_of(table, which, rest);
  for (const int count : {2, 3, 7}) {
    st::set_threads(count);
    const auto several = gradient_of(table, which, rest);
    for (std::int64_t i = 0; i < one.size(); ++i) CHECK(one.data()[i] == several.data()[i]);
  }
  st::set_threads(0);
}
