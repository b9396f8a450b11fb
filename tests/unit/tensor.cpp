// SPDX-License-Identifier: Apache-2.0

// Tensors as containers: construction, extents, element types, access, copies, errors.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>

#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace st = sinter;
using st::dyn;

namespace {

inline constexpr st::axis batch{"batch"};

template <class T> std::vector<T> elements(const auto& x) {
  return std::vector<T>(x.data(), x.data() + x.size());
}

/// Writes and reads one element of every type.
template <class T> void hold() {
  st::tensor<T, 2, dyn> x(3);
  CHECK(x.size() == 6);
  for (int i = 0; i < 6; ++i) CHECK(x.data()[i] == T(0));
  x(1, 2) = T(1);
  CHECK(x.data()[5] == T(1));
  CHECK(std::as_const(x)(1, 2) == T(1));
  const st::tensor<T, 2, dyn> copy = x;
  CHECK(copy(1, 2) == T(1));
  CHECK(copy.data() != x.data());
}

}  // namespace

TEST_CASE("tensor: ranks 0 to 6, zeros") {
  CHECK(st::tensor<float>().size() == 1);
  CHECK(st::tensor<float>().item() == 0);
  CHECK(st::tensor<float, 3>().size() == 3);
  CHECK(st::tensor<float, 2, 3>().size() == 6);
  CHECK(st::tensor<float, 2, 3, 4>().size() == 24);
  CHECK(st::tensor<float, 2, 3, 4, 5>().size() == 120);
  CHECK(st::tensor<float, 2, 3, 4, 5, 6>().size() == 720);
  st::tensor<float, 2, 3, 4, 5, 6, 7> x;
  CHECK(x.size() == 5040);
  x(1, 2, 3, 4, 5, 6) = 1;
  CHECK(x.data()[5039] == 1);
  for (int i = 0; i < 5039; ++i) REQUIRE(x.data()[i] == 0);
}

TEST_CASE("tensor: extents that the type leaves open are given in order") {
  st::tensor<float, dyn, 3, batch> x(2, 4);
  CHECK(x.extent(0) == 2);
  CHECK(x.extent(1) == 3);
  CHECK(x.extent(2) == 4);
  x.resize(5, 0);
  CHECK(x.extent(0) == 5);
  CHECK(x.size() == 0);
  st::tensor<float, dyn, 3, batch> empty;
  CHECK(empty.size() == 0);
  CHECK(empty.extent(1) == 3);
}

TEST_CASE("tensor: elements in row-major order, from a list") {
  st::tensor<float, 2, 3> x{1, 2, 3, 4, 5, 6};
  CHECK(x(0, 2) == 3);
  CHECK(x(1, 0) == 4);
  st::tensor<int, dyn> list{7, 8, 9};
  CHECK(list.extent(0) == 3);
  CHECK(list(2) == 9);
  CHECK_THROWS_WITH_AS((st::tensor<float, 2, 3>{1, 2, 3}), "tensor: 3 values for 6 elements",
                       st::shape_error);
  st::tensor<double> scalar = 2.5;
  CHECK(scalar.item() == 2.5);
  CHECK(scalar() == 2.5);
}

TEST_CASE_TEMPLATE("tensor: holds every element type", T, bool, std::int8_t, std::int16_t,
                   std::int32_t, std::int64_t, std::uint8_t, std::uint16_t, std::uint32_t,
                   std::uint64_t, st::f16, st::bf16, float, double) {
  hold<T>();
}

TEST_CASE("tensor: an index outside its axis is an error") {
  st::tensor<float, 2, 3> x;
  CHECK_THROWS_WITH_AS(x(2, 0), "index 2 is outside axis 0 of a tensor [2, 3]", st::shape_error);
  CHECK_THROWS_WITH_AS(x(1, 3), "index 3 is outside axis 1 of a tensor [2, 3]", st::shape_error);
  CHECK_THROWS_WITH_AS(std::as_const(x)(0, -1), "index -1 is outside axis 1 of a tensor [2, 3]",
                       st::shape_error);
  st::tensor<float, dyn> empty(0);
  CHECK_THROWS_AS(empty(0), st::shape_error);
}

