// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Names as numbers. A name of up to ten letters, digits and underscores fits 60 bits, six for each
/// character, so the number *is* the name: no table, no collision, and a symbol that stays short.
/// Axes and primitives are named this way.

#include <cstdint>

namespace sinter {

using name_code = std::int64_t;

inline constexpr int longest_name = 10;

namespace detail {

inline constexpr const char name_alphabet[] =
    "?abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

constexpr int name_digit(char c) {
  for (int i = 1; i < 64; ++i)
    if (name_alphabet[i] == c) return i;
  throw "a name consists of letters, digits and underscores";
}

}  // namespace detail

/// The number of a name. A longer name, or another character, does not compile.
consteval name_code pack_name(const char* text) {
  name_code code = 0;
  int length = 0;
  for (; text[length] != '\0'; ++length) {
    if (length == longest_name) throw "a name has at most ten characters";
    code = code << 6 | detail::name_digit(text[length]);
  }
  if (length == 0) throw "a name has at least one character";
  return code;
}

/// The text of a number, readable in constant evaluation and without allocation.
struct name_text {
  char characters[longest_name + 1]{};
  int length = 0;

  constexpr explicit name_text(name_code code) {
    for (name_code rest = code; rest > 0; rest >>= 6) ++length;
    for (int i = length; i-- > 0; code >>= 6)
      characters[i] = detail::name_alphabet[code & 63];
  }
  constexpr const char* c_str() const { return characters; }
};

}  // namespace sinter
