// SPDX-License-Identifier: Apache-2.0
// Values of products of a warpgroup and of tensor copies against plain loops in double; layouts and
// descriptors against tables of the PTX manual.
#include "kernel/planted.hpp"
#include "sinter/kernel/matrix_element.hpp"

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

// --- Formats of 8 and 32 bits -------------------------------------------------------------------

// PTX ISA, "Shared Memory Matrix Layout", Table 38: the atom of 128 B swizzling, leading dimension
// K, has 8 x 8 elements of 128 bits, and for smaller elements 128 / bits times as many along K. In
// it, chunk c of row r lies at c xor r (figure "K major 128B swizzling"); the next eight rows are
// one stride offset further.
template <class Element> constexpr bool lies_as_in_the_manual() {
  constexpr int along = 8 * (128 / (8 * Element::bytes)), chunk = 16 / Element::bytes;
  if (Element::tile_terms != along) return false;
  const std::uint64_t d = device::wgmma_descriptor(neighbours::terms, 0);
  const int stride_offset = static_cast<int>(d >> 32 & 0x3fff) * 16;
  for (int line = 0; line < 64; ++line)
    for (int term = 0; term < along; ++term) {
      const int row = line % 8, column = term / chunk;
      const int want = line / 8 * stride_offset + row * 128 + (column ^ row) * 16 +
                       term % chunk * Element::bytes;
      if (device::swizzled(line * 128 + term * Element::bytes) != want) return false;
    }
  return true;
}
// The same, "Matrix-descriptor format": bits 13-0 the address, 29-16 the leading, 45-32 the stride
// offset, each without its last four bits, 51-49 the base offset, 63-62 the swizzle, of which 1 is
// that of 128 bytes.
constexpr bool is_described(neighbours along, unsigned leading, unsigned stride) {
  const std::uint64_t d = device::wgmma_descriptor(along, 0x1c420);
  return (d & 0x3fff) == 0x1c42 && (d >> 16 & 0x3fff) == leading >> 4 &&
         (d >> 32 & 0x3fff) == stride >> 4 && (d >> 49 & 7) == 0 && d >> 62 == 1 &&
         (d >> 14 & 3) == 0 && (d >> 30 & 3) == 0 && (d >> 46 & 7) == 0 && (d >> 52 & 0x3ff) == 0;
}
static_assert(is_described(neighbours::terms, 16, 8 * 128));
static_assert(is_described(neighbours::lines, 64 * 128, 8 * 128));

// "wgmma.mma_async", .shape: m64nNk16 for f16 and bf16, k8 for tf32, k32 for 8 bits; .dtype.
template <matrix_format F, class Sum, int Terms> constexpr bool is_as_in_the_manual() {
  using element = device::matrix_element<F>;
  return element::terms == Terms && element::tile_terms == 4 * Terms &&
         std::is_same_v<typename element::sum, Sum> && lies_as_in_the_manual<element>();
}
static_assert(is_as_in_the_manual<matrix_format::f16, float, 16>());
static_assert(is_as_in_the_manual<matrix_format::bf16, float, 16>());
static_assert(is_as_in_the_manual<matrix_format::tf32, float, 8>());
static_assert(is_as_in_the_manual<matrix_format::e4m3, float, 32>());
static_assert(is_as_in_the_manual<matrix_format::e5m2, float, 32>());
static_assert(is_as_in_the_manual<matrix_format::i8, std::int32_t, 32>());

// 1 + a transpose(b) over the terms of a tile.
template <matrix_format F, int N> struct format_product {
  using element = device::matrix_element<F>;
  using T = typename element::memory;
  static constexpr int terms = element::tile_terms;

  template <class Context>
  void operator()(Context& ctx, const T* p, const T* q, typename element::sum* r) const {
    auto from_a = ctx.global(p, size_t{64}, static_cast<size_t>(terms));
    auto from_b = ctx.global(q, size_t{N}, static_cast<size_t>(terms));
    auto to = ctx.global(r, size_t{64}, size_t{N});
    auto a = ctx.template shared<T>(64 * terms, device::swizzled_tile_alignment);
    auto b = ctx.template shared<T>(N * terms, device::swizzled_tile_alignment);
    const auto place = [](int i) {
      return device::swizzled(i * element::bytes) / element::bytes;
    };
    for (int i = ctx.thread(); i < 64 * terms; i += 128)
      ctx.store(a + place(i), ctx.load(from_a + i));
    for (int i = ctx.thread(); i < N * terms; i += 128)
      ctx.store(b + place(i), ctx.load(from_b + i));
    ctx.fence_proxy_async();
    ctx.sync();
    typename Context::template accumulator<N, typename element::sum> d;
    for (int i = 0; i < N / 2; ++i) d.at(i) = 1;
    ctx.wgmma_fence(d);
    for (int term = 0; term < terms; term += element::terms)
      ctx.template wgmma<typename element::type>(d, a + term, b + term, true);
    ctx.wgmma_commit();
    ctx.template wgmma_wait<0>(d);
    const int row0 = 16 * ctx.warp();
    device::for_each_pair<N / 4>(ctx.lane(), [&](int i) { return d.at(i); },
                                 [&](int row, int column, auto u, auto v) {
                                   ctx.store(to + ((row0 + row) * N + column), u);
                                   ctx.store(to + ((row0 + row) * N + column + 1), v);
                                 });
  }
};

