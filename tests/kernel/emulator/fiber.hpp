// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Fibers: one for each emulated thread. A switch saves what the calling convention asks a function
/// to preserve and changes the stack: on x86-64 a dozen instructions, as `swapcontext` spends a
/// system call on the signal mask; elsewhere `swapcontext`. Sanitizers are told of each switch.

#include <cstddef>

// SINTER_PORTABLE_FIBERS asks for the second form on x86-64 too, so that it can be tested there.
#if defined(__x86_64__) && !defined(SINTER_PORTABLE_FIBERS)
#define SINTER_ASSEMBLY_FIBERS 1
#else
#include <ucontext.h>
#endif

namespace sinter::emulator {

/// A stack with a page below it that faults. Pages are taken from the system as they are touched.
class stack {
 public:
  explicit stack(std::size_t bytes);
  ~stack();
  stack(const stack&) = delete;
  stack& operator=(const stack&) = delete;

  char* base() const { return base_; }
  std::size_t size() const { return size_; }

 private:
  char* base_;
  std::size_t size_;
};

class fiber {
 public:
  using entry = void (*)(void* argument);

  /// Makes the fiber begin with `start(argument)` on the stack [base, base + size); `start` must
  /// not return. A fiber that is not prepared stands for the caller's own stack.
  void prepare(char* base, std::size_t size, entry start, void* argument);

  /// Leaves this fiber for another. With `last`, this one is not entered again.
  void leave_to(fiber& next, bool last = false);

  /// The first thing that `start` does.
  static void entered(fiber& previous);

 private:
#ifdef SINTER_ASSEMBLY_FIBERS
  void* stack_pointer_ = nullptr;
#else
  ucontext_t context_;
#endif
  // For the sanitizers alone.
  const void* bottom_ = nullptr;
  std::size_t size_ = 0;
  [[maybe_unused]] void* fake_stack_ = nullptr;
};

}  // namespace sinter::emulator
