// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The emulated context, first part: places, memory, atomics, fences. Each call notes its line,
/// asks whether the mutation suite wants it changed, checks, and does what the device would do.

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernel/emulator/engine.hpp"

namespace sinter::emulator {

using device::caching;
using device::order;

/// What an access gives that had no place to go: a value that is wrong in every type.
template <class T>
T nothing() {
  T value;
  std::memset(static_cast<void*>(&value), 0xff, sizeof(T));
  return value;
}

class memory_calls {
 public:
  using tensor_map = emulator::tensor_map;
  template <class T> using shared_pointer = emulator::shared_pointer<T>;
  template <class T> using global_pointer = emulator::global_pointer<T>;

  explicit memory_calls(emulator::thread& t) : engine_(t.machine), thread_(&t) {}

  int thread() const { return thread_->index; }
  int lane() const { return thread_->index % 32; }
  int warp() const { return thread_->index / 32; }
  int threads() const { return thread_->home->size(); }
  int block_x() const { return thread_->home->x; }
  int block_y() const { return thread_->home->y; }
  int block_z() const { return thread_->home->z; }
  int grid_x() const { return engine_->launched().grid_x; }
  int grid_y() const { return engine_->launched().grid_y; }
  int grid_z() const { return engine_->launched().grid_z; }
  int cluster_rank() const { return thread_->home->rank; }
  int cluster_size() const { return engine_->launched().cluster; }

  template <class T>
  shared_pointer<T> shared(int count, int alignment = 16, source at = source::here()) {
    const site s = enter(call::other, at);
    const auto bytes = static_cast<std::uint32_t>(count) * static_cast<std::uint32_t>(sizeof(T));
    return {{thread_->home,
             engine_->declare_shared(*thread_, bytes, sizeof(T),
                                     static_cast<std::uint32_t>(alignment), s.location),
             0}};
  }

  template <class T>
  global_pointer<T> global(T* p, std::size_t n0, std::size_t n1 = 1, std::size_t n2 = 1,
                           source at = source::here()) {
    const site s = enter(call::other, at);
    char* base = reinterpret_cast<char*>(const_cast<std::remove_const_t<T>*>(p));
    allocation* memory = allocation::find(base);
    const std::size_t bytes = n0 * n1 * n2 * sizeof(T);
    if (bytes && (!memory || base + bytes > memory->base + memory->bytes)) {
      engine_->found(fault::outside_global, thread_, s.location, 0, "the view exceeds its buffer");
    }
    return {{base, static_cast<std::int64_t>(bytes), 0, memory}};
  }

  template <class U, class T>
  shared_pointer<U> cast(shared_pointer<T> p) const {
    return {p};
  }
  template <class U, class T>
  auto cast(global_pointer<T> p) const {
    return global_pointer<std::conditional_t<std::is_const_v<T>, const U, U>>{p};
  }

  template <caching = caching::normal, class T>
  std::remove_const_t<T> load(global_pointer<T> p, source at = source::here()) {
    return load_from<T>(p, at);
  }
  template <class T>
  std::remove_const_t<T> load(shared_pointer<T> p, source at = source::here()) {
    return load_from<T>(p, at);
  }
  template <caching = caching::normal, class T>
  void store(global_pointer<T> p, std::type_identity_t<T> v, source at = source::here()) {
    store_to(p, v, at);
  }
  template <class T>
  void store(shared_pointer<T> p, std::type_identity_t<T> v, source at = source::here()) {
    store_to(p, v, at);
  }

  // --- Atomics --------------------------------------------------------------------------------

  template <order Order, scope Scope, class Pointer>
  auto atomic_load(Pointer p, source at = source::here()) {
    return atomic<Order, Scope, true, false>(p, at, [](auto old) { return old; });
  }
  template <order Order, scope Scope, class Pointer, class T>
  void atomic_store(Pointer p, T v, source at = source::here()) {
    atomic<Order, Scope, false, true>(p, at, [v](auto old) { return decltype(old)(v); });
  }
  template <order Order, scope Scope, class Pointer, class T>
  auto atomic_add(Pointer p, T v, source at = source::here()) {
    return atomic<Order, Scope, true, true>(p, at, [v](auto old) {
      return static_cast<decltype(old)>(old + v);
    });
  }
  template <order Order, scope Scope, class Pointer, class T>
  auto atomic_exchange(Pointer p, T v, source at = source::here()) {
    return atomic<Order, Scope, true, true>(p, at, [v](auto old) { return decltype(old)(v); });
  }
  template <order Order, scope Scope, class Pointer, class T, class U>
  auto atomic_compare_exchange(Pointer p, T expected, U desired, source at = source::here()) {
    return atomic<Order, Scope, true, true>(p, at, [=](auto old) {
      return old == expected ? decltype(old)(desired) : old;
    });
  }

