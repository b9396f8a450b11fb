// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Streams and events that are owned. For nvcc alone.

#include "sinter/target/cuda/runtime.cuh"

namespace sinter::cuda_target {

class owned_stream {
 public:
  /// Keeps no order with the default stream.
  owned_stream() {
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "creating a stream");
  }
  owned_stream(const owned_stream&) = delete;
  ~owned_stream() { (void)cudaStreamDestroy(stream_); }
  cudaStream_t get() const { return stream_; }

 private:
  cudaStream_t stream_{};
};

/// A point in a stream that others wait for; one that was never recorded has passed.
class owned_event {
 public:
  owned_event() {
    check(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "creating an event");
  }
  owned_event(const owned_event&) = delete;
  ~owned_event() { (void)cudaEventDestroy(event_); }
  cudaEvent_t get() const { return event_; }

  void record(cudaStream_t stream) { check(cudaEventRecord(event_, stream), "marking a stream"); }
  /// Lets a stream wait for it.
  void order(cudaStream_t stream) const {
    check(cudaStreamWaitEvent(stream, event_, 0), "waiting for a stream");
  }

 private:
  cudaEvent_t event_{};
};

}  // namespace sinter::cuda_target
