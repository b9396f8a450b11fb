// SPDX-License-Identifier: Apache-2.0

// Fused functions: results of every structure, arguments of every kind, updates, nesting.

#include <doctest/doctest.h>

#include <sinter/report/explain.hpp>
#include <sinter/sinter.hpp>

#include <array>
#include <string>
#include <tuple>
#include <vector>

namespace st = sinter;
using st::dyn;

namespace {

inline constexpr st::axis batch{"batch"};

template <class T = float> std::vector<T> elements(const auto& x) {
  return std::vector<T>(x.data(), x.data() + x.size());
}
using numbers = std::vector<float>;

struct pair {
  st::tensor<float, 3> left, right;
};
struct nested {
  pair first;
  std::array<st::tensor<float, 3>, 2> more;
};

const st::tensor<float, 3> one{1, 2, 3}, two{4, 5, 6};

}  // namespace

TEST_CASE("fused: one result, several, pairs, arrays and nested tuples") {
  constexpr auto single = st::fused([](auto x) { return x * x; });
  CHECK(elements(single(one)) == numbers{1, 4, 9});

  constexpr auto several = st::fused([](auto x, auto y) {
    return std::tuple(x + y, sum(x), x < y);
  });
  const auto [added, total, less] = several(one, two);
  CHECK(elements(added) == numbers{5, 7, 9});
  CHECK(total.item() == 6);
  CHECK(elements<bool>(less) == std::vector<bool>{true, true, true});

  constexpr auto twins = st::fused([](auto x) { return std::pair(x + 1, x + 2); });
  const auto both = twins(one);
  CHECK(elements(std::get<1>(both)) == numbers{3, 4, 5});

  constexpr auto deep = st::fused([](auto x) {
    return std::tuple(std::tuple(x + 1, x + 2), x + 3);
  });
  const auto tree = deep(one);
  CHECK(elements(std::get<0>(std::get<0>(tree))) == numbers{2, 3, 4});
  CHECK(elements(std::get<1>(std::get<0>(tree))) == numbers{3, 4, 5});
  CHECK(elements(std::get<1>(tree)) == numbers{4, 5, 6});

  constexpr auto uneven = st::fused([](auto x, auto y) {
    return std::tuple(std::tuple(sum(x), y), x + 3, st::reshape<3, 1>(x));
  });
  const auto leaves = uneven(one, two);
  CHECK(std::get<0>(std::get<0>(leaves)).item() == 6);
  CHECK(elements(std::get<1>(std::get<0>(leaves))) == numbers{4, 5, 6});
  CHECK(elements(std::get<1>(leaves)) == numbers{4, 5, 6});
  CHECK(std::get<2>(leaves).extent(1) == 1);
}

TEST_CASE("fused: structures as arguments and as results") {
  constexpr auto exchange = st::fused([](const pair& p) {
    pair result = p;
    result.left = p.right * 2;
    result.right = p.left;
    return result;
  });
  const pair p{one, two};
  const pair q = exchange(p);
  CHECK(elements(q.left) == numbers{8, 10, 12});
  CHECK(elements(q.right) == numbers{1, 2, 3});

  // A returned tensor has the type that it is declared with, whatever was assigned to it.
  constexpr auto typed = st::fused([](auto x) {
    pair result;
    result.left = st::cast<double>(x) + 1;
    result.right = sum(x);
    return std::tuple(std::tuple(), result, x * 2);
  });
  const auto typed_results = typed(one);
  CHECK(elements(std::get<1>(typed_results).left) == numbers{2, 3, 4});
  CHECK(elements(std::get<1>(typed_results).right) == numbers{6, 6, 6});
  CHECK(elements(std::get<2>(typed_results)) == numbers{2, 4, 6});

  constexpr auto fold = st::fused([](const nested& n) {
    return n.first.left + n.first.right * 10 + n.more[0] * 100 + n.more[1] * 1000;
  });
  const nested n{{one, two}, {one, two}};
  CHECK(elements(fold(n)) == numbers{4141, 5252, 6363});
}

TEST_CASE("fused: updates of tensors and structures, beside results") {
  constexpr auto step = st::fused([](auto& x, auto& s, auto y) {
    auto before = x;
    x = x + y;
    s.left = x * 2;
    return before - y;
  });
  st::tensor<float, 3> x = one;
  pair s;
  const auto difference = step(x, s, two);
  CHECK(elements(difference) == numbers{-3, -3, -3});
  CHECK(elements(x) == numbers{5, 7, 9});
  CHECK(elements(s.left) == numbers{10, 14, 18});
  CHECK(elements(s.right) == numbers{0, 0, 0});

  constexpr auto swap = st::fused([](auto& a, auto& b) {
    auto kept = a;
    a = b;
    b = kept;
  });
  st::tensor<float, 3> a = one, b = two;
  swap(a, b);
  CHECK(elements(a) == numbers{4, 5, 6});
  CHECK(elements(b) == numbers{1, 2, 3});

  constexpr auto turn = st::fused([](auto& m) { m = transpose(m); });
  st::tensor<float, 2, 2> m{1, 2, 3, 4};
  turn(m);
  CHECK(elements(m) == numbers{1, 3, 2, 4});

  // An argument that is const is not updated, and keeps its value.
  constexpr auto local = st::fused([](auto v) {
    v = v + 1;
    return v;
  });
  CHECK(elements(local(one)) == numbers{2, 3, 4});
  CHECK(elements(one) == numbers{1, 2, 3});
}

