// SPDX-License-Identifier: Apache-2.0
// Planted bugs: bounds, alignment, initialisation, races, declarations, the stack.
#include "kernel/planted.hpp"

namespace sinter::kernel_test {

namespace {

source bug;

constexpr shape one_warp{.threads = 32, .shared_bytes = 4096};
constexpr shape two_warps{.threads = 64, .shared_bytes = 4096};

TEST_CASE("planted: an index beyond its shared array, which hits another array") {
  const auto body = [](auto& ctx, int index) {
    auto first = ctx.template shared<float>(8);
    auto second = ctx.template shared<float>(8);
    if (ctx.thread() != 0) return;
    for (int i = 0; i < 8; ++i) {
      ctx.store(first + i, 1);
      ctx.store(second + i, 2);
    }
    bug = source::here(), ctx.load(first + index);
  };
  check_clean(launch(one_warp, body, 7));
  check_found(launch(one_warp, body, 8), fault::outside_shared, bug);
  check_found(launch(one_warp, body, -1), fault::outside_shared, bug);
}

TEST_CASE("planted: an index beyond a view, a view beyond its buffer") {
  buffer<float> x(numbers(32));
  const auto body = [](auto& ctx, const float* p, size_t extent, int index) {
    source view = source::here(); auto from = ctx.global(p, extent);
    source access = source::here(); ctx.load(from + index);
    bug = extent > 32 ? view : access;
  };
  check_clean(launch(one_warp, body, x.constant(), size_t{32}, 31));
  check_found(launch(one_warp, body, x.constant(), size_t{16}, 16), fault::outside_global, bug);
  check_found(launch(one_warp, body, x.constant(), size_t{33}, 0), fault::outside_global, bug);
}

TEST_CASE("planted: a pack at an address that is no multiple of its size") {
  buffer<float> x(numbers(32));
  const auto body = [](auto& ctx, const float* p, int offset) {
    auto from = ctx.global(p, size_t{32});
    auto near = ctx.template shared<float>(32, 16);
    if (ctx.thread() != 0) return;
    for (int i = 0; i < 32; ++i) ctx.store(near + i, 1);
    bug = source::here(), ctx.load(ctx.template cast<device::pack<float, 4>>(from + offset));
    ctx.load(ctx.template cast<device::pack<float, 2>>(near + offset));
  };
  check_clean(launch(one_warp, body, x.constant(), 4));
  check_found(launch(one_warp, body, x.constant(), 2), fault::misaligned, bug);
  CHECK(launch(one_warp, body, x.constant(), 3).diagnostics.size() == 2);
}

TEST_CASE("planted: reads of what nothing wrote") {
  buffer<float> x(32), y(32);
  const auto global = [](auto& ctx, float* p, bool write) {
    auto place = ctx.global(p, size_t{32}) + ctx.thread();
    if (write) ctx.store(place, 1);
    bug = source::here(), ctx.load(place);
  };
  check_found(launch(one_warp, global, x.data(), false), fault::uninitialised_global, bug);
  check_clean(launch(one_warp, global, y.data(), true));
  const auto shared = [](auto& ctx, int written) {
    auto array = ctx.template shared<float>(32);
    if (ctx.thread() < written) ctx.store(array + ctx.thread(), 1);
    bug = source::here(), ctx.load(array + ctx.thread());
  };
  check_found(launch(one_warp, shared, 31), fault::uninitialised_shared, bug);
  check_clean(launch(one_warp, shared, 32));
}

TEST_CASE("planted: lanes of a warp that rely on running together") {
  const auto body = [](auto& ctx, bool synced) {
    auto array = ctx.template shared<int>(32);
    ctx.store(array + ctx.lane(), 1);
    ctx.shuffle_xor(0, 1);  // orders no memory
    if (synced) ctx.sync_warp();
    bug = source::here(), ctx.load(array + (ctx.lane() ^ 1));
  };
  check_found(launch(one_warp, body, false), fault::race_shared, bug);
  check_clean(launch(one_warp, body, true));
}

TEST_CASE("planted: a write that overtakes one reader of many") {
  const auto body = [](auto& ctx, int late) {
    auto value = ctx.template shared<int>(1);
    auto read = ctx.template shared<device::mbarrier>(1, 8);
    if (ctx.thread() == 0) {
      ctx.store(value, 1);
      ctx.mbarrier_init(read, late ? 63 : 64);
    }
    ctx.sync();
    ctx.load(value);
    if (late == 0 || ctx.thread() != late) ctx.mbarrier_arrive(read);
    if (ctx.thread() != 0) return;
    ctx.mbarrier_wait(read, 0);
    bug = source::here(), ctx.store(value, 2);
  };
  for (const int late : {1, 31, 32, 63}) {
    check_found(launch(two_warps, body, late), fault::race_shared, bug);
  }
  check_clean(launch(two_warps, body, 0));
}

TEST_CASE("planted: threads of a block that write one element of global memory") {
  buffer<float> y(32);
  const auto body = [](auto& ctx, float* p, int shared_by) {
    auto to = ctx.global(p, size_t{32});
    bug = source::here(), ctx.store(to + ctx.thread() / shared_by, 1);
  };
  check_found(launch(one_warp, body, y.data(), 8), fault::race_global, bug);
  check_clean(launch(one_warp, body, y.data(), 1));
}

TEST_CASE("planted: bytes and 16-bit elements beside each other do not collide") {
  const auto body = [](auto& ctx) {
    auto bytes = ctx.template shared<std::uint8_t>(32);
    auto halves = ctx.template shared<bf16>(32);
    ctx.store(bytes + ctx.thread(), std::uint8_t{1});
    ctx.store(halves + ctx.thread(), bf16(1));
  };
  check_clean(launch(one_warp, body));
}

TEST_CASE("planted: shared arrays that exceed the launch, or differ between threads") {
  const auto size = [](auto& ctx, int count) {
    bug = source::here(), ctx.template shared<float>(count);
  };
  check_clean(launch(one_warp, size, 1024));
  check_found(launch(one_warp, size, 1025), fault::shared_overflow, bug);
  const auto differ = [](auto& ctx, int first) {
    bug = source::here(), ctx.template shared<float>(ctx.lane() == 0 ? first : 16);
  };
  check_clean(launch(one_warp, differ, 16));
  check_found(launch(one_warp, differ, 8), fault::shared_divergence, bug);
}

// Each level of the recursion keeps a kilobyte.
template <class Context>
int descend(Context& ctx, int levels) {
  volatile char room[1024];
  // An index that no compiler knows, or it would keep one byte of the room.
  const int at = (levels + ctx.thread()) * 37 % 1024;
  room[at] = static_cast<char>(levels);
  bug = source::here(), ctx.fence_proxy_async();
  return levels == 0 ? room[at] : descend(ctx, levels - 1) + room[at];
}

TEST_CASE("planted: a body that needs more stack than there is") {
  const auto body = [](auto& ctx, int levels) { descend(ctx, levels); };
  check_clean(launch(one_warp, body, 8));
  check_found(launch(one_warp, body, 100), fault::stack_overflow, bug);
}

TEST_CASE("planted: the same seed gives the same run, another seed another one") {
  const auto run = [](std::uint64_t seed) {
    options o;
    o.policy = schedule::random;
    o.seed = seed;
    o.preempt = 0.1;
    return emulate(o, two_warps, [](auto& ctx) {
      auto array = ctx.template shared<int>(64);
      ctx.store(array + ctx.thread() / 2, 1);
      ctx.load(array + (63 - ctx.thread()) / 2);
    }).text();
  };
  CHECK(run(5) == run(5));
  CHECK(run(5) != run(6));
}

}  // namespace

}  // namespace sinter::kernel_test
