// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a machine can do, measured in the run that is held against it: memory at the sizes that its
// caches hold and beyond them, multiply-adds, products of halves, exponentials. The least time of a
// workload follows from that.

#include <sinter/target/cpu/limits.hpp>
#include <sinter/target/cpu/simd_math.hpp>
#include <sinter/target/cpu/timeline.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace bench {

/// Bytes in a second of passes that touch `bytes` bytes again and again.
struct memory_rate {
  double bytes = 0, copy = 0, read = 0;
};

/// Where workloads run, how time is told there, what it can do.
struct machine {
  std::string target;  ///< "cpu", "cuda"
  sinter::target::timeline& time;
  sinter::target::limits limits;
  std::string device = {};               ///< the processor; where empty, the limits' name
  std::vector<memory_rate> memory = {};  ///< by growing size; where empty, the limits' bandwidth
  double exponentials = 0;               ///< of f32 in a second; 0 where unknown
  double of_bytes = 0;                   ///< flops of products of i8; 0 where unknown
};

/// A ceiling as it is printed, and as a line for programs.
struct ceiling {
  std::string who, shape, dtype;
  double rate = 0;
  const char* unit = "";
};

/// "16 KiB", "64 MiB".
inline std::string spell_size(double bytes) {
  const bool large = bytes >= 1 << 20;
  return std::to_string(static_cast<std::int64_t>(bytes / (large ? 1 << 20 : 1 << 10))) +
         (large ? " MiB" : " KiB");
}

inline std::vector<ceiling> ceilings_of(const machine& m) {
  std::vector<ceiling> all;
  for (const memory_rate& r : m.memory) {
    all.push_back({"copy", spell_size(r.bytes), "", r.copy, "B/s"});
    all.push_back({"read", spell_size(r.bytes), "", r.read, "B/s"});
  }
  if (m.memory.empty()) all.push_back({"copy", "memory", "", m.limits.bandwidth, "B/s"});
  all.push_back({"multiply-add", "", "f32", m.limits.flops, "flop/s"});
  all.push_back({"multiply-add", "", "f64", m.limits.flops_f64, "flop/s"});
  all.push_back({"product", "", "bf16", m.limits.flops_half, "flop/s"});
  if (m.of_bytes > 0) all.push_back({"product", "", "i8", m.of_bytes, "flop/s"});
  if (m.exponentials > 0) all.push_back({"exp", "", "f32", m.exponentials, "exp/s"});
  return all;
}

/// What a computation needs at least, whoever does it.
struct need {
  double bytes = 0, flops = 0;
  double written = -1;  ///< of the bytes; less than 0 where it is not said
  double exponentials = 0;
};

/// The rates at a size, between the two measured sizes around it on a scale of logarithms.
inline memory_rate memory_at(const machine& m, double bytes) {
  if (m.memory.empty()) return {bytes, m.limits.bandwidth, m.limits.bandwidth};
  const auto above = std::find_if(m.memory.begin(), m.memory.end(),
                                  [&](const memory_rate& r) { return r.bytes >= bytes; });
  if (above == m.memory.begin() || above == m.memory.end()) {
    const memory_rate& r = above == m.memory.end() ? m.memory.back() : *above;
    return {bytes, r.copy, r.read};
  }
  const memory_rate &high = *above, &low = *(above - 1);
  const double part = std::log(bytes / low.bytes) / std::log(high.bytes / low.bytes);
  return {bytes, low.copy + part * (high.copy - low.copy),
          low.read + part * (high.read - low.read)};
}

/// Seconds that the bytes take. A workload runs again and again, so its operands lie in whatever
/// cache holds them all: the rate is that of passes over as many bytes. Reads and writes cost what
/// reading alone and the rest of a copy take; where it is not said how many are written, the faster
/// of the two passes is the limit.
inline double memory_time(const machine& m, const need& n) {
  const memory_rate rate = memory_at(m, n.bytes);
  const double fastest = std::max(rate.copy, rate.read);
  if (n.written < 0 || rate.read <= 0) return fastest > 0 ? n.bytes / fastest : 0;
  const double read = 1 / rate.read, write = std::max(2 / rate.copy - read, 1 / fastest);
  return (n.bytes - n.written) * read + n.written * write;
}

