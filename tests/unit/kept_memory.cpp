// SPDX-License-Identifier: Apache-2.0

// How long memory is held by expressions, whose operands own it together.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>

#include <atomic>
#include <cstdlib>
#include <thread>
#include <utility>
#include <vector>

namespace st = sinter;
using st::dyn;

namespace {

using numbers = std::vector<float>;
template <class Tensor> numbers elements(const Tensor& x) {
  return numbers(x.data(), x.data() + x.size());
}

/// What gives memory back and counts how often.
struct counted_delete {
  int* calls;
  void operator()(float* data) const {
    ++*calls;
    std::free(data);
  }
};
float* allocated(std::size_t count) {
  auto* const data = static_cast<float*>(std::malloc(count * sizeof(float)));
  for (std::size_t i = 0; i < count; ++i) data[i] = static_cast<float>(i);
  return data;
}

}  // namespace

TEST_CASE("expression: its copies hold memory together, and the last gives it back, once") {
  int calls = 0;
  {
    const auto made = [&] {
      const st::tensor<float, dyn> x(st::adopt(allocated(3), counted_delete{&calls}), 3);
      return x * 2 + x;
    };
    auto e = made();
    CHECK(calls == 0);
    auto copy = e;
    auto moved = std::move(e);
    copy = moved;
    const auto& itself = copy;
    copy = itself;
    e = copy;  // it held nothing any more
    CHECK(elements(st::tensor(e)) == numbers{0, 3, 6});
    CHECK(elements(st::tensor(moved)) == numbers{0, 3, 6});
    const auto longer = std::move(copy) + 1;
    CHECK(elements(st::tensor(longer)) == numbers{1, 4, 7});
    CHECK(elements(st::tensor(longer * e)) == numbers{0, 12, 42});
    e = made();
    CHECK(calls == 0);
  }
  CHECK(calls == 2);
}

TEST_CASE("expression: one that fails lets go of its memory") {
  int calls = 0;
  st::tensor<float, dyn> y = {1, 2};
  {
    const st::tensor<float, dyn> x(st::adopt(allocated(3), counted_delete{&calls}), 3);
    CHECK_THROWS_AS(y = x * 2 + y, st::shape_error);
    CHECK_THROWS_AS(y += x, st::shape_error);
    CHECK_THROWS_AS((void)st::fused([](auto a, auto b) { return a + b; })(x, y), st::shape_error);
    CHECK(calls == 0);
  }
  CHECK(calls == 1);
  CHECK(elements(y) == numbers{1, 2});
}

// Before there is a second thread, owners are counted without atomic operations.
TEST_CASE("expression: held by one thread before there are others, and then by all") {
  int calls = 0;
  {
    std::vector<std::thread> team;
    const auto e = [&] {
      const st::tensor<float, dyn> x(st::adopt(allocated(3), counted_delete{&calls}), 3);
      return x + 1;
    }();
    std::atomic<int> wrong = 0;
    for (int i = 0; i < 4; ++i)
      team.emplace_back([own = e, &e, &wrong] {
        for (int turn = 0; turn < 2000; ++turn) {
          const auto copy = e;
          const st::tensor y = copy * own;
          wrong += y(2) != 9;
        }
      });
    for (std::thread& t : team) t.join();
    CHECK(wrong == 0);
    CHECK(calls == 0);
  }
  CHECK(calls == 1);
}

TEST_CASE("update: an empty operand shares no memory, wherever it lies") {
  st::tensor<float, dyn> x = {1, 2, 3};
  const auto nothing = [](float*) {};
  st::tensor<float, dyn> none(st::adopt(x.data() + 1, nothing), 0);
  constexpr auto both = st::fused([](auto& a, auto& b) {
    a = a + 1;
    b = b + 1;
  });
  both(x, none);  // of operands that share memory one alone may be updated
  CHECK(elements(x) == numbers{2, 3, 4});
  // The product of the extents wraps on its way to 0.
  constexpr std::int64_t many = std::int64_t{1} << 31;
  st::tensor<float, dyn, dyn, dyn, dyn> huge(many, many, many, 0);
  huge = huge + 1;
  CHECK(huge.size() == 0);
}
