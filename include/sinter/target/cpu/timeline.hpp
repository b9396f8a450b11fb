// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Time on the host. Apart from the interface, since <chrono> alone takes longer to read than the
/// rest of the targets.

#include <chrono>
#include <vector>

#include "sinter/target/timeline.hpp"

namespace sinter::cpu_target {

/// The points of the calling thread.
class host_timeline : public target::timeline {
 public:
  void set(int point) override {
    if (static_cast<std::size_t>(point) >= points_.size())
      points_.resize(static_cast<std::size_t>(point) + 1);
    points_[static_cast<std::size_t>(point)] = std::chrono::steady_clock::now();
  }
  void wait() override {}
  double between(int from, int to) override {
    return std::chrono::duration<double>(points_.at(static_cast<std::size_t>(to)) -
                                         points_.at(static_cast<std::size_t>(from)))
        .count();
  }

 private:
  std::vector<std::chrono::steady_clock::time_point> points_;
};

}  // namespace sinter::cpu_target