template <matrix_format F, int N> void check_format() {
  using body = format_product<F, N>;
  using T = typename body::T;
  constexpr auto terms = static_cast<size_t>(body::terms);
  const auto values = [](size_t count, unsigned seed) {
    std::vector<T> all;
    for (const float v : small_integers(count, seed)) all.push_back(static_cast<T>(v));
    return all;
  };
  buffer<T> a(values(64 * terms, 1)), b(values(N * terms, 2));
  buffer<typename body::element::sum> out(64 * size_t{N});
  const shape s{.threads = 128, .shared_bytes = 8192 + std::max(N, 8) * 128};
  check_clean(launch(s, body{}, a.constant(), b.constant(), out.data()));
  int wrong = 0;
  for (size_t i = 0; i < 64; ++i) {
    for (size_t j = 0; j < N; ++j) {
      double want = 1;
      for (size_t k = 0; k < terms; ++k)
        want += static_cast<double>(a[i * terms + k]) * static_cast<double>(b[j * terms + k]);
      if (static_cast<double>(out[i * N + j]) != want) ++wrong;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("wgmma: [64, K] x [K, N] in 8 bits and in tf32 against double") {
  check_format<matrix_format::e4m3, 64>();
  check_format<matrix_format::e4m3, 8>();
  check_format<matrix_format::e5m2, 128>();
  check_format<matrix_format::i8, 64>();
  check_format<matrix_format::i8, 256>();
  check_format<matrix_format::tf32, 64>();
  check_format<matrix_format::tf32, 192>();
}

// An addend of 2^13 units keeps one unit; one of 2^14 loses it.
TEST_CASE("wgmma: sums of 8-bit floats keep 14 bits where they are as short as Hopper's") {
  using body = format_product<matrix_format::e5m2, 8>;
  for (const float large : {8192.f, 16384.f}) {
    buffer<e5m2> a(std::vector<e5m2>(64 * 128, e5m2(0))), b(std::vector<e5m2>(8 * 128, e5m2(1)));
    for (size_t row = 0; row < 64; ++row) a[row * 128] = e5m2(large), a[row * 128 + 1] = e5m2(1);
    buffer<float> out(64 * 8);
    options chosen;
    chosen.short_sums = true;
    const shape s{.threads = 128, .shared_bytes = 16384};
    check_clean(emulate(chosen, s, body{}, a.constant(), b.constant(), out.data()));
    CHECK(out[0] == (large == 8192.f ? 8194.f : 16384.f));
  }
}

// The bound that matmul states: four instructions of 33 addends each, of which each loses less than
// 2^-13 of the largest; with numbers of one sign that is no small part of it.
TEST_CASE("wgmma: what Hopper's sums of 128 products of e4m3 lose at most, [64, 128] x [128, 64]") {
  using body = format_product<matrix_format::e4m3, 64>;
  std::mt19937 generator(5);
  const auto positive = [&] {
    std::vector<e4m3> all(64 * 128);
    for (e4m3& v : all) v = e4m3(static_cast<float>(generator() % 1000) * 0.01f);
    return all;
  };
  buffer<e4m3> a(positive()), b(positive());
  buffer<float> out(64 * 64);
  options chosen;
  chosen.short_sums = true;
  const shape s{.threads = 128, .shared_bytes = 16384};
  check_clean(emulate(chosen, s, body{}, a.constant(), b.constant(), out.data()));
  double most = 0;
  for (size_t i = 0; i < 64; ++i) {
    for (size_t j = 0; j < 64; ++j) {
      double want = 1;
      for (size_t k = 0; k < 128; ++k) want += static_cast<double>(a[i * 128 + k]) * b[j * 128 + k];
      most = worse(most, std::abs(out[i * 64 + j] - want) / want);
    }
  }
  CHECK(most <= 132 * 0x1p-13);
  CHECK(most > 0x1p-13);  // not the sums of f32
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
