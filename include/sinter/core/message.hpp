// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The words of errors, and throwing them: `fail<shape_error>({"axis ", 1, " has extent ", n})`.
/// Functions out of line do the work: concatenating strings at each place took the compiler longer
/// than the kernel of a layer.

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "sinter/core/error.hpp"

namespace sinter {

/// Text or a number, which must outlive the message's making only.
class message_piece {
 public:
  message_piece(const char* text) : text_(text) {}
  message_piece(const std::string& text) : text_(text.c_str()) {}
  template <std::integral T>
  message_piece(T number) : number_(static_cast<std::int64_t>(number)) {}

  void append_to(std::string& to) const {
    if (text_ != nullptr) {
      to.append(text_);
      return;
    }
    char digits[24];
    char* next = digits + sizeof(digits);
    *--next = '\0';
    std::uint64_t rest =
        number_ < 0 ? 0 - static_cast<std::uint64_t>(number_) : static_cast<std::uint64_t>(number_);
    do *--next = static_cast<char>('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (number_ < 0) *--next = '-';
    to.append(next);
  }

 private:
  const char* text_ = nullptr;
  std::int64_t number_ = 0;
};

__attribute__((noinline, cold)) inline std::string message(
    std::initializer_list<message_piece> pieces) {
  std::string text;
  for (const message_piece& p : pieces) p.append_to(text);
  return text;
}

template <class Error>
[[noreturn]] __attribute__((noinline, cold)) void fail(
    std::initializer_list<message_piece> pieces) {
  throw Error(message(pieces));
}

}  // namespace sinter
