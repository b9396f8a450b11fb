// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What an emulated launch found: one diagnostic for each kind of fault and pair of lines, counted.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/emulator/site.hpp"

namespace sinter::emulator {

enum class fault : std::uint8_t {
  outside_shared,        ///< an access beyond its array in shared memory
  outside_global,        ///< an access beyond its view, or a view beyond its buffer
  misaligned,            ///< an address that the instruction cannot take
  uninitialised_shared,  ///< a read of what nothing wrote
  uninitialised_global,
  race_shared,           ///< two accesses, one of them a write, that nothing orders
  race_global,
  in_flight,             ///< an access to what an asynchronous operation still reads or writes
  divergent_barrier,     ///< threads at different barriers, or gone
  warp_divergence,       ///< lanes named by a mask at different operations, or gone
  bad_mask,              ///< a mask without its own lane, or with lanes that do not exist
  inactive_lane,         ///< a value from a lane that takes no part
  deadlock,              ///< nothing can move, or everything spins
  mbarrier_misuse,       ///< used before initialised, too many arrivals, not published
  proxy_fence,           ///< ordinary writes, read by the asynchronous proxy without a fence
  shared_overflow,       ///< more shared memory declared than launched with
  shared_divergence,     ///< threads that declare different arrays
  stack_overflow,        ///< a body that needs more stack than a fiber has
  accumulator,           ///< registers touched while `wgmma` may still write them
  lifetime               ///< shared memory of a block that may have ended
};

std::string_view name(fault);

struct diagnostic {
  fault kind;
  source at;       ///< the call that noticed
  source other;    ///< the call that it conflicts with; line 0 if none
  std::string detail;
  std::uint64_t count = 1;
};

std::string text(const diagnostic&);

/// A call that was made at a line, as the mutation suite wants to know.
struct call_site {
  call kind;
  source at;
};

struct report {
  std::vector<diagnostic> diagnostics;
  std::vector<call_site> sites;         ///< every call that was made, by its line
  std::uint64_t calls = 0;
  std::uint64_t altered = 0;            ///< calls that a mutation changed
  std::uint64_t switches = 0;
  std::uint64_t bank_conflicts = 0;  ///< of `load_matrix`: chunks beyond the first in a bank
  std::size_t shared_bytes = 0;      ///< declared by a block

  bool clean() const { return diagnostics.empty(); }
  bool has(fault kind) const;
  /// Whether a fault of this kind names this line of this file.
  bool has(fault kind, source at) const;
  std::string text() const;
};

}  // namespace sinter::emulator