TEST_CASE("fused: an update broadcasts to its tensor and takes its type") {
  constexpr auto fill = st::fused([](auto& x, auto& n, auto y) {
    x = sum(y);
    n = y * 1.5f;
  });
  st::tensor<float, 2, 3> x;
  st::tensor<int, 3> n;
  fill(x, n, one);
  CHECK(elements(x) == numbers{6, 6, 6, 6, 6, 6});
  CHECK(elements<int>(n) == std::vector<int>{1, 3, 4});
}

TEST_CASE("fused: compound assignment, outside and inside, of tensors, views and members") {
  st::tensor<float, 2, 3> x{1, 2, 3, 4, 5, 6};
  const float* memory = x.data();
  x += 1;
  x *= x;
  x -= st::tensor<float, 3>{1, 2, 3};  // broadcast to x
  x /= 2.f;
  CHECK(x.data() == memory);
  for (int i = 0; i < 6; ++i)
    CHECK(x.data()[i] == static_cast<float>((i + 2) * (i + 2) - (i % 3 + 1)) / 2);
  x.slice(0, 1, 2) += 10;
  CHECK(x(0, 0) == 1.5f);
  CHECK(x(1, 0) == 22);
  st::tensor<int, 3> n{1, -3, 5};
  n += n;
  n /= 4;  // the quotient is f32, and takes the tensor's type again
  CHECK(n(0) == 0);
  CHECK(n(1) == -1);
  CHECK(n(2) == 2);

  struct net {
    st::tensor<float, 5> w;
    st::tensor<float, 2, 3> v;
  };
  constexpr auto step = st::fused([](auto& own, auto& m, auto g, auto rate) {
    own.w -= rate * g;
    own.v *= 2;
    m += sum(own.v);  // the new value
    m /= 2;
  });
  net own;
  st::tensor<float, 4> m;
  st::tensor<float, 5> g;
  g += 1;
  own.v += 2;
  step(own, m, g, 0.5f);
  CHECK(own.w(4) == -0.5f);
  CHECK(own.v(1, 2) == 4);
  CHECK(m(3) == 12);
}

TEST_CASE("fused: numbers, views, expressions and open extents as arguments") {
  constexpr auto scale = st::fused([](auto x, auto by) { return x * by; });
  CHECK(elements(scale(one, 2.f)) == numbers{2, 4, 6});
  CHECK(elements(scale(one, 2)) == numbers{2, 4, 6});
  CHECK(elements(scale(3.0, two)) == numbers{12, 15, 18});
  const st::tensor<std::int32_t, 2> n{3, 4};
  CHECK(elements<std::int32_t>(scale(n, 2)) == std::vector<std::int32_t>{6, 8});

  st::tensor<float, 2, 3> m{1, 2, 3, 4, 5, 6};
  CHECK(elements(scale(m.slice(1, 0, 3, 2), 10.f)) == numbers{10, 30, 40, 60});
  CHECK(elements(st::tensor(scale(one + 1, two))) == numbers{8, 15, 24});
  CHECK(elements(st::tensor(scale(one, two) + scale(one + 0, 1.f))) == numbers{5, 12, 21});

  for (int size : {0, 1, 5}) {
    st::tensor<float, batch> x(size);
    x = 3;
    const auto y = scale(x, x);
    REQUIRE(y.extent(0) == size);
    for (int i = 0; i < size; ++i) CHECK(y(i) == 9);
  }
}

TEST_CASE("fused: functions within functions, and constants as results") {
  static constexpr auto inner = st::fused([](auto x) { return std::tuple(x * 2, exp(x * 0)); });
  constexpr auto outer = st::fused([](auto x) {
    auto [a, b] = inner(x + 1);
    return a + b;
  });
  CHECK(elements(outer(one)) == numbers{5, 7, 9});

  static constexpr auto increment = st::fused([](auto& x) { x = x + 1; });
  constexpr auto twice = st::fused([](auto& x) {
    increment(x);
    increment(x);
  });
  st::tensor<float, 3> x = one;
  twice(x);
  CHECK(elements(x) == numbers{3, 4, 5});

  constexpr auto same = st::fused([](auto v) { return v; });
  const auto copy = same(one);
  CHECK(elements(copy) == numbers{1, 2, 3});
  CHECK(copy.data() != one.data());
  constexpr auto repeated = st::fused([](auto v) { return std::tuple(v + 1, v + 1, v); });
  const auto [first, second, third] = repeated(one);
  CHECK(elements(first) == elements(second));
  CHECK(elements(third) == numbers{1, 2, 3});
  constexpr auto zeros = st::fused([](auto v) { return v - v + 7; });
  CHECK(elements(zeros(one)) == numbers{7, 7, 7});
}

