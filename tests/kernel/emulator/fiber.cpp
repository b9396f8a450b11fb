// SPDX-License-Identifier: Apache-2.0
#include "kernel/emulator/fiber.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#if defined(__SANITIZE_ADDRESS__)
#define SINTER_SANITIZED_FIBERS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SINTER_SANITIZED_FIBERS 1
#endif
#endif
#ifdef SINTER_SANITIZED_FIBERS
#include <sanitizer/common_interface_defs.h>
#endif

namespace sinter::emulator {

namespace {

std::size_t page() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

}  // namespace

stack::stack(std::size_t bytes) : size_((bytes + page() - 1) / page() * page()) {
  void* memory = mmap(nullptr, size_ + page(), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  base_ = static_cast<char*>(memory) + page();
  mprotect(memory, page(), PROT_NONE);
}

stack::~stack() { munmap(base_ - page(), size_ + page()); }

#if defined(__x86_64__)

// void sinter_fiber_switch(void** save_stack_pointer, void* load_stack_pointer): it ends with a
// jump rather than a return, which the processor's return predictor would get wrong.
extern "C" void sinter_fiber_switch(void** save, void* load) noexcept;
extern "C" void sinter_fiber_begin() noexcept;
asm(R"(
.pushsection .text
.type sinter_fiber_switch,@function
.p2align 4
sinter_fiber_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  popq %rcx
  jmp *%rcx
.size sinter_fiber_switch,.-sinter_fiber_switch
.type sinter_fiber_begin,@function
sinter_fiber_begin:
  movq %r12, %rdi
  xorl %ebp, %ebp
  callq *%r13
  ud2
.size sinter_fiber_begin,.-sinter_fiber_begin
.popsection
)");

namespace {

// What sinter_fiber_switch pops, lowest address first. The two words above the address keep the
// stack aligned as a call would leave it.
struct saved_registers {
  void *r15, *r14;
  fiber::entry r13;
  void *r12, *rbx, *rbp;
  void (*address)() noexcept;
  void* above[2];
};
static_assert(sizeof(saved_registers) == 72);

}  // namespace

void fiber::prepare(char* base, std::size_t size, entry start, void* argument) {
  bottom_ = base;
  size_ = size;
  auto* saved = reinterpret_cast<saved_registers*>(base + size - sizeof(saved_registers));
  *saved = {nullptr, nullptr, start, argument, nullptr, nullptr, &sinter_fiber_begin, {}};
  stack_pointer_ = saved;
}

#else

namespace {

void begin(unsigned start_low, unsigned start_high, unsigned low, unsigned high) {
  const auto joined = [](unsigned l, unsigned h) {
    return static_cast<std::uintptr_t>(static_cast<std::uint64_t>(h) << 32 | l);
  };
  reinterpret_cast<fiber::entry>(joined(start_low, start_high))(
      reinterpret_cast<void*>(joined(low, high)));
  std::abort();
}

}  // namespace

void fiber::prepare(char* base, std::size_t size, entry start, void* argument) {
  bottom_ = base;
  size_ = size;
  getcontext(&context_);
  context_.uc_stack.ss_sp = base;
  context_.uc_stack.ss_size = size;
  context_.uc_link = nullptr;
  // makecontext passes integers only: pointers go in halves.
  const auto s = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(start));
  const auto a = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(argument));
  makecontext(&context_, reinterpret_cast<void (*)()>(begin), 4, static_cast<unsigned>(s),
              static_cast<unsigned>(s >> 32), static_cast<unsigned>(a),
              static_cast<unsigned>(a >> 32));
}

#endif

void fiber::leave_to(fiber& next, [[maybe_unused]] bool last) {
#ifdef SINTER_SANITIZED_FIBERS
  __sanitizer_start_switch_fiber(last ? nullptr : &fake_stack_, next.bottom_, next.size_);
#endif
#if defined(__x86_64__)
  sinter_fiber_switch(&stack_pointer_, next.stack_pointer_);
#else
  swapcontext(&context_, &next.context_);
#endif
#ifdef SINTER_SANITIZED_FIBERS
  __sanitizer_finish_switch_fiber(fake_stack_, nullptr, nullptr);
#endif
}

void fiber::entered([[maybe_unused]] fiber& previous) {
#ifdef SINTER_SANITIZED_FIBERS
  const void* bottom = nullptr;
  std::size_t size = 0;
  __sanitizer_finish_switch_fiber(nullptr, &bottom, &size);
  // The caller's own stack is not one of ours: this is where its bounds become known.
  if (!previous.bottom_) {
    previous.bottom_ = bottom;
    previous.size_ = size;
  }
#endif
}

}  // namespace sinter::emulator
