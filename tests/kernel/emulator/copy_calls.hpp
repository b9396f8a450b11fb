// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The emulated context, third part: asynchronous copies and the barriers that count them.

#include "kernel/emulator/warp_calls.hpp"
#include "sinter/kernel/mbarrier.hpp"

namespace sinter::emulator {

class copy_calls : public warp_calls {
 public:
  using warp_calls::warp_calls;
  using barrier_pointer = emulator::shared_pointer<device::mbarrier>;

  template <int Bytes, class T, class U>
  void copy_async(shared_pointer<T> to, global_pointer<U> from, int valid = Bytes,
                  source at = source::here()) {
    static_assert(Bytes == 4 || Bytes == 8 || Bytes == 16, "copy_async: want 4, 8 or 16 bytes");
    const site s = enter(call::copy, at);
    if (s.is(change::drop)) return;
    if (s.is(change::more)) {
      if (valid == Bytes) engine_->unaltered();
      valid = Bytes;
    }
    if (s.is(change::shift)) to = to + Bytes / static_cast<int>(sizeof(T));
    if (valid < 0 || valid > Bytes) {
      engine_->found(fault::outside_global, thread_, s.location, 0, "valid bytes beyond the copy");
      return;
    }
    if (valid) {
      if (!engine_->inside(*thread_, from, valid, 1, s.location)) return;
      if (!engine_->inside(*thread_, {from.base, from.offset + Bytes, from.offset, from.memory},
                           valid, Bytes, s.location)) {
        return;
      }
      engine_->note_read(*thread_, from, valid, engine_->now(*thread_, s.location));
    }
    engine_->copy(*thread_, {to, from.address(), Bytes, static_cast<unsigned>(valid), s.location},
                  s);
  }
  void commit_copies(source at = source::here()) {
    if (enter(call::commit, at).is(change::drop)) return;
    thread_->copy_groups.push_back(std::move(thread_->open_copies));
    thread_->open_copies.clear();
  }
  template <int N>
  void wait_copies(source at = source::here()) {
    const site s = enter(call::wait, at);
    if (s.is(change::drop)) return;
    engine_->wait_copies(*thread_, s.is(change::more) ? N + 1 : N);
  }

  void mbarrier_init(barrier_pointer b, int count, source at = source::here()) {
    engine_->mbarrier_init(*thread_, b, count, enter(call::mbarrier_init, at));
  }
  void fence_mbarrier_init(source at = source::here()) {
    if (!enter(call::mbarrier_fence, at).is(change::drop)) engine_->mbarrier_fence(*thread_);
  }
  void mbarrier_arrive(barrier_pointer b, source at = source::here()) {
    const site s = enter(call::mbarrier_arrive, at);
    if (s.is(change::drop)) return;
    engine_->mbarrier_arrive(*thread_, b, 0, s);
    if (s.is(change::twice)) engine_->mbarrier_arrive(*thread_, b, 0, s);
  }
  void mbarrier_arrive_remote(barrier_pointer b, int rank, source at = source::here()) {
    mbarrier_arrive(remote(b, rank, at), at);
  }
  void mbarrier_expect(barrier_pointer b, int bytes, source at = source::here()) {
    const site s = enter(call::mbarrier_expect, at);
    if (s.is(change::drop)) return;
    if (s.is(change::more)) bytes += 16;
    if (s.is(change::fewer)) bytes -= 16;
    engine_->mbarrier_arrive(*thread_, b, bytes, s);
  }
  void mbarrier_wait(barrier_pointer b, int parity, source at = source::here()) {
    engine_->mbarrier_done(*thread_, b, parity, true, enter(call::mbarrier_wait, at));
  }
  bool mbarrier_test(barrier_pointer b, int parity, source at = source::here()) {
    return engine_->mbarrier_done(*thread_, b, parity, false, enter(call::mbarrier_wait, at));
  }
  void mbarrier_arrive_after_copies(barrier_pointer b, source at = source::here()) {
    const site s = enter(call::mbarrier_arrive, at);
    if (s.is(change::drop)) return;
    engine_->arrive_after_copies(*thread_, b, s);
    if (s.is(change::twice)) engine_->mbarrier_arrive(*thread_, b, 0, s);
  }

  template <class T, class U>
  void bulk_load(shared_pointer<T> to, global_pointer<U> from, int bytes, barrier_pointer b,
                 source at = source::here()) {
    const site s = enter(call::bulk_load, at);
    if (s.is(change::drop)) return;
    if (s.is(change::shift)) to.offset += 16;
    engine_->bulk_load(*thread_, to, from, bytes, b, s);
  }
  template <class T, int Rank>
  void tensor_load(shared_pointer<T> to, const tensor_map* map, device::box_place<Rank> place,
                   barrier_pointer b, source at = source::here()) {
    tensor_load_multicast(to, map, place, b, 1u << cluster_rank(), at);
  }
  template <class T, int Rank>
  void tensor_load_multicast(shared_pointer<T> to, const tensor_map* map,
                             device::box_place<Rank> place, barrier_pointer b, unsigned blocks,
                             source at = source::here()) {
    const site s = enter(call::tensor_load, at);
    if (s.is(change::drop) || !has_rank(*map, Rank, s)) return;
    if (s.is(change::shift)) ++place.at[1];
    engine_->tensor_load(*thread_, to, *map, place.at, b, blocks, s);
  }
  template <class T, class U>
  void bulk_store(global_pointer<T> to, shared_pointer<U> from, int bytes,
                  source at = source::here()) {
    const site s = enter(call::bulk_store, at);
    if (s.is(change::drop)) return;
    if (s.is(change::shift)) from.offset += 16;
    engine_->bulk_store(*thread_, to, from, bytes, s);
  }
  template <class T, int Rank>
  void tensor_store(const tensor_map* map, device::box_place<Rank> place, shared_pointer<T> from,
                    source at = source::here()) {
    const site s = enter(call::tensor_store, at);
    if (s.is(change::drop) || !has_rank(*map, Rank, s)) return;
    if (s.is(change::shift)) ++place.at[1];
    engine_->tensor_store(*thread_, *map, place.at, from, s);
  }
  void bulk_commit(source at = source::here()) {
    if (!enter(call::bulk_commit, at).is(change::drop)) engine_->bulk_commit(*thread_);
  }
  template <int N>
  void bulk_wait(source at = source::here()) {
    wait_bulk(N, false, at);
  }
  template <int N>
  void bulk_wait_read(source at = source::here()) {
    wait_bulk(N, true, at);
  }

 private:
  bool has_rank(const tensor_map& map, int rank, const site& s) {
    if (map.rank == rank) return true;
    engine_->found(fault::outside_global, thread_, s.location, 0, "the map has other axes");
    return false;
  }
  void wait_bulk(int left, bool read_only, source at) {
    const site s = enter(call::bulk_wait, at);
    if (s.is(change::drop)) return;
    if (s.is(change::more)) ++left;
    engine_->bulk_wait(*thread_, static_cast<std::size_t>(left), read_only);
  }
};

}  // namespace sinter::emulator
