// SPDX-License-Identifier: Apache-2.0
// What orders what: steps of threads, and how knowledge of them spreads.
#include "kernel/emulator/engine.hpp"

namespace sinter::emulator {

epoch engine::now(const thread& t, std::uint16_t location, std::uint16_t flags) const {
  return {t.time, t.home->serial, static_cast<std::uint16_t>(t.index | flags), location};
}

bool engine::ordered(const thread& t, const epoch& e) const {
  if (e.block < first_serial_) return true;  // an earlier launch, or the host
  if (e.block == t.home->serial) {
    const unsigned actor = e.index();
    if (actor == static_cast<unsigned>(t.index)) return true;
    return t.own && actor < t.own->size() && (*t.own)[actor] >= e.time;
  }
  return t.known->time(e.block, e.index()) >= e.time;
}

void engine::learn(thread& t, clock_pointer known) {
  t.known = std::move(known);
  t.own = t.known->find(t.home->serial);
}

void engine::release(thread& t, clock_builder& into) {
  into.absorb(t.known);
  into.advance(t.home->serial, static_cast<unsigned>(t.index), t.time);
  ++t.time;
}

void engine::acquire(thread& t, const clock_pointer& from) {
  if (!from || from == t.known) return;
  clock_builder both;
  both.absorb(t.known);
  both.absorb(from);
  learn(t, both.finish());
}

void engine::join(const std::vector<thread*>& members, clock_builder also) {
  for (thread* t : members) release(*t, also);
  const clock_pointer known = also.finish();
  for (thread* t : members) learn(*t, known);
}

}  // namespace sinter::emulator
