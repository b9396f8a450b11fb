// SPDX-License-Identifier: Apache-2.0
// Planted bugs: asynchronous copies, barriers in shared memory, proxies.
#include "kernel/planted.hpp"
#include "sinter/kernel/tile.hpp"

namespace sinter::kernel_test {

namespace {

source bug;

constexpr shape one_warp{.threads = 32, .shared_bytes = 8192};
constexpr shape two_warps{.threads = 64, .shared_bytes = 8192};

TEST_CASE("planted: a copy that is read before it is waited for") {
  buffer<float> x(numbers(256));
  const auto body = [](auto& ctx, const float* p, int step) {
    auto from = ctx.global(p, size_t{256});
    auto to = ctx.template shared<float>(128);
    const int at = 4 * ctx.lane();
    ctx.template copy_async<16>(to + at, from + at);
    if (step >= 1) ctx.commit_copies();
    if (step >= 3) ctx.template wait_copies<0>();
    if (step == 2) ctx.template wait_copies<1>();
    bug = source::here(), ctx.load(to + at);
  };
  for (const int step : {0, 1, 2}) {
    check_found(launch(one_warp, body, x.constant(), step), fault::in_flight, bug);
  }
  check_clean(launch(one_warp, body, x.constant(), 3));
}

TEST_CASE("planted: a copy that only its own thread has waited for") {
  buffer<float> x(numbers(256));
  const auto body = [](auto& ctx, const float* p, bool synced) {
    auto from = ctx.global(p, size_t{256});
    auto to = ctx.template shared<float>(128);
    ctx.template copy_async<16>(to + 4 * ctx.lane(), from + 4 * ctx.lane());
    ctx.commit_copies();
    ctx.template wait_copies<0>();
    if (synced) ctx.sync();
    bug = source::here(), ctx.load(to + 4 * (ctx.lane() ^ 1));
  };
  check_found(launch(one_warp, body, x.constant(), false), fault::race_shared, bug);
  check_clean(launch(one_warp, body, x.constant(), true));
}

TEST_CASE("planted: copies to and from where they may not go") {
  buffer<float> x(numbers(256));
  const auto body = [](auto& ctx, const float* p, int to_index, int from_index) {
    auto from = ctx.global(p, size_t{256});
    auto to = ctx.template shared<float>(32);
    if (ctx.lane() != 0) return;
    bug = source::here(), ctx.template copy_async<16>(to + to_index, from + from_index);
  };
  check_clean(launch(one_warp, body, x.constant(), 4, 252));
  check_found(launch(one_warp, body, x.constant(), 32, 0), fault::outside_shared, bug);
  check_found(launch(one_warp, body, x.constant(), 0, 256), fault::outside_global, bug);
  check_found(launch(one_warp, body, x.constant(), 1, 0), fault::misaligned, bug);
  check_found(launch(one_warp, body, x.constant(), 0, 1), fault::misaligned, bug);
}

TEST_CASE("planted: barriers that are not initialised, not synchronised, arrived at too often") {
  const auto body = [](auto& ctx, int count, bool synced, int arrivals) {
    auto b = ctx.template shared<device::mbarrier>(1, 8);
    if (ctx.thread() == 0 && count) ctx.mbarrier_init(b, count);
    if (synced) ctx.sync();
    for (int i = 0; i < arrivals; ++i) {
      if (ctx.thread() == 1) bug = source::here(), ctx.mbarrier_arrive(b);
    }
  };
  check_found(launch(two_warps, body, 0, true, 1), fault::mbarrier_misuse, bug);
  check_found(launch(two_warps, body, 1, false, 1), fault::mbarrier_misuse, bug);
  check_clean(launch(two_warps, body, 2, true, 3));
  const auto wait = [](auto& ctx, int arrivals, int parity) {
    auto b = ctx.template shared<device::mbarrier>(1, 8);
    if (ctx.thread() == 0) ctx.mbarrier_init(b, 2);
    ctx.sync();
    if (ctx.thread() < arrivals) ctx.mbarrier_arrive(b);
    bug = source::here(), ctx.mbarrier_wait(b, parity);
  };
  check_found(launch(two_warps, wait, 1, 0), fault::deadlock, bug);
  check_clean(launch(two_warps, wait, 2, 0));
  check_clean(launch(two_warps, wait, 0, 1));
  check_found(launch(two_warps, wait, 4, 0), fault::deadlock, bug);
}

// A bulk copy of 64 floats, with each precaution left out in turn.
struct precautions {
  bool init_fence = true, expect = true, wait = true;
  int expected = 256;
};
struct bulk_body {
  precautions use;
  template <class Context>
  void operator()(Context& ctx, const float* p) const {
    auto from = ctx.global(p, size_t{64});
    auto to = ctx.template shared<float>(64);
    auto b = ctx.template shared<device::mbarrier>(1, 8);
    if (ctx.thread() == 0) {
      ctx.mbarrier_init(b, 1);
      if (use.init_fence) ctx.fence_mbarrier_init();
    }
    ctx.sync();
    if (ctx.thread() == 0) {
      if (use.expect) ctx.mbarrier_expect(b, use.expected);
      source load = source::here(); ctx.bulk_load(to, from, 256, b);
      if (!use.init_fence) bug = load;
    }
    source wait = source::here(); if (use.wait) ctx.mbarrier_wait(b, 0);
    source read = source::here(); ctx.load(to + ctx.thread());
    if (use.init_fence) bug = use.wait ? wait : read;
  }
};

TEST_CASE("planted: a bulk copy, with each precaution left out in turn") {
  buffer<float> x(numbers(64));
  const auto run = [&](precautions p) { return launch(two_warps, bulk_body{p}, x.constant()); };
  check_clean(run({}));
  check_found(run({.init_fence = false}), fault::mbarrier_misuse, bug);
  CHECK(run({.expect = false}).has(fault::deadlock));
  check_found(run({.wait = false}), fault::in_flight, bug);
  CHECK(run({.expected = 272}).has(fault::deadlock));
  CHECK(run({.expected = 240}).has(fault::deadlock));
}

TEST_CASE("planted: a stage that is filled again before all have read it") {
  buffer<float> x(numbers(64));
  const auto body = [](auto& ctx, const float* p, int readers) {
    auto from = ctx.global(p, size_t{64});
    auto to = ctx.template shared<float>(32);
    auto full = ctx.template shared<device::mbarrier>(1, 8);
    auto empty = ctx.template shared<device::mbarrier>(1, 8);
    if (ctx.thread() == 0) {
      ctx.mbarrier_init(full, 1);
      ctx.mbarrier_init(empty, readers);
      ctx.fence_mbarrier_init();
    }
    ctx.sync();
    for (int step = 0; step < 2; ++step) {
      if (ctx.thread() == 32) {
        ctx.mbarrier_wait(empty, step ^ 1);
        ctx.mbarrier_expect(full, 128);
        bug = source::here(), ctx.bulk_load(to, from + 32 * step, 128, full);
      }
      if (ctx.warp() == 1) continue;
      ctx.mbarrier_wait(full, step);
      ctx.load(to + ctx.lane());
      if (ctx.lane() < readers) ctx.mbarrier_arrive(empty);
    }
  };
  check_found(launch(two_warps, body, x.constant(), 31), fault::race_shared, bug);
  check_clean(launch(two_warps, body, x.constant(), 32));
}

// A bulk store of what the threads have written, with each precaution left out in turn.
struct store_precautions {
  bool fence = true, sync = true, commit = true, wait = true;
};
struct store_body {
  store_precautions use;
  template <class Context>
  void operator()(Context& ctx, float* p) const {
    auto to = ctx.global(p, size_t{64});
    auto from = ctx.template shared<float>(64);
    ctx.store(from + ctx.thread(), 1);
    if (use.fence) ctx.fence_proxy_async();
    if (use.sync) ctx.sync();
    if (ctx.thread() == 0) {
      bug = source::here(), ctx.bulk_store(to, from, 256);
      if (use.commit) ctx.bulk_commit();
      if (use.wait) ctx.template bulk_wait_read<0>();
    }
  }
};

TEST_CASE("planted: a bulk store, with each precaution left out in turn") {
  const auto run = [&](store_precautions p) {
    buffer<float> y(64);
    return launch(two_warps, store_body{p}, y.data());
  };
  check_clean(run({}));
  check_found(run({.fence = false}), fault::proxy_fence, bug);
  CHECK(run({.sync = false}).has(fault::uninitialised_shared, bug));
  check_found(run({.commit = false}), fault::in_flight, bug);
  check_found(run({.wait = false}), fault::in_flight, bug);
}

TEST_CASE("planted: what a bulk store reads or writes is touched before it is done") {
  const auto body = [](auto& ctx, float* p, bool read, bool wait_read, bool wait) {
    auto to = ctx.global(p, size_t{32});
    auto from = ctx.template shared<float>(32);
    if (ctx.thread() != 0) return;
    for (int i = 0; i < 32; ++i) ctx.store(from + i, 1);
    ctx.fence_proxy_async();
    ctx.bulk_store(to, from, 128);
    ctx.bulk_commit();
    if (wait_read) ctx.template bulk_wait_read<0>();
    if (wait) ctx.template bulk_wait<0>();
    source write = source::here(); if (!read) ctx.store(from, 2);
    source again = source::here(); if (read) ctx.load(to);
    bug = read ? again : write;
    ctx.template bulk_wait<0>();
  };
  buffer<float> y(32);
  check_found(launch(one_warp, body, y.data(), false, false, false), fault::in_flight, bug);
  check_clean(launch(one_warp, body, y.data(), false, true, false));
  check_found(launch(one_warp, body, y.data(), true, true, false), fault::in_flight, bug);
  check_clean(launch(one_warp, body, y.data(), true, false, true));
}

TEST_CASE("planted: more barriers than anyone needs") {
  buffer<float> x(numbers(64));
  const auto body = [](auto& ctx, const float* p) {
    auto from = ctx.global(p, size_t{64});
    auto to = ctx.template shared<float>(64 * 4, 16);
    auto b = ctx.template shared<device::mbarrier>(64, 8);
    if (ctx.thread() != 0) return;
    for (int i = 0; i < 64; ++i) ctx.mbarrier_init(b + i, 1);
    ctx.fence_mbarrier_init();
    for (int i = 0; i < 64; ++i) {
      ctx.mbarrier_expect(b + i, 16);
      ctx.bulk_load(to + 4 * i, from + i % 16 * 4, 16, b + i);
    }
    for (int i = 0; i < 64; ++i) {
      // The last barrier is waited for too late.
      if (i < 63) ctx.mbarrier_wait(b + i, 0);
      bug = source::here(), ctx.load(to + 4 * i);
      if (i == 63) ctx.mbarrier_wait(b + i, 0);
    }
  };
  const report r = launch(one_warp, body, x.constant());
  REQUIRE(r.diagnostics.size() == 1);
  check_found(r, fault::in_flight, bug);
  CHECK(r.diagnostics[0].count == 1);
}

TEST_CASE("planted: a tensor copy to where a swizzled tile may not begin") {
  buffer<float> x(numbers(256));
  const auto map = map_matrix(x, 8, 32, 8, 32);
  const auto body = [](auto& ctx, const auto& m, int alignment) {
    auto first = ctx.template shared<float>(32, 16);
    auto to = ctx.template shared<float>(256, alignment);
    auto b = ctx.template shared<device::mbarrier>(1, 8);
    (void)first;
    if (ctx.thread() != 0) return;
    ctx.mbarrier_init(b, 1);
    ctx.fence_mbarrier_init();
    ctx.mbarrier_expect(b, 1024);
    bug = source::here(), ctx.tensor_load(to, &m, device::box_place{0, 0}, b);
    if (alignment == device::swizzled_tile_alignment) ctx.mbarrier_wait(b, 0);
  };
  check_found(launch(one_warp, body, map, 128), fault::misaligned, bug);
  check_clean(launch(one_warp, body, map, 1024));
}

}  // namespace

}  // namespace sinter::kernel_test
