// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How much the caches hold, and which results had better not pass through them.

#include <cstdint>
#include <cstdio>

#include "sinter/plan/program.hpp"
#include "sinter/target/cpu/arguments.hpp"
#include "sinter/target/cpu/parallel.hpp"

namespace sinter::cpu_target {

/// Bytes of the first processor's cache of a level, 2 or 3, as Linux tells it; elsewhere a usual
/// size.
template <int Level> inline std::int64_t cache_bytes() {
  static const std::int64_t bytes = [] {
    char path[] = "/sys/devices/system/cpu/cpu0/cache/index?/size";
    path[sizeof path - 7] = static_cast<char>('0' + Level);
    long kilobytes = 0;
    if (std::FILE* file = std::fopen(path, "r")) {
      if (std::fscanf(file, "%ldK", &kilobytes) != 1) kilobytes = 0;
      std::fclose(file);
    }
    constexpr long usual = Level == 2 ? 1024 : 32768;
    return std::int64_t{1024} * (kilobytes > 0 ? kilobytes : usual);
  }();
  return bytes;
}

/// Whether an operand lies where result `r` does.
inline bool lies_on_operand(const program_view& p, const arguments& args, int r) {
  for (int l = 0; l < p.leaf_count; ++l)
    if (args.buffers[p.leaves[l].buffer] == args.buffers[p.results[r].buffer]) return true;
  return false;
}

/// Whether a kernel's results are stored past the caches: these could not hold all that it reads
/// and writes, so a store would only fetch a line to overwrite it. Each line of a result has to be
/// aligned, and none may lie where an operand was just read.
inline bool exceeds_caches(const program_view& p, const arguments& args) {
  const auto bytes_of = [&](dtype type, const std::int64_t* stride) {
    std::int64_t bytes = properties(type).size;
    for (int a = 0; a < p.rank; ++a)
      if (stride[a] != 0) bytes *= args.number(p.extent[a]);
    return bytes;
  };
  std::int64_t bytes = 0;
  for (int l = 0; l < p.leaf_count; ++l) bytes += bytes_of(p.leaves[l].type, p.leaves[l].stride);
  for (int r = 0; r < p.result_count; ++r)
    bytes += bytes_of(p.results[r].type, p.results[r].stride);
  if (bytes <= cache_bytes<3>() + threads() * cache_bytes<2>()) return false;
  for (int r = 0; r < p.result_count; ++r) {
    const result& to = p.results[r];
    if (lies_on_operand(p, args, r)) return false;
    if (!to.full) continue;  // an element of a row
    if (reinterpret_cast<std::uintptr_t>(args.buffers[to.buffer]) % 64 != 0) return false;
    if (args.number(to.stride[p.line()]) != 1) return false;
    for (int a = 0; a < p.line(); ++a)
      if (args.number(to.stride[a]) * properties(to.type).size % 64 != 0) return false;
  }
  return true;
}
SINTER_INLINE bool goes_past_caches(const program_view& p, const arguments& args,
                                    const nest_extents& n) {
  constexpr std::int64_t least = 1 << 16;  // elements: no cache is smaller
  return n.rows * n.middle * n.line >= least && exceeds_caches(p, args);
}

}  // namespace sinter::cpu_target
