// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The emulated context, second part: barriers of the block and the cluster, and what lanes of a
/// warp do together.

#include <bit>
#include <cmath>

#include "kernel/emulator/memory_calls.hpp"

namespace sinter::emulator {

class warp_calls : public memory_calls {
 public:
  using memory_calls::memory_calls;

  void sync(source at = source::here()) {
    engine_->barrier(*thread_, 0, 0, true, enter(call::barrier, at));
  }
  void sync_named(int id, int count, source at = source::here()) {
    engine_->barrier(*thread_, id, count, true, enter(call::named_barrier, at));
  }
  void arrive_named(int id, int count, source at = source::here()) {
    engine_->barrier(*thread_, id, count, false, enter(call::named_arrival, at));
  }
  void cluster_sync(source at = source::here()) {
    engine_->cluster_barrier(*thread_, enter(call::cluster_barrier, at));
  }

  template <class T>
  shared_pointer<T> remote(shared_pointer<T> p, int rank, source at = source::here()) {
    const site s = enter(call::remote, at);
    if (s.is(change::shift)) rank = (rank + 1) % cluster_size();
    const auto& blocks = thread_->home->group->blocks;
    if (rank < 0 || rank >= static_cast<int>(blocks.size())) {
      engine_->found(fault::outside_shared, thread_, s.location, 0, "no block of that rank");
      return p;
    }
    p.home = blocks[static_cast<std::size_t>(rank)];
    return p;
  }

  void sync_warp(std::uint32_t mask = ~0u, source at = source::here());
  bool elect(source at = source::here());

  template <class T>
  T shuffle(T v, int from, std::uint32_t mask = ~0u, source at = source::here()) {
    return exchange(v, mask, at, [from](int) { return from & 31; });
  }
  template <class T>
  T shuffle_xor(T v, int distance, std::uint32_t mask = ~0u, source at = source::here()) {
    return exchange(v, mask, at, [distance](int lane) { return (lane ^ distance) & 31; });
  }
  /// From the lane `distance` above; the last lanes, which have none, keep their own value.
  template <class T>
  T shuffle_down(T v, int distance, std::uint32_t mask = ~0u, source at = source::here()) {
    return exchange(v, mask, at, [distance](int lane) {
      return lane + distance < 32 ? lane + distance : lane;
    });
  }
  template <class T>
  T shuffle_up(T v, int distance, std::uint32_t mask = ~0u, source at = source::here()) {
    return exchange(v, mask, at, [distance](int lane) {
      return lane >= distance ? lane - distance : lane;
    });
  }

  std::uint32_t ballot(bool p, std::uint32_t mask = ~0u, source at = source::here());
  bool any(bool p, std::uint32_t mask = ~0u, source at = source::here()) {
    return ballot(p, mask, at) != 0;
  }
  bool all(bool p, std::uint32_t mask = ~0u, source at = source::here()) {
    return ballot(!p, mask, at) == 0;
  }

  float exp(float x) const { return std::exp(x); }
  float maximum(float a, float b) const { return std::fmax(a, b); }

  template <int N>
  void raise_registers(source at = source::here()) {
    static_assert(N % 8 == 0 && N >= 24 && N <= 256, "registers: want a multiple of 8, 24 to 256");
    enter(call::other, at);
  }
  template <int N>
  void lower_registers(source at = source::here()) {
    raise_registers<N>(at);
  }
  void wait_for_previous_grid(source at = source::here()) { enter(call::other, at); }
  void allow_next_grid(source at = source::here()) { enter(call::other, at); }

 private:
  std::uint64_t exchange_bits(std::uint64_t bits, int from, std::uint32_t mask, const site& s);

  template <class T, class From>
  T exchange(T v, std::uint32_t mask, source at, From from) {
    static_assert(std::is_trivially_copyable_v<T> && (sizeof(T) == 4 || sizeof(T) == 8),
                  "shuffle: want 4 or 8 bytes");
    const site s = enter(call::shuffle, at);
    if (s.is(change::skip_thread)) return v;
    std::uint64_t bits = 0;
    std::memcpy(&bits, &v, sizeof(T));
    bits = exchange_bits(bits, from(lane()), mask, s);
    std::memcpy(static_cast<void*>(&v), &bits, sizeof(T));
    return v;
  }
};

}  // namespace sinter::emulator
