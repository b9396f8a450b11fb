// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Work that several blocks share: each leaves its partial results in memory, and the last one to
/// finish combines them, in the order of the parts, so the bits are the same whichever block that
/// is.

#include <cstdint>

#include "sinter/kernel/device.hpp"
#include "sinter/kernel/memory_model.hpp"

namespace sinter::device {

/// Where they meet; a launcher's `scratch` gives it.
struct part_memory {
  std::uint64_t* partial = nullptr;
  unsigned* finished = nullptr;  ///< a counter for each piece of work, 0 before and after
};

/// Whether this group of threads is the last of `parts`; what the others wrote before is then to be
/// seen. What threads other than the `first` have written must have passed a barrier, such as
/// `sync`, of the group. One fence each suffices to release and to acquire, as barriers pass on to
/// the group what one of its threads has seen.
template <class Context, class Counter, class Flag, class Sync>
SINTER_DEVICE bool is_last(Context& context, Counter counter, Flag flag, unsigned parts, bool first,
                           Sync&& sync) {
  if (first) {
    context.template fence<scope::device>();
    const unsigned before =
        context.template atomic_add<order::relaxed, scope::device>(counter, 1u);
    context.template fence<scope::device>();
    if (before + 1 == parts)
      context.template atomic_store<order::relaxed, scope::device>(counter, 0u);
    context.store(flag, before + 1 == parts ? 1 : 0);
  }
  sync();
  return context.load(flag) != 0;
}

/// The same of a block.
template <class Context, class Counter, class Flag>
SINTER_DEVICE bool is_last(Context& context, Counter counter, Flag flag, unsigned parts) {
  return is_last(context, counter, flag, parts, context.thread() == 0, [&] { context.sync(); });
}

}  // namespace sinter::device
