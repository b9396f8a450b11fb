// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Memory that a thread keeps from call to call, so that a program in a loop allocates nothing.

#include <cstddef>
#include <cstdint>
#include <new>

#include "sinter/core/error.hpp"

namespace sinter::cpu_target {

inline constexpr std::size_t alignment = 64;

/// Aligned memory that grows on demand and never shrinks. Contents do not survive growth.
class arena {
 public:
  arena() = default;
  arena(const arena&) = delete;
  arena& operator=(const arena&) = delete;
  ~arena() { release(); }

  void* reserve(std::size_t bytes) {
    if (bytes <= size_) return memory_;
    release();
    memory_ = ::operator new(bytes, std::align_val_t{alignment}, std::nothrow);
    if (memory_ == nullptr)
      throw memory_error("workspace: no memory for an intermediate result; use smaller batches");
    size_ = bytes;
    return memory_;
  }

 private:
  void release() {
    if (memory_ != nullptr) ::operator delete(memory_, std::align_val_t{alignment});
    memory_ = nullptr;
    size_ = 0;
  }
  void* memory_ = nullptr;
  std::size_t size_ = 0;
};

/// What the calling thread's kernels keep between calls: one arena for each purpose.
enum class purpose : std::uint8_t { workspace, shared, kept, chain, row };

template <purpose For> inline arena& thread_arena() {
  thread_local arena memory;
  return memory;
}

}  // namespace sinter::cpu_target
