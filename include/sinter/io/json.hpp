// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The part of JSON that headers of tensors are written in: objects, strings, lists of whole
/// numbers that are not negative. Read strictly, as RFC 8259 says.

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "sinter/io/file.hpp"

namespace sinter::detail {

class json_reader {
 public:
  json_reader(std::string_view text, const input_source& file) : text_(text), file_(file) {}

  std::size_t position() const { return at_; }

  /// Calls `member(key)` for each member of an object; it reads the member's value.
  template <class F> void object(F&& member) {
    list('{', '}', [&] {
      const std::string key = string();
      expect(':');
      member(key);
    });
  }
  /// Calls `element()` for each element of an array; it reads the element.
  template <class F> void array(F&& element) { list('[', ']', element); }

  std::string string() {
    expect('"');
    std::string result;
    for (;;) {
      if (at_ == text_.size()) wrong("the end of a string");
      const char c = text_[at_];
      if (static_cast<unsigned char>(c) < 0x20) wrong("no control character in a string");
      ++at_;
      if (c == '"') return result;
      if (c == '\\') escape(result);
      else result += c;
    }
  }

  std::int64_t number() {
    skip_blanks();
    std::int64_t n = 0;
    const char* const begin = text_.data() + at_;
    const auto [stop, error] = std::from_chars(begin, text_.data() + text_.size(), n);
    if (error != std::errc{} || *begin == '-' || (*begin == '0' && stop - begin > 1))
      wrong("a whole number from 0 to 2^63 - 1");
    at_ += static_cast<std::size_t>(stop - begin);
    return n;
  }

  void end() {
    skip_blanks();
    if (at_ != text_.size()) wrong("the end of the header");
  }

  [[noreturn]] void wrong(const std::string& wanted) const {
    file_.fail("byte " + std::to_string(at_) + " of its header: expected " + wanted);
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && std::string_view(" \t\n\r").find(text_[at_]) != text_.npos) ++at_;
  }
  bool accept(char c) {
    skip_blanks();
    const bool found = at_ < text_.size() && text_[at_] == c;
    at_ += found;
    return found;
  }
  void expect(char c) {
    if (!accept(c)) wrong(std::string("'") + c + "'");
  }
  template <class F> void list(char begin, char end, F&& element) {
    expect(begin);
    if (accept(end)) return;
    do element();
    while (accept(','));
    expect(end);
  }

  unsigned hexadecimal() {
    unsigned value = 0;
    const char* const begin = text_.data() + at_;
    if (text_.size() - at_ < 4 || std::from_chars(begin, begin + 4, value, 16).ptr != begin + 4)
      wrong("four hexadecimal digits");
    at_ += 4;
    return value;
  }
  void escape(std::string& to) {
    constexpr std::string_view letters = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    if (const std::size_t i = letters.find(c); i != letters.npos) {
      to += meant[i];
      ++at_;
      return;
    }
    if (c != 'u') wrong("a character that may follow a backslash");
    ++at_;
    unsigned code = hexadecimal();
    if (code >= 0xd800 && code < 0xdc00 && text_.substr(at_, 2) == "\\u") {
      at_ += 2;
      const unsigned low = hexadecimal();
      if (low < 0xdc00 || low > 0xdfff) wrong("the second half of a pair");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    if (code >= 0xd800 && code < 0xe000) wrong("both halves of a pair");
    const int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    constexpr unsigned first[] = {0, 0xc0, 0xe0, 0xf0};
    to += static_cast<char>(first[more] | code >> 6 * more);
    for (int i = more; i-- > 0;) to += static_cast<char>(0x80 | (code >> 6 * i & 63));
  }

  std::string_view text_;
  const input_source& file_;
  std::size_t at_ = 0;
};

/// A text as a string of JSON.
inline std::string json_text(std::string_view text) {
  std::string result = "\"";
  constexpr std::string_view letters = "\"\\bfnrt", meant = "\"\\\b\f\n\r\t";
  for (const char c : text) {
    if (const std::size_t i = meant.find(c); i != meant.npos) {
      result += '\\';
      result += letters[i];
    } else if (static_cast<unsigned char>(c) < 0x20) {
      result += "\\u00";
      result += static_cast<char>('0' + c / 16);
      result += "0123456789abcdef"[c % 16];
    } else {
      result += c;
    }
  }
  return result + '"';
}

}  // namespace sinter::detail
