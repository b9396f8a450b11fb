// SPDX-License-Identifier: Apache-2.0
#include "kernel/emulator/site.hpp"

#include <cstring>
#include <fstream>

namespace sinter::emulator {

std::string text(source at) {
  const char* slash = std::strrchr(at.file, '/');
  return std::string(slash ? slash + 1 : at.file) + ":" + std::to_string(at.line);
}

std::string line_of(source at) {
  std::ifstream file(at.file);
  std::string line;
  for (unsigned i = 0; i < at.line && std::getline(file, line); ++i) {
  }
  if (!file) return "";
  const std::size_t first = line.find_first_not_of(' ');
  return first == std::string::npos ? "" : line.substr(first);
}

std::string_view name(call c) {
  constexpr std::string_view names[] = {
      "load", "store", "atomic", "fence", "proxy fence", "barrier", "named barrier",
      "arrival at a named barrier", "warp barrier", "shuffle", "vote", "elect", "copy", "commit",
      "wait", "load_matrix", "store_matrix", "multiply", "mbarrier_init", "mbarrier fence",
      "mbarrier_arrive", "mbarrier_expect", "mbarrier_wait", "bulk load", "tensor load",
      "bulk store", "tensor store", "bulk_commit", "bulk_wait", "wgmma_fence", "wgmma",
      "wgmma_commit", "wgmma_wait", "cluster barrier", "remote", "other"};
  static_assert(std::size(names) == static_cast<std::size_t>(call::other) + 1);
  return names[static_cast<int>(c)];
}

std::string_view name(change c) {
  constexpr std::string_view names[] = {"none",  "drop", "skip_warp", "skip_thread",
                                        "shift", "more", "fewer",     "twice",
                                        "flip",  "half", "relax",     "narrow"};
  static_assert(std::size(names) == static_cast<std::size_t>(change::narrow) + 1);
  return names[static_cast<int>(c)];
}

const std::vector<change>& changes_of(call c) {
  using enum change;
  using list = std::vector<change>;
  static const list nothing, dropped{drop}, address{shift}, access{drop, shift, skip_thread},
      atomic{drop, twice, relax, narrow}, fence{drop, narrow},
      barrier{drop, skip_warp, skip_thread}, lanes{shift, half, skip_thread}, vote{flip, half},
      copies{drop, shift, more}, wait{drop, more}, matrix{shift, flip}, stored{drop, shift},
      count{drop, more, fewer}, arrive{drop, twice}, parity{drop, flip}, product{drop, shift, flip};
  switch (c) {
    case call::load: return address;
    case call::store: return access;
    case call::atomic: return atomic;
    case call::fence: return fence;
    case call::barrier:
    case call::named_barrier:
    case call::cluster_barrier: return barrier;
    case call::shuffle: return lanes;
    case call::vote: return vote;
    case call::copy: return copies;
    case call::wait:
    case call::bulk_wait:
    case call::wgmma_wait: return wait;
    case call::load_matrix: return matrix;
    case call::store_matrix:
    case call::bulk_load:
    case call::tensor_load:
    case call::bulk_store:
    case call::tensor_store: return stored;
    case call::mbarrier_init: return count;
    case call::mbarrier_expect: return count;
    case call::mbarrier_arrive: return arrive;
    case call::mbarrier_wait: return parity;
    case call::wgmma: return product;
    case call::remote: return address;
    case call::elect:
    case call::other: return nothing;
    default: return dropped;
  }
}

}  // namespace sinter::emulator
