// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How long work takes where it runs: points in the order of a place's work, and the time between
/// them. On the host work is done when a call returns; a device is given work and asked later.

namespace sinter::target {

/// Points are numbered from 0; one that is set again moves.
class timeline {
 public:
  virtual ~timeline() = default;
  /// Sets a point behind all that the place was given by the calling thread.
  virtual void set(int point) = 0;
  /// Waits until the place has passed all points.
  virtual void wait() = 0;
  /// Seconds between two points that the place has passed.
  virtual double between(int from, int to) = 0;
};

/// The shortest of some runs, in seconds: what else a machine does only adds to it.
template <class F> double shortest(timeline& time, int runs, F&& run) {
  double least = 1e30;
  for (int i = 0; i < runs; ++i) {
    time.set(0);
    run();
    time.set(1);
    time.wait();
    if (const double own = time.between(0, 1); own < least) least = own;
  }
  return least;
}

}  // namespace sinter::target
