// SPDX-License-Identifier: Apache-2.0

// Memory that is not the library's own: views of pointers and containers, tensors that adopt
// memory, and what is refused.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>

#include <array>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "counted_memory.hpp"

namespace st = sinter;
using st::dyn;
using namespace sinter::testing;

namespace {

inline constexpr st::axis batch{"batch"};

/// Host memory that passes for a device's, as far as tensors see it.
struct device_stand_in {
  device_stand_in() { st::detail::device_memory = &kind; }
  ~device_stand_in() { st::detail::device_memory = nullptr; }
  static st::detail::memory_block* allocate(std::size_t bytes, st::placement where) {
    auto* const block = st::detail::allocate_on_host(bytes, where);
    block->where = where;
    return block;
  }
  static constexpr st::detail::memory_kind kind{allocate, st::detail::release_on_host,
                                                st::detail::copy_on_host,
                                                st::detail::clear_on_host};
};

}  // namespace

TEST_CASE("view: a pointer and where it points") {
  float memory[6] = {0, 1, 2, 3, 4, 5};
  const st::tensor_view<float, dyn, 3> here(memory, 2);
  CHECK(here.where() == st::cpu);
  const st::tensor_view<float, dyn, 3> there(memory, st::cuda_device(1), 2);
  CHECK(there.where() == st::cuda_device(1));
  CHECK(there.data() == memory);
  CHECK(there.extent(0) == 2);
  CHECK(there.stride(0) == 3);
  CHECK_THROWS_AS((void)there(0, 0), st::placement_error);
  CHECK(st::tensor_view<float>(memory)() == 0);
}

TEST_CASE("view: containers, whose elements are counted") {
  numbers memory{0, 1, 2, 3, 4, 5};
  const st::tensor_view<float, dyn, 3> x(memory);
  CHECK(x.extent(0) == 2);
  x(1, 0) = 10;
  CHECK(memory[3] == 10);
  CHECK(st::tensor_view<float, 3, 2>(memory)(1, 1) == 10);
  CHECK(st::tensor_view<const float, dyn, dyn>(std::as_const(memory), 3, 2)(2, 1) == 5);
  std::array<float, 4> few{1, 2, 3, 4};
  CHECK(st::tensor_view<float, batch>(few).extent(0) == 4);
  CHECK(st::tensor_view<const float, 2, 3>(std::span<const float>(memory))(1, 0) == 10);
  const std::vector<double> none;
  CHECK(st::tensor_view<const double, dyn, 4>(none).extent(0) == 0);
  CHECK(st::tensor_view<const double, dyn, 0>(none).extent(0) == 0);
  CHECK(st::tensor_view<const double, dyn, dyn>(none, 0, 7).extent(1) == 7);

  CHECK_THROWS_WITH_AS((st::tensor_view<float, dyn, 4>(memory)),
                       "view: 6 elements do not fill [dyn, 4]", st::shape_error);
  CHECK_THROWS_WITH_AS((st::tensor_view<float, 2, 2>(memory)),
                       "view: 6 elements do not fill [2, 2]", st::shape_error);
  CHECK_THROWS_WITH_AS((st::tensor_view<float, batch, dyn>(memory, 7, 1)),
                       "view: 6 elements do not fill [7, 1]", st::shape_error);
  CHECK_THROWS_AS((st::tensor_view<float, 3>(memory)), st::shape_error);
  CHECK_THROWS_AS((st::tensor_view<float, dyn, 0>(memory)), st::shape_error);
  CHECK_THROWS_AS((st::tensor_view<float, dyn, dyn>(memory, -2, -3)), st::shape_error);
}

TEST_CASE("view: what a type refuses") {
  using view = st::tensor_view<float, dyn>;
  using reading = st::tensor_view<const float, dyn>;
  static_assert(std::is_constructible_v<reading, numbers&>);
  static_assert(!std::is_constructible_v<reading, numbers>, "a temporary would be gone");
  static_assert(!std::is_constructible_v<reading, std::array<float, 3>>);
  static_assert(std::is_constructible_v<reading, std::span<float>>);
  static_assert(!std::is_constructible_v<view, const numbers&>);
  static_assert(!std::is_constructible_v<view, std::span<const float>>);
  static_assert(!std::is_constructible_v<view, std::vector<double>&>);
  static_assert(!std::is_constructible_v<st::tensor_view<float, dyn, dyn>, numbers&>);
  static_assert(!std::is_constructible_v<view, st::tensor<float, dyn>&>, "it has view()");
  static_assert(std::is_convertible_v<st::tensor_view<float, 3>, reading>);
  static_assert(std::is_convertible_v<st::tensor_view<float, batch>, reading>);
  static_assert(!std::is_constructible_v<view, reading>);
  static_assert(!std::is_convertible_v<view, st::tensor_view<float, 3>>, "only if said so");
  static_assert(!std::is_constructible_v<st::tensor_view<float, 2>, st::tensor_view<float, 3>>);
}

