// SPDX-License-Identifier: Apache-2.0
// Barriers of blocks and clusters.
#include <algorithm>

#include "kernel/emulator/engine.hpp"

namespace sinter::emulator {

void engine::barrier(thread& t, int id, int expected, bool waits, const site& s) {
  if (s.is(change::drop) || s.is(change::skip_warp) || s.is(change::skip_thread)) return;
  block& b = *t.home;
  barrier_state& state = b.barriers[id];
  if (id != 0 && (expected <= 0 || expected % 32 != 0 || id > 15)) {
    found(fault::divergent_barrier, &t, s.location, 0, "want ids 1 to 15 and a multiple of 32");
  }
  if (state.arrived > 0 && state.expected != expected) {
    found(fault::divergent_barrier, &t, s.location, state.locations[0],
          "expects " + std::to_string(expected) + " against " + std::to_string(state.expected));
  }
  state.expected = expected;
  state.locations.push_back(s.location);
  ++state.arrived;
  if (waits) {
    state.waiting.push_back(&t);
    check_barrier(b, id, &t);
    // The last to come goes on at once.
    if (std::find(state.waiting.begin(), state.waiting.end(), &t) != state.waiting.end()) {
      wait(t, id == 0 ? "barrier" : "named barrier", s.location);
    }
  } else {
    release(t, state.known);
    check_barrier(b, id, nullptr);
  }
}

void engine::check_barrier(block& b, int id, thread* last) {
  barrier_state& state = b.barriers[id];
  const int needed = state.expected == 0 ? b.live : state.expected;
  if (state.arrived == 0 || state.arrived < needed) return;
  thread* reporter = last ? last : b.threads[0];
  if (id == 0) {
    if (b.live < b.size()) {
      found(fault::divergent_barrier, reporter, state.locations[0], 0,
            std::to_string(b.size() - b.live) + " threads had ended");
    }
    for (const std::uint16_t other : state.locations) {
      if (other == state.locations[0]) continue;
      found(fault::divergent_barrier, reporter, state.locations[0], other,
            "one barrier, two lines");
      break;
    }
  }
  const std::vector<thread*> members = std::move(state.waiting);
  clock_builder known = std::move(state.known);
  state = {};
  join(members, std::move(known));
  for (thread* member : members) {
    if (member != last) wake(*member);
  }
}

void engine::cluster_barrier(thread& t, const site& s) {
  if (s.is(change::drop) || s.is(change::skip_warp) || s.is(change::skip_thread)) return;
  cluster& group = *t.home->group;
  group.barrier.waiting.push_back(&t);
  group.barrier.locations.push_back(s.location);
  complete_cluster(group, &t);
  const auto& waiting = group.barrier.waiting;
  if (std::find(waiting.begin(), waiting.end(), &t) != waiting.end()) {
    wait(t, "cluster barrier", s.location);
  }
}

void engine::complete_cluster(cluster& group, thread* last) {
  barrier_state& state = group.barrier;
  int needed = 0;
  for (const block* b : group.blocks) needed += b->live;
  if (state.waiting.empty() || static_cast<int>(state.waiting.size()) < needed) return;
  for (const std::uint16_t other : state.locations) {
    if (other == state.locations[0]) continue;
    found(fault::divergent_barrier, state.waiting[0], state.locations[0], other,
          "one cluster barrier, two lines");
    break;
  }
  // A block that has ended takes no part; one that has lost some of its threads diverges.
  for (const block* b : group.blocks) {
    if (b->live == 0 || b->live == b->size()) continue;
    found(fault::divergent_barrier, state.waiting[0], state.locations[0], 0,
          std::to_string(b->size() - b->live) + " threads had ended");
  }
  const std::vector<thread*> members = std::move(state.waiting);
  state = {};
  join(members);
  for (thread* member : members) {
    if (member != last) wake(*member);
  }
}

}  // namespace sinter::emulator
