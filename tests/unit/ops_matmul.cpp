// SPDX-License-Identifier: Apache-2.0

// Products of matrices against the loop of the definition, in double.
//
// Operands are small integers, whose products and sums are exact in every type that is tested, in
// any order: results must be equal, not near. Only where 16-bit storage rounds a sum is there a
// tolerance, of half a unit in its last place.

#include <doctest/doctest.h>

#include <sinter/report/explain.hpp>
#include <sinter/sinter.hpp>

#include <algorithm>
#include <tuple>

#include "unit/ulps.hpp"

namespace st = sinter;
using st::dyn;
using st::testing::sequence;
using st::testing::ulps;

namespace {

template <class T> using matrix = st::tensor<T, dyn, dyn>;

template <class Tensor> Tensor random(Tensor x, std::uint32_t seed) {
  sequence next(seed);
  for (std::int64_t i = 0; i < x.size(); ++i)
    x.data()[i] = static_cast<typename Tensor::element>(next.between(-3, 3));
  return x;
}

struct extents {
  int m, k, n;
};
constexpr extents shapes[] = {{1, 1, 1},   {1, 7, 1},    {2, 3, 4},    {3, 0, 5},   {0, 3, 2},
                              {4, 4, 0},   {5, 1, 9},    {6, 16, 8},   {7, 17, 33}, {13, 64, 31},
                              {16, 16, 16}, {1, 300, 70}, {64, 1, 64}, {65, 127, 3}, {130, 70, 95},
                              {33, 520, 17}, {1, 9, 112},  {2, 10, 80}, {3, 5, 112},
                              {4, 7, 40},   {5, 3, 48},    {6, 4, 33},  {200, 65, 130},
                              // Several blocks along k for each instruction set.
                              {8, 1030, 70}, {7, 2101, 20}};

}  // namespace

TEST_CASE_TEMPLATE("matmul: [m,k] x [k,n] of every orientation, against double", T, float, double,
                   std::int32_t, std::int64_t, std::uint8_t, st::f16, st::bf16) {
  constexpr auto all = st::fused([](auto a, auto at, auto b, auto bt) {
    return std::tuple(matmul(a, b), matmul(transpose(at), b), matmul(a, transpose(bt)),
                      matmul(transpose(at), transpose(bt)), transpose(matmul(a, b)));
  });
  for (const extents& s : shapes) {
    const auto [m, k, n] = s;
    INFO("[", s.m, ",", s.k, "] x [", s.k, ",", s.n, "]");
    const auto a = random(matrix<T>(m, k), 1);
    const auto b = random(matrix<T>(k, n), 2);
    const matrix<T> at = transpose(a), bt = transpose(b);
    const auto [plain, left, right, both, turned] = all(a, at, b, bt);
    REQUIRE(plain.extent(0) == m);
    REQUIRE(plain.extent(1) == n);
    int wrong = 0;
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j) {
        double want = 0;
        for (int l = 0; l < k; ++l)
          want += static_cast<double>(a(i, l)) * static_cast<double>(b(l, j));
        const auto differs = [&](T got) {
          if constexpr (sizeof(T) == 1)
            return got != static_cast<T>(static_cast<std::int64_t>(want));
          else
            return !(ulps(got, want) <= (sizeof(T) == 2 ? 0.5 : 0));
        };
        wrong += differs(plain(i, j)) || differs(left(i, j)) || differs(right(i, j)) ||
                 differs(both(i, j)) || differs(turned(j, i));
      }
    CHECK(wrong == 0);
  }
}

