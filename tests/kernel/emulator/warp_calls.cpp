// SPDX-License-Identifier: Apache-2.0
#include "kernel/emulator/warp_calls.hpp"

namespace sinter::emulator {

namespace {

struct exchange_argument {
  std::uint64_t bits;
  int from;
  std::uint64_t result;
  site at;
};

template <class F>
void each_lane(std::uint32_t mask, F&& f) {
  for (std::uint32_t left = mask; left; left &= left - 1) f(std::countr_zero(left));
}

void run_exchange(engine& machine, thread* const* lanes, std::uint32_t mask, void* const* data) {
  each_lane(mask, [&](int lane) {
    auto& mine = *static_cast<exchange_argument*>(data[lane]);
    if (mask >> mine.from & 1) {
      mine.result = static_cast<const exchange_argument*>(data[mine.from])->bits;
      return;
    }
    machine.found(fault::inactive_lane, lanes[lane], mine.at.location, 0,
                  "lane " + std::to_string(lane) + " reads lane " + std::to_string(mine.from));
    mine.result = ~std::uint64_t{0};
  });
}

struct vote_argument {
  bool yes;
  std::uint32_t result;
};

void run_vote(engine&, thread* const*, std::uint32_t mask, void* const* data) {
  std::uint32_t result = 0;
  each_lane(mask, [&](int lane) {
    if (static_cast<const vote_argument*>(data[lane])->yes) result |= 1u << lane;
  });
  each_lane(mask, [&](int lane) { static_cast<vote_argument*>(data[lane])->result = result; });
}

void run_sync(engine& machine, thread* const* lanes, std::uint32_t mask, void* const*) {
  std::vector<thread*> members;
  each_lane(mask, [&](int lane) { members.push_back(lanes[lane]); });
  machine.join(members);
}

void run_elect(engine&, thread* const*, std::uint32_t mask, void* const* data) {
  const int chosen = std::countr_zero(mask);
  each_lane(mask, [&](int lane) { *static_cast<bool*>(data[lane]) = lane == chosen; });
}

}  // namespace

void warp_calls::sync_warp(std::uint32_t mask, source at) {
  const site s = enter(call::warp_barrier, at);
  if (!s.is(change::drop)) {
    engine_->gather(*thread_, call::warp_barrier, mask, nullptr, false, s, run_sync);
  }
}

bool warp_calls::elect(source at) {
  const site s = enter(call::elect, at);
  bool chosen = false;
  engine_->gather(*thread_, call::elect, ~0u, &chosen, false, s, run_elect);
  return chosen;
}

std::uint32_t warp_calls::ballot(bool p, std::uint32_t mask, source at) {
  const site s = enter(call::vote, at);
  vote_argument v{p != s.is(change::flip), 0};
  if (s.is(change::half)) mask = lane() < 16 ? mask & 0xffffu : mask & 0xffff0000u;
  engine_->gather(*thread_, call::vote, mask, &v, false, s, run_vote);
  return v.result;
}

std::uint64_t warp_calls::exchange_bits(std::uint64_t bits, int from, std::uint32_t mask,
                                        const site& s) {
  if (s.is(change::shift)) from = (from + 1) & 31;
  if (s.is(change::half)) mask = lane() < 16 ? mask & 0xffffu : mask & 0xffff0000u;
  exchange_argument e{bits, from, 0, s};
  engine_->gather(*thread_, call::shuffle, mask, &e, false, s, run_exchange);
  return e.result;
}

}  // namespace sinter::emulator