  template <scope Scope>
  void fence(source at = source::here()) {
    const site s = enter(call::fence, at);
    if (s.is(change::drop)) return;
    engine_->fence(*thread_, s.is(change::narrow) ? scope::block : Scope);
  }

  void fence_proxy_async(source at = source::here()) {
    const site s = enter(call::proxy_fence, at);
    if (!s.is(change::drop)) thread_->fenced_shared = thread_->time++;
  }
  void fence_proxy_async_global(source at = source::here()) {
    const site s = enter(call::proxy_fence, at);
    if (!s.is(change::drop)) thread_->fenced_global = thread_->time++;
  }

 protected:
  site enter(call kind, source at) const { return engine_->enter(*thread_, kind, at); }

  engine* engine_;
  emulator::thread* thread_;

 private:
  template <class T, class Pointer>
  std::remove_const_t<T> load_from(Pointer p, source at) {
    const site s = enter(call::load, at);
    if (s.is(change::shift)) p = p + 1;
    if (!engine_->inside(*thread_, p, sizeof(T), alignof(T), s.location)) {
      return nothing<std::remove_const_t<T>>();
    }
    engine_->note_read(*thread_, p, sizeof(T), engine_->now(*thread_, s.location));
    std::remove_const_t<T> value;
    std::memcpy(static_cast<void*>(&value), engine_->address(p), sizeof(T));
    return value;
  }

  template <class Pointer, class T>
  void store_to(Pointer p, const T& value, source at) {
    const site s = enter(call::store, at);
    if (s.is(change::drop) || s.is(change::skip_thread)) return;
    if (s.is(change::shift)) p = p + 1;
    if (!engine_->inside(*thread_, p, sizeof(T), alignof(T), s.location)) return;
    engine_->note_write(*thread_, p, sizeof(T), engine_->now(*thread_, s.location));
    std::memcpy(engine_->address(p), &value, sizeof(T));
  }

  template <class T>
  static T pointee(global_pointer<T>);
  template <class T>
  static T pointee(shared_pointer<T>);

  template <order Order, scope Scope, bool Reads, bool Writes, class Pointer, class Update>
  auto atomic(Pointer p, source at, Update update) {
    using T = std::remove_const_t<decltype(pointee(p))>;
    static_assert(sizeof(T) == 4 || sizeof(T) == 8, "atomic: want 4 or 8 bytes");
    const site s = enter(call::atomic, at);
    if (!Writes) engine_->spin(*thread_, "atomic load", s.location);
    if (s.is(change::drop)) return T{};
    if ((s.is(change::relax) && Order == order::relaxed) ||
        (s.is(change::narrow) && Scope == scope::block) ||
        (s.is(change::twice) && (!Reads || !Writes))) {
      engine_->unaltered();
    }
    const bool relaxed = s.is(change::relax);
    const scope reach = s.is(change::narrow) ? scope::block : Scope;
    T old{};
    if (!engine_->inside(*thread_, p, sizeof(T), alignof(T), s.location)) return nothing<T>();
    const auto narrow = reach == scope::block ? epoch::narrow : std::uint16_t{0};
    const epoch e = engine_->now(*thread_, s.location,
                                 static_cast<std::uint16_t>(epoch::atomic | narrow));
    if (Writes) {
      engine_->note_write(*thread_, p, sizeof(T), e);
    } else {
      engine_->note_read(*thread_, p, sizeof(T), e);
    }
    engine_->atomic_access(*thread_, engine_->address(p), Reads, Writes,
                           !relaxed && device::releases(Order),
                           !relaxed && device::acquires(Order), reach);
    std::memcpy(&old, engine_->address(p), sizeof(T));
    T value = update(old);
    if (s.is(change::twice)) value = update(value);
    if (Writes) std::memcpy(engine_->address(p), &value, sizeof(T));
    return old;
  }
};

}  // namespace sinter::emulator
