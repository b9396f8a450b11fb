// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Vector clocks, in two levels. An actor (a thread, or an engine that copies on behalf of threads)
/// numbers its own steps; a clock says up to which step each actor's doings are known. Most of what
/// a thread knows concerns its own block, so a clock is a short list of blocks, each with the times
/// of that block's actors. Lists and times are shared until they differ: after a barrier all its
/// threads hold the same clock, and a grid of a thousand blocks costs no more than one block.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

namespace sinter::emulator {

using times = std::vector<std::uint32_t>;

class clock {
 public:
  struct part {
    std::uint32_t block;
    std::shared_ptr<const times> known;
  };

  clock() = default;
  explicit clock(std::vector<part> parts) : parts_(std::move(parts)) {}

  const std::vector<part>& parts() const { return parts_; }

  const times* find(std::uint32_t block) const {
    for (const part& p : parts_) {
      if (p.block == block) return p.known.get();
    }
    return nullptr;
  }

  std::uint32_t time(std::uint32_t block, unsigned actor) const {
    const times* known = find(block);
    return known && actor < known->size() ? (*known)[actor] : 0;
  }

 private:
  std::vector<part> parts_;
};

using clock_pointer = std::shared_ptr<const clock>;

/// The join of clocks and single times, while it is being put together.
class clock_builder {
 public:
  bool empty() const { return parts_.empty(); }
  void clear() { parts_.clear(); }

  void absorb(const clock_pointer& c) {
    if (!c) return;
    for (const clock::part& theirs : c->parts()) {
      joined& mine = find(theirs.block);
      if (mine.last == theirs.known) continue;
      if (!mine.last) {
        mine.last = theirs.known;
        continue;
      }
      own(mine);
      if (mine.times_.size() < theirs.known->size()) mine.times_.resize(theirs.known->size());
      std::transform(theirs.known->begin(), theirs.known->end(), mine.times_.begin(),
                     mine.times_.begin(), [](auto a, auto b) { return std::max(a, b); });
      mine.last = theirs.known;
    }
  }

  void advance(std::uint32_t block, unsigned actor, std::uint32_t time) {
    joined& mine = find(block);
    own(mine);
    if (mine.times_.size() <= actor) mine.times_.resize(actor + 1);
    mine.times_[actor] = std::max(mine.times_[actor], time);
  }

  clock_pointer finish() {
    std::vector<clock::part> parts;
    for (joined& j : parts_) {
      parts.push_back({j.block, j.owned ? std::make_shared<const times>(std::move(j.times_))
                                        : std::move(j.last)});
    }
    parts_.clear();
    return std::make_shared<const clock>(std::move(parts));
  }

 private:
  struct joined {
    std::uint32_t block;
    bool owned = false;
    times times_{};
    // Absorbed already; held, so that its address stays its own.
    std::shared_ptr<const times> last{};
  };

  joined& find(std::uint32_t block) {
    for (joined& j : parts_) {
      if (j.block == block) return j;
    }
    parts_.push_back({block});
    return parts_.back();
  }

  static void own(joined& j) {
    if (!j.owned && j.last) j.times_ = *j.last;
    j.owned = true;
  }

  std::vector<joined> parts_;
};

}  // namespace sinter::emulator
