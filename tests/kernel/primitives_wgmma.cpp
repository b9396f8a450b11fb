// SPDX-License-Identifier: Apache-2.0
// Values of products of a warpgroup and of tensor copies against plain loops in double.
#include "kernel/planted.hpp"
#include "sinter/kernel/tile.hpp"

namespace sinter::kernel_test {

namespace {

std::vector<float> small_integers(size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<float> values(count);
  for (float& v : values) v = static_cast<float>(static_cast<int>(generator() % 9) - 4);
  return values;
}

// 1 + a transpose(b), where the tiles are written element by element in swizzled form, and the left
// operand may come from registers.
template <class T, int N, bool FromRegisters>
struct product {
  template <class Context>
  void operator()(Context& ctx, const T* p, const T* q, float* r) const {
    auto from_a = ctx.global(p, size_t{64}, size_t{64});
    auto from_b = ctx.global(q, size_t{N}, size_t{64});
    auto to = ctx.global(r, size_t{64}, size_t{N});
    auto a = ctx.template shared<T>(64 * 64, device::swizzled_tile_alignment);
    auto b = ctx.template shared<T>(N * 64, device::swizzled_tile_alignment);
    for (int i = ctx.thread(); i < 64 * 64; i += 128) {
      ctx.store(a + device::swizzled(2 * i) / 2, ctx.load(from_a + i));
    }
    for (int i = ctx.thread(); i < N * 64; i += 128) {
      ctx.store(b + device::swizzled(2 * i) / 2, ctx.load(from_b + i));
    }
    ctx.fence_proxy_async();
    ctx.sync();
    typename Context::template accumulator<N> d;
    for (int i = 0; i < N / 2; ++i) d.at(i) = 1;
    const int lane = ctx.lane(), row0 = 16 * ctx.warp();
    std::uint32_t left[4][4];
    for (int step = 0; step < 4; ++step) {
      for (int i = 0; i < 4; ++i) {
        const int row = row0 + lane / 4 + 8 * (i % 2);
        const int k = 16 * step + lane % 4 * 2 + 8 * (i / 2);
        left[step][i] = device::paired(ctx.load(from_a + (row * 64 + k)),
                                       ctx.load(from_a + (row * 64 + k + 1)));
      }
    }
    ctx.wgmma_fence(d);
    for (int step = 0; step < 4; ++step) {
      if constexpr (FromRegisters) {
        ctx.template wgmma<T>(d, left[step], b + 16 * step, true);
      } else {
        ctx.template wgmma<T>(d, a + 16 * step, b + 16 * step, true);
      }
    }
    ctx.wgmma_commit();
    ctx.template wgmma_wait<0>(d);
    const auto element = [&](int i) { return d.at(i); };
    device::for_each_pair<N / 4>(lane, element, [&](int row, int column, float u, float v) {
      ctx.store(ctx.template cast<device::pack<float, 2>>(to + ((row0 + row) * N + column)),
                {{u, v}});
    });
  }
};

template <class T, int N, bool FromRegisters>
void check_product() {
  buffer<T> a(small_integers(64 * 64, 1)), b(small_integers(size_t{N} * 64, 2));
  buffer<float> out(64 * size_t{N});
  const shape s{.threads = 128, .shared_bytes = 8192 + N * 128};
  check_clean(launch(s, product<T, N, FromRegisters>{}, a.constant(), b.constant(), out.data()));
  int wrong = 0;
  for (size_t i = 0; i < 64; ++i) {
    for (size_t j = 0; j < N; ++j) {
      double want = 1;
      for (size_t k = 0; k < 64; ++k) want += static_cast<double>(a[i * 64 + k]) * b[j * 64 + k];
      if (static_cast<double>(out[i * N + j]) != want) ++wrong;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("wgmma: [64, 64] x [64, N] for N of 8 to 256 against double") {
  check_product<bf16, 8, false>();
  check_product<bf16, 64, true>();
  check_product<f16, 72, false>();
  check_product<f16, 128, true>();
  check_product<bf16, 256, false>();
}

// A box of a matrix there and back, at every position that touches an edge.
TEST_CASE("tensor copies: boxes of [10, 40] that hang over the edges, swizzled and not") {
  for (const bool swizzle : {false, true}) {
    for (const int y : {-3, 0, 5, 9}) {
      for (const int x : {-32, 0, 24, 32}) {
        buffer<float> in(small_integers(400, 3)), out(std::vector<float>(400, 99.f)), raw(256);
        const auto from = map_matrix(in, 10, 40, 8, 32, swizzle);
        const auto to = map_matrix(out, 10, 40, 8, 32, swizzle);
        const auto body = [=](auto& ctx, const auto& m, const auto& n, float* copy) {
          auto box = ctx.template shared<float>(256, device::swizzled_tile_alignment);
          auto b = ctx.template shared<device::mbarrier>(1, 8);
          auto seen = ctx.global(copy, size_t{256});
          if (ctx.thread() != 0) return;
          ctx.mbarrier_init(b, 1);
          ctx.fence_mbarrier_init();
          ctx.mbarrier_expect(b, 1024);
          ctx.tensor_load(box, &m, x, y, b);
          ctx.mbarrier_wait(b, 0);
          for (int i = 0; i < 256; ++i) {
            const int place = swizzle ? device::swizzled(4 * i) / 4 : i;
            ctx.store(seen + i, ctx.load(box + place));
          }
          ctx.tensor_store(&n, x, y, box);
          ctx.bulk_commit();
          ctx.template bulk_wait<0>();
        };
        check_clean(launch({.threads = 32, .shared_bytes = 2048}, body, from, to, raw.data()));
        int wrong = 0;
        for (int row = 0; row < 10; ++row) {
          for (int column = 0; column < 40; ++column) {
            const auto i = static_cast<size_t>(row * 40 + column);
            const bool copied = row >= y && row < y + 8 && column >= x && column < x + 32;
            if (out[i] != (copied ? in[i] : 99.f)) ++wrong;
          }
        }
        for (int i = 0; i < 256; ++i) {
          const int row = y + i / 32, column = x + i % 32;
          const bool inside = row >= 0 && row < 10 && column >= 0 && column < 40;
          const float want = inside ? in[static_cast<size_t>(row * 40 + column)] : 0;
          if (raw[static_cast<size_t>(i)] != want) ++wrong;
        }
        CHECK(wrong == 0);
      }
    }
  }
}

}  // namespace

}  // namespace sinter::kernel_test
