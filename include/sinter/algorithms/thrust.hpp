// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The one door to Thrust, and the choice of where its algorithms run. On the host Thrust has two
/// systems: plain C++ and OpenMP. Both are named at the call, so nothing here depends on what a
/// program chose for its own use of Thrust.
///
/// Invariant: the system, and with it the number of threads, never shows in a result. Sorts are
/// stable, and a stable sort has one result; sums of floats are never handed to a parallel
/// algorithm, as its partial sums would follow the number of threads.

#include "sinter/core/thrust_system.hpp"

#include <thrust/binary_search.h>
#include <thrust/copy.h>
#include <thrust/count.h>
#include <thrust/for_each.h>
#include <thrust/functional.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>
#include <thrust/iterator/transform_output_iterator.h>
#include <thrust/merge.h>
#include <thrust/partition.h>
#include <thrust/scan.h>
#include <thrust/sequence.h>
#include <thrust/sort.h>
#include <thrust/system/cpp/execution_policy.h>
#include <thrust/unique.h>
#if defined(_OPENMP)
#include <thrust/system/omp/execution_policy.h>
#endif

#include "sinter/target/cpu/parallel.hpp"

namespace sinter::detail {

#if defined(_OPENMP)
/// OpenMP's own number of threads is what `threads()` says, while this lives.
class thread_team {
 public:
  thread_team() : before_(omp_get_max_threads()) { omp_set_num_threads(threads()); }
  ~thread_team() { omp_set_num_threads(before_); }
  thread_team(const thread_team&) = delete;
  thread_team& operator=(const thread_team&) = delete;

 private:
  int before_;
};
#endif

/// Calls `run` with the system that suits so many elements: OpenMP's where threads pay.
template <class F> void with_policy(std::int64_t work, F&& run) {
#if defined(_OPENMP)
  if (work >= least_parallel_work && threads() > 1 && !omp_in_parallel()) {
    const thread_team team;
    run(thrust::omp::par);
    return;
  }
#endif
  (void)work;
  run(thrust::cpp::par);
}

}  // namespace sinter::detail