TEST_CASE("view: of a view, in other words") {
  st::tensor<float, 2, 3> x = {1, 2, 3, 4, 5, 6};
  const auto third = x.slice(1, 2, 3);
  const st::tensor_view<const float, batch, 1> named(third);
  CHECK(named(1, 0) == 6);
  CHECK(named.stride(0) == 3);
  CHECK_THROWS_WITH_AS((st::tensor_view<float, 3, dyn>(third)),
                       "view: axis 0 has extent 3 by its type, but 2 elements were given",
                       st::shape_error);
}

TEST_CASE("view: pointers to nothing, between elements, and beyond memory") {
  float* const none = nullptr;
  CHECK_THROWS_WITH_AS((st::tensor_view<float, dyn, 3>(none, 2)),
                       "view: no memory was given for the elements [2, 3]: the pointer is null",
                       st::value_error);
  CHECK_THROWS_AS((st::tensor_view<float>(none)), st::value_error);
  CHECK(st::tensor_view<float, dyn, 3>(none, 0).data() == nullptr);
  const st::tensor_view<float, dyn, dyn, dyn> empty(none, 0, 1 << 30, std::int64_t{1} << 40);
  CHECK(st::tensor(empty + 1).size() == 0);

  alignas(8) char bytes[16] = {};
  // Address only: nothing is read there.
  const auto odd = reinterpret_cast<std::uintptr_t>(bytes) + 2;
  CHECK_THROWS_WITH_AS((st::tensor_view<float, 1>(reinterpret_cast<float*>(odd))),
                       "view: elements f32 lie at multiples of 4 bytes, and the address is none",
                       st::value_error);

  float one = 1;
  const std::int64_t large = std::int64_t{1} << 40;
  using matrix = st::tensor_view<float, dyn, dyn>;
  CHECK_THROWS_AS(matrix(&one, large, large), st::memory_error);
  CHECK_THROWS_AS(matrix(&one, {large, 2}, {large, 1}), st::memory_error);
  CHECK_THROWS_AS(matrix(&one, {large, 2}, {-large, 1}), st::memory_error);
  CHECK_THROWS_AS(matrix(&one, {2, 2}, {INT64_MAX, 1}), st::memory_error);
  CHECK_THROWS_AS(matrix(&one, {2, 2}, {INT64_MIN, 1}), st::memory_error);
  CHECK_THROWS_AS(matrix(&one, {2, 2}, {INT64_MAX / 8, INT64_MAX / 4}), st::memory_error);
  CHECK_THROWS_AS(matrix(&one, {2, -1}, {1, 1}), st::shape_error);
  CHECK(matrix(&one, {1, large}, {INT64_MAX, 0})(0, 7) == 1);
  CHECK(st::tensor(matrix(&one, {1, 1}, {INT64_MIN, 7}) + 1)(0, 0) == 2);
  CHECK(st::tensor(matrix(&one, {0, 2}, {1, INT64_MAX}) + 1).size() == 0);
}

