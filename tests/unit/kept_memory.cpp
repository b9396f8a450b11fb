// SPDX-License-Identifier: Apache-2.0

// How long memory is held: by expressions, whose operands own it together, and by a thread, which
// keeps what tensors gave back for those to come.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>

#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include "counted_memory.hpp"

namespace st = sinter;
using st::dyn;
using namespace sinter::testing;

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

#if SINTER_KEEPS_MEMORY
namespace {
using floats = st::tensor<float, dyn>;
floats outlives_the_cache(100'000);  // released when the thread keeps nothing any more
}  // namespace

TEST_CASE("kept memory: a result takes the place of the one before it") {
  constexpr auto plus_one = st::fused([](auto x) { return x + 1; });
  floats x(100'000), y = plus_one(x), z = plus_one(y);
  const float *first = y.data(), *second = z.data();
  int elsewhere = 0;
  for (int i = 0; i < 10; ++i) {
    y = plus_one(x);
    elsewhere += y.data() != first && y.data() != second;
    first = y.data();
    second = nullptr;
    { floats other = plus_one(x); second = other.data(); }
  }
  CHECK(elsewhere <= 1);  // the first of them takes memory of its own
  CHECK(y(99'999) == 1);
}

TEST_CASE("kept memory: pieces that fit and no larger, huge ones not at all") {
  using st::detail::block_cache;
  block_cache cache;
  const auto piece = [](std::size_t bytes) {
    return ::operator new(bytes, std::align_val_t{block_cache::alignment});
  };
  constexpr std::size_t size = 1 << 20;
  void* const one = piece(size);
  REQUIRE(cache.keep(one, size));
  std::size_t wanted = size + 1;
  CHECK(cache.take(wanted) == nullptr);
  wanted = size / 2;
  CHECK(cache.take(wanted) == nullptr);  // half of it would be lost
  wanted = size / 2 + 1;
  CHECK(cache.take(wanted) == one);
  CHECK(wanted == size);
  wanted = size;
  CHECK(cache.take(wanted) == nullptr);
  CHECK_FALSE(cache.keep(one, block_cache::most_small - 1));  // no size of small pieces
  CHECK_FALSE(cache.keep(one, block_cache::most + 1));
  block_cache::free(one);
  // More pieces, and more bytes, than it keeps: the oldest go.
  for (int i = 0; i < 100; ++i) REQUIRE(cache.keep(piece(size), size));
  for (int i = 0; i < 20; ++i) REQUIRE(cache.keep(piece(16 * size), 16 * size));
  wanted = size;
  CHECK(cache.take(wanted) == nullptr);
  int kept = 0;
  for (wanted = 16 * size; void* const at = cache.take(wanted); ++kept) block_cache::free(at);
  CHECK(kept == 8);
  st::release_kept_memory();
}

TEST_CASE("kept memory: small pieces by their sizes") {
  using st::detail::block_cache;
  block_cache cache;
  std::size_t size = 0;
  int wrong = 0;
  for (std::size_t bytes = 1; bytes <= block_cache::most_small; ++bytes) {
    const std::size_t own = block_cache::small_size(bytes);
    wrong += own < bytes || own < size || own % 64 != 0 || block_cache::small_size(own) != own ||
             (bytes > 512 ? own - bytes >= bytes / 4 : own - bytes >= 64);
    if (own == size) continue;
    size = own;  // the next size: it is kept for itself alone
    std::size_t wanted = bytes;
    wrong += cache.take(wanted) != nullptr || wanted != own;
    void* const one = ::operator new(own, std::align_val_t{block_cache::alignment});
    wrong += !cache.keep(one, own);
    wanted = own;
    wrong += cache.take(wanted) != one || wanted != own;
    wrong += cache.take(wanted) != nullptr;
    REQUIRE(cache.keep(one, own));
  }
  CHECK(wrong == 0);
  CHECK(size == block_cache::most_small);
  std::size_t wanted = 100;
  int kept = 0;
  const auto piece = [] {
    return ::operator new(128, std::align_val_t{block_cache::alignment});
  };
  for (int i = 0; i < 100; ++i)
    if (void* const at = piece(); !cache.keep(at, 128)) block_cache::free(at);
  for (; void* const at = cache.take(wanted); ++kept) block_cache::free(at);
  CHECK(kept == 16);  // of a size no more are kept
}

TEST_CASE("kept memory: a small result takes the place of the one before it") {
  st::release_kept_memory();  // else the list of this size may be full
  const floats x = {1, 2, 3};
  const float* first = nullptr;
  { const floats y = x + 1; first = y.data(); }
  const floats z = x * 2;
  CHECK(z.data() == first);
  CHECK(z(2) == 6);
  CHECK(floats(3)(0) == 0);  // fresh elements are 0, whatever lay there
}
#endif

// Of static storage: what a compiler takes for constant, it initialises by itself, before anything
// runs and without memory. Also what a function has made, and expressions.
namespace {

struct two_tensors {
  st::tensor<float, 2> w;
  st::tensor<float, 2> b = {1, 2};
};
const st::tensor<float, 3> given = {1, 2, 3}, zeros;
const st::tensor<float, dyn, 2> open_zeros(3);
const st::tensor<int> one_value = 7;
const two_tensors members;
const st::tensor<float, 3> made = [] { return st::tensor<float, 3>{4, 5, 6}; }();
const two_tensors made_members = [] {
  two_tensors fresh;
  return fresh;
}();
const auto pair_of = std::make_pair(two_tensors{}, 3);
st::tensor<float, dyn> open_values = {1, 2, 3};
const auto sum_of_values = open_values + 1;
const auto twice_given = given * 2;

}  // namespace

TEST_CASE("memory: of tensors and expressions of static storage, from the start") {
  static const st::tensor<float, 3> local = {4, 5, 6};
  static const two_tensors local_members;
  static const auto local_sum = local + given;
  CHECK(elements(given) == numbers{1, 2, 3});
  CHECK(elements(zeros) == numbers{0, 0, 0});
  CHECK(open_zeros(2, 1) == 0);
  CHECK(one_value.item() == 7);
  CHECK(elements(members.w) == numbers{0, 0});
  CHECK(elements(members.b) == numbers{1, 2});
  CHECK(elements(made) == numbers{4, 5, 6});
  CHECK(elements(made_members.w) == numbers{0, 0});
  CHECK(elements(made_members.b) == numbers{1, 2});
  CHECK(elements(pair_of.first.b) == numbers{1, 2});
  CHECK(elements(local) == numbers{4, 5, 6});
  CHECK(elements(local_members.b) == numbers{1, 2});
  CHECK(elements(st::tensor(sum_of_values)) == numbers{2, 3, 4});
  CHECK(elements(st::tensor(twice_given)) == numbers{2, 4, 6});
  CHECK(elements(st::tensor(local_sum)) == numbers{5, 7, 9});
}
