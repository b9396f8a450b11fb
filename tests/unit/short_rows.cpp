// SPDX-License-Identifier: Apache-2.0

// Short rows, which lie a row in each lane: ragged extents, operands of every kind beside them, and
// the same bits wherever a row lies. Against double.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>

#include <cmath>
#include <tuple>
#include <type_traits>

namespace st = sinter;
using st::dyn;

namespace {

// A few roundings of the type, and those of a sum of as many terms as a short row has.
template <class T> double tolerance() {
  return std::is_same_v<T, double> ? 1e-13
         : std::is_same_v<T, float> ? 1e-5
                                    : 2e-2;
}
template <class T> bool differs(T got, double want) {
  return !(std::abs(static_cast<double>(got) - want) <= tolerance<T>() * (1 + std::abs(want)));
}

constexpr auto all_kinds = st::fused([](auto x, auto scale, auto weight, auto label) {
  auto e = exp(x - st::max<st::keep, -1>(x));
  auto total = st::sum<st::keep, -1>(e);
  auto places = st::iota_like<-1>(x) + 100 * st::iota_like<0>(x);
  auto hit = st::iota_like<-1>(x) == st::cast<std::int32_t>(st::unsqueeze<-1>(label));
  return std::tuple(e / total * scale + st::unsqueeze<-1>(weight), log(st::sum<-1>(e)),
                    st::sum<-1>(where(hit, x, 0)), st::cast<float>(places) + 0 * total);
});

}  // namespace

TEST_CASE_TEMPLATE("short rows: folds, row and column vectors, places", T, float, double,
                   st::bf16) {
  for (const int threads : {1, 3}) {
    st::set_threads(threads);
    for (const std::int64_t columns : {1, 2, 7, 8, 10, 12, 16, 17, 24, 25, 63, 64, 128, 129})
      for (const std::int64_t rows : {1, 3, 7, 8, 15, 16, 17, 35, 40'000 / int(columns)}) {
        const st::tensor<float, dyn, dyn> wide = st::random::normal(rows, columns);
        const st::tensor<float, dyn> s = st::random::normal(columns), w = st::random::normal(rows);
        st::tensor<T, dyn, dyn> x = st::cast<T>(wide);
        const st::tensor<T, dyn> scale = st::cast<T>(s), weight = st::cast<T>(w);
        st::tensor<std::int32_t, dyn> label(rows);
        for (std::int64_t i = 0; i < rows; ++i)
          label(i) = static_cast<std::int32_t>(i * 7 % columns);
        const auto [y, logs, at_label, places] = all_kinds(x, scale, weight, label);
        int wrong = 0;
        for (std::int64_t i = 0; i < rows; ++i) {
          double most = -1e30, sum = 0;
          for (std::int64_t j = 0; j < columns; ++j)
            most = std::fmax(most, static_cast<double>(x(i, j)));
          for (std::int64_t j = 0; j < columns; ++j)
            sum += std::exp(static_cast<double>(x(i, j)) - most);
          for (std::int64_t j = 0; j < columns; ++j) {
            const double e = std::exp(static_cast<double>(x(i, j)) - most);
            wrong += differs(y(i, j), e / sum * static_cast<double>(scale(j)) +
                                          static_cast<double>(weight(i)));
            wrong += places(i, j) != static_cast<float>(100 * i + j);
          }
          wrong += differs(logs(i), std::log(sum));
          wrong += static_cast<double>(at_label(i)) != static_cast<double>(x(i, label(i)));
        }
        CHECK_MESSAGE(wrong == 0, rows, " rows of ", columns);
      }
  }
  st::set_threads(0);
}

TEST_CASE("short rows: the same bits in place, of a view, and beside other rows") {
  for (const std::int64_t columns : {3, 10, 16, 20}) {
    const std::int64_t rows = 1003;
    st::tensor<float, dyn, dyn> x = st::random::normal(rows, columns);
    const st::tensor<float, dyn, dyn> y = softmax(x);
    st::tensor<float, dyn, dyn> place = x;
    place = softmax(place);
    st::tensor<float, dyn, dyn> wide = st::random::normal(rows + 1, columns + 5);
    auto inner = wide.slice(0, 1, rows + 1, 1).slice(1, 2, columns + 2, 1);
    inner = x;
    const st::tensor<float, dyn, dyn> of_view = softmax(inner);
    const auto last = x.slice(0, rows - 17, rows, 1);
    const st::tensor<float, dyn, dyn> few = softmax(last);
    int differ = 0;
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < columns; ++j) {
        differ += place(i, j) != y(i, j);
        differ += of_view(i, j) != y(i, j);
        if (i >= rows - 17) differ += few(i - (rows - 17), j) != y(i, j);
      }
    CHECK(differ == 0);
  }
}

TEST_CASE("short rows: written into a view, nothing beside it") {
  for (const std::int64_t columns : {1, 5, 16, 23}) {
    const std::int64_t rows = 37;
    const st::tensor<float, dyn, dyn> x = st::random::normal(rows, columns);
    const st::tensor<float, dyn, dyn> want = log_softmax(x);
    st::tensor<float, dyn, dyn> wide(rows + 2, columns + 3);
    wide = 7.f;
    auto inner = wide.slice(0, 1, rows + 1, 1).slice(1, 2, columns + 2, 1);
    inner = log_softmax(x);
    int wrong = 0;
    for (std::int64_t i = 0; i < rows + 2; ++i)
      for (std::int64_t j = 0; j < columns + 3; ++j) {
        const bool inside = i >= 1 && i <= rows && j >= 2 && j < columns + 2;
        wrong += wide(i, j) != (inside ? want(i - 1, j - 2) : 7.f);
      }
    CHECK(wrong == 0);
  }
}

TEST_CASE("short rows: of several outer axes, some of them broadcast") {
  st::tensor<float, 5, dyn, 6> x(21);
  for (std::int64_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i * 37 % 101) / 20;
  st::tensor<float, 5, 1, 6> shift;
  for (std::int64_t i = 0; i < shift.size(); ++i) shift.data()[i] = static_cast<float>(i % 7);
  const st::tensor<float, 5, dyn, 6> y = softmax(x + shift);
  int wrong = 0;
  for (std::int64_t b = 0; b < 5; ++b)
    for (std::int64_t i = 0; i < 21; ++i) {
      double sum = 0;
      for (std::int64_t j = 0; j < 6; ++j)
        sum += std::exp(double{x(b, i, j)} + double{shift(b, 0, j)});
      for (std::int64_t j = 0; j < 6; ++j)
        wrong += differs(y(b, i, j),
                         std::exp(double{x(b, i, j)} + double{shift(b, 0, j)}) / sum);
    }
  CHECK(wrong == 0);
}