TEST_CASE("matmul: products of different types in one kernel, fewer columns than either's tile") {
  constexpr auto sum_of = st::fused([](auto a, auto bt, auto c, auto dt) {
    return st::cast<double>(matmul(a, transpose(bt))) + matmul(c, transpose(dt));
  });
  for (const auto [m, k, n] : shapes) {
    const auto a = random(matrix<float>(m, k), 1), bt = random(matrix<float>(n, k), 2);
    const auto c = random(matrix<double>(m, k), 3), dt = random(matrix<double>(n, k), 4);
    const matrix<double> y = sum_of(a, bt, c, dt);
    int wrong = 0;
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j) {
        double want = 0;
        for (int l = 0; l < k; ++l) want += double{a(i, l)} * double{bt(j, l)} + c(i, l) * dt(j, l);
        wrong += y(i, j) != want;
      }
    CHECK(wrong == 0);
  }
}

TEST_CASE("matmul: views that begin at an odd element, bf16") {
  const int m = 9, k = 34, n = 70;
  const auto a = random(matrix<st::bf16>(m, k + 1), 1), w = random(matrix<st::bf16>(n, k + 1), 2);
  const matrix<st::bf16> y =
      matmul(a.slice(1, 1, k + 1), transpose(w.slice(1, 1, k + 1)));
  int wrong = 0;
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) {
      double want = 0;
      for (int l = 1; l <= k; ++l)
        want += static_cast<double>(a(i, l)) * static_cast<double>(w(j, l));
      wrong += !(ulps(y(i, j), want) <= 0.5);
    }
  CHECK(wrong == 0);
}

TEST_CASE("matmul: bf16 operands that are computed on the way in, as if they had been stored") {
  constexpr auto all = st::fused([](auto a, auto b, auto wide, auto bt) {
    return std::tuple(matmul(relu(a), b), matmul(a, b * 2), matmul(st::cast<st::bf16>(wide), b),
                      matmul(st::cast<st::bf16>(wide) * 2, transpose(relu(bt))));
  });
  for (const extents& s : shapes) {
    const auto [m, k, n] = s;
    INFO("[", s.m, ",", s.k, "] x [", s.k, ",", s.n, "]");
    const auto a = random(matrix<st::bf16>(m, k), 1), b = random(matrix<st::bf16>(k, n), 2);
    const auto bt = random(matrix<st::bf16>(n, k), 3);
    // As bf16, whose next number is 258, 256 + 1/2 is 256.
    const matrix<float> wide = where(st::cast<float>(a) > 2, 256.5f, st::cast<float>(a));
    const auto [first, second, third, fourth] = all(a, b, wide, bt);
    int wrong = 0;
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j) {
        double want[4] = {};
        for (int l = 0; l < k; ++l) {
          const double x = float(a(i, l)), y = float(b(l, j)), z = float(bt(j, l));
          const double rounded = float(st::bf16(wide(i, l)));
          want[0] += std::max(x, 0.) * y;
          want[1] += x * y * 2;
          want[2] += rounded * y;
          want[3] += rounded * 2 * std::max(z, 0.);
        }
        wrong += !(ulps(first(i, j), want[0]) <= 0.5) || !(ulps(second(i, j), want[1]) <= 0.5) ||
                 !(ulps(third(i, j), want[2]) <= 0.5) || !(ulps(fourth(i, j), want[3]) <= 0.5);
      }
    CHECK(wrong == 0);
  }
}

