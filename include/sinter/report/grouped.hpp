// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Numbers in groups of three digits, as people read them.

#include <algorithm>
#include <string>

namespace sinter::detail {

/// "1234567" as "1,234,567"; a sign, and what follows a point, stay as they are.
inline std::string grouped(const std::string& text) {
  const std::size_t first = !text.empty() && text[0] == '-' ? 1 : 0;
  const std::size_t end = std::min(text.find_first_not_of("0123456789", first), text.size());
  if (end < text.size() && text[end] != '.') return text;
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i > first && i < end && (end - i) % 3 == 0) out += ',';
    out += text[i];
  }
  return out;
}

}  // namespace sinter::detail
