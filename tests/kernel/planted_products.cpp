// SPDX-License-Identifier: Apache-2.0
// Planted bugs: products of a warpgroup, their operands and their registers.
#include <utility>

#include "kernel/planted.hpp"
#include "sinter/kernel/tile.hpp"

namespace sinter::kernel_test {

namespace {

source bug;

constexpr shape warpgroup{.threads = 128, .shared_bytes = 32768};

/// A tile of shared memory that products may read.
template <class Context> auto tile_of_ones(Context& ctx) {
  auto a = ctx.template shared<bf16>(64 * 64, device::swizzled_tile_alignment);
  for (int i = ctx.thread(); i < 64 * 64; i += 128) ctx.store(a + i, bf16(1));
  ctx.fence_proxy_async();
  ctx.sync();
  return a;
}

// Two groups of products in flight, with each precaution left out in turn.
enum class slip {
  none, proxy_fence, register_fence, commit, wait, early_wait, touch, read_first, overwrite, leave,
  misplaced
};

struct product_body {
  slip made;
  template <class Context>
  void operator()(Context& ctx, float* p) const {
    auto to = ctx.global(p, size_t{128});
    auto a = ctx.template shared<bf16>(64 * 64, device::swizzled_tile_alignment);
    auto b = ctx.template shared<bf16>(64 * 64, device::swizzled_tile_alignment);
    for (int i = ctx.thread(); i < 64 * 64; i += 128) {
      ctx.store(a + i, bf16(1));
      ctx.store(b + i, bf16(1));
    }
    if (made != slip::proxy_fence) ctx.fence_proxy_async();
    ctx.sync();
    typename Context::template accumulator<64> first, second;
    if (made != slip::register_fence) ctx.wgmma_fence(first, second);
    source one = source::here(); ctx.template wgmma<bf16>(first, a, b, false);
    if (made == slip::proxy_fence || made == slip::register_fence) bug = one;
    if (made != slip::commit) ctx.wgmma_commit();
    if (made == slip::touch) bug = source::here(), first.at(0) = 1;
    auto offset = b + (made == slip::misplaced ? 16 * 64 : 16);
    source two = source::here(); ctx.template wgmma<bf16>(second, a, offset, false);
    if (made == slip::misplaced) bug = two;
    ctx.wgmma_commit();
    if (made == slip::leave) bug = two;
    if (made == slip::leave) return;
    if (made != slip::wait) ctx.template wgmma_wait<1>();
    source early = source::here(); const float sum = std::as_const(first).at(0);
    if (made == slip::wait || made == slip::commit) bug = early;
    if (made == slip::read_first) bug = source::here(), second.at(1);
    if (made == slip::overwrite) {
      ctx.sync();
      bug = source::here(), ctx.store(a + ctx.thread(), bf16(2));
    }
    source last = source::here(); ctx.template wgmma_wait<0>(first, second);
    if (made == slip::early_wait) bug = last;
    ctx.store(to + ctx.thread(), sum + second.at(0));
  }
};

report run(slip made) {
  buffer<float> out(128);
  return launch(warpgroup, product_body{made}, out.data());
}

TEST_CASE("planted: products of a warpgroup, with each precaution left out in turn") {
  check_clean(run(slip::none));
  check_found(run(slip::proxy_fence), fault::proxy_fence, bug);
  check_found(run(slip::register_fence), fault::accumulator, bug);
  check_found(run(slip::commit), fault::accumulator, bug);
  check_found(run(slip::wait), fault::accumulator, bug);
  check_found(run(slip::touch), fault::accumulator, bug);
  check_found(run(slip::read_first), fault::accumulator, bug);
  check_found(run(slip::overwrite), fault::in_flight, bug);
  check_found(run(slip::leave), fault::accumulator, bug);
  check_found(run(slip::misplaced), fault::outside_shared, bug);
}

TEST_CASE("planted: an accumulator that is named as done and is not") {
  const auto body = [](auto& ctx, bool all) {
    auto a = tile_of_ones(ctx);
    using context = std::remove_reference_t<decltype(ctx)>;
    typename context::template accumulator<8> d;
    ctx.wgmma_fence(d);
    ctx.template wgmma<bf16>(d, a, a, false);
    ctx.wgmma_commit();
    bug = source::here(), all ? ctx.template wgmma_wait<0>(d) : ctx.template wgmma_wait<1>(d);
    ctx.template wgmma_wait<0>();
  };
  check_found(launch(warpgroup, body, false), fault::accumulator, bug);
  check_clean(launch(warpgroup, body, true));
}

TEST_CASE("planted: a product that registers are prepared for without a fence") {
  const auto body = [](auto& ctx, bool fenced) {
    auto a = tile_of_ones(ctx);
    using context = std::remove_reference_t<decltype(ctx)>;
    typename context::template accumulator<8> d;
    ctx.wgmma_fence(d);
    for (int i = 0; i < 4; ++i) d.at(i) = 1;
    if (fenced) ctx.wgmma_fence(d);
    bug = source::here(), ctx.template wgmma<bf16>(d, a, a, true);
    ctx.wgmma_commit();
    ctx.template wgmma_wait<0>(d);
  };
  check_found(launch(warpgroup, body, false), fault::accumulator, bug);
  check_clean(launch(warpgroup, body, true));
}

TEST_CASE("planted: warps that multiply different tiles, or a warpgroup that is not whole") {
  const auto body = [](auto& ctx, int differing, int threads) {
    auto a = ctx.template shared<bf16>(64 * 64, device::swizzled_tile_alignment);
    for (int i = ctx.thread(); i < 64 * 64; i += threads) ctx.store(a + i, bf16(1));
    ctx.fence_proxy_async();
    ctx.sync();
    using context = std::remove_reference_t<decltype(ctx)>;
    typename context::template accumulator<8> d;
    ctx.wgmma_fence(d);
    auto b = a + (ctx.warp() == differing ? 16 : 0);
    bug = source::here(), ctx.template wgmma<bf16>(d, a, b, true);
    ctx.wgmma_commit();
    ctx.template wgmma_wait<0>(d);
  };
  check_found(launch(warpgroup, body, 1, 128), fault::warp_divergence, bug);
  check_clean(launch(warpgroup, body, 4, 128));
  check_found(launch({.threads = 64, .shared_bytes = 32768}, body, 4, 64), fault::warp_divergence,
              bug);
}

}  // namespace

}  // namespace sinter::kernel_test
