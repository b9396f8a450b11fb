// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Transfers to a CUDA device through pinned memory, on a stream of their own. For nvcc alone.

#include "sinter/target/cuda/events.cuh"
#include "sinter/tensor/transfer.hpp"

namespace sinter::detail {

class device_transfer final : public transfer {
 public:
  explicit device_transfer(placement where) : where_((cuda_target::use(where), where)) {}
  ~device_transfer() override {
    (void)cudaSetDevice(where_.device);
    (void)cudaEventSynchronize(arrived_.get());
    (void)cudaStreamWaitEvent(cuda_target::current_stream(), taken_.get(), 0);
    if (pinned_ != nullptr) (void)cudaFreeHost(pinned_);
  }

  char* reserve(std::size_t bytes) override {
    cuda_target::use(where_);
    cuda_target::check(cudaEventSynchronize(arrived_.get()), "feeding a device");
    if (bytes <= size_) return static_cast<char*>(pinned_);
    void* fresh = nullptr;
    cuda_target::check(cudaHostAlloc(&fresh, bytes, cudaHostAllocDefault),
                       "pinned memory of the host");
    if (pinned_ != nullptr) (void)cudaFreeHost(pinned_);
    pinned_ = fresh;
    size_ = 0;
    taken_.order(cuda_target::current_stream());
    there_.allocate(bytes, where_);
    // The pool may give memory that the thread's stream still uses.
    ready_.record(cuda_target::current_stream());
    ready_.order(stream_.get());
    size_ = bytes;
    return static_cast<char*>(pinned_);
  }
  void send(std::size_t bytes) override {
    cuda_target::use(where_);
    taken_.order(stream_.get());
    if (bytes > 0)
      cuda_target::check(cudaMemcpyAsync(there_.get(), pinned_, bytes, cudaMemcpyHostToDevice,
                                         stream_.get()),
                         "feeding a device");
    arrived_.record(stream_.get());
  }
  void take(std::size_t offset, void* to, std::size_t bytes) override {
    cuda_target::use(where_);
    arrived_.order(cuda_target::current_stream());
    cuda_target::check(cudaMemcpyAsync(to, static_cast<char*>(there_.get()) + offset, bytes,
                                       cudaMemcpyDeviceToDevice, cuda_target::current_stream()),
                       "feeding a device");
  }
  void release() override {
    cuda_target::use(where_);
    taken_.record(cuda_target::current_stream());
  }

 private:
  placement where_;
  cuda_target::owned_stream stream_;
  cuda_target::owned_event ready_, arrived_, taken_;
  void* pinned_ = nullptr;
  std::size_t size_ = 0;  ///< of both
  shared_memory there_;
};

inline transfer* new_device_transfer(placement where) { return new device_transfer(where); }

}  // namespace sinter::detail
