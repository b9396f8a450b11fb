// SPDX-License-Identifier: Apache-2.0
// Barriers in shared memory: phases, arrivals, and bytes that asynchronous copies bring.
#include "kernel/emulator/engine.hpp"
#include "sinter/kernel/mbarrier.hpp"

namespace sinter::emulator {

namespace {

constexpr int barrier_bytes = sizeof(device::mbarrier);

std::uint64_t key(const shared_place& p) {
  return static_cast<std::uint64_t>(p.array) << 32 | static_cast<std::uint64_t>(p.offset);
}

}  // namespace

void engine::mbarrier_init(thread& t, const shared_place& p, int count, const site& s) {
  if (s.is(change::drop)) return;
  if (s.is(change::more)) ++count;
  if (s.is(change::fewer)) --count;
  if (!inside(t, p, barrier_bytes, barrier_bytes, s.location)) return;
  if (count < 1) {
    found(fault::mbarrier_misuse, &t, s.location, 0, "want a count of at least 1");
    return;
  }
  note_write(t, p, barrier_bytes, now(t, s.location));
  mbarrier_state& m = p.home->mbarriers[key(p)];
  const unsigned actor = m.actor ? m.actor : p.home->new_actor();
  if (!m.waiting.empty()) {
    found(fault::mbarrier_misuse, &t, s.location, 0, "initialised again while threads wait");
    abandon();
  }
  m = {};
  m.count = m.pending = count;
  m.initialiser = &t;
  m.actor = actor;
}

void engine::mbarrier_fence(thread& t) {
  for (auto& [place, m] : t.home->mbarriers) {
    if (m.initialiser == &t) m.published = true;
  }
}

mbarrier_state* engine::find_mbarrier(thread& t, const shared_place& p, std::uint16_t location,
                                      bool asynchronous) {
  if (!inside(t, p, barrier_bytes, barrier_bytes, location)) return nullptr;
  const auto found_at = p.home->mbarriers.find(key(p));
  if (found_at == p.home->mbarriers.end()) {
    found(fault::mbarrier_misuse, &t, location, 0, "not initialised");
    return nullptr;
  }
  visit(t, p, now(t, location));
  mbarrier_state& m = found_at->second;
  shadow& cells = p.home->arrays[p.array].cells;
  const epoch& initialised = cells.at(cells.first(static_cast<std::size_t>(p.offset))).write;
  if (!ordered(t, initialised)) {
    found(fault::mbarrier_misuse, &t, location, initialised.location,
          "nothing orders its initialisation before its use");
  }
  if ((asynchronous || p.home != t.home) && !m.published) {
    found(fault::mbarrier_misuse, &t, location, initialised.location,
          "no fence_mbarrier_init after its initialisation");
  }
  return &m;
}

void engine::mbarrier_check(mbarrier_state& m) {
  if (m.pending != 0 || m.bytes != 0) return;
  ++m.phase;
  m.pending = m.count;
  m.finished = m.arriving.finish();
  const std::vector<thread*> waiting = std::move(m.waiting);
  m.waiting.clear();
  for (thread* t : waiting) wake(*t);
}

void engine::mbarrier_arrive(thread& t, const shared_place& p, std::int64_t bytes, const site& s) {
  mbarrier_state* m = find_mbarrier(t, p, s.location);
  if (!m) return;
  m->bytes += bytes;
  release(t, m->arriving);
  progressed();
  if (--m->pending < 0) {
    found(fault::mbarrier_misuse, &t, s.location, 0, "more arrivals than its count");
    m->pending = 0;
  }
  mbarrier_check(*m);
}

bool engine::mbarrier_done(thread& t, const shared_place& p, int parity, bool waits,
                           const site& s) {
  if (s.is(change::drop)) return true;
  if (s.is(change::flip)) parity ^= 1;
  mbarrier_state* m = find_mbarrier(t, p, s.location);
  if (!m) return true;
  if (p.home != t.home) {
    found(fault::mbarrier_misuse, &t, s.location, 0, "waits at another block's barrier");
    return true;
  }
  while (static_cast<int>(m->phase & 1) == parity) {
    if (!waits) {
      spin(t, "mbarrier", s.location);
      return false;
    }
    m->waiting.push_back(&t);
    wait(t, "mbarrier", s.location);
  }
  acquire(t, m->finished);
  return true;
}

}  // namespace sinter::emulator
