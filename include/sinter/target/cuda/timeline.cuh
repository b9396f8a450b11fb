// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Time on a device: events in the order of the calling thread's stream. For nvcc alone.

#include <vector>

#include "sinter/target/cuda/runtime.cuh"
#include "sinter/target/timeline.hpp"

namespace sinter::cuda_target {

/// @errors device_error, of what was enqueued before as well
class device_timeline : public target::timeline {
 public:
  explicit device_timeline(placement where) : where_(where) {}
  device_timeline(const device_timeline&) = delete;
  device_timeline& operator=(const device_timeline&) = delete;
  ~device_timeline() override {
    for (const cudaEvent_t event : points_) (void)cudaEventDestroy(event);
  }

  void set(int point) override {
    use(where_);
    while (points_.size() <= static_cast<std::size_t>(point)) {
      cudaEvent_t fresh{};
      check(cudaEventCreate(&fresh), "measuring time");
      points_.push_back(fresh);
    }
    check(cudaEventRecord(points_[static_cast<std::size_t>(point)], current_stream()),
          "measuring time");
  }
  void wait() override {
    use(where_);
    synchronize();
  }
  double between(int from, int to) override {
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, points_.at(static_cast<std::size_t>(from)),
                               points_.at(static_cast<std::size_t>(to))),
          "measuring time");
    return milliseconds * 1e-3;
  }

 private:
  placement where_;
  std::vector<cudaEvent_t> points_;
};

}  // namespace sinter::cuda_target