TEST_CASE("assign: a view whose elements share memory is read and not written") {
  float memory[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  using matrix = st::tensor_view<float, dyn, dyn>;
  const matrix rows(memory, {2, 3}, {0, 1});
  CHECK(elements(st::tensor(rows + 0)) == numbers{1, 2, 3, 1, 2, 3});
  CHECK_THROWS_WITH_AS(rows = rows + 1,
                       "assign: elements of operand 0 share memory: a view [2, 3] with strides "
                       "[0, 1] can be read and not written",
                       st::value_error);
  CHECK_THROWS_AS(rows = 1, st::value_error);
  CHECK_THROWS_AS(matrix(memory, {3, 3}, {1, 1}) = 0, st::value_error);
  CHECK_THROWS_AS(matrix(memory, {2, 2}, {-1, 1}) = 0, st::value_error);
  constexpr auto raise = st::fused([](auto x, auto& v) { v = v + x; });
  CHECK_THROWS_WITH_AS(raise(1.f, rows),
                       "assign: elements of operand 1 share memory: a view [2, 3] with strides "
                       "[0, 1] can be read and not written",
                       st::value_error);
  CHECK(memory[0] == 1);

  matrix(memory, {1, 3}, {INT64_MIN, 1}) = 5;
  matrix(memory, {1, 3}, {0, 1}) = 0;  // one row, whatever its stride
  matrix(memory + 5, {2, 2}, {-2, 1}) = 10;
  matrix(memory, {0, 3}, {0, 0}) = 20;
  CHECK(numbers(memory, memory + 9) == numbers{0, 0, 0, 10, 10, 10, 10, 8, 9});
}

TEST_CASE("adopt: the last owner gives the memory back, once") {
  int calls = 0;
  float* const data = allocated(6);
  {
    st::tensor<float, batch, 3> x(st::adopt(data, counted_delete{&calls}), 2);
    CHECK(x.data() == data);
    CHECK(x(1, 2) == 5);
    x = x * 2;  // in its place
    CHECK(x.data() == data);
    const st::tensor copy = x;
    CHECK(copy.data() != data);
    const auto lazy = x + 1;
    x = st::tensor<float, batch, 3>(4);
    CHECK(calls == 0);  // the expression still holds it
    CHECK(elements(st::tensor(lazy)) == numbers{1, 3, 5, 7, 9, 11});
  }
  CHECK(calls == 1);
}

TEST_CASE("adopt: tensors of other extents, moved, cleared and without elements") {
  int calls = 0;
  st::tensor<float, dyn> x(st::adopt(allocated(3), counted_delete{&calls}), 3);
  st::tensor<float, dyn> y = std::move(x);
  CHECK(calls == 0);
  CHECK(y(2) == 2);
  y.clear();
  CHECK(elements(y) == numbers{0, 0, 0});
  y.resize(5);
  CHECK(calls == 1);
  y = st::tensor<float, dyn>(st::adopt(static_cast<float*>(nullptr), counted_delete{&calls}), 0);
  const auto copy = y;
  CHECK(copy.size() == 0);
  y = st::tensor<float, 2>{1, 2};
  CHECK(calls == 2);
  CHECK(st::tensor<float>(st::adopt(allocated(1), counted_delete{&calls})).item() == 0);
  CHECK(calls == 3);
}

TEST_CASE("adopt: what cannot become a tensor is given back, once") {
  int calls = 0;
  const auto memory = [&] { return st::adopt(allocated(3), counted_delete{&calls}); };
  using vector = st::tensor<float, dyn>;
  CHECK_THROWS_AS(vector(memory(), -1), st::shape_error);
  CHECK(calls == 1);
  CHECK_THROWS_AS(vector(memory(), std::int64_t{1} << 62), st::memory_error);
  CHECK(calls == 2);
  CHECK_THROWS_WITH_AS(
      vector(st::adopt(static_cast<float*>(nullptr), counted_delete{&calls}), 3),
      "tensor: no memory was given for the elements [3]: the pointer is null", st::value_error);
  CHECK(calls == 3);
  CHECK_THROWS_WITH_AS((void)st::adopt(allocated(3), counted_delete{&calls}, st::cuda),
                       "adopt: this program has no CUDA target; include sinter/cuda.hpp, and "
                       "compile with nvcc",
                       st::device_error);
  CHECK(calls == 4);
  { const auto unused = memory(); }
  CHECK(calls == 5);
}

TEST_CASE("adopt: a vector moves into a tensor") {
  numbers memory{1, 2, 3, 4, 5, 6};
  const float* const data = memory.data();
  st::tensor<float, dyn, 3> x(st::adopt(std::move(memory)));
  CHECK(x.data() == data);
  CHECK(x(1, 2) == 6);
  CHECK(st::tensor(sum(x)).item() == 21);
  CHECK_THROWS_WITH_AS((st::tensor<float, dyn, dyn>(st::adopt(numbers(6)), 2, 2)),
                       "tensor: 6 elements do not fill [2, 2]", st::shape_error);
  CHECK(st::tensor<float, dyn>(st::adopt(numbers())).size() == 0);
  int calls = 0;
  CHECK_THROWS_WITH_AS((st::tensor<float, dyn, 3>(st::adopt(allocated(6), counted_delete{&calls}))),
                       "tensor: of memory that a pointer leads to, say the open extent of [dyn, 3]",
                       st::shape_error);
  CHECK(calls == 1);

  auto kept = std::make_shared<numbers>(numbers{7, 8});
  {
    const st::tensor<float, 2> y(st::adopt(kept->data(), [kept](float*) {}));
    CHECK(kept.use_count() == 2);
    CHECK(y(1) == 8);
  }
  CHECK(kept.use_count() == 1);
}

TEST_CASE("adopt: what owns nothing, or not by itself, is no memory to adopt") {
  const auto adopts = [](auto&& x) { return requires { st::adopt(std::move(x)); }; };
  static_assert(adopts(numbers()));
  static_assert(!adopts(std::span<float>()));
  static_assert(!adopts(std::array<float, 2>()), "its elements would stay behind");
  static_assert(!adopts(st::tensor<float, 2>()), "it is one already");
}

TEST_CASE("adopt: memory of a device keeps its place") {
  int calls = 0;
  const device_stand_in device;
  const st::placement there = st::cuda_device(1);
  {
    st::tensor<float, dyn> x(st::adopt(allocated(3), counted_delete{&calls}, there), 3);
    CHECK(x.where() == there);
    CHECK(elements(x.to(st::cpu)) == numbers{0, 1, 2});
    CHECK(st::tensor(x).where() == there);
    x.clear();
    CHECK(elements(x.to(st::cpu)) == numbers{0, 0, 0});
    CHECK(calls == 0);
    const st::tensor<float, dyn> none(
        st::adopt(static_cast<float*>(nullptr), counted_delete{&calls}, there), 0);
    CHECK(st::tensor(none).where() == there);
    CHECK(none.to(there).where() == there);
  }
  CHECK(calls == 2);
}
