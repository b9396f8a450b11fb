// SPDX-License-Identifier: Apache-2.0
// Values of the emulated operations against plain loops in double. Operands are small integers and
// their products are exact, so results must be equal.
#include <bit>

#include "kernel/planted.hpp"
#include "sinter/kernel/tile.hpp"

namespace sinter::kernel_test {

namespace {

constexpr shape one_warp{.threads = 32, .shared_bytes = 4096};

std::vector<float> small_integers(size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<float> values(count);
  for (float& v : values) v = static_cast<float>(static_cast<int>(generator() % 9) - 4);
  return values;
}

TEST_CASE("shuffles and votes: [32] against plain loops") {
  buffer<int> out(32 * 8);
  const auto body = [](auto& ctx, int* p) {
    auto to = ctx.global(p, size_t{256});
    const int lane = ctx.lane();
    const auto put = [&](int i, int v) { ctx.store(to + (i * 32 + lane), v); };
    put(0, ctx.shuffle(10 * lane, (lane + 5) % 32));
    put(1, ctx.shuffle_xor(10 * lane, 12));
    put(2, ctx.shuffle_up(10 * lane, 3));
    put(3, ctx.shuffle_down(10 * lane, 3));
    put(4, static_cast<int>(ctx.ballot(lane % 3 == 0)));
    put(5, ctx.any(lane == 7) + 2 * ctx.any(lane == 32));
    put(6, ctx.all(lane < 32) + 2 * ctx.all(lane < 31));
    put(7, ctx.elect());
  };
  check_clean(launch(one_warp, body, out.data()));
  unsigned thirds = 0;
  for (int lane = 0; lane < 32; lane += 3) thirds |= 1u << lane;
  int elected = 0;
  for (int lane = 0; lane < 32; ++lane) {
    const auto got = [&](int i) { return out[static_cast<size_t>(i * 32 + lane)]; };
    CHECK(got(0) == (lane + 5) % 32 * 10);
    CHECK(got(1) == (lane ^ 12) * 10);
    CHECK(got(2) == (lane < 3 ? lane : lane - 3) * 10);
    CHECK(got(3) == (lane > 28 ? lane : lane + 3) * 10);
    CHECK(got(4) == static_cast<int>(thirds));
    CHECK(got(5) == 1);
    CHECK(got(6) == 1);
    elected += got(7);
  }
  CHECK(elected == 1);
}

TEST_CASE("atomics: 4 blocks of 64 threads against sums") {
  buffer<unsigned> u(std::vector<unsigned>(3));
  buffer<std::uint64_t> wide(std::vector<std::uint64_t>(1));
  buffer<float> f(std::vector<float>(1));
  const auto body = [](auto& ctx, unsigned* p, std::uint64_t* q, float* r) {
    using enum order;
    auto c = ctx.global(p, size_t{3});
    ctx.template atomic_add<relaxed, scope::device>(c, 1u);
    ctx.template atomic_add<relaxed, scope::device>(ctx.global(q, size_t{1}), 1ull << 33);
    ctx.template atomic_add<relaxed, scope::device>(ctx.global(r, size_t{1}), 0.5f);
    // A counter that goes up by compare and exchange.
    unsigned seen = ctx.template atomic_load<relaxed, scope::device>(c + 1);
    for (;;) {
      const unsigned old =
          ctx.template atomic_compare_exchange<relaxed, scope::device>(c + 1, seen, seen + 2);
      if (old == seen) break;
      seen = old;
    }
    ctx.template atomic_exchange<relaxed, scope::device>(c + 2, 9u);
  };
  check_clean(launch({.threads = 64, .grid_x = 4}, body, u.data(), wide.data(), f.data()));
  CHECK(u[0] == 256);
  CHECK(u[1] == 512);
  CHECK(u[2] == 9);
  CHECK(wide[0] == 256ull << 33);
  CHECK(f[0] == 128);
}

TEST_CASE("copy_async: 4, 8 and 16 bytes, some of them zero") {
  buffer<float> in(small_integers(12, 1)), out(12);
  const auto body = [](auto& ctx, const float* p, float* q) {
    auto from = ctx.global(p, size_t{12});
    auto to = ctx.global(q, size_t{12});
    auto near = ctx.template shared<float>(12);
    if (ctx.thread() != 0) return;
    ctx.template copy_async<4>(near, from);
    ctx.template copy_async<4>(near + 1, from + 1, 0);
    ctx.template copy_async<8>(near + 2, from + 2);
    ctx.template copy_async<16>(near + 4, from + 4);
    ctx.template copy_async<16>(near + 8, from + 8, 12);
    ctx.commit_copies();
    ctx.template wait_copies<0>();
    for (int i = 0; i < 12; ++i) ctx.store(to + i, ctx.load(near + i));
  };
  check_clean(launch(one_warp, body, in.constant(), out.data()));
  for (size_t i = 0; i < 12; ++i) CHECK(out[i] == (i == 1 || i == 11 ? 0 : in[i]));
}

// Loads tiles and stores them again, one of the two ways transposed: the result is the transpose.
template <int Count, bool Load, bool Store>
void check_matrices() {
  constexpr size_t elements = 64 * Count;
  std::vector<float> values(elements);
  for (size_t i = 0; i < elements; ++i) values[i] = static_cast<float>(i);
  buffer<bf16> in(values), out(elements);
  const auto body = [](auto& ctx, const bf16* p, bf16* q) {
    auto from = ctx.global(p, elements);
    auto to = ctx.global(q, elements);
    auto a = ctx.template shared<bf16>(elements), b = ctx.template shared<bf16>(elements);
    for (int i = ctx.lane(); i < static_cast<int>(elements); i += 32) {
      ctx.store(a + i, ctx.load(from + i));
    }
    ctx.sync_warp();
    std::uint32_t r[Count];
    const int row = ctx.lane() % (8 * Count) * 8;
    ctx.template load_matrix<Count, Load>(r, a + row);
    ctx.template store_matrix<Count, Store>(b + row, r);
    ctx.sync_warp();
    for (int i = ctx.lane(); i < static_cast<int>(elements); i += 32) {
      ctx.store(to + i, ctx.load(b + i));
    }
  };
  check_clean(launch(one_warp, body, in.constant(), out.data()));
  for (size_t i = 0; i < elements; ++i) {
    const size_t tile = i / 64 * 64, row = i % 64 / 8, column = i % 8;
    const size_t from = Load != Store ? tile + column * 8 + row : i;
    CHECK(out[i] == in[from]);
  }
}

TEST_CASE("load_matrix, store_matrix: 1, 2 and 4 tiles, as they are and transposed") {
  check_matrices<1, false, false>();
  check_matrices<1, true, false>();
  check_matrices<2, false, true>();
  check_matrices<2, true, true>();
  check_matrices<4, true, false>();
  check_matrices<4, false, false>();
}

TEST_CASE("load_matrix: a lane holds two neighbours of row lane / 4") {
  buffer<std::uint32_t> out(32);
  const auto body = [](auto& ctx, std::uint32_t* q) {
    auto to = ctx.global(q, size_t{32});
    auto a = ctx.template shared<std::uint16_t>(64);
    for (int i = ctx.lane(); i < 64; i += 32) ctx.store(a + i, static_cast<std::uint16_t>(i));
    ctx.sync_warp();
    std::uint32_t r[1];
    ctx.template load_matrix<1, false>(r, a + ctx.lane() % 8 * 8);
    ctx.store(to + ctx.lane(), r[0]);
  };
  check_clean(launch(one_warp, body, out.data()));
  for (std::uint32_t lane = 0; lane < 32; ++lane) {
    CHECK(out[lane] == ((2 * lane + 1) << 16 | 2 * lane));
  }
}

// One mma.sync with operands laid out by hand, as the manual's tables have them: in register i of a
// lane, element e of `width`, row lane / 4 + 8 (i mod 2), k = width (lane mod 4 + 4 (i / 2)) + e.
template <class T, class Number, class Encode>
void check_multiply(int width, Encode encode) {
  const int depth = 8 * width;
  const auto d = static_cast<size_t>(depth);
  const auto a = small_integers(16 * d, 2), b = small_integers(d * 8, 3);
  std::vector<std::uint32_t> fa(32 * 4), fb(32 * 2);
  for (int lane = 0; lane < 32; ++lane) {
    for (int i = 0; i < 4; ++i) {
      std::uint32_t bits = 0;
      for (int e = 0; e < width; ++e) {
        const int row = lane / 4 + 8 * (i % 2), k = width * (lane % 4 + 4 * (i / 2)) + e;
        bits |= encode(a[static_cast<size_t>(row * depth + k)]) << (32 / width * e % 32);
      }
      fa[static_cast<size_t>(lane * 4 + i)] = bits;
    }
    for (int i = 0; i < 2; ++i) {
      std::uint32_t bits = 0;
      for (int e = 0; e < width; ++e) {
        const int k = width * (lane % 4 + 4 * i) + e, column = lane / 4;
        bits |= encode(b[static_cast<size_t>(k * 8 + column)]) << (32 / width * e % 32);
      }
      fb[static_cast<size_t>(lane * 2 + i)] = bits;
    }
  }
  buffer<std::uint32_t> left(fa), right(fb);
  buffer<Number> out(128);
  const auto body = [](auto& ctx, const std::uint32_t* p, const std::uint32_t* q, Number* r) {
    auto pa = ctx.global(p, size_t{128}) + 4 * ctx.lane();
    auto pb = ctx.global(q, size_t{64}) + 2 * ctx.lane();
    auto to = ctx.global(r, size_t{128});
    std::uint32_t x[4], y[2];
    for (int i = 0; i < 4; ++i) x[i] = ctx.load(pa + i);
    for (int i = 0; i < 2; ++i) y[i] = ctx.load(pb + i);
    Number c[4] = {1, 1, 1, 1};
    ctx.template multiply<T>(c, x, y);
    const auto element = [&](int i) { return c[i]; };
    device::for_each_pair<2>(ctx.lane(), element, [&](int row, int column, Number u, Number v) {
      ctx.store(to + (row * 8 + column), u);
      ctx.store(to + (row * 8 + column + 1), v);
    });
  };
  check_clean(launch(one_warp, body, left.constant(), right.constant(), out.data()));
  for (size_t row = 0; row < 16; ++row) {
    for (size_t column = 0; column < 8; ++column) {
      double want = 1;
      for (size_t k = 0; k < d; ++k) {
        want += static_cast<double>(a[row * d + k]) * b[k * 8 + column];
      }
      CHECK(static_cast<double>(out[row * 8 + column]) == want);
    }
  }
}

TEST_CASE("multiply: [16, k] x [k, 8] for bf16, f16, tf32, i8 against double") {
  check_multiply<bf16, float>(2, [](float x) { return std::uint32_t{bf16(x).bits}; });
  check_multiply<f16, float>(2, [](float x) { return std::uint32_t{f16(x).bits}; });
  check_multiply<device::tf32, float>(1, [](float x) { return std::bit_cast<std::uint32_t>(x); });
  check_multiply<std::int8_t, std::int32_t>(4, [](float x) {
    return std::uint32_t{static_cast<std::uint8_t>(static_cast<std::int8_t>(x))};
  });
}

}  // namespace

}  // namespace sinter::kernel_test
