// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Scans of all lines at once: of chunks, each by one thread; of the chunks' totals, which is the
/// same again; and of the chunks once more, each from what precedes it. The chunks do not depend on
/// the device, and so nor does the rounding.

#include "sinter/algorithms/placed.hpp"

namespace sinter::detail {

inline constexpr std::int64_t scan_chunk = 256;

template <class Computed, class T, class Operation> struct total_chunk {
  const T* from;
  axis_places places;
  std::int64_t chunks;  ///< of a line
  Computed* totals;     ///< [lines, chunks]
  Operation operation;
  SINTER_HD void operator()(std::int64_t c) const {
    const std::int64_t line = c / chunks, first = c % chunks * scan_chunk;
    auto running = static_cast<Computed>(from[places.at(line, first)]);
    for (std::int64_t j = first + 1; j < first + scan_chunk && j < places.length; ++j)
      running = operation(running, static_cast<Computed>(from[places.at(line, j)]));
    totals[c] = running;
  }
};
template <class Computed, class T, class To, class Operation> struct scan_chunk_from {
  const T* from;
  axis_places places;
  std::int64_t chunks;
  const Computed* before;  ///< [lines, chunks]: the totals of chunks before, and each one's own
  To* to;
  bool exclusive;
  Operation operation;
  SINTER_HD void operator()(std::int64_t c) const {
    const std::int64_t line = c / chunks, chunk = c % chunks, first = chunk * scan_chunk;
    Computed running = Operation::template neutral<Computed>();
    bool begun = exclusive || chunk > 0;
    if (chunk > 0) running = exclusive ? operation(running, before[c - 1]) : before[c - 1];
    for (std::int64_t j = first; j < first + scan_chunk && j < places.length; ++j) {
      const auto own = static_cast<Computed>(from[places.at(line, j)]);
      const Computed next = begun ? operation(running, own) : own;
      to[places.at(line, j)] = static_cast<To>(exclusive ? running : next);
      running = next;
      begun = true;
    }
  }
};

template <class Computed, class System, class T, class To, class Operation>
void placed_scan(const System& system, const T* from, To* to, std::int64_t n,
                 const axis_places& places, bool exclusive, Operation operation) {
  if (n == 0) return;
  const std::int64_t lines = n / places.length;
  const std::int64_t chunks = (places.length + scan_chunk - 1) / scan_chunk;
  auto before = placed_list<Computed>(chunks > 1 ? lines * chunks : 0, system.where());
  if (chunks > 1) {
    auto totals = placed_list<Computed>(lines * chunks, system.where());
    placed_each(system, lines * chunks,
                total_chunk<Computed, T, Operation>{from, places, chunks, totals.data(),
                                                    operation});
    const std::int64_t extents[] = {lines, chunks};
    placed_scan<Computed>(system, totals.data(), before.data(), lines * chunks,
                          axis_places(extents, 2, 1), false, operation);
  }
  placed_each(system, lines * chunks,
              scan_chunk_from<Computed, T, To, Operation>{from, places, chunks, before.data(), to,
                                                          exclusive, operation});
}

}  // namespace sinter::detail
