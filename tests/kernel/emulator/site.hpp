// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Where a body stands: source lines, the kinds of calls that stand there, and the changes that the
/// mutation suite may make to one. Every call of the emulated context carries its own line through
/// a defaulted argument, so reports name the line of the body, not one of the emulator.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sinter::emulator {

struct source {
  const char* file = "";
  unsigned line = 0;

  static constexpr source here(const char* file = __builtin_FILE(),
                               unsigned line = __builtin_LINE()) {
    return {file, line};
  }
};

/// "softmax.hpp:31".
std::string text(source at);

/// The words of a source line, as written, without the blanks around them; empty if the file cannot
/// be read from where the program runs.
std::string line_of(source at);

enum class call : std::uint8_t {
  load, store, atomic, fence, proxy_fence, barrier, named_barrier, named_arrival, warp_barrier,
  shuffle, vote, elect, copy, commit, wait, load_matrix, store_matrix, multiply, mbarrier_init,
  mbarrier_fence, mbarrier_arrive, mbarrier_expect, mbarrier_wait, bulk_load, tensor_load,
  bulk_store, tensor_store, bulk_commit, bulk_wait, wgmma_fence, wgmma, wgmma_commit, wgmma_wait,
  cluster_barrier, remote, other
};

enum class change : std::uint8_t {
  none, drop, skip_warp, skip_thread, shift, more, fewer, twice, flip, half, relax, narrow
};

std::string_view name(call);
std::string_view name(change);

/// The changes that make sense for a kind of call.
const std::vector<change>& changes_of(call);

/// A call as it is made: its line as a number, and the change asked for there, if any.
struct site {
  std::uint16_t location = 0;
  change altered = change::none;

  bool is(change c) const { return altered == c; }
};

/// One change to one call, by its line. The default changes nothing.
struct mutation {
  call kind = call::other;
  change altered = change::none;
  source at;
};

}  // namespace sinter::emulator