/// Seconds that a workload needs at least: the longest of its memory, flops and exponentials.
inline double least_time(const machine& m, const need& n, const std::string& dtype) {
  const bool halves = dtype == "bf16" || dtype == "f16";
  const double rate = dtype == "f64" ? m.limits.flops_f64
                      : halves       ? m.limits.flops_half
                      : dtype == "i8" ? m.of_bytes
                                     : m.limits.flops;
  return std::max({memory_time(m, n), rate > 0 ? n.flops / rate : 0,
                   m.exponentials > 0 ? n.exponentials / m.exponentials : 0});
}

/// The processor's name and the widest instructions that the kernels were compiled for.
inline std::string processor() {
  std::string name = "CPU", line;
  for (std::ifstream info("/proc/cpuinfo"); std::getline(info, line);)
    if (line.rfind("model name", 0) == 0 && line.find(": ") != std::string::npos) {
      name = line.substr(line.find(": ") + 2);
      break;
    }
  std::string plain;  // neither quotes nor control characters, which JSON escapes
  for (const char c : name)
    if (c >= ' ' && c != '"' && c != '\\') plain += c;
#if defined(__AMX_BF16__)
  return plain + ", AVX-512 and AMX";
#elif defined(__AVX512BF16__)
  return plain + ", AVX-512 with bf16";
#elif defined(__AVX512F__)
  return plain + ", AVX-512";
#elif defined(__AVX2__)
  return plain + ", AVX2";
#else
  return plain;
#endif
}

/// From what one core's first cache holds to what none does. Each rate is the better of one thread
/// and all of them: small passes end before a second thread wakes.
inline std::vector<memory_rate> measured_memory() {
  constexpr std::int64_t least = std::int64_t{16} << 10, most = std::int64_t{256} << 20;
  const sinter::cpu_target::detail::memory_passes passes(most);
  const int team = sinter::threads();
  std::vector<memory_rate> rates;
  for (std::int64_t bytes = least; bytes <= most; bytes *= 4) {
    memory_rate r{static_cast<double>(bytes), passes.copy(bytes, 1), passes.read(bytes, 1)};
    if (team > 1) {
      r.copy = std::max(r.copy, passes.copy(bytes, team));
      r.read = std::max(r.read, passes.read(bytes, team));
    }
    rates.push_back(r);
  }
  return rates;
}

/// Exponentials of f32 in a second, by the library's own function on values that the first cache
/// holds: what a kernel that takes them is held against.
inline double exponential_rate() {
#if defined(__CUDA_ARCH__)
  return 0;
#else
  using vector = sinter::simd<float, sinter::native_lanes<float>>;
  constexpr int values = 1024, turns = 64;
  return sinter::cpu_target::detail::register_rate(double{values} * turns, [] {
    float from[values];
    for (int i = 0; i < values; ++i) from[i] = static_cast<float>(i) / values - 0.5f;
    vector sum[4] = {vector(0.f), vector(0.f), vector(0.f), vector(0.f)};
    [&]<int... S>(std::integer_sequence<int, S...>) {
      for (int t = 0; t < turns; ++t)
        for (int i = 0; i < values; i += 4 * vector::size)
          ((sum[S] += sinter::math::exp(vector::load(from + i + S * vector::size))), ...);
    }(std::make_integer_sequence<int, 4>{});
    const volatile float kept = (sum[0] + sum[1] + (sum[2] + sum[3])).v[0];
    (void)kept;
  });
#endif
}

inline machine this_cpu() {
  static sinter::cpu_target::host_timeline time;
  machine m{"cpu", time, sinter::cpu_target::measured_limits()};
  m.device = processor();
  m.memory = measured_memory();
  m.exponentials = exponential_rate();
#if defined(__AMX_INT8__) && !defined(__CUDA_ARCH__)
  m.of_bytes = sinter::cpu_target::detail::tile_rate<sinter::detail::amx_int8<true, true>>(64);
#endif
  return m;
}

}  // namespace bench
