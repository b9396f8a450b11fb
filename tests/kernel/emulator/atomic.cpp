// SPDX-License-Identifier: Apache-2.0
// Atomics and fences, as in the memory model of PTX: a release and the acquire that reads it order
// what lies before one before what lies after the other, if the scopes of both include both
// threads; a fence with a relaxed atomic does the same. A read-modify-write passes on what it read.
#include <algorithm>

#include "kernel/emulator/engine.hpp"

namespace sinter::emulator {

namespace {

bool reaches(const publication& p, scope reader, const thread& t) {
  switch (std::min(p.reach, reader)) {
    case scope::device: return true;
    case scope::cluster: return p.cluster == t.home->group->serial;
    case scope::block: break;
  }
  return p.block == t.home->serial;
}

}  // namespace

void engine::atomic_access(thread& t, const void* address, bool reads, bool writes, bool releases,
                           bool acquires, scope reach) {
  std::vector<publication>& published = published_[address];
  if (reads) {
    for (const publication& p : published) {
      if (acquires && reaches(p, reach, t)) {
        acquire(t, p.known);
      } else {
        publication seen = p;
        seen.reach = std::min(seen.reach, reach);
        // A loop that waits for a value reads the same publication again and again.
        const auto known = [&](const publication& o) {
          return o.known == seen.known && o.reach == seen.reach;
        };
        if (std::none_of(t.observed.begin(), t.observed.end(), known)) t.observed.push_back(seen);
      }
    }
  }
  if (!writes) return;
  if (!reads) published.clear();
  const auto publish = [&](scope s, clock_pointer known) {
    const std::uint32_t serial = t.home->serial;
    for (publication& p : published) {
      if (p.reach != s || p.block != serial) continue;
      clock_builder both;
      both.absorb(p.known);
      both.absorb(known);
      p.known = both.finish();
      return;
    }
    published.push_back({s, serial, t.home->group->serial, std::move(known)});
  };
  if (releases) {
    clock_builder all;
    release(t, all);
    publish(reach, all.finish());
    return;
  }
  for (const scope s : {scope::block, scope::cluster, scope::device}) {
    const clock_pointer& known = t.fenced[static_cast<std::size_t>(s)];
    if (known) publish(std::min(s, reach), known);
  }
}

void engine::fence(thread& t, scope reach) {
  std::vector<publication> beyond;
  for (publication& p : t.observed) {
    if (reaches(p, reach, t)) {
      acquire(t, p.known);
    } else {
      beyond.push_back(std::move(p));
    }
  }
  t.observed = std::move(beyond);
  clock_builder all;
  release(t, all);
  const clock_pointer known = all.finish();
  for (std::size_t s = 0; s <= static_cast<std::size_t>(reach); ++s) t.fenced[s] = known;
}

}  // namespace sinter::emulator
