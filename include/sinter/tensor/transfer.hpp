// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How bytes of the host come to where they are used while other work goes on there.

#include <memory>

#include "sinter/tensor/memory.hpp"

namespace sinter::detail {

/// One transfer at a time, again and again: reserve, fill, send, take, release.
class transfer {
 public:
  virtual ~transfer() = default;
  /// Memory of the host to fill. Waits until what it held before has left.
  virtual char* reserve(std::size_t bytes) = 0;
  /// Begins to move what was filled.
  virtual void send(std::size_t bytes) = 0;
  /// Copies bytes that were sent to where they are used, in the order of the work there.
  virtual void take(std::size_t offset, void* to, std::size_t bytes) = 0;
  /// All is taken.
  virtual void release() = 0;
};

/// Within the host nothing travels.
class host_transfer final : public transfer {
 public:
  char* reserve(std::size_t bytes) override {
    if (bytes > size_ || !memory_.exists()) memory_.allocate(bytes);
    if (bytes > size_) size_ = bytes;
    return static_cast<char*>(memory_.get());
  }
  void send(std::size_t) override {}
  void take(std::size_t offset, void* to, std::size_t bytes) override {
    __builtin_memcpy(to, static_cast<char*>(memory_.get()) + offset, bytes);
  }
  void release() override {}

 private:
  shared_memory memory_;
  std::size_t size_ = 0;
};

inline std::unique_ptr<transfer> new_transfer(placement where) {
  if (where.is_host()) return std::make_unique<host_transfer>();
  return std::unique_ptr<transfer>(kind_of(where, "feed").new_transfer(where));
}

}  // namespace sinter::detail
