// SPDX-License-Identifier: Apache-2.0
#pragma once

/// One loop over threads: OpenMP's where the compiler was told to use it, else a plain one. The
/// split is static and contiguous, so a result never depends on timing. Inside a parallel loop
/// another one runs serially.

#include <cstdint>

#if defined(_OPENMP)
#include <omp.h>
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

/// How many threads a parallel loop may use: what set_threads said, else OpenMP's own choice,
/// OMP_NUM_THREADS included; 1 without OpenMP.
inline int threads() {
#if defined(_OPENMP)
  return detail::chosen_threads > 0 ? detail::chosen_threads : omp_get_max_threads();
#else
  return 1;
#endif
}

/// For all loops to come; 0 restores the default. Not to be called while a loop runs.
inline void set_threads(int count) { detail::chosen_threads = count > 0 ? count : 0; }

/// About 30 us of elementwise work: several times what a busy machine takes to wake a thread.
inline constexpr std::int64_t least_parallel_work = 131072;

/// Calls body(i) for i in [0, count). The body is copied per thread, may run at the same time as
/// its copies, and must not throw. A single index, or a single thread, starts no region (which
/// costs 1.4 us when empty): hand over one index per block of work, not per element, and capture
/// pointers and numbers by value. `work` estimates the elements or multiply-adds of the whole loop:
/// below `least_parallel_work` threads would cost more than they bring.
template <class Body>
void parallel_for(std::int64_t count, Body&& body, std::int64_t work = least_parallel_work) {
#if defined(_OPENMP)
  const std::int64_t team = threads() < count ? threads() : count;
  if (team > 1 && work >= least_parallel_work && !omp_in_parallel()) {
#pragma omp parallel num_threads(static_cast<int>(team))
    {
      // OpenMP may give fewer threads than asked for.
      const std::int64_t index = omp_get_thread_num(), size = omp_get_num_threads();
      const std::int64_t share = count / size, rest = count % size;
      const std::int64_t first = index * share + (index < rest ? index : rest);
      detail::run_indices(body, first, first + share + (index < rest ? 1 : 0));
    }
    return;
  }
#endif
  (void)work;
  detail::run_indices(body, 0, count);
}

}  // namespace sinter
