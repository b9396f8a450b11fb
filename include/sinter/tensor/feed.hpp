// SPDX-License-Identifier: Apache-2.0
#pragma once

/// `feed`: brings batch after batch to where a network is, while it still works on those before.

#include <vector>

#include "sinter/tensor/evaluate.hpp"
#include "sinter/tensor/structure.hpp"
#include "sinter/tensor/transfer.hpp"

namespace sinter {

/// A queue of structures of tensors between the host and another place. `send` copies a batch to
/// pinned memory and starts its transfer on a stream of the feed's own; `receive` lets the calling
/// thread's stream wait for the oldest batch and copies it to its tensors, which keep their memory
/// while extents stay, as a captured call likes it. The host waits for nothing, unless all of the
/// feed's places are still being read. On the host it is a queue.
/// @cost per batch, one transfer and one copy within the device
/// @example st::feed<batch> feed(st::cuda);
///          feed.send(first);
///          for (...) { feed.receive(batch); train(); feed.send(next); }
template <class Structure> class feed {
 public:
  /// For at most `depth` batches under way.
  /// @errors value_error for a depth below 1; device_error, memory_error
  explicit feed(placement target, int depth = 2) : target_(target) {
    if (depth < 1) fail<value_error>({"feed: a depth of ", depth, "; it must be 1 at the least"});
    for (int i = 0; i < depth; ++i) slots_.push_back({detail::new_transfer(target), {}});
  }
  feed(const feed&) = delete;
  feed& operator=(const feed&) = delete;

  /// The batch may change when it returns.
  /// @errors value_error if the feed is full; placement_error of tensors that are not on the host
  void send(const Structure& batch) {
    if (waiting_ == slots_.size())
      fail<value_error>({"feed: all ", static_cast<std::int64_t>(slots_.size()),
                         " batches are under way; receive one before the next is sent"});
    slot& own = slots_[(first_ + waiting_) % slots_.size()];
    own.extents.clear();
    std::size_t bytes = 0;
    for_each_tensor(
        [&](const auto& t) {
          detail::require_host(t.where());
          own.extents.insert(own.extents.end(), t.extents(), t.extents() + t.rank);
          bytes += room_for(t);
        },
        batch);
    char* to = own.lane->reserve(bytes);
    for_each_tensor(
        [&](const auto& t) {
          if (t.size() > 0) __builtin_memcpy(to, t.data(), bytes_of(t));
          to += room_for(t);
        },
        batch);
    own.lane->send(bytes);
    ++waiting_;
  }

  /// Takes the oldest batch; what the structure held is overwritten in the order of the stream.
  /// @errors value_error if none was sent; memory_error, shape_error, after which it may be taken
  ///         again
  void receive(Structure& batch) {
    if (waiting_ == 0) fail<value_error>({"feed: no batch is under way; send one first"});
    slot& own = slots_[first_];
    const std::int64_t* extents = own.extents.data();
    for_each_tensor(
        [&](auto& t) {
          using tensor_type = std::remove_cvref_t<decltype(t)>;
          std::int64_t wanted[max_rank]{};
          detail::copy_elements(extents, wanted, t.rank);
          detail::tensor_access<tensor_type>::reshape(t, wanted, target_);
          extents += t.rank;
        },
        batch);
    std::size_t at = 0;
    for_each_tensor(
        [&](auto& t) {
          if (t.size() > 0) own.lane->take(at, t.data(), bytes_of(t));
          at += room_for(t);
        },
        batch);
    own.lane->release();
    first_ = (first_ + 1) % slots_.size();
    --waiting_;
  }

  /// Batches that were sent and not received.
  int waiting() const { return static_cast<int>(waiting_); }

 private:
  struct slot {
    std::unique_ptr<detail::transfer> lane;
    std::vector<std::int64_t> extents;
  };

  template <class Tensor> static std::size_t bytes_of(const Tensor& t) {
    return static_cast<std::size_t>(t.size()) * sizeof(typename Tensor::element);
  }
  /// Tensors begin at multiples of 256 bytes.
  template <class Tensor> static std::size_t room_for(const Tensor& t) {
    return (bytes_of(t) + 255) / 256 * 256;
  }

  placement target_;
  std::vector<slot> slots_;
  std::size_t first_ = 0, waiting_ = 0;
};

}  // namespace sinter