TEST_CASE("matmul: bytes widened to i32, of either sign and every orientation, exact") {
  constexpr auto all = st::fused([](auto a, auto b, auto at, auto bt, auto c) {
    const auto wide = [](auto x) { return st::cast<std::int32_t>(x); };
    return std::tuple(matmul(wide(a), wide(b)), matmul(wide(transpose(at)), wide(b)),
                      matmul(wide(a), wide(transpose(bt))), matmul(wide(c), wide(b)),
                      matmul(wide(c), wide(transpose(c))),
                      relu(matmul(wide(a), wide(b)) + 3) * 2);
  });
  const auto bytes = [](auto x, std::uint32_t seed) {
    sequence next(seed);
    for (std::int64_t i = 0; i < x.size(); ++i)
      x.data()[i] = static_cast<typename decltype(x)::element>(next.between(-128, 127));
    return x;
  };
  for (const extents& s : shapes) {
    const auto [m, k, n] = s;
    INFO("[", s.m, ",", s.k, "] x [", s.k, ",", s.n, "]");
    const auto a = bytes(matrix<std::int8_t>(m, k), 1), b = bytes(matrix<std::int8_t>(k, n), 2);
    const auto c = bytes(matrix<std::uint8_t>(m, k), 3);
    const matrix<std::int8_t> at = transpose(a), bt = transpose(b);
    const auto [plain, left, right, mixed, square, after] = all(a, b, at, bt, c);
    int wrong = 0;
    for (int i = 0; i < m; ++i) {
      for (int j = 0; j < n; ++j) {
        std::int64_t want = 0, of_c = 0;
        for (int l = 0; l < k; ++l) want += a(i, l) * b(l, j), of_c += c(i, l) * b(l, j);
        wrong += plain(i, j) != want || left(i, j) != want || right(i, j) != want ||
                 mixed(i, j) != of_c || after(i, j) != 2 * std::max<std::int64_t>(want + 3, 0);
      }
      for (int j = 0; j < m; ++j) {
        std::int64_t want = 0;
        for (int l = 0; l < k; ++l) want += c(i, l) * c(j, l);
        wrong += square(i, j) != want;
      }
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("matmul: what surrounds the product, [m,k] x [k,n] for all shapes, f32") {
  constexpr auto layer = st::fused([](auto x, auto w, auto b, auto r) {
    auto y = matmul(x + 1, w * 2) + b;
    return std::tuple(relu(y), y * r, st::sum<0>(y), sum(y));
  });
  for (const extents& s : shapes) {
    const auto [m, k, n] = s;
    INFO("[", s.m, ",", s.k, "] x [", s.k, ",", s.n, "]");
    const auto x = random(matrix<float>(m, k), 1), w = random(matrix<float>(k, n), 2);
    const auto r = random(matrix<float>(m, n), 3);
    const auto b = random(st::tensor<float, dyn>(n), 4);
    const auto [activated, gated, columns, total] = layer(x, w, b, r);
    double want_total = 0;
    int wrong = 0;
    for (int j = 0; j < n; ++j) {
      double column = 0;
      for (int i = 0; i < m; ++i) {
        double y = b(j);
        for (int l = 0; l < k; ++l) y += (x(i, l) + 1) * w(l, j) * 2;
        wrong += activated(i, j) != (y > 0 ? y : 0);
        wrong += gated(i, j) != y * r(i, j);
        column += y;
      }
      wrong += columns(j) != column;
      want_total += column;
    }
    CHECK(wrong == 0);
    CHECK(total.item() == want_total);
  }
}

TEST_CASE("matmul: softmax, norms and losses of rows of static width, f32 against double") {
  constexpr auto rows = st::fused([](auto x, auto w, auto label) {
    auto y = matmul(x, w);
    return std::tuple(softmax(y), st::max<1>(y), cross_entropy(y, label), argmax(y));
  });
  const auto check = [&]<int N>(std::integral_constant<int, N>) {
    for (const int m : {0, 1, 5, 6, 7, 40}) {
      INFO("[", m, ", 9] x [9, ", N, "]");
      const auto x = random(st::tensor<float, dyn, 9>(m), 1);
      const auto w = random(st::tensor<float, 9, N>(), 2);
      st::tensor<int, dyn> label(m);
      for (int i = 0; i < m; ++i) label(i) = i % N;
      const auto [soft, high, loss, where] = rows(x, w, label);
      for (int i = 0; i < m; ++i) {
        double y[N]{}, sum = 0;
        int best = 0;
        for (int j = 0; j < N; ++j) {
          for (int l = 0; l < 9; ++l) y[j] += double{x(i, l)} * double{w(l, j)};
          if (y[j] > y[best]) best = j;
        }
        for (int j = 0; j < N; ++j) sum += std::exp(y[j] - y[best]);
        CHECK(high(i) == y[best]);
        CHECK(where(i) == best);
        // Integers have exact differences: two exponentials' errors, a sum and a quotient.
        for (int j = 0; j < N; ++j) CHECK(ulps(soft(i, j), std::exp(y[j] - y[best]) / sum) <= 8);
        CHECK(std::abs(loss(i) - (std::log(sum) - y[i % N] + y[best])) <= 1e-5);
      }
    }
  };
  check(std::integral_constant<int, 1>{});
  check(std::integral_constant<int, 17>{});
  check(std::integral_constant<int, 64>{});
}

TEST_CASE("matmul: vectors as rows and columns, i32") {
  for (const int k : {0, 1, 5, 100}) {
    const auto a = random(st::tensor<int, dyn>(k), 1), b = random(st::tensor<int, dyn>(k), 2);
    const auto w = random(matrix<int>(k, 7), 3);
    constexpr auto all = st::fused([](auto x, auto y, auto z) {
      return std::tuple(matmul(x, y), matmul(x, z), matmul(transpose(z), y));
    });
    const auto [dot, row, column] = all(a, b, w);
    int want = 0;
    for (int l = 0; l < k; ++l) want += a(l) * b(l);
    CHECK(dot.item() == want);
    for (int j = 0; j < 7; ++j) {
      int left = 0, right = 0;
      for (int l = 0; l < k; ++l) left += a(l) * w(l, j), right += b(l) * w(l, j);
      CHECK(row(j) == left);
      CHECK(column(j) == right);
    }
  }
}

TEST_CASE("matmul: batches, equal, shared and broadcast, f32") {
  const auto a = random(st::tensor<float, dyn, 1, dyn, dyn>(2, 5, 4), 1);
  const auto b = random(st::tensor<float, 3, dyn, dyn>(4, 6), 2);
  const auto shared = random(matrix<float>(4, 6), 3);
  const auto same = random(st::tensor<float, dyn, 1, dyn, dyn>(2, 4, 3), 4);
  constexpr auto all = st::fused([](auto x, auto y, auto z, auto v) {
    return std::tuple(matmul(x, y), matmul(x, z), matmul(x, v), matmul(transpose(v), transpose(x)));
  });
  const auto [crossed, common, paired, turned] = all(a, b, shared, same);
  REQUIRE(crossed.extent(1) == 3);
  for (int p = 0; p < 2; ++p)
    for (int i = 0; i < 5; ++i) {
      for (int q = 0; q < 3; ++q)
        for (int j = 0; j < 6; ++j) {
          float want = 0, other = 0;
          for (int l = 0; l < 4; ++l)
            want += a(p, 0, i, l) * b(q, l, j), other += a(p, 0, i, l) * shared(l, j);
          CHECK(crossed(p, q, i, j) == want);
          CHECK(common(p, 0, i, j) == other);
        }
      for (int j = 0; j < 3; ++j) {
        float want = 0;
        for (int l = 0; l < 4; ++l) want += a(p, 0, i, l) * same(p, 0, l, j);
        CHECK(paired(p, 0, i, j) == want);
        CHECK(turned(p, 0, j, i) == want);
      }
    }
}

TEST_CASE("tf32: rounds to ten bits of fraction, ties to even, and gradients keep the precision") {
  const float infinity = HUGE_VALF;
  const st::tensor<float, 10> x = {1,           1 + 0x1p-11f, 1 + 0x1.8p-10f, 1 + 0x1.1p-11f,
                                   -0x1p-149f,  -infinity,    0x1.fffffep127f, 0.f,
                                   -1 - 0x1p-10f, 0x1.ffcp5f};
  const st::tensor<float, 10> rounded = st::tf32(x);
  const float want[] = {1, 1, 1 + 0x1p-9f, 1 + 0x1p-10f, -0.f, -infinity, infinity, 0,
                        -1 - 0x1p-10f, 0x1.ffcp5f};
  for (int i = 0; i < 10; ++i) CHECK(rounded(i) == want[i]);
  const st::tensor<float> nan = st::tf32(st::tensor<float>(__builtin_nanf("")));
  CHECK(nan.item() != nan.item());

  // The operands of the backward product are rounded as well.
  constexpr auto slopes = st::fused([](auto a, auto b, auto g) {
    auto loss = sum(matmul(st::tf32(a), st::tf32(b)) * g);
    auto other = sum(matmul(st::tf32(a), b) * g);
    return std::tuple(st::gradient(loss, a), matmul(st::tf32(g), transpose(st::tf32(b))),
                      st::gradient(other, a), matmul(g, transpose(b)));
  });
  const st::tensor<float, 5, 4> a = st::random::normal();
  const st::tensor<float, 4, 3> b = st::random::normal();
  const st::tensor<float, 5, 3> g = st::random::normal();
  const auto [slope, product, plain, exact] = slopes(a, b, g);
  for (std::int64_t i = 0; i < slope.size(); ++i) {
    CHECK(slope.data()[i] == product.data()[i]);
    CHECK(plain.data()[i] == exact.data()[i]);
    CHECK(slope.data()[i] != plain.data()[i]);
  }
}

TEST_CASE("tf32x3: a product is the same without matrix units, and gradients are made likewise") {
  constexpr auto slopes = st::fused([](auto a, auto b, auto g) {
    auto y = matmul(st::tf32x3(a * 2), st::tf32x3(b));
    auto plain = matmul(a * 2, b);
    return std::tuple(y, plain, st::gradient(sum(y * g), a), st::gradient(sum(plain * g), a));
  });
  const st::tensor<float, 5, 4> a = st::random::normal();
  const st::tensor<float, 4, 3> b = st::random::normal();
  const st::tensor<float, 5, 3> g = st::random::normal();
  const auto [y, plain, slope, plain_slope] = slopes(a, b, g);
  for (std::int64_t i = 0; i < y.size(); ++i) CHECK(y.data()[i] == plain.data()[i]);
  for (std::int64_t i = 0; i < slope.size(); ++i)
    CHECK(slope.data()[i] == plain_slope.data()[i]);

  const std::string text = st::explain(slopes, a, b, g);
  CHECK(text.find("matmul(tf32x3(x0 * 2), tf32x3(x1)) -> out0") != text.npos);
  CHECK(text.find("matmul(tf32x3(x2), tf32x3(transpose(x1)))") != text.npos);

  // A mark that a product does not find, or finds but once, says nothing.
  constexpr auto once = st::fused([](auto u, auto v) {
    return std::tuple(matmul(st::tf32x3(u), v), matmul(st::tf32x3(u) * 2, st::tf32x3(v)),
                      st::tf32x3(u));
  });
  CHECK(st::explain(once, a, b).find("tf32x3") == text.npos);
}

TEST_CASE("matmul: the same bits for any number of threads, bf16, blocks that end in a few rows") {
  constexpr auto layer =
      st::fused([](auto x, auto w) { return st::cast<float>(matmul(x, w)) * 2; });
  constexpr auto chain = st::fused([](auto x, auto w, auto v) {
    return st::cast<float>(matmul(relu(matmul(x, w)), v));
  });
  const st::tensor<st::bf16, 64, 64> w = st::random::normal(), v = st::random::normal();
  for (const int rows : {7, 35, 193, 195, 198, 995}) {
    const st::tensor<st::bf16, dyn, 64> x = st::random::normal(rows);
    st::set_threads(1);
    const st::tensor<float, dyn, 64> one = layer(x, w), deep = chain(x, w, v);
    for (const int threads : {2, 7}) {
      st::set_threads(threads);
      const st::tensor<float, dyn, 64> some = layer(x, w), deep_some = chain(x, w, v);
      int differ = 0;
      for (std::int64_t i = 0; i < one.size(); ++i)
        differ += one.data()[i] != some.data()[i] || deep.data()[i] != deep_some.data()[i];
      CHECK(differ == 0);
    }
  }
  st::set_threads(0);
}