TEST_CASE("fused: one tensor as several arguments") {
  constexpr auto both = st::fused([](auto x, auto y) { return x * y; });
  CHECK(elements(both(one, one)) == numbers{1, 4, 9});

  // What is read through one argument is what the call found, although another one updates it.
  constexpr auto turned = st::fused([](auto& x, auto y) { x = transpose(y) + x; });
  st::tensor<float, 2, 2> m{1, 2, 3, 4};
  turned(m, m);
  CHECK(elements(m) == numbers{2, 5, 5, 8});
  // Only a part is shared; and both are updated, which has no meaning.
  constexpr auto running = st::fused([](auto& x, auto y) { x = x + st::sum<0>(y); });
  st::tensor<float, 8> v{1, 2, 3, 4, 5, 6, 7, 8};
  running(v, v.slice(0, 6, 8));
  CHECK(elements(v) == numbers{16, 17, 18, 19, 20, 21, 22, 23});
  constexpr auto both_updated = st::fused([](auto& x, auto& y) { x = y + 1, y = x + 2; });
  CHECK_THROWS_WITH_AS(both_updated(v, v),
                       "operands 0 and 1 share memory, and both are updated; pass the memory once",
                       st::value_error);
  CHECK(v(0) == 16);
}

TEST_CASE("fused: updates of views write the memory that they see, and no other") {
  constexpr auto step = st::fused([](auto& x, auto y) { x = x * 2 + y; });
  st::tensor<float, 2, 4> m{1, 2, 3, 4, 5, 6, 7, 8};
  auto odd = m.slice(1, 1, 4, 2);
  step(odd, 100.f);
  CHECK(elements(m) == numbers{1, 104, 3, 108, 5, 112, 7, 116});
  const auto even = m.slice(1, 0, 3, 2);
  step(odd, even);  // interleaved in memory, with no element in common
  CHECK(elements(m) == numbers{1, 209, 3, 219, 5, 229, 7, 239});
  constexpr auto turn = st::fused([](auto& x) { x = transpose(x); });
  auto square = m.slice(1, 0, 4, 3);
  turn(square);
  CHECK(elements(m) == numbers{1, 209, 3, 5, 219, 229, 7, 239});
}

TEST_CASE("fused: loops, conditions and helper functions of the language") {
  constexpr auto power = st::fused([](auto x) {
    auto result = x;
    for (int i = 0; i < 5; ++i) result = result * x;
    if (x.rank() == 1) result = result + 1;
    return result;
  });
  CHECK(elements(power(one)) == numbers{2, 65, 730});
  constexpr auto sums = st::fused([](auto x) {
    std::array<st::symbol, 4> parts;
    for (int i = 0; i < 4; ++i) parts[i] = x * (i + 1);
    st::symbol total = parts[0];
    for (int i = 1; i < 4; ++i) total = total + parts[i];
    return total;
  });
  CHECK(elements(sums(one)) == numbers{10, 20, 30});
}

TEST_CASE("fused: layers whose extents are all open are one kernel, as static ones are") {
  using st::dyn;
  const st::tensor<float, dyn, dyn> x = st::random::normal(5, 7), w = st::random::normal(7, 3);
  const st::tensor<float, dyn> b = st::random::normal(3), s = st::random::normal(7), t = s;
  constexpr auto norm = st::fused([](auto v, auto scale, auto shift) {
    return st::layer_norm(v, scale, shift);
  });
  constexpr auto dense = st::fused([](auto v, auto m, auto c) { return relu(matmul(v, m) + c); });
  static_assert(st::kernels(norm, st::tensor<float, dyn, dyn>(), st::tensor<float, dyn>(),
                            st::tensor<float, dyn>()) == 1);
  CHECK(st::kernels(dense, x, w, b) == 1);
  const st::tensor<float, 5, 7> fixed_x = x;
  const st::tensor<float, 7, 3> fixed_w = w;
  const st::tensor<float, 3> fixed_b = b;
  const auto open = dense(x, w, b);
  const auto fixed = dense(fixed_x, fixed_w, fixed_b);
  for (std::int64_t i = 0; i < fixed.size(); ++i) CHECK(open.data()[i] == fixed.data()[i]);
  // One extent that is a number makes the others that number.
  const auto half = dense(x, fixed_w, b);
  static_assert(decltype(half)::declared[1] == 3);
  // What must be equal is still checked.
  const st::tensor<float, dyn> longer = st::random::normal(4);
  CHECK_THROWS_AS(dense(x, w, longer), st::shape_error);
  CHECK_THROWS_AS(norm(x, s, longer), st::shape_error);
}

TEST_CASE("fused: what an update in place waits for, unread by products, is not in their chain") {
  constexpr auto step = st::fused([](auto& state, auto x, auto w) {
    auto before = tanh(state);
    state = matmul(relu(matmul(x, w)), w);
    return before;
  });
  st::tensor<st::bf16, 1000, 32> state, x;
  const st::tensor<st::bf16, 32, 32> w;
  const std::string text = st::explain(step, state, x, w);
  CHECK(text.find("plan: 2 kernels") == 0);
  CHECK(text.find("workspace  none") != text.npos);
}