TEST_CASE("tensor: extents whose product overflows, and too large ones, are memory errors") {
  const std::int64_t large = std::int64_t{1} << 40;
  CHECK_THROWS_WITH_AS((st::tensor<float, dyn, dyn>(large, large)),
                       "tensor: extents [1099511627776, 1099511627776]: their product overflows; "
                       "no machine holds that many bytes",
                       st::memory_error);
  // 2^62 elements of four bytes: the product fits 63 bits, the bytes do not.
  CHECK_THROWS_AS((st::tensor<float, dyn>(std::int64_t{1} << 62)), st::memory_error);
  // An empty tensor has no bytes, whatever its other extents are.
  CHECK((st::tensor<float, dyn, dyn, dyn>(large, large, 0)).size() == 0);
#if !defined(__SANITIZE_ADDRESS__)  // the sanitizer ends the program where the system says no
  CHECK_THROWS_AS((st::tensor<float, dyn>(std::int64_t{1} << 50)), st::memory_error);
  st::tensor<float, dyn> x{1, 2};
  CHECK_THROWS_AS(x.resize(std::int64_t{1} << 50), st::memory_error);
  CHECK(elements<float>(x) == std::vector<float>{1, 2});
#endif
  CHECK_THROWS_WITH_AS((st::tensor<float, dyn, 3>(-2)),
                       "tensor: extents [-2, 3]: an extent must not be negative",
                       st::shape_error);
}

TEST_CASE("tensor: a copy has memory of its own") {
  st::tensor<int, dyn> x{1, 2, 3};
  st::tensor<int, dyn> y = x;
  y(0) = 9;
  CHECK(elements<int>(x) == std::vector<int>{1, 2, 3});
  x = y;
  CHECK(elements<int>(x) == std::vector<int>{9, 2, 3});
  const st::tensor<int, dyn>& self = x;
  x = self;
  CHECK(elements<int>(x) == std::vector<int>{9, 2, 3});
  y = st::tensor<int, dyn>{4};
  CHECK(elements<int>(y) == std::vector<int>{4});
}

TEST_CASE("tensor: a move takes the memory and leaves a tensor that can be assigned to") {
  st::tensor<float, dyn> x{1, 2, 3};
  const float* const memory = x.data();
  st::tensor<float, dyn> y = std::move(x);
  CHECK(y.data() == memory);
  CHECK(x.size() == 0);
  CHECK_THROWS_AS(x(0), st::shape_error);
  x = y + 1;
  CHECK(elements<float>(x) == std::vector<float>{2, 3, 4});

  st::tensor<float, dyn> small{7};
  small = std::move(y);
  CHECK(elements<float>(small) == std::vector<float>{1, 2, 3});
  // Whatever the other holds now, its extents fit its memory.
  for (std::int64_t i = 0; i < y.size(); ++i) CHECK(y(i) == 7);
  st::tensor<float, dyn>& self = small;
  small = std::move(self);
  CHECK(elements<float>(small) == std::vector<float>{1, 2, 3});
}

TEST_CASE("tensor: what was moved from is no operand") {
  st::tensor<float, 2> x{1, 2};
  const st::tensor<float, 2> y = std::move(x);
  CHECK_THROWS_AS((st::tensor<float, 2>(x + 1)), st::value_error);
  const st::tensor<float, 2> copy = x;
  CHECK(copy.size() == 0);
  x = y * 3;
  CHECK(elements<float>(x) == std::vector<float>{3, 6});
}

namespace {
constexpr auto own_mish(auto x) { return x * tanh(log1p(exp(x))); }
auto shifted(st::tensor<float, 3> x) {
  const st::tensor<float, 3> bias = {1, 2, 3};
  return x + bias;
}
}  // namespace

TEST_CASE("expression: outlives the tensors that it mentions") {
  const st::tensor<float, 3> x = {1, 2, 3};
  const auto late = shifted(x);
  const st::tensor<float, 3> other = {7, 7, 7};
  CHECK(st::tensor(late)(2) == 6);
  CHECK(st::tensor(own_mish(x))(0) == doctest::Approx(0.865098388));
  const auto copy = late * other;
  CHECK(st::tensor(copy)(1) == 28);

  auto moved = std::make_unique<st::tensor<float, 3>>(x);
  const auto held = *moved + 1;
  moved.reset();
  CHECK(st::tensor(held)(0) == 2);
  const auto owned = st::tensor<float, 3>(x * 2) + 1;
  CHECK(st::tensor(owned)(2) == 7);
}

TEST_CASE("tensor: alignment to 64 bytes") {
  for (int i = 1; i < 40; ++i) {
    st::tensor<std::int8_t, dyn> x(i);
    CHECK(reinterpret_cast<std::uintptr_t>(x.data()) % 64 == 0);
  }
}
