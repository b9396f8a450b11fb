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

using device::neighbours;

// Where an element of a tile of 64 terms lies, in elements.
constexpr int place_in_tile(neighbours along, int line, int term) {
  if (along == neighbours::terms) return device::swizzled(2 * (line * 64 + term)) / 2;
  const int block = line / 64 * (device::warpgroup_block_bytes / 2);
  return device::swizzled(2 * (block + term * 64 + line % 64)) / 2;
}

// 1 + a transpose(b), where the tiles are written element by element, and the left operand may come
// from registers.
template <class T, int N, bool FromRegisters, neighbours Left, neighbours Right>
struct product {
  static constexpr int tile_lines = (N + 63) / 64 * 64;

  template <class Context>
  void operator()(Context& ctx, const T* p, const T* q, float* r) const {
    auto from_a = ctx.global(p, size_t{64}, size_t{64});
    auto from_b = ctx.global(q, size_t{N}, size_t{64});
    auto to = ctx.global(r, size_t{64}, size_t{N});
    auto a = ctx.template shared<T>(64 * 64, device::swizzled_tile_alignment);
    auto b = ctx.template shared<T>(tile_lines * 64, device::swizzled_tile_alignment);
    for (int i = ctx.thread(); i < 64 * 64; i += 128) {
      ctx.store(a + place_in_tile(Left, i / 64, i % 64), ctx.load(from_a + i));
    }
    for (int i = ctx.thread(); i < N * 64; i += 128) {
      ctx.store(b + place_in_tile(Right, i / 64, i % 64), ctx.load(from_b + i));
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
      const auto right = b + device::warpgroup_terms_at(Right, 16 * step);
      if constexpr (FromRegisters) {
        ctx.template wgmma<T, Right>(d, left[step], right, true);
      } else {
        ctx.template wgmma<T, Left, Right>(d, a + device::warpgroup_terms_at(Left, 16 * step),
                                           right, true);
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

template <class T, int N, bool FromRegisters, neighbours Left = neighbours::terms,
          neighbours Right = neighbours::terms>
void check_product() {
  using body = product<T, N, FromRegisters, Left, Right>;
  buffer<T> a(small_integers(64 * 64, 1)), b(small_integers(size_t{N} * 64, 2));
  buffer<float> out(64 * size_t{N});
  const shape s{.threads = 128, .shared_bytes = 8192 + body::tile_lines * 128};
  check_clean(launch(s, body{}, a.constant(), b.constant(), out.data()));
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

TEST_CASE("wgmma: tiles whose lines are neighbours") {
  constexpr auto terms = neighbours::terms, lines = neighbours::lines;
  check_product<bf16, 64, false, terms, lines>();
  check_product<f16, 256, false, terms, lines>();
  check_product<bf16, 128, false, lines, terms>();
  check_product<f16, 192, false, lines, lines>();
  check_product<bf16, 136, true, terms, lines>();
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
          ctx.tensor_load(box, &m, device::box_place{x, y}, b);
          ctx.mbarrier_wait(b, 0);
          for (int i = 0; i < 256; ++i) {
            const int place = swizzle ? device::swizzled(4 * i) / 4 : i;
            ctx.store(seen + i, ctx.load(box + place));
          }
          ctx.tensor_store(&n, device::box_place{x, y}, box);
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
