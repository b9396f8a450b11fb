// SPDX-License-Identifier: Apache-2.0

// Loops over the library's own threads, which serve where the compiler knows no OpenMP: this
// program is built without it. OMP_NUM_THREADS is 3.

#include <doctest/doctest.h>

#include <sinter/sinter.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <vector>

#if defined(_OPENMP)
#error "this program is to be built without OpenMP"
#endif

namespace st = sinter;

namespace {

/// Whether a loop of `count` indices runs each once.
bool runs_each_once(std::int64_t count) {
  std::vector<int> seen(static_cast<std::size_t>(count));
  int* out = seen.data();
  st::parallel_for(count, [=](std::int64_t i) { ++out[i]; });
  for (const int times : seen)
    if (times != 1) return false;
  return true;
}

/// How many threads a loop of `count` indices runs on.
int threads_of(std::int64_t count, std::int64_t work = st::least_parallel_work) {
  std::vector<pthread_t> by(static_cast<std::size_t>(count));
  pthread_t* out = by.data();
  st::parallel_for(count, [=](std::int64_t i) { out[i] = pthread_self(); }, work);
  int distinct = 0;
  for (std::size_t i = 0; i < by.size(); ++i)
    distinct += std::find(by.begin(), by.begin() + static_cast<std::ptrdiff_t>(i), by[i]) ==
                by.begin() + static_cast<std::ptrdiff_t>(i);
  return distinct;
}

}  // namespace

TEST_CASE("pool: as many threads as asked for, each index once, in one loop after the other") {
  CHECK(st::threads() == 3);
  CHECK(threads_of(100) == 3);
  for (const int team : {1, 2, 5, 4, 7}) {
    st::set_threads(team);
    CHECK(threads_of(100) == team);
    CHECK(threads_of(2) == (team < 2 ? team : 2));
    CHECK(threads_of(100, st::least_parallel_work - 1) == 1);
    bool all = true;
    for (int round = 0; round < 2000; ++round) all = all && runs_each_once(round % 37);
    CHECK(all);
  }
  st::set_threads(0);
}

TEST_CASE("pool: sleeping threads wake up") {
  for (int i = 0; i < 5; ++i) {
    usleep(2000);
    CHECK(threads_of(50) == 3);
  }
}

TEST_CASE("pool: a loop within a loop runs on its own thread") {
  std::vector<int> threads(12);
  int* out = threads.data();
  st::parallel_for(12, [=](std::int64_t i) { out[i] = threads_of(20); });
  CHECK(threads == std::vector<int>(12, 1));
}

TEST_CASE("pool: what a part throws reaches the caller, and the pool serves on") {
  for (const std::int64_t bad : {0, 50, 99}) {
    CHECK_THROWS_AS(st::parallel_for(100, [=](std::int64_t i) {
                      if (i == bad) throw st::memory_error("none left");
                    }),
                    st::memory_error);
    CHECK(threads_of(100) == 3);
  }
}

TEST_CASE("pool: several threads of the program at a time") {
  std::vector<int> right(6);
  std::vector<std::thread> callers;
  for (std::size_t c = 0; c < right.size(); ++c)
    callers.emplace_back([&right, c] {
      for (int round = 0; round < 500; ++round) right[c] += runs_each_once(64);
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(right == std::vector<int>(6, 500));
}

TEST_CASE("pool: a forked process has threads of its own") {
  REQUIRE(runs_each_once(64));
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) _exit(runs_each_once(64) && threads_of(64) == 3 ? 0 : 1);
  int status = 1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("pool: kernels give the same bits on any number of threads") {
  const st::tensor<float, st::dyn, st::dyn> x = st::random::normal(700, 300),
                                            w = st::random::normal(300, 200);
  const auto results = [&](int team) {
    st::set_threads(team);
    const st::tensor<float, st::dyn, st::dyn> y = softmax(matmul(x, w));
    const st::tensor<float> total = sum(exp(x));
    std::vector<float> bits(y.data(), y.data() + y.size());
    bits.push_back(total.item());
    return bits;
  };
  const auto one = results(1);
  for (const int team : {2, 3, 5}) CHECK(results(team) == one);
  st::set_threads(0);
}
