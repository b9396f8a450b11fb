// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What the host knows of a program before its launch: whether packs of 16 bytes are
/// aligned, whether indices need more than 32 bits.

#include <cstddef>
#include <cstdint>

#include "sinter/kernel/static_program.hpp"

namespace sinter::device {

namespace detail {

constexpr int ceil_log2(std::int64_t x) {
  int log = 0;
  while ((std::int64_t{1} << log) < x) ++log;
  return log;
}

constexpr int floor_power(int x) {
  int power = 1;
  while (2 * power <= x) power *= 2;
  return power;
}

/// Whether a leaf is read in packs, where they are aligned.
constexpr bool in_packs(const program_view& p, const leaf& l) {
  return l.stride[p.line()] == 1 && !l.guarded && !l.indexed;
}

/// The widest element that a pack would hold.
constexpr int widest_element(const program_view& p) {
  int widest = 1;
  for (int l = 0; l < p.leaf_count; ++l)
    if (p.leaves[l].stride[p.line()] == 1 && properties(p.leaves[l].type).size > widest)
      widest = properties(p.leaves[l].type).size;
  for (int r = 0; r < p.result_count; ++r)
    if (p.results[r].stride[p.line()] == 1 && properties(p.results[r].type).size > widest)
      widest = properties(p.results[r].type).size;
  return widest;
}

/// Elements that one access of 16 bytes moves; at most 8, so that narrow types leave registers.
constexpr int pack_of(const program_view& p) {
  const int pack = 16 / widest_element(p);
  return pack > 8 ? 8 : pack;
}

/// Whether alignment is impossible for all that is known to the compiler.
constexpr bool never_aligned(const program_view& p, int pack) {
  const auto breaks = [&](std::int64_t n) { return n >= 0 && n % pack != 0; };
  if (breaks(p.extent[p.line()])) return true;
  for (int l = 0; l < p.leaf_count; ++l) {
    if (!in_packs(p, p.leaves[l])) continue;
    if (breaks(p.leaves[l].offset)) return true;
    for (int a = 0; a < p.line(); ++a)
      if (breaks(p.leaves[l].stride[a])) return true;
  }
  for (int r = 0; r < p.result_count; ++r)
    for (int a = 0; a < p.line(); ++a)
      if (p.results[r].stride[p.line()] == 1 && breaks(p.results[r].stride[a])) return true;
  return false;
}

/// Whether an index of a program may exceed 31 bits. `number(x)`: a number of the program.
template <class Number> constexpr bool may_be_wide(const program_view& p, Number&& number) {
  constexpr std::int64_t limit = INT32_MAX / 2;  // loops may step beyond the last index
  const auto size_of = [&](std::int64_t x) {
    const double n = number(x);
    return n < 0 ? -n : n;
  };
  const auto reaches = [&](const std::int64_t* stride, double reach) {
    for (int a = 0; a < p.rank; ++a) reach += size_of(p.extent[a]) * size_of(stride[a]);
    return reach > static_cast<double>(limit);
  };
  double elements = 1;
  for (int a = 0; a < p.rank; ++a) elements *= size_of(p.extent[a]);
  bool wide = elements > static_cast<double>(limit);
  for (int l = 0; l < p.leaf_count && !wide; ++l) {
    const leaf& from = p.leaves[l];
    wide = reaches(from.stride, size_of(from.offset) +
                                    size_of(from.index_stride) * size_of(from.index_end));
    for (int a = 0; from.guarded && a < p.rank; ++a)
      wide = wide || from.begin[a] > limit || (from.end[a] != INT64_MAX && from.end[a] > limit);
  }
  for (int r = 0; r < p.result_count && !wide; ++r)
    wide = p.results[r].buffer >= 0 && reaches(p.results[r].stride, 0);
  return wide;
}

/// Whether no call can have such an index, by the numbers that are known: the others may be large.
constexpr bool never_wide(const program_view& p) {
  return !may_be_wide(p, [](std::int64_t x) { return x >= 0 ? static_cast<double>(x) : 1e30; });
}

/// Whether anything is read in packs.
constexpr bool reads_packs(const program_view& p) {
  for (int l = 0; l < p.leaf_count; ++l)
    if (in_packs(p, p.leaves[l])) return true;
  return false;
}

}  // namespace detail

/// Whether all packs of a program are aligned: addresses, offsets, strides and the line itself.
template <class Arguments>
bool is_aligned(const Arguments& arguments, const program_view& of, int elements) {
  const auto fits = [&](std::int64_t n) { return arguments.number(n) % elements == 0; };
  const auto aligned = [&](int buffer, dtype type) {
    const auto address = reinterpret_cast<std::uintptr_t>(arguments.address[buffer]);
    return address % static_cast<std::uintptr_t>(elements * properties(type).size) == 0;
  };
  bool all = fits(of.extent[of.line()]);
  for (int l = 0; l < of.leaf_count && all; ++l) {
    const leaf& from = of.leaves[l];
    if (!detail::in_packs(of, from)) continue;
    all = aligned(from.buffer, from.type) && fits(from.offset);
    for (int a = 0; a < of.line(); ++a) all = all && fits(from.stride[a]);
  }
  for (int r = 0; r < of.result_count && all; ++r) {
    const result& to = of.results[r];
    if (to.stride[of.line()] != 1 || to.buffer < 0) continue;
    all = aligned(to.buffer, to.type);
    for (int a = 0; a < of.line(); ++a) all = all && fits(to.stride[a]);
  }
  return all;
}

/// Whether an index of a program may exceed 31 bits in this call.
template <class Arguments> bool is_wide(const Arguments& arguments, const program_view& of) {
  return detail::may_be_wide(
      of, [&](std::int64_t x) { return static_cast<double>(arguments.number(x)); });
}

inline constexpr std::int64_t most_blocks = 65536;
inline std::int64_t grid_of(std::int64_t tiles) {
  return tiles < most_blocks ? tiles : most_blocks;
}

}  // namespace sinter::device
