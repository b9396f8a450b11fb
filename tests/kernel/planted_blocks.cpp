// SPDX-License-Identifier: Apache-2.0
// Planted bugs: blocks of a grid, atomics, fences, clusters.
#include "kernel/planted.hpp"

namespace sinter::kernel_test {

namespace {

source bug;

constexpr shape two_blocks{.threads = 32, .shared_bytes = 1024, .grid_x = 2};
constexpr shape pair_of_blocks{.threads = 32, .shared_bytes = 1024, .grid_x = 2, .cluster = 2};

/// One block at a time as well: what is not ordered is a race even if it never meets.
std::vector<options> interleavings() {
  std::vector<options> all(4);
  all[1].policy = schedule::lifo;
  all[2].policy = schedule::random;
  all[3].resident_threads = 1;
  return all;
}

TEST_CASE("planted: blocks that write one element, or read what another one writes") {
  const auto write = [](auto& ctx, float* p, int stride) {
    auto to = ctx.global(p, size_t{2});
    if (ctx.thread() != 0) return;
    bug = source::here(), ctx.store(to + ctx.block_x() * stride, 1);
  };
  const auto read = [](auto& ctx, float* p, int distance) {
    auto to = ctx.global(p, size_t{2});
    if (ctx.thread() != 0) return;
    ctx.store(to + ctx.block_x(), 1);
    bug = source::here(), ctx.load(to + (ctx.block_x() ^ distance));
  };
  for (const options& o : interleavings()) {
    buffer<float> y(numbers(2));
    check_found(emulate(o, two_blocks, write, y.data(), 0), fault::race_global, bug);
    check_clean(emulate(o, two_blocks, write, y.data(), 1));
    CHECK(emulate(o, two_blocks, read, y.data(), 1).has(fault::race_global));
    check_clean(emulate(o, two_blocks, read, y.data(), 0));
  }
}

// Every block writes a value and counts itself; the last one reads them all.
template <order Order, scope Scope, bool Before, bool After, scope Fence = scope::device>
struct last_block_reads {
  template <class Context>
  void operator()(Context& ctx, float* p, unsigned* counter) const {
    auto values = ctx.global(p, size_t{3});
    auto finished = ctx.global(counter, size_t{1});
    if (ctx.thread() != 0) return;
    ctx.store(values + ctx.block_x(), 1);
    if (Before) ctx.template fence<Fence>();
    if (ctx.template atomic_add<Order, Scope>(finished, 1u) != 2) return;
    if (After) ctx.template fence<Fence>();
    for (int i = 0; i < 3; ++i) {
      bug = source::here(), ctx.load(values + i);
    }
  }
};

template <class Body>
report count_blocks(const options& o, const Body& body) {
  buffer<float> values(3);
  buffer<unsigned> counter(std::vector<unsigned>(1));
  return emulate(o, {.threads = 32, .grid_x = 3}, body, values.data(), counter.data());
}

TEST_CASE("planted: the last block reads what the others wrote, with and without order") {
  using enum order;
  constexpr scope wide = scope::device, block = scope::block;
  for (const options& o : interleavings()) {
    check_clean(count_blocks(o, last_block_reads<relaxed, wide, true, true>{}));
    check_clean(count_blocks(o, last_block_reads<acquire_release, wide, false, false>{}));
    check_clean(count_blocks(o, last_block_reads<release, wide, false, true>{}));
    check_clean(count_blocks(o, last_block_reads<acquire, wide, true, false>{}));
    const auto races = [&](const auto& body) {
      check_found(count_blocks(o, body), fault::race_global, bug);
    };
    races(last_block_reads<relaxed, wide, false, false>{});
    races(last_block_reads<relaxed, wide, false, true>{});
    races(last_block_reads<relaxed, wide, true, false>{});
    races(last_block_reads<relaxed, wide, true, true, block>{});
    races(last_block_reads<release, wide, false, false>{});
    races(last_block_reads<acquire, wide, false, false>{});
  }
  CHECK(count_blocks({}, last_block_reads<acquire_release, block, false, false>{})
            .has(fault::race_global));
}

TEST_CASE("planted: an atomic beside an ordinary access") {
  buffer<unsigned> counter(std::vector<unsigned>(1));
  const auto body = [](auto& ctx, unsigned* p, bool atomic) {
    auto c = ctx.global(p, size_t{1});
    ctx.template atomic_add<order::relaxed, scope::device>(c, 1u);
    if (atomic) {
      ctx.template atomic_load<order::relaxed, scope::device>(c);
    } else {
      bug = source::here(), ctx.load(c);
    }
  };
  check_found(launch(two_blocks, body, counter.data(), false), fault::race_global, bug);
  check_clean(launch(two_blocks, body, counter.data(), true));
  CHECK(counter[0] == 128);
}

TEST_CASE("planted: a lock, with and without the order that it should give") {
  for (const bool ordered : {false, true}) {
    buffer<unsigned> lock(std::vector<unsigned>(1));
    buffer<float> total(std::vector<float>(1));
    const auto body = [ordered](auto& ctx, unsigned* p, float* sum) {
      auto l = ctx.global(p, size_t{1});
      auto s = ctx.global(sum, size_t{1});
      if (ctx.thread() != 0) return;
      while (ctx.template atomic_load<order::relaxed, scope::device>(l) != 0 ||
             ctx.template atomic_compare_exchange<order::acquire, scope::device>(l, 0u, 1u) != 0) {
      }
      const float old = ctx.load(s);
      bug = source::here(), ctx.store(s, old + 1);
      if (ordered) {
        ctx.template atomic_store<order::release, scope::device>(l, 0u);
      } else {
        ctx.template atomic_store<order::relaxed, scope::device>(l, 0u);
      }
    };
    for (const options& o : interleavings()) {
      const report r = emulate(o, {.threads = 32, .grid_x = 4}, body, lock.data(), total.data());
      if (ordered) {
        check_clean(r);
      } else {
        check_found(r, fault::race_global, bug);
      }
    }
    CHECK(total[0] == 16);
  }
}

TEST_CASE("planted: shared memory of another block, without the cluster's barrier") {
  const auto body = [](auto& ctx, bool before, bool after) {
    auto value = ctx.template shared<int>(1);
    if (ctx.thread() == 0) ctx.store(value, 7);
    ctx.sync();
    if (before) ctx.cluster_sync();
    auto there = ctx.remote(value, ctx.cluster_rank() ^ 1);
    bug = source::here(), ctx.load(there);
    if (after) ctx.cluster_sync();
  };
  for (const options& o : interleavings()) {
    check_clean(emulate(o, pair_of_blocks, body, true, true));
    check_found(emulate(o, pair_of_blocks, body, true, false), fault::lifetime, bug);
    const report r = emulate(o, pair_of_blocks, body, false, true);
    CHECK((r.has(fault::race_shared, bug) || r.has(fault::lifetime, bug) ||
           r.has(fault::uninitialised_shared, bug)));
  }
}

TEST_CASE("planted: writes into another block's shared memory that nothing orders") {
  const auto body = [](auto& ctx, bool synced) {
    auto values = ctx.template shared<int>(32);
    ctx.cluster_sync();
    ctx.store(ctx.remote(values, ctx.cluster_rank() ^ 1) + ctx.lane(), 1);
    if (synced) ctx.cluster_sync();
    bug = source::here(), ctx.load(values + ctx.lane());
    ctx.cluster_sync();
  };
  check_clean(launch(pair_of_blocks, body, true));
  const report r = launch(pair_of_blocks, body, false);
  CHECK((r.has(fault::race_shared, bug) || r.has(fault::uninitialised_shared, bug)));
}

TEST_CASE("planted: a cluster's barrier that some threads of a block never reach") {
  const auto body = [](auto& ctx, int leave) {
    if (ctx.thread() < leave) return;
    bug = source::here(), ctx.cluster_sync();
  };
  check_found(launch(pair_of_blocks, body, 3), fault::divergent_barrier, bug);
  check_clean(launch(pair_of_blocks, body, 0));
}

}  // namespace

}  // namespace sinter::kernel_test
