// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The limits of this machine's CPU, measured: copies between arrays that no cache holds, fused
/// multiply-adds and bf16 products on registers, by as many threads as kernels use. Each is the
/// best of some ways and of some runs, since a limit is what was reached.

#include <algorithm>
#include <memory>
#include <utility>

#include "sinter/target/cpu/parallel.hpp"
#include "sinter/target/cpu/timeline.hpp"
#include "sinter/target/limits.hpp"
#if !defined(__CUDA_ARCH__)  // nvcc's device pass has no vectors
#include "sinter/target/cpu/simd.hpp"
#endif

namespace sinter::cpu_target {

namespace detail {

#if !defined(__CUDA_ARCH__)
/// Copies `count` floats past the caches, from four places at a time: one alone does not keep a
/// core's line buffers filled. `count`: a multiple of 16 vectors; `to`: aligned to one.
inline void copy_streamed(float* to, const float* from, std::int64_t count) {
  using vector = simd<float, native_lanes<float>>;
  const std::int64_t part = count / 4;
  const auto move = [&](std::int64_t at) { vector::load(from + at).stream(to + at); };
  [&]<int... S>(std::integer_sequence<int, S...>) {
    for (std::int64_t i = 0; i < part; i += 4 * vector::size)
      (move(S / 4 * part + i + S % 4 * vector::size), ...);
  }(std::make_integer_sequence<int, 16>{});
  stream_fence();
}

/// Likewise for reading alone; a sum is returned so that all are needed.
inline float read_all(const float* from, std::int64_t count) {
  using vector = simd<float, native_lanes<float>>;
  const std::int64_t part = count / 4;
  vector sum[8];
  for (vector& s : sum) s = vector(0.f);
  // Spelled out: g++ keeps sums in memory that a loop counts through.
  [&]<int... S>(std::integer_sequence<int, S...>) {
    for (std::int64_t i = 0; i < part; i += 2 * vector::size)
      ((sum[S] += vector::load(from + S / 2 * part + i + S % 2 * vector::size)), ...);
  }(std::make_integer_sequence<int, 8>{});
  for (int s = 1; s < 8; ++s) sum[0] += sum[s];
  return sum[0].v[0];
}
#endif

/// How fast memory is passed over, by the number of bytes that a pass touches: whatever cache holds
/// them serves it.
class memory_passes {
 public:
  /// For passes of `most` bytes at most; the threads that pass over them later touch them, as
  /// memory is near the one that first writes it.
  explicit memory_passes(std::int64_t most)
      : block_(new char[static_cast<std::size_t>(most + 2 * gap)]) {
    const std::int64_t piece = 1 << 20, all = most + 2 * gap;
    parallel_for((all + piece - 1) / piece, [at = block_.get(), all](std::int64_t i) {
      const std::int64_t first = i * piece, last = std::min(first + piece, all);
      __builtin_memset(at + first, 1, static_cast<std::size_t>(last - first));
    });
  }

  /// Bytes in a second, read and written, of a copy that touches so many bytes in all, in a
  /// parallel loop of so many threads.
  double copy(std::int64_t bytes, int team) const {
    float* const from = first();
    // Not a power of two apart: stores would wait for loads whose addresses end alike.
    float* const to = from + (bytes / 2 + gap) / std::int64_t{sizeof(float)};
    const double plain = rate(bytes, 2, team, [from, to](std::int64_t at, std::int64_t count) {
      __builtin_memcpy(to + at, from + at, static_cast<std::size_t>(count) * sizeof(float));
    });
#if defined(__CUDA_ARCH__)
    return plain;
#else
    return std::max(plain, rate(bytes, 2, team, [from, to](std::int64_t at, std::int64_t count) {
      copy_streamed(to + at, from + at, count);
    }));
#endif
  }

  /// Bytes in a second of a pass that only reads.
  double read([[maybe_unused]] std::int64_t bytes, [[maybe_unused]] int team) const {
#if defined(__CUDA_ARCH__)
    return 0;
#else
    return rate(bytes, 1, team, [from = first()](std::int64_t at, std::int64_t count) {
      const volatile float kept = read_all(from + at, count);
      (void)kept;
    });
#endif
  }

 private:
  static constexpr std::int64_t gap = 2112, unit = 4096;

  float* first() const {  // aligned to 64
    const auto at = reinterpret_cast<std::uintptr_t>(block_.get());
    return reinterpret_cast<float*>((at + 63) & ~std::uintptr_t{63});
  }

  /// pass(first float, count of floats) by each thread, on arrays of bytes / arrays bytes.
  template <class Pass>
  static double rate(std::int64_t bytes, int arrays, int team, const Pass& pass) {
    const std::int64_t part = bytes / arrays / team / unit * unit / std::int64_t{sizeof(float)};
    if (part == 0) return 0;
    const auto moved = static_cast<double>(part * std::int64_t{sizeof(float)} * arrays * team);
    // As often as lasts long beside the clock's own time.
    const int turns = static_cast<int>(std::max<std::int64_t>(1, (4 << 20) / bytes));
    host_timeline time;
    const double seconds = target::shortest(time, 5, [&] {
      for (int t = 0; t < turns; ++t)
        parallel_for(team, [pass, part](std::int64_t i) { pass(i * part, part); });
    });
    return moved * turns / seconds;
  }

