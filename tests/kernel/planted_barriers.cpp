// SPDX-License-Identifier: Apache-2.0
// Planted bugs: barriers of the block, operations of a warp, deadlocks.
#include "kernel/planted.hpp"

namespace sinter::kernel_test {

namespace {

source bug;

constexpr shape one_warp{.threads = 32, .shared_bytes = 4096};
constexpr shape two_warps{.threads = 64, .shared_bytes = 4096};

TEST_CASE("planted: a barrier that is two lines") {
  const auto body = [](auto& ctx) {
    if (ctx.warp() == 0) {
      bug = source::here(), ctx.sync();
    } else {
      ctx.sync();
    }
  };
  check_found(launch(two_warps, body), fault::divergent_barrier, bug);
}

TEST_CASE("planted: a barrier after some threads have returned") {
  const auto body = [](auto& ctx, int stay) {
    if (ctx.thread() >= stay) return;
    bug = source::here(), ctx.sync();
  };
  check_found(launch(two_warps, body, 40), fault::divergent_barrier, bug);
  check_clean(launch(two_warps, body, 64));
}

TEST_CASE("planted: a named barrier that warps pass different numbers of times") {
  const auto body = [](auto& ctx, int difference) {
    for (int i = 0; i < 1 + ctx.warp() * difference; ++i) {
      bug = source::here(), ctx.sync_named(1, 64);
    }
  };
  check_found(launch(two_warps, body, 1), fault::deadlock, bug);
  check_clean(launch(two_warps, body, 0));
}

TEST_CASE("planted: a named barrier with the wrong count") {
  const auto body = [](auto& ctx, int count) { bug = source::here(), ctx.sync_named(1, count); };
  check_found(launch(two_warps, body, 96), fault::deadlock, bug);
  check_found(launch(two_warps, body, 40), fault::divergent_barrier, bug);
  check_clean(launch(two_warps, body, 64));
}

TEST_CASE("planted: a hand-over by named barriers that forgets one direction") {
  const auto body = [](auto& ctx, bool back) {
    auto value = ctx.template shared<int>(32);
    const int lane = ctx.lane();
    for (int i = 0; i < 3; ++i) {
      if (ctx.warp() == 0) {
        if (back && i > 0) ctx.sync_named(2, 64);
        bug = source::here(), ctx.store(value + lane, i);
        ctx.arrive_named(1, 64);
      } else {
        ctx.sync_named(1, 64);
        ctx.load(value + lane);
        if (back && i < 2) ctx.arrive_named(2, 64);
      }
    }
  };
  check_found(launch(two_warps, body, false), fault::race_shared, bug);
  check_clean(launch(two_warps, body, true));
}

TEST_CASE("planted: a shuffle that half of its lanes skip") {
  const auto body = [](auto& ctx, int lanes) {
    if (ctx.lane() >= lanes) return;
    bug = source::here(), ctx.shuffle_xor(1.f, 1);
  };
  check_found(launch(one_warp, body, 16), fault::warp_divergence, bug);
  check_clean(launch(one_warp, body, 32));
}

TEST_CASE("planted: two operations of one warp at once") {
  const auto body = [](auto& ctx) {
    if (ctx.lane() < 16) {
      bug = source::here(), ctx.shuffle_xor(1.f, 1);
    } else {
      ctx.ballot(true);
    }
  };
  check_found(launch(one_warp, body), fault::warp_divergence, bug);
}

TEST_CASE("planted: masks without the own lane, of lanes that do not exist, that overlap") {
  const auto body = [](auto& ctx, std::uint32_t low, std::uint32_t high) {
    const std::uint32_t mask = ctx.lane() < 16 ? low : high;
    bug = source::here(), ctx.shuffle_xor(1.f, 1, mask);
  };
  check_found(launch(one_warp, body, 0xffff0000u, 0xffff0000u), fault::bad_mask, bug);
  check_found(launch(one_warp, body, 0xffffu, ~0u), fault::warp_divergence, bug);
  check_clean(launch(one_warp, body, 0xffffu, 0xffff0000u));
  check_found(launch({.threads = 16}, body, 0x1ffffu, 0u), fault::bad_mask, bug);
  check_clean(launch({.threads = 16}, body, ~0u, 0u));
}

TEST_CASE("planted: a value from a lane that takes no part") {
  const auto body = [](auto& ctx, int from) {
    if (ctx.lane() >= 16) return;
    bug = source::here(), ctx.shuffle(1.f, from, 0xffffu);
  };
  check_found(launch(one_warp, body, 20), fault::inactive_lane, bug);
  check_clean(launch(one_warp, body, 15));
}

TEST_CASE("planted: a matrix load at two lines of one warp") {
  const auto body = [](auto& ctx, bool apart) {
    auto tile = ctx.template shared<bf16>(64, 16);
    ctx.store(tile + ctx.lane(), bf16(1));
    ctx.store(tile + (ctx.lane() + 32), bf16(1));
    ctx.sync_warp();
    std::uint32_t r[1];
    if (apart && ctx.lane() > 3) {
      bug = source::here(), ctx.template load_matrix<1, false>(r, tile + ctx.lane() % 8 * 8);
    } else {
      ctx.template load_matrix<1, false>(r, tile + ctx.lane() % 8 * 8);
    }
  };
  check_found(launch(one_warp, body, true), fault::warp_divergence, bug);
  check_clean(launch(one_warp, body, false));
}

TEST_CASE("planted: a loop that waits for what nobody does") {
  buffer<unsigned> flag(std::vector<unsigned>(1)), other(std::vector<unsigned>(1));
  const auto body = [](auto& ctx, unsigned* p, bool set) {
    auto f = ctx.global(p, size_t{1});
    if (ctx.thread() == 1 && set) {
      ctx.template atomic_store<order::release, scope::device>(f, 1u);
    }
    if (ctx.thread() != 0) return;
    unsigned seen = 0;
    while (seen == 0) {
      bug = source::here(), seen = ctx.template atomic_load<order::acquire, scope::device>(f);
    }
  };
  check_found(launch(two_warps, body, flag.data(), false), fault::deadlock, bug);
  for (const schedule policy : {schedule::fifo, schedule::lifo, schedule::random}) {
    options o;
    o.policy = policy;
    buffer<unsigned> fresh(std::vector<unsigned>(1));
    check_clean(emulate(o, two_warps, body, fresh.data(), true));
  }
}

}  // namespace

}  // namespace sinter::kernel_test
