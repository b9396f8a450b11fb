// SPDX-License-Identifier: Apache-2.0
#pragma once

/// One loop over threads: OpenMP's where the compiler was told to use it, else those of a pool. The
/// split is static and contiguous, so a result never depends on timing. Inside a parallel loop
/// another one runs serially.

#include <cstdint>
#include <exception>
#include <type_traits>

#if defined(_OPENMP)
#include <omp.h>
#else
#include "sinter/target/cpu/thread_pool.hpp"
#endif

namespace sinter {

namespace detail {

inline int chosen_threads = 0;

/// Not inlined, and over a copy of the body: in the parallel region g++ reloads every captured
/// pointer at every turn of the inner loop.
template <class Body>
__attribute__((noinline)) void run_indices(const Body& shared, std::int64_t first,
                                           std::int64_t last) {
  Body body = shared;
  for (std::int64_t i = first; i < last; ++i) body(i);
}

}  // namespace detail

/// How many threads a parallel loop may use: what set_threads said, else OMP_NUM_THREADS, else as
/// many as there are processors.
inline int threads() {
  if (detail::chosen_threads > 0) return detail::chosen_threads;
#if defined(_OPENMP)
  return omp_get_max_threads();
#else
  return detail::thread_pool::processors();
#endif
}

/// For all loops to come; 0 restores the default. Not to be called while a loop runs.
inline void set_threads(int count) { detail::chosen_threads = count > 0 ? count : 0; }

/// About 30 us of elementwise work: several times what a busy machine takes to wake a thread.
inline constexpr std::int64_t least_parallel_work = 131072;

namespace detail {

/// body(i) for i in [first, last), whatever its type.
using index_runner = void (*)(const void* body, std::int64_t first, std::int64_t last);

/// The region of a parallel loop: one for all bodies, which compile sooner without it.
inline void run_parts(std::int64_t count, std::int64_t team, index_runner run, const void* body) {
  std::exception_ptr mistake;
  bool failed = false;
  // Part `index` of `size`: OpenMP and the pool may give fewer threads than asked for.
  const auto part = [&](std::int64_t index, std::int64_t size) {
    const std::int64_t share = count / size, rest = count % size;
    const std::int64_t first = index * share + (index < rest ? index : rest);
    try {
      run(body, first, first + share + (index < rest ? 1 : 0));
    } catch (...) {
      if (!__atomic_exchange_n(&failed, true, __ATOMIC_ACQ_REL)) mistake = std::current_exception();
    }
  };
#if defined(_OPENMP)
  if (omp_in_parallel()) return run(body, 0, count);
#pragma omp parallel num_threads(static_cast<int>(team))
  part(omp_get_thread_num(), omp_get_num_threads());
#else
  using whole = decltype(part);
  const bool done = thread_pool::instance().run(
      static_cast<int>(team),
      [](const void* p, int index, int size) { (*static_cast<const whole*>(p))(index, size); },
      &part);
  if (!done) return run(body, 0, count);
#endif
  if (mistake) std::rethrow_exception(mistake);
}

}  // namespace detail

/// Calls body(i) for i in [0, count). The body is copied per thread and may run at the same time as
/// its copies; what one throws ends its thread's part and reaches the caller when all are done, the
/// first of several. A single index, or a single thread, starts no region (which costs 1.4 us when
/// empty): hand over one index per block of work, not per element, and capture pointers and numbers
/// by value. `work` estimates the elements or multiply-adds of the whole loop: below
/// `least_parallel_work` threads would cost more than they bring.
template <class Body>
void parallel_for(std::int64_t count, Body&& body, std::int64_t work = least_parallel_work) {
  using plain = std::remove_cvref_t<Body>;
  if (count <= 1 || work < least_parallel_work) return detail::run_indices<plain>(body, 0, count);
  const std::int64_t team = threads() < count ? threads() : count;
  if (team <= 1) return detail::run_indices<plain>(body, 0, count);
  detail::run_parts(
      count, team,
      [](const void* shared, std::int64_t first, std::int64_t last) {
        detail::run_indices(*static_cast<const plain*>(shared), first, last);
      },
      &body);
}

}  // namespace sinter