  std::unique_ptr<char[]> block_;
};

/// Flops in a second of run(), a loop on registers of so many flops, in all threads at a time. Each
/// counts its own shortest run: threads that waited for each other would, on a busy machine, mostly
/// wait for a core.
template <class Run> double register_rate(double flops, const Run& run) {
  const std::int64_t count = threads();
  const std::unique_ptr<double[]> rates(new double[static_cast<std::size_t>(count)]);
  parallel_for(count, [run, flops, to = rates.get()](std::int64_t i) {
    host_timeline time;
    to[i] = flops / target::shortest(time, 100, run);
  });
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += rates[static_cast<std::size_t>(i)];
  return sum;
}

#if !defined(__CUDA_ARCH__)
/// Flops in a second of sum = step(sum) on registers of Lanes sums, `flops` each. Twelve at a time:
/// more than a core has under way, and few enough for sixteen registers.
template <class T, int Lanes, class Step> double sum_rate(double flops, const Step& step) {
  using vector = typename sinter::detail::vector_of<T, Lanes>::type;
  constexpr int sums = 12, turns = 1 << 16;
  return register_rate(flops * sums * turns, [step] {
    vector sum[sums];
    for (int s = 0; s < sums; ++s) sum[s] = vector{} + static_cast<T>(s);  // none equals another
    [&]<int... S>(std::integer_sequence<int, S...>) {
      for (int t = 0; t < turns; ++t) ((sum[S] = step(sum[S])), ...);
    }(std::make_integer_sequence<int, sums>{});
    vector all = sum[0];
    for (int s = 1; s < sums; ++s) all += sum[s];
    const volatile T kept = all[0];  // so that the sums are needed
    (void)kept;
  });
}
#endif

/// Flops in a second of fused multiply-adds.
template <class T> double fma_rate() {
#if defined(__CUDA_ARCH__)
  return 0;
#else
  constexpr int lanes = native_lanes<T>;
  return sum_rate<T, lanes>(2 * lanes, [](auto sum) {
    return sum * static_cast<T>(0.999) + T{1};
  });
#endif
}

/// Flops in a second of dot products of pairs of bf16, summed in f32; 0 where the compiler was not
/// told of an instruction for them.
inline double pair_rate() {
#if defined(__AVX512BF16__) && !defined(__CUDA_ARCH__)
  constexpr int lanes = 16;
  return sum_rate<float, lanes>(4 * lanes, [pairs = simd<float, lanes>(1.f).v](auto sum) {
    __asm__("vdpbf16ps %1, %1, %0" : "+v"(sum) : "v"(pairs));
    return sum;
  });
#else
  return 0;
#endif
}

#if defined(__AMX_TILE__) && !defined(__CUDA_ARCH__)
/// Flops in a second of a matrix unit's products, of 16 x `depth` by `depth` x 16 elements; 0 where
/// the system does not lend it.
template <class Unit> double tile_rate(int depth) {
  if (!Unit::permitted()) return 0;
  constexpr int rounds = 1 << 14;
  return register_rate(2.0 * 4 * rounds * 16 * 16 * depth, [] {
    alignas(64) std::uint16_t values[16 * 32];
    for (std::uint16_t& v : values) v = 0x3f80;  // 1 as bf16
    const typename Unit::in_use tiles;
    Unit::template load<4>(values, 64), Unit::template load<5>(values, 64);
    Unit::template clear<0>(), Unit::template clear<1>();
    Unit::template clear<2>(), Unit::template clear<3>();
    for (int r = 0; r < rounds; ++r) {  // four under way
      Unit::template multiply_add<0, 4, 5>(), Unit::template multiply_add<1, 4, 5>();
      Unit::template multiply_add<2, 4, 5>(), Unit::template multiply_add<3, 4, 5>();
    }
  });
}
#endif

/// Flops in a second of products of bf16, summed in f32, by whatever the compiler was told of.
inline double half_rate() {
  const double pairs = pair_rate();
#if defined(__AMX_BF16__) && !defined(__CUDA_ARCH__)
  return std::max(pairs, tile_rate<sinter::detail::amx_bf16>(32));
#else
  return pairs;
#endif
}

}  // namespace detail

/// Takes about a third of a second, the first time that a number of threads is asked for.
inline const target::limits& measured_limits() {
  thread_local target::limits known;
  thread_local int with = 0;
  if (with != threads()) {
    constexpr std::int64_t beyond_caches = std::int64_t{128} << 20;
    known.bandwidth = detail::memory_passes(beyond_caches).copy(beyond_caches, threads());
    known.flops = detail::fma_rate<float>();
    known.flops_f64 = detail::fma_rate<double>();
    // Where nothing multiplies halves, they are computed in f32.
    known.flops_half = std::max(known.flops, detail::half_rate());
    with = threads();
    known.name = std::to_string(with) + (with == 1 ? " thread" : " threads");
  }
  return known;
}

}  // namespace sinter::cpu_target
