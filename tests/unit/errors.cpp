// SPDX-License-Identifier: Apache-2.0

// Wrong input at run time: one error that says what was asked, what was found and what to do; and
// nothing is changed by a call that failed.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>

#include <vector>

namespace st = sinter;
using st::dyn;

namespace {

inline constexpr st::axis batch{"batch"};

/// The message of the error of one kind that `f` throws; empty if there is none.
template <class Error, class F> std::string message(F f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

template <class T> std::vector<T> elements(const auto& x) {
  return std::vector<T>(x.data(), x.data() + x.size());
}

using numbers = std::vector<float>;

}  // namespace

TEST_CASE("errors: every kind is a sinter::error, which is a std::runtime_error") {
  static_assert(std::is_base_of_v<st::error, st::shape_error>);
  static_assert(std::is_base_of_v<st::error, st::placement_error>);
  static_assert(std::is_base_of_v<st::error, st::memory_error>);
  static_assert(std::is_base_of_v<st::error, st::device_error>);
  static_assert(std::is_base_of_v<st::error, st::io_error>);
  static_assert(std::is_base_of_v<st::error, st::value_error>);
  static_assert(std::is_base_of_v<std::runtime_error, st::error>);
}

TEST_CASE("errors: run-time extents that do not fit an operation") {
  const st::tensor<float, dyn, dyn> x(2, 3), y(4, 5);
  const st::tensor<float, 3> three;
  CHECK(message<st::shape_error>([&] { st::tensor z = matmul(x, y); }) ==
        "matmul: [2, 3] and [4, 5] do not fit: 3 against 4; a run-time extent never broadcasts");
  CHECK(message<st::shape_error>([&] { st::tensor z = x + y; }) ==
        "add: [2, 3] and [4, 5] do not fit: 2 against 4; a run-time extent never broadcasts");
  CHECK(message<st::shape_error>([&] { st::tensor z = y * three; }) ==
        "mul: [4, 5] and [3] do not fit: 5 against 3; a run-time extent never broadcasts");
  // NumPy would broadcast the row; here it is an error unless the 1 is in the type.
  const st::tensor<float, dyn, dyn> row(1, 3);
  CHECK_THROWS_AS((st::tensor<float, dyn, dyn>(x + row)), st::shape_error);
  CHECK(message<st::shape_error>([&] { st::tensor z = st::reshape<7>(x); }) ==
        "reshape: [2, 3] and [7] hold 6 and 7 elements: the number of elements must stay the same");
  const st::tensor<float, dyn, dyn> empty(2, 0);
  CHECK(message<st::shape_error>([&] { st::tensor z = st::max<1>(empty); }) ==
        "max: [2, 0]: an empty axis has no such value");
  CHECK_THROWS_AS(st::tensor(argmax(empty)), st::shape_error);
}

TEST_CASE("errors: a named axis has one extent throughout a call") {
  const st::tensor<float, batch, 3> x(2);
  const st::tensor<float, batch> y(4);
  const st::tensor<int, batch> label(5);
  CHECK(message<st::shape_error>([&] { st::tensor z = st::sum<1>(x) + y; }) ==
        "batch=2 in operand 0, axis 0, but 4 in operand 1, axis 0: a named axis has one extent "
        "throughout a call");
  CHECK_THROWS_AS(st::tensor(cross_entropy(x, label)), st::shape_error);
  // Also where the operand's values are not used.
  constexpr auto first = st::fused([](auto a, auto) { return a + 1; });
  CHECK_THROWS_AS(first(x, y), st::shape_error);
}

TEST_CASE("errors: a tensor keeps its static extents") {
  const st::tensor<float, dyn> three{1, 2, 3};
  st::tensor<float, 2> two{8, 9};
  CHECK(message<st::shape_error>([&] { two = three + 1; }) ==
        "assign: a tensor [2] cannot hold [3]");
  CHECK(elements<float>(two) == numbers{8, 9});
  CHECK_THROWS_AS((st::tensor<float, 2>(three)), st::shape_error);
  st::tensor<float, batch, 2> pairs(1);
  const st::tensor<float, dyn, dyn> wide(4, 3);
  CHECK(message<st::shape_error>([&] { pairs = wide * 1; }) ==
        "assign: a tensor [batch, 2] cannot hold [4, 3]");
}

TEST_CASE("errors: a label outside its classes") {
  const st::tensor<float, 2, 3> scores{1, 2, 3, 4, 5, 6};
  st::tensor<float, 2> loss{7, 7};
  st::tensor<std::uint8_t, 2> label;
  label(1) = 3;
  CHECK(message<st::value_error>([&] { loss = cross_entropy(scores, label); }) ==
        "label 3 at position 1 is outside the classes 0 ... 2");
  CHECK(elements<float>(loss) == numbers{7, 7});
  const st::tensor<std::int64_t, 2> negative{0, -1};
  CHECK(message<st::value_error>([&] { loss = cross_entropy(scores, negative); }) ==
        "label -1 at position 1 is outside the classes 0 ... 2");
  const st::tensor<std::uint64_t, 2> huge{0, ~std::uint64_t{0}};
  CHECK_THROWS_AS((loss = cross_entropy(scores, huge)), st::value_error);
  // Strided labels, where position counts the labels.
  st::tensor<int, 4> pairs{0, 9, 2, 9};
  CHECK_NOTHROW((loss = cross_entropy(scores, pairs.slice(0, 0, 4, 2))));
  CHECK_THROWS_AS((loss = cross_entropy(scores, pairs.slice(0, 1, 4, 2))), st::value_error);
}

TEST_CASE("errors: a step that fails updates none of its arguments") {
  constexpr auto step = st::fused([](auto& w, auto& count, auto x, auto label) {
    auto loss = mean(cross_entropy(matmul(x, w), label));
    w = w - gradient(loss, w);
    count = count + 1;
    return loss;
  });
  st::tensor<float, 2, 3> w{1, 2, 3, 4, 5, 6};
  st::tensor<int> count = 5;
  const st::tensor<float, batch, 2> x(4);
  st::tensor<int, batch> label(4);
  label(3) = 3;
  CHECK_THROWS_AS(step(w, count, x, label), st::value_error);
  const st::tensor<int, batch> few(2);
  CHECK_THROWS_AS(step(w, count, x, few), st::shape_error);
  CHECK(elements<float>(w) == numbers{1, 2, 3, 4, 5, 6});
  CHECK(count.item() == 5);
  label(3) = 2;
  CHECK_NOTHROW(step(w, count, x, label));
  CHECK(count.item() == 6);
}

TEST_CASE("errors: a result too large for any machine") {
  float one = 1;
  const std::int64_t large = std::int64_t{1} << 40;
  const st::tensor_view<float, dyn, 1> column(&one, {large, 1}, {0, 0});
  const st::tensor_view<float, 1, dyn> row(&one, {1, large}, {0, 0});
  CHECK_THROWS_AS((st::tensor<float, dyn, dyn>(column + row)), st::memory_error);
  // The same size as an intermediate result, which is stored since a product needs it in memory.
  CHECK_THROWS_AS(st::tensor(sum(matmul(row, exp(row + column)))), st::memory_error);
}
