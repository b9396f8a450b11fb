// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Ranges in the timelines of profilers, named after what a kernel computes: in programs that are
/// compiled with SINTER_NVTX defined. For nvcc alone.

#if defined(SINTER_NVTX)
#include <nvtx3/nvToolsExt.h>
#endif

namespace sinter::cuda_target {

/// Lasts while it lives. `text()` is asked only where there are ranges.
class named_range {
 public:
#if defined(SINTER_NVTX)
  template <class Text> explicit named_range(Text&& text) { nvtxRangePushA(text()); }
  ~named_range() { nvtxRangePop(); }
#else
  template <class Text> explicit named_range(Text&&) {}
#endif
  named_range(const named_range&) = delete;
};

}  // namespace sinter::cuda_target
