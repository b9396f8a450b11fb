// SPDX-License-Identifier: Apache-2.0
// Asynchronous copies. Their data arrive when they are waited for, or when a schedule lets them;
// until then nobody may touch either end. An engine of copies is an actor of its own: a barrier or
// a wait of the right kind is what makes its steps known.
#include <algorithm>
#include <cstring>
#include <memory>

#include "kernel/emulator/engine.hpp"
#include "sinter/core/math_kernels.hpp"

namespace sinter::emulator {

namespace {

epoch step_of(const block& b, unsigned actor, std::uint32_t time, std::uint16_t location,
              std::uint16_t flags = 0) {
  return {time, b.serial, static_cast<std::uint16_t>(actor | flags), location};
}

// One row of a box, where it lies in the tensor.
struct box_row {
  bool exists;
  int first, count;  ///< columns within the box
  global_place place;
};

box_row row_of(const tensor_map& map, const int* place, int row) {
  const int x = place[0];
  const int first = std::max(0, -x);
  const int end = std::min(map.box_columns, map.extent[0] - x);
  bool exists = first < end;
  std::int64_t at = std::int64_t{x + first} * map.element_bytes, bytes = 0;
  for (int axis = 1; axis < map.rank; ++axis) {
    const int index = place[axis] + (axis == 1 ? row : 0);
    exists = exists && index >= 0 && index < map.extent[axis];
    at += index * map.stride_bytes[axis];
    bytes += (map.extent[axis] - 1) * map.stride_bytes[axis];
  }
  bytes += std::int64_t{map.extent[0]} * map.element_bytes;
  return {exists, first, end - first, {const_cast<char*>(map.base), bytes, at, map.memory}};
}

}  // namespace

// --- Copies of one thread: cp.async -------------------------------------------------------------

void engine::copy(thread& t, const copy_item& item, const site& s) {
  const auto bytes = static_cast<std::int64_t>(item.bytes);
  if (!inside(t, item.to, bytes, static_cast<int>(bytes), s.location)) return;
  note_write(t, item.to, bytes, now(t, s.location, epoch::in_flight));
  t.open_copies.push_back(item);
}

void engine::deliver_copies(thread& t, std::vector<copy_item>& group, const epoch* as) {
  for (const copy_item& item : group) {
    unsigned char* to = address(item.to);
    std::memset(to, 0, item.bytes);
    if (item.valid) std::memcpy(to, item.from, item.valid);
    epoch e = as ? *as : now(t, item.location);
    e.location = item.location;
    settle(item.to, item.bytes, e);
  }
  group.clear();
}

void engine::wait_copies(thread& t, std::size_t left) {
  while (t.copy_groups.size() > left) {
    deliver_copies(t, t.copy_groups.front(), nullptr);
    t.copy_groups.pop_front();
  }
}

void engine::arrive_after_copies(thread& t, const shared_place& barrier, const site& s) {
  mbarrier_state* m = find_mbarrier(t, barrier, s.location);
  if (!m) return;
  auto all = std::make_shared<std::vector<copy_item>>();
  for (auto& group : t.copy_groups) all->insert(all->end(), group.begin(), group.end());
  all->insert(all->end(), t.open_copies.begin(), t.open_copies.end());
  t.copy_groups.clear();
  t.open_copies.clear();
  block* b = barrier.home;
  const epoch e = step_of(*b, m->actor, ++b->actor_time(m->actor), s.location);
  const clock_pointer known = t.known;
  const std::uint32_t time = t.time++;
  post(t, 0, s.location, [this, m, all, e, known, time, b, &t] {
    deliver_copies(t, *all, &e);
    m->arriving.absorb(known);
    m->arriving.advance(b->serial, static_cast<unsigned>(t.index), time);
    m->arriving.advance(b->serial, m->actor, e.time);
    --m->pending;
    mbarrier_check(*m);
  });
}

// --- Copies that a barrier counts ---------------------------------------------------------------

void engine::bulk_load(thread& t, const shared_place& to, const global_place& from,
                       std::int64_t bytes, const shared_place& barrier, const site& s) {
  mbarrier_state* m = find_mbarrier(t, barrier, s.location, true);
  if (!m) return;
  if (bytes <= 0 || bytes % 16 != 0) {
    found(fault::misaligned, &t, s.location, 0, "want a multiple of 16 bytes");
    return;
  }
  if (!inside(t, to, bytes, 16, s.location) || !inside(t, from, bytes, 16, s.location)) return;
  block* b = barrier.home;
  const epoch e = step_of(*b, m->actor, ++b->actor_time(m->actor), s.location);
  check_proxy(t, from, bytes, s.location);
  check_proxy(t, to, bytes, s.location);
  note_read(t, from, bytes, e);
  epoch flying = e;
  flying.actor |= epoch::in_flight;
  note_write(t, to, bytes, flying);
  post(t, 0, s.location, [=, this] {
    std::memcpy(address(to), from.address(), static_cast<std::size_t>(bytes));
    settle(to, bytes, e);
    m->arriving.advance(b->serial, m->actor, e.time);
    m->bytes -= bytes;
    mbarrier_check(*m);
  });
}

void engine::tensor_load(thread& t, const shared_place& to, const tensor_map& map, const int* place,
                         const shared_place& barrier, unsigned blocks, const site& s) {
  const std::int64_t bytes = map.box_bytes();
  if (map.swizzle && map.box_row_bytes() != device::swizzled_row_bytes) {
    found(fault::misaligned, &t, s.location, 0, "a swizzled box has rows of 128 bytes");
    return;
  }
  bool rows_aligned = map.box_row_bytes() % 16 == 0;
  for (int axis = 1; axis < map.rank; ++axis)
    rows_aligned = rows_aligned && map.stride_bytes[axis] % 16 == 0;
  if (!rows_aligned) {
    found(fault::misaligned, &t, s.location, 0, "want rows of a multiple of 16 bytes");
    return;
  }
  for (block* target : t.home->group->blocks) {
    if (!(blocks >> target->rank & 1)) continue;
    shared_place there = to, counted = barrier;
    there.home = counted.home = target;
    mbarrier_state* m = find_mbarrier(t, counted, s.location, true);
    const int alignment = map.swizzle ? device::swizzled_tile_alignment : 128;
    if (!m || !inside(t, there, bytes, alignment, s.location)) return;
    const epoch e = step_of(*target, m->actor, ++target->actor_time(m->actor), s.location);
    check_proxy(t, there, bytes, s.location);
    auto data = std::make_shared<std::vector<unsigned char>>(static_cast<std::size_t>(bytes));
    for (int row = 0; row < map.box_rows; ++row) {
      const box_row r = row_of(map, place, row);
      if (!r.exists) continue;
      const std::int64_t length = std::int64_t{r.count} * map.element_bytes;
      if (!inside(t, r.place, length, map.element_bytes, s.location)) return;
      check_proxy(t, r.place, length, s.location);
      note_read(t, r.place, length, e);
      for (int i = 0; i < r.count; ++i) {
        const int element = map.element_bytes;
        unsigned char* landing = data->data() + map.place(row, r.first + i);
        std::memcpy(landing, r.place.address() + std::int64_t{i} * element,
                    static_cast<std::size_t>(element));
        if (!map.to_tf32) continue;
        float value;
        std::memcpy(&value, landing, 4);
        value = math::detail::tf32_kernel(value);
        std::memcpy(landing, &value, 4);
      }
    }
    epoch flying = e;
    flying.actor |= epoch::in_flight;
    note_write(t, there, bytes, flying);
    post(t, 0, s.location, [=, this] {
      std::memcpy(address(there), data->data(), static_cast<std::size_t>(bytes));
      settle(there, bytes, e);
      m->arriving.advance(target->serial, m->actor, e.time);
      m->bytes -= bytes;
      mbarrier_check(*m);
    });
  }
}

// --- Copies to global memory, in groups ---------------------------------------------------------

void engine::begin_bulk(thread& t) {
  if (t.bulk_reader) return;
  t.bulk_reader = t.home->new_actor();
  t.bulk_writer = t.home->new_actor();
}

void engine::bulk_store(thread& t, const global_place& to, const shared_place& from,
                        std::int64_t bytes, const site& s) {
  if (bytes <= 0 || bytes % 16 != 0) {
    found(fault::misaligned, &t, s.location, 0, "want a multiple of 16 bytes");
    return;
  }
  if (!inside(t, from, bytes, 16, s.location) || !inside(t, to, bytes, 16, s.location)) return;
  begin_bulk(t);
  block& b = *t.home;
  t.bulk_at = s.location;
  check_proxy(t, from, bytes, s.location);
  note_read(t, from, bytes, step_of(b, t.bulk_reader, ++b.actor_time(t.bulk_reader), s.location));
  const epoch e = step_of(b, t.bulk_writer, ++b.actor_time(t.bulk_writer), s.location);
  epoch flying = e;
  flying.actor |= epoch::in_flight;
  note_write(t, to, bytes, flying);
  post(t, t.bulk_ticket, s.location, [=, this] {
    std::memcpy(to.address(), address(from), static_cast<std::size_t>(bytes));
    settle(to, bytes, e);
  });
}

void engine::tensor_store(thread& t, const tensor_map& map, const int* place,
                          const shared_place& from, const site& s) {
  const std::int64_t bytes = map.box_bytes();
  const int alignment = map.swizzle ? device::swizzled_tile_alignment : 128;
  if (!inside(t, from, bytes, alignment, s.location)) return;
  begin_bulk(t);
  block& b = *t.home;
  t.bulk_at = s.location;
  check_proxy(t, from, bytes, s.location);
  note_read(t, from, bytes, step_of(b, t.bulk_reader, ++b.actor_time(t.bulk_reader), s.location));
  const epoch e = step_of(b, t.bulk_writer, ++b.actor_time(t.bulk_writer), s.location);
  epoch flying = e;
  flying.actor |= epoch::in_flight;
  for (int row = 0; row < map.box_rows; ++row) {
    const box_row r = row_of(map, place, row);
    if (!r.exists) continue;
    const std::int64_t length = std::int64_t{r.count} * map.element_bytes;
    if (!inside(t, r.place, length, map.element_bytes, s.location)) return;
    note_write(t, r.place, length, flying);
    post(t, t.bulk_ticket, s.location, [=, this] {
      for (int i = 0; i < r.count; ++i) {
        const int element = map.element_bytes;
        std::memcpy(r.place.address() + std::int64_t{i} * element,
                    address(from) + map.place(row, r.first + i),
                    static_cast<std::size_t>(element));
      }
      settle(r.place, length, e);
    });
  }
}

void engine::bulk_commit(thread& t) {
  begin_bulk(t);
  block& b = *t.home;
  t.bulk_groups.push_back(
      {t.bulk_ticket++, b.actor_time(t.bulk_reader), b.actor_time(t.bulk_writer)});
}

void engine::deliver_bulk(thread& t, std::uint32_t ticket) {
  for (std::size_t i = 0; i < pending_.size();) {
    if (pending_[i].issuer == &t && pending_[i].ticket == ticket) {
      deliver(i);
    } else {
      ++i;
    }
  }
}

void engine::bulk_wait(thread& t, std::size_t left, bool read_only) {
  if (t.bulk_groups.size() <= left) return;
  const std::size_t done = t.bulk_groups.size() - left;
  const bulk_group& last = t.bulk_groups[done - 1];
  clock_builder known;
  known.absorb(t.known);
  known.advance(t.home->serial, t.bulk_reader, last.read_time);
  if (!read_only) known.advance(t.home->serial, t.bulk_writer, last.write_time);
  for (std::size_t i = 0; i < done; ++i) deliver_bulk(t, t.bulk_groups[i].ticket);
  learn(t, known.finish());
  if (read_only) return;
  t.bulk_groups.erase(t.bulk_groups.begin(),
                      t.bulk_groups.begin() + static_cast<std::ptrdiff_t>(done));
}

}  // namespace sinter::emulator
