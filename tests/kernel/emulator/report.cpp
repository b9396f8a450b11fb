// SPDX-License-Identifier: Apache-2.0
#include "kernel/emulator/report.hpp"

#include <algorithm>
#include <cstring>

namespace sinter::emulator {

std::string_view name(fault f) {
  constexpr std::string_view names[] = {"outside shared memory",
                                        "outside global memory",
                                        "misaligned access",
                                        "uninitialised shared memory",
                                        "uninitialised global memory",
                                        "race in shared memory",
                                        "race in global memory",
                                        "asynchronous operation in flight",
                                        "divergent barrier",
                                        "divergent warp",
                                        "bad mask",
                                        "inactive lane",
                                        "deadlock",
                                        "misused mbarrier",
                                        "missing proxy fence",
                                        "shared memory overflow",
                                        "divergent shared arrays",
                                        "stack overflow",
                                        "accumulator in flight",
                                        "block may have ended"};
  static_assert(std::size(names) == static_cast<std::size_t>(fault::lifetime) + 1);
  return names[static_cast<int>(f)];
}

std::string text(const diagnostic& d) {
  std::string result(name(d.kind));
  if (d.at.line) result += " at " + text(d.at);
  if (d.other.line) result += " against " + text(d.other);
  if (!d.detail.empty()) result += ": " + d.detail;
  if (d.count > 1) result += " (" + std::to_string(d.count) + " times)";
  return result;
}

bool report::has(fault kind) const {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [&](const diagnostic& d) { return d.kind == kind; });
}

bool report::has(fault kind, source at) const {
  const auto same = [&](source s) {
    return s.line == at.line && std::strcmp(s.file, at.file) == 0;
  };
  return std::any_of(diagnostics.begin(), diagnostics.end(), [&](const diagnostic& d) {
    return d.kind == kind && (same(d.at) || same(d.other));
  });
}

std::string report::text() const {
  std::string result;
  for (const diagnostic& d : diagnostics) result += emulator::text(d) + "\n";
  return result;
}

}  // namespace sinter::emulator
