// SPDX-License-Identifier: Apache-2.0
// Accesses to memory: where they go, what was there before, and what else is under way.
#include <algorithm>
#include <cstdlib>
#include <map>

#include "kernel/emulator/engine.hpp"

namespace sinter::emulator {

namespace {

std::map<std::uintptr_t, allocation*>& allocations() {
  static std::map<std::uintptr_t, allocation*> all;
  return all;
}

constexpr std::uint32_t host_serial = 1;

}  // namespace

allocation::allocation(std::size_t size, std::size_t element_bytes, bool initialised)
    : bytes(size), base(nullptr), cells(size, element_bytes) {
  const std::size_t room = (std::max<std::size_t>(size, 1) + 255) / 256 * 256;
  base = static_cast<char*>(std::aligned_alloc(256, room));
  std::memset(base, 0xcd, room);
  if (initialised && size) {
    for (std::size_t i = 0; i <= cells.last(0, size); ++i) {
      cells.at(i).write = {1, host_serial, 0, 0};
    }
  }
  allocations()[reinterpret_cast<std::uintptr_t>(base)] = this;
}

allocation::~allocation() {
  allocations().erase(reinterpret_cast<std::uintptr_t>(base));
  std::free(base);
}

allocation* allocation::find(const void* address) {
  auto after = allocations().upper_bound(reinterpret_cast<std::uintptr_t>(address));
  if (after == allocations().begin()) return nullptr;
  allocation* a = std::prev(after)->second;
  return static_cast<const char*>(address) <= a->base + a->bytes ? a : nullptr;
}

unsigned engine::declare_shared(thread& t, std::uint32_t bytes, std::uint32_t element_bytes,
                                std::uint32_t alignment, std::uint16_t location) {
  block& b = *t.home;
  const unsigned i = t.declared++;
  if (i < b.arrays.size()) {
    const shared_array& first = b.arrays[i];
    if (first.bytes != bytes || first.location != location) {
      found(fault::shared_divergence, &t, location, first.location,
            std::to_string(bytes) + " bytes against " + std::to_string(first.bytes));
    }
    return i;
  }
  const std::uint32_t offset = (b.shared_top + alignment - 1) / alignment * alignment;
  b.shared_top = offset + bytes;
  if (b.shared_top > b.shared.size()) {
    found(fault::shared_overflow, &t, location, 0,
          std::to_string(b.shared_top) + " bytes of " + std::to_string(b.shared.size()));
    b.shared.resize(b.shared_top, 0xcd);
  }
  b.arrays.push_back({offset, bytes, shadow(bytes, element_bytes), location});
  return i;
}

bool engine::inside(thread& t, const shared_place& p, std::int64_t bytes, int alignment,
                    std::uint16_t location) {
  if (p.home->ended) {
    found(fault::lifetime, &t, location, 0, "the block has ended");
    return false;
  }
  if (p.array >= p.home->arrays.size()) {
    found(fault::lifetime, &t, location, 0, "the block has not begun");
    return false;
  }
  const shared_array& array = p.home->arrays[p.array];
  if (p.offset < 0 || p.offset + bytes > array.bytes) {
    found(fault::outside_shared, &t, location, array.location,
          "bytes " + std::to_string(p.offset) + " to " + std::to_string(p.offset + bytes) + " of " +
              std::to_string(array.bytes));
    return false;
  }
  if ((array.offset + p.offset) % alignment != 0) {
    found(fault::misaligned, &t, location, 0,
          "shared byte " + std::to_string(array.offset + p.offset) + ", want a multiple of " +
              std::to_string(alignment));
    return false;
  }
  return true;
}

bool engine::inside(thread& t, const global_place& p, std::int64_t bytes, int alignment,
                    std::uint16_t location) {
  if (p.offset < 0 || p.offset + bytes > p.bytes) {
    found(fault::outside_global, &t, location, 0,
          "bytes " + std::to_string(p.offset) + " to " + std::to_string(p.offset + bytes) + " of " +
              std::to_string(p.bytes));
    return false;
  }
  if (reinterpret_cast<std::uintptr_t>(p.address()) % static_cast<unsigned>(alignment) != 0) {
    found(fault::misaligned, &t, location, 0,
          "byte " + std::to_string(p.offset) + ", want a multiple of " + std::to_string(alignment));
    return false;
  }
  // A view that is larger than its buffer was reported where it was made.
  return p.memory && p.address() >= p.memory->base &&
         p.address() + bytes <= p.memory->base + p.memory->bytes;
}

unsigned char* engine::address(const shared_place& p) {
  return p.home->shared.data() + p.home->arrays[p.array].offset + p.offset;
}

bool engine::conflicts(const thread& t, const epoch& mine, const epoch& theirs) const {
  if (!theirs.time) return false;
  if (theirs.flag(epoch::in_flight)) return theirs.block >= first_serial_;
  if (mine.flag(epoch::atomic) && theirs.flag(epoch::atomic)) {
    const bool narrow = mine.flag(epoch::narrow) || theirs.flag(epoch::narrow);
    if (!narrow || mine.block == theirs.block) return false;
  }
  return !ordered(t, theirs);
}

void engine::race(thread& t, const epoch& mine, const epoch& theirs, const char* kind,
                  bool shared) {
  const bool by_engine = theirs.index() >= static_cast<unsigned>(shape_.threads);
  std::string detail = kind;
  if (by_engine) {
    detail += ", which is not waited for";
  } else {
    detail += " by thread " + std::to_string(theirs.index());
    if (theirs.block != t.home->serial) {
      detail += " of block " + std::to_string(blocks_[theirs.block - first_serial_]->x);
    }
  }
  found(by_engine || theirs.flag(epoch::in_flight) ? fault::in_flight
        : shared                                   ? fault::race_shared
                                                   : fault::race_global,
        &t, mine.location, theirs.location, detail);
}

void engine::read_cells(thread& t, shadow& cells, std::int64_t offset, std::int64_t bytes,
                        const epoch& as, bool shared) {
  if (bytes <= 0) return;
  const auto from = static_cast<std::size_t>(offset);
  const std::size_t last = cells.last(from, static_cast<std::size_t>(bytes));
  for (std::size_t i = cells.first(from); i <= last; ++i) {
    shadow::cell& c = cells.at(i);
    if (!c.write.time) {
      found(shared ? fault::uninitialised_shared : fault::uninitialised_global, &t, as.location, 0,
            "element " + std::to_string(i));
      continue;
    }
    if (conflicts(t, as, c.write)) race(t, as, c.write, "read after a write", shared);
    epoch* free = nullptr;
    for (epoch& r : c.readers) {
      const bool own = r.block == as.block && r.index() == as.index();
      if (!r.time || own || ordered(t, r)) {
        free = &r;
        break;
      }
    }
    if (free) {
      *free = as;
    } else {
      cells.add_to_crowd(c, as);
    }
  }
}

void engine::write_cells(thread& t, shadow& cells, std::int64_t offset, std::int64_t bytes,
                         const epoch& as, bool shared) {
  if (bytes <= 0) return;
  progressed();
  const auto from = static_cast<std::size_t>(offset);
  const std::size_t last = cells.last(from, static_cast<std::size_t>(bytes));
  for (std::size_t i = cells.first(from); i <= last; ++i) {
    shadow::cell& c = cells.at(i);
    if (conflicts(t, as, c.write)) race(t, as, c.write, "write after a write", shared);
    for (const epoch& r : c.readers) {
      if (conflicts(t, as, r)) race(t, as, r, "write after a read", shared);
    }
    if (c.crowd) {
      for (const shadow::crowd_part& part : cells.crowd_of(c)) {
        for (std::size_t actor = 0; actor < part.latest.size(); ++actor) {
          const epoch r{part.latest[actor], part.block,
                        static_cast<std::uint16_t>(actor | part.flags), part.location};
          if (!conflicts(t, as, r)) continue;
          race(t, as, r, "write after a read", shared);
          break;
        }
      }
    }
    c.write = as;
    cells.clear_readers(c);
  }
}

void engine::visit(thread& t, const shared_place& p, const epoch& as) {
  if (p.home == t.home) return;
  for (remote_access& v : p.home->visitors) {
    if (v.at.block == as.block && v.at.index() == as.index()) {
      v.at = as;
      return;
    }
  }
  p.home->visitors.push_back({as});
}

void engine::note_read(thread& t, const shared_place& p, std::int64_t bytes, const epoch& as) {
  visit(t, p, as);
  read_cells(t, p.home->arrays[p.array].cells, p.offset, bytes, as, true);
}

void engine::note_write(thread& t, const shared_place& p, std::int64_t bytes, const epoch& as) {
  visit(t, p, as);
  write_cells(t, p.home->arrays[p.array].cells, p.offset, bytes, as, true);
}

void engine::note_read(thread& t, const global_place& p, std::int64_t bytes, const epoch& as) {
  read_cells(t, p.memory->cells, p.address() - p.memory->base, bytes, as, false);
}

void engine::note_write(thread& t, const global_place& p, std::int64_t bytes, const epoch& as) {
  write_cells(t, p.memory->cells, p.address() - p.memory->base, bytes, as, false);
}

namespace {

void settle_cells(shadow& cells, std::int64_t offset, std::int64_t bytes, const epoch& e) {
  if (bytes <= 0) return;
  const auto from = static_cast<std::size_t>(offset);
  const std::size_t last = cells.last(from, static_cast<std::size_t>(bytes));
  for (std::size_t i = cells.first(from); i <= last; ++i) cells.at(i).write = e;
}

}  // namespace

void engine::settle(const shared_place& p, std::int64_t bytes, const epoch& e) {
  settle_cells(p.home->arrays[p.array].cells, p.offset, bytes, e);
}

void engine::settle(const global_place& p, std::int64_t bytes, const epoch& e) {
  settle_cells(p.memory->cells, p.address() - p.memory->base, bytes, e);
}

// The writer itself must have fenced: a fence by another thread, after a barrier, is not counted,
// as neither the manual nor practice relies on it.
void engine::proxy_cells(thread& t, shadow& cells, std::int64_t offset, std::int64_t bytes,
                         std::uint16_t location, bool shared) {
  if (bytes <= 0) return;
  const auto from = static_cast<std::size_t>(offset);
  const std::size_t last = cells.last(from, static_cast<std::size_t>(bytes));
  for (std::size_t i = cells.first(from); i <= last; ++i) {
    const epoch& w = cells.at(i).write;
    if (!w.time || w.block < first_serial_ || w.flag(epoch::in_flight)) continue;
    if (w.index() >= static_cast<unsigned>(shape_.threads)) continue;
    const thread& writer = *blocks_[w.block - first_serial_]->threads[w.index()];
    if (w.time > (shared ? writer.fenced_shared : writer.fenced_global)) {
      found(fault::proxy_fence, &t, location, w.location, "");
      return;
    }
  }
}

void engine::check_proxy(thread& t, const shared_place& p, std::int64_t bytes,
                         std::uint16_t location) {
  proxy_cells(t, p.home->arrays[p.array].cells, p.offset, bytes, location, true);
}

void engine::check_proxy(thread& t, const global_place& p, std::int64_t bytes,
                         std::uint16_t location) {
  proxy_cells(t, p.memory->cells, p.address() - p.memory->base, bytes, location, false);
}

}  // namespace sinter::emulator
