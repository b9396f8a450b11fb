// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What is remembered about memory: for each element its last write and the reads since then that
/// nothing orders before the next access. A few readers lie in the cell; more of them go to a crowd
/// that holds one time for each actor, so that none is forgotten: a reader that was dropped at
/// random would be a race that is found at random.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernel/emulator/clock.hpp"

namespace sinter::emulator {

/// A step of an actor of a block, at a line. Time 0 is no step at all.
struct epoch {
  std::uint32_t time = 0;
  std::uint32_t block = 0;
  std::uint16_t actor = 0;  ///< with flags in the upper bits
  std::uint16_t location = 0;

  static constexpr std::uint16_t in_flight = 0x8000;  ///< an asynchronous write, not delivered yet
  static constexpr std::uint16_t atomic = 0x4000;
  static constexpr std::uint16_t narrow = 0x2000;     ///< an atomic of block scope
  static constexpr std::uint16_t actor_mask = 0x1fff;

  unsigned index() const { return actor & actor_mask; }
  bool flag(std::uint16_t f) const { return (actor & f) != 0; }
};

class shadow {
 public:
  static constexpr int close_readers = 3;

  struct cell {
    epoch write;
    epoch readers[close_readers];
    std::uint32_t crowd = 0;  ///< 1 + its place in crowds
  };

  /// The readers of one block in a crowd.
  struct crowd_part {
    std::uint32_t block;
    std::uint16_t flags;
    std::uint16_t location;
    times latest;
  };
  using crowd = std::vector<crowd_part>;

  shadow() = default;
  shadow(std::size_t bytes, std::size_t element_bytes)
      : shift_(std::countr_zero(std::bit_floor(element_bytes > 16 ? 16 : element_bytes))),
        cells_((bytes + (std::size_t{1} << shift_) - 1) >> shift_) {}

  /// The cells that hold the bytes [offset, offset + bytes).
  std::size_t first(std::size_t offset) const { return offset >> shift_; }
  std::size_t last(std::size_t offset, std::size_t bytes) const {
    return (offset + bytes - 1) >> shift_;
  }
  cell& at(std::size_t i) { return cells_[i]; }
  crowd& crowd_of(const cell& c) { return crowds_[c.crowd - 1]; }

  void add_to_crowd(cell& c, const epoch& e) {
    if (!c.crowd) {
      if (free_.empty()) {
        crowds_.emplace_back();
        c.crowd = static_cast<std::uint32_t>(crowds_.size());
      } else {
        c.crowd = free_.back();
        free_.pop_back();
      }
    }
    const auto flags = static_cast<std::uint16_t>(e.actor & ~epoch::actor_mask);
    crowd& members = crowd_of(c);
    crowd_part* part = nullptr;
    for (crowd_part& p : members) {
      if (p.block == e.block && p.flags == flags) part = &p;
    }
    if (!part) part = &members.emplace_back(crowd_part{e.block, flags, e.location, {}});
    if (part->latest.size() <= e.index()) part->latest.resize(e.index() + 1);
    part->latest[e.index()] = e.time;
    part->location = e.location;
  }

  void clear_readers(cell& c) {
    for (epoch& reader : c.readers) reader = {};
    if (!c.crowd) return;
    crowd_of(c).clear();
    free_.push_back(c.crowd);
    c.crowd = 0;
  }

 private:
  int shift_ = 0;
  std::vector<cell> cells_;
  std::vector<crowd> crowds_;
  std::vector<std::uint32_t> free_;
};

}  // namespace sinter::emulator
